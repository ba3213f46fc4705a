namespace Comptroller.Drift.Lifecycle;

/// <summary>How a drift goes from one status to the next. Pure; stores only write down what is decided here.</summary>
public static class DriftLife
{
    /// <summary>
    /// The drift after it was seen (again). One that somebody acknowledged stays so until another value shows up; one that a person
    /// suppressed stays so until that ends; one that was resolved begins again, unless a comparison saw it before. What Terraform itself does neither opens nor closes what is open.
    /// </summary>
    /// <param name="before">The drift; null when this is the first time.</param>
    /// <param name="seen">What a store without this drift would begin.</param>
    /// <param name="now">The time.</param>
    public static DriftRecord Seen(DriftRecord? before, DriftRecord seen, DateTimeOffset now)
    {
        if (before is null)
        {
            return seen;
        }

        if (seen.Event.Length == 0 && (seen.LastSeen < before.LastSeen || seen.LastSeen <= before.ResolvedAt))
        {
            // A plan of this morning does not know what was changed, or set back, at noon.
            return before;
        }

        var isDecided = before.DecidedBy.Length > 0 && !(before.Until <= now);
        var status = before.Status switch
        {
            DriftStatus.Resolved => seen.Status,
            DriftStatus.Suppressed when !isDecided => seen.Status,
            DriftStatus.Acknowledged when seen.Status != DriftStatus.Suppressed && before.New != seen.New => DriftStatus.Open,
            var same => same,
        };
        var keepsDecision = status == before.Status && isDecided;
        return seen with
        {
            Number = before.Number,
            Status = status,
            Reason = status != DriftStatus.Suppressed ? "" : keepsDecision ? before.Reason : seen.Reason,
            DecidedBy = keepsDecision ? before.DecidedBy : "",
            Comment = keepsDecision ? before.Comment : "",
            Until = keepsDecision ? before.Until : null,
            Occurrences = before.Occurrences + seen.Occurrences,
            FirstSeen = before.FirstSeen < seen.FirstSeen ? before.FirstSeen : seen.FirstSeen,
            LastSeen = before.LastSeen > seen.LastSeen ? before.LastSeen : seen.LastSeen,
            Due = status == DriftStatus.Pending ? before.Due ?? seen.Due : null,
            ResolvedAt = null,
        };
    }

    /// <summary>The drift after what ended it; null when that does not end it.</summary>
    public static DriftRecord? Settled(DriftRecord before, Settlement settlement, DateTimeOffset now) =>
        before.Status == DriftStatus.Resolved || (settlement.Only is not null && !(before.Occurrences == 1 && (before.New ?? before.Old) == settlement.Only))
            ? null
            : Resolved(before, settlement.Reason, now);

    /// <summary>The drift after its time has come: its grace is over, or its suppression; null when it has not.</summary>
    public static DriftRecord? Due(DriftRecord before, DateTimeOffset now) => before.Status switch
    {
        DriftStatus.Pending when before.Due <= now => Plain(before, DriftStatus.Open),
        DriftStatus.Suppressed when before.Until <= now => Plain(before, DriftStatus.Open),
        _ => null,
    };

    /// <summary>The drift after a person decided.</summary>
    /// <exception cref="InvalidOperationException">This cannot be decided of a drift in that status; says why.</exception>
    public static DriftRecord Decided(DriftRecord before, Decision decision, DateTimeOffset now)
    {
        if (before.Status == DriftStatus.Resolved && decision.To is DriftStatus.Acknowledged or DriftStatus.Suppressed)
        {
            throw new InvalidOperationException($"drift {before.Id} is resolved; only one that stands can be {decision.To.Name()}. It opens by itself when it is seen again");
        }

        if (decision.To == DriftStatus.Suppressed && decision.Until <= now)
        {
            throw new InvalidOperationException("the suppression would end before it begins; give a time that has not come yet");
        }

        return decision.To switch
        {
            DriftStatus.Acknowledged => Plain(before, DriftStatus.Acknowledged) with { DecidedBy = decision.By, Comment = decision.Comment },
            DriftStatus.Suppressed => Plain(before, DriftStatus.Suppressed) with { Reason = "by a person", DecidedBy = decision.By, Comment = decision.Comment, Until = decision.Until },
            DriftStatus.Resolved => Resolved(before, "by a person", now) with { DecidedBy = decision.By, Comment = decision.Comment },
            DriftStatus.Open => Plain(before, DriftStatus.Open) with { DecidedBy = decision.By, Comment = decision.Comment },
            _ => throw new InvalidOperationException("nobody can make a drift pending; that is only what just happened"),
        };
    }

    private static DriftRecord Resolved(DriftRecord before, string reason, DateTimeOffset now) => Plain(before, DriftStatus.Resolved) with { Reason = reason, ResolvedAt = now };

    private static DriftRecord Plain(DriftRecord before, DriftStatus status) =>
        before with { Status = status, Reason = "", DecidedBy = "", Comment = "", Until = null, Due = null, ResolvedAt = null };
}
