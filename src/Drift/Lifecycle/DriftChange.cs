using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Lifecycle;

/// <summary>Something that happened to a drift. Being seen once more as it was is nothing that happened.</summary>
public sealed record DriftChange
{
    /// <summary>Its place in the order of all changes; 0 before it is written.</summary>
    public long Number { get; init; }

    /// <summary>Id of the drift.</summary>
    public required string Drift { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null for the first.</summary>
    public DriftStatus? From { get; init; }

    public required DriftStatus To { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>Who did it: the actor of the event, the person who decided, or empty for the program itself.</summary>
    public string By { get; init; } = "";

    /// <summary>Why: the reason of a resolution or suppression, a person's comment.</summary>
    public string Comment { get; init; } = "";

    /// <summary>The value the world has now, as JSON; null when it is none or not what changed.</summary>
    public string? Value { get; init; }

    /// <summary>What happened, in one word for streams and timelines.</summary>
    public string Name => (From, To) switch
    {
        (null, _) => "detected",
        var (from, to) when from == to => "changed",
        (DriftStatus.Resolved, _) => "reopened",
        (DriftStatus.Acknowledged or DriftStatus.Suppressed, DriftStatus.Open or DriftStatus.Pending) => "reopened",
        (_, DriftStatus.Open) => "opened",
        (_, DriftStatus.Acknowledged) => "acknowledged",
        (_, DriftStatus.Suppressed) => "suppressed",
        (_, DriftStatus.Resolved) => "resolved",
        _ => "changed",
    };

    /// <summary>What happened between two looks at a drift; null when nothing did.</summary>
    internal static DriftChange? Between(DriftRecord? before, DriftRecord after, DateTimeOffset at, string by, string comment)
    {
        var isOther = before?.New != after.New;
        return before is not null && before.Status == after.Status && !isOther ? null : new DriftChange
        {
            Drift = after.Id,
            At = at,
            From = before?.Status,
            To = after.Status,
            Severity = after.Severity,
            By = by,
            Comment = comment,
            Value = isOther ? after.New : null,
        };
    }
}
