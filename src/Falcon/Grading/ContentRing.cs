using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Grading;

/// <summary>How late content reaches a host, in points: early access 0, general availability 2, plus an hour of delay each 1.</summary>
/// <param name="Ring">As the policy writes it.</param>
/// <param name="DelayHours">Hours.</param>
public readonly record struct ContentRing(string? Ring, long DelayHours)
{
    /// <summary>Rings that deliver content. <c>pause</c> does not, and what is unknown is not trusted to.</summary>
    public bool Delivers => Name is "ga" or "ea";

    public long Points => Name switch
    {
        "ea" => DelayHours,
        "ga" => 2 + DelayHours,
        _ => 0,
    };

    private string? Name => Ring?.Trim().ToLowerInvariant();

    /// <exception cref="MalformedPolicyException">The delay is no whole number.</exception>
    internal static ContentRing Read(PolicyNode setting) => new(setting.TextOrNull("ring_assignment"), Delay(setting["delay_hours"]));

    private static long Delay(PolicyNode? delay) => delay?.Element switch
    {
        null or { ValueKind: JsonValueKind.Null } => 0,
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var hours) => hours,
        { ValueKind: JsonValueKind.String } text when text.GetString() is "" => 0,
        { ValueKind: JsonValueKind.String } text when long.TryParse(text.GetString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out var hours) => hours,
        _ => throw delay!.Value.Wrong("a number of hours"),
    };
}
