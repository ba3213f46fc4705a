using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator;

/// <summary>What every kind that renders objects says of the rendering, in the same words.</summary>
internal static class RenderConditions
{
    public const string NameConflict = "NameConflict";

    /// <summary>Conditions and messages are bounded by the schema.</summary>
    private const int LongestMessage = 1024;

    /// <summary><c>Ready</c> after everything was tried; each object has its result and none failed.</summary>
    /// <param name="conditions">What was said before.</param>
    /// <param name="report">What became of each object.</param>
    /// <param name="summary">What to say when all is well.</param>
    /// <param name="generation">The generation that was rendered.</param>
    /// <param name="now">The time of the verdict.</param>
    public static Conditions Rendered(this Conditions conditions, ApplyReport report, string summary, long generation, DateTimeOffset now)
    {
        var missing = report.Of(ApplyAction.KindMissing).Where(result => !RenderedKinds.IsOptional(result.Type)).ToList();
        var conflicts = report.Of(ApplyAction.Conflict).ToList();
        return conflicts.Count > 0 ? conditions.Failed(generation, now, Join(conflicts.Select(result => result.Message!)), NameConflict)
            : missing.Count > 0 ? conditions.DependencyNotReady(generation, now, Bounded($"the rest is rendered, and this heals when the CRD appears: {Join(missing.Select(result => result.Message!))}"))
            : conditions.Succeeded(generation, now, summary);
    }

    /// <summary>Not <c>Ready</c> for what is known to be in the way, where nothing worse was said already.</summary>
    public static Conditions Unless(this Conditions conditions, Obstacle? obstacle, long generation, DateTimeOffset now) =>
        obstacle is not null && conditions.IsTrue(Conditions.Ready)
            ? conditions.Failed(generation, now, Bounded(obstacle.Message), obstacle.Reason)
            : conditions;

    /// <summary>The run failed: until the spec changes for a <see cref="TerminalException"/>, otherwise until a retry succeeds.</summary>
    public static Conditions Failed(this Conditions conditions, Exception failure, long generation, DateTimeOffset now) => failure is TerminalException terminal
        ? conditions.InvalidSpec(generation, now, Bounded(terminal.Message), terminal.Reason)
        : conditions.Failed(generation, now, Bounded(failure.Message));

    /// <summary>The last request to reconcile: the annotation's value, or <paramref name="handled"/> while there is none.</summary>
    public static string? RequestedAt(ObjectMeta metadata, string? handled) =>
        metadata.Annotations?.GetValueOrDefault(ChangeFilter.RequestedAt) is { } token ? token[..Math.Min(token.Length, 256)] : handled;

    public static string Join(IEnumerable<string> messages) => Bounded(string.Join("; ", messages));

    public static string Bounded(string text) => text.Length <= LongestMessage ? text : $"{text[..(LongestMessage - 1)]}…";
}
