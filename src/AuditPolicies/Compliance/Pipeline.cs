using System.Collections.Immutable;
using Comptroller.AuditPolicies.Alerting;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>What standards want to become of the events.</summary>
internal static class Pipeline
{
    private const string AlertFields = "set spec.forwarding.victoriaLogs, spec.alerts.enabled and leave them out of spec.alerts.disabled";

    /// <summary>Events leave the node at once.</summary>
    public static Check CentralCopy { get; } = posture => Places(posture) is { IsEmpty: false } places
        ? Judgement.Pass("every event is sent off the node as it is written, and kept in a buffer on disk until it is taken", [.. places.Select(place => $"sent to {place}")])
        : Judgement.Fail("events stay on the nodes, which keep them for hours and lose them with a wipe: set spec.forwarding");

    /// <summary>Something looks at the events all day.</summary>
    public static Check Review { get; } = posture => posture.Alerts.IsEmpty
        ? Judgement.Fail($"no alert rules are rendered: {AlertFields}")
        : Judgement.Pass($"{posture.Alerts.Length} alert rules are evaluated all day", [.. posture.Alerts]);

    /// <summary>Silence is noticed.</summary>
    public static Check SilenceNoticed { get; } = Alerting(AlertKind.PipelineSilent);

    public static Check ControlsWatched { get; } = Alerting(AlertKind.ControlsChanged);

    public static Check FailuresWatched { get; } = Alerting(AlertKind.AuthenticationFailures, AlertKind.ForbiddenBurst);

    public static Check AnomaliesWatched { get; } = Alerting(AlertKind.VolumeAnomaly, AlertKind.FailureRatio);

    /// <summary>How long events are kept, which only the store knows.</summary>
    /// <param name="searchable">Days for which they can be searched at once.</param>
    /// <param name="altogether">Days for which they exist, be it in an archive.</param>
    public static Check Retention(int searchable, int altogether) => posture =>
    {
        var wanted = altogether == searchable ? $"{searchable} days" : $"{searchable} days where they can be searched, and {altogether} days altogether";
        if (Places(posture) is not { IsEmpty: false } places)
        {
            return Judgement.Fail($"nothing is sent anywhere that could keep it for {altogether} days: set spec.forwarding");
        }

        ImmutableArray<string> evidence =
        [
            $"sent to {string.Join(", ", places)}",
            .. posture.RetentionDays is { } checkedDays ? [$"the condition Retained tells whether {checkedDays} days are kept"] : Array.Empty<string>(),
        ];
        if (posture.RetentionDays is { } days && (days < searchable || (days < altogether && posture.Archive is null)))
        {
            return Judgement.Fail($"events are to be kept for {days} days: {wanted} are asked for", evidence);
        }

        return Judgement.Manual($"show that events are kept for {wanted}", evidence);
    };

    /// <summary>How long they are kept, without a number in the standard.</summary>
    public static Check SomeRetention { get; } = posture => Places(posture).IsEmpty
        ? Judgement.Fail("events stay on the nodes, which keep them for hours: set spec.forwarding")
        : Judgement.Manual("the organisation decides how long; show that what it decided is what is kept", $"sent to {string.Join(", ", Places(posture))}");

    private static Check Alerting(params ImmutableArray<AlertKind> kinds) => posture =>
    {
        var missing = kinds.Where(kind => !posture.Alerts.Contains(kind.Name)).Select(kind => kind.Name).ToList();
        var dead = posture.DeadAlerts.Where(need => kinds.Contains(need.Kind)).Select(need => $"alert {need.Kind.Name} can never fire: {need.Reason}").ToList();
        return missing.Count > 0 ? Judgement.Fail($"no alert {string.Join(" and ", missing)}: {AlertFields}")
            : dead.Count > 0 ? Judgement.Fail(string.Join("; ", dead))
            : Judgement.Pass($"alert {string.Join(" and ", kinds.Select(kind => kind.Name))}", [.. kinds.Select(kind => $"{kind.Name}, severity {kind.Severity}")]);
    };

    private static ImmutableArray<string> Places(Posture posture) => [.. posture.Stores, .. posture.Archive is { } archive ? [archive] : Array.Empty<string>()];
}
