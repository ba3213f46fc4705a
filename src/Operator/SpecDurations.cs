using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator;

/// <summary>Durations of a spec. The schema checks their form; the CRD in the cluster may be older than this binary.</summary>
internal static class SpecDurations
{
    /// <summary>What is looked at more seldom than once a day is not looked after.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <param name="text">A Go duration.</param>
    /// <param name="field">Its path, starting with <c>spec</c>; the error names it.</param>
    public static (TimeSpan Value, string? Error) Read(string text, string field) =>
        !GoDuration.TryParse(text, out var value, out var error) ? (default, $"{field}: {error}")
        : value <= TimeSpan.Zero ? (default, $"{field}: \"{text}\" must be longer than nothing")
        : value > Longest ? (default, $"{field}: \"{text}\" is longer than 24h, the most it may be")
        : (value, null);
}
