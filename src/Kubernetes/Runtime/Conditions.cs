using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// The conditions of a resource together with the generation they were judged from, as tools that read kstatus (Flux, kubectl wait,
/// Argo) understand them: <c>Ready</c> always, <c>Reconciling</c> and <c>Stalled</c> only while true. Immutable; each verdict
/// returns the next state. Pure: time comes in as an argument, and moves only with a changed status (rule W6).
/// </summary>
public sealed record Conditions(long ObservedGeneration, IReadOnlyList<Condition> Items)
{
    public const string Ready = "Ready";
    public const string Reconciling = "Reconciling";
    public const string Stalled = "Stalled";
    public const string SuspendedType = "Suspended";

    /// <summary>A resource nobody has looked at yet: in progress, not ready.</summary>
    public static Conditions Initial { get; } = new(-1, []);

    /// <summary>Work on a new generation has begun; the generation counts as observed only once it is judged.</summary>
    public Conditions Progressing(long generation, DateTimeOffset now, string message) =>
        Without(SuspendedType).Without(Stalled)
            .With(Ready, "Unknown", ConditionReason.Progressing, message, generation, now)
            .With(Reconciling, "True", ConditionReason.Progressing, message, generation, now);

    public Conditions Succeeded(long generation, DateTimeOffset now, string message) =>
        Judged(generation).Without(Reconciling).Without(Stalled)
            .With(Ready, "True", ConditionReason.Succeeded, message, generation, now);

    /// <summary>Failed and being retried: still in progress for kstatus, so that waiting tools keep waiting.</summary>
    /// <param name="generation">The generation that was tried.</param>
    /// <param name="now">The time of the verdict.</param>
    /// <param name="message">The same failure must give the same message, or each retry costs a write (rule W6).</param>
    /// <param name="reason">More precise than <c>Failed</c> where one is known.</param>
    public Conditions Failed(long generation, DateTimeOffset now, string message, string reason = ConditionReason.Failed) =>
        Judged(generation).Without(Stalled)
            .With(Ready, "False", reason, message, generation, now)
            .With(Reconciling, "True", ConditionReason.ProgressingWithRetry, message, generation, now);

    /// <summary>Only the user can help: failed for kstatus, at once.</summary>
    public Conditions InvalidSpec(long generation, DateTimeOffset now, string message, string reason = ConditionReason.InvalidSpec) =>
        Judged(generation).Without(Reconciling)
            .With(Ready, "False", reason, message, generation, now)
            .With(Stalled, "True", reason, message, generation, now);

    public Conditions DependencyNotReady(long generation, DateTimeOffset now, string message) =>
        Failed(generation, now, message, ConditionReason.DependencyNotReady);

    /// <summary>Nothing is judged while suspended: what was true stays, and one condition says why nothing moves.</summary>
    public Conditions Suspended(long generation, DateTimeOffset now, string message) =>
        With(SuspendedType, "True", ConditionReason.Suspended, message, generation, now);

    /// <summary>The resource is being deleted and its cleanup fails.</summary>
    public Conditions DeletionFailed(long generation, DateTimeOffset now, string message) =>
        Judged(generation).Without(Reconciling).Without(Stalled)
            .With(Ready, "False", ConditionReason.DeletionFailed, message, generation, now);

    /// <summary>Sets one condition. Its transition time stays unless its status changes (rule W6).</summary>
    public Conditions With(string type, string status, string reason, string message, long generation, DateTimeOffset now)
    {
        var old = Find(type);
        var next = new Condition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message,
            ObservedGeneration = generation,
            LastTransitionTime = old is not null && old.Status == status ? old.LastTransitionTime : WholeSeconds(now),
        };
        return this with { Items = old is null ? [.. Items, next] : [.. Items.Select(item => item.Type == type ? next : item)] };
    }

    public Conditions Without(string type) =>
        Find(type) is null ? this : this with { Items = [.. Items.Where(item => item.Type != type)] };

    public Condition? Find(string type) => Items.FirstOrDefault(item => item.Type == type);

    public bool IsTrue(string type) => Find(type)?.Status == "True";

    private Conditions Judged(long generation) => Without(SuspendedType) with { ObservedGeneration = generation };

    /// <summary>The API keeps whole seconds; more would make every comparison with what the server returns fail.</summary>
    private static DateTimeOffset WholeSeconds(DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        return utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerSecond));
    }
}

/// <summary>Reasons that users of Flux know.</summary>
public static class ConditionReason
{
    public const string Progressing = "Progressing";
    public const string ProgressingWithRetry = "ProgressingWithRetry";
    public const string Succeeded = "Succeeded";
    public const string Failed = "Failed";
    public const string InvalidSpec = "InvalidSpec";
    public const string DependencyNotReady = "DependencyNotReady";
    public const string Suspended = "Suspended";
    public const string DeletionFailed = "DeletionFailed";
    public const string AccessDenied = "AccessDenied";
}
