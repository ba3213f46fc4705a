using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Replay;

/// <summary>What a policy would have made of a recorded log. A log holds only what was recorded; what the policy in force left out cannot be judged.</summary>
public sealed record ReplayReport
{
    public required LogSummary Log { get; init; }

    /// <summary>One per level in rising order: what was recorded at it, and what the policy keeps at it.</summary>
    public required ImmutableArray<LevelCount> Levels { get; init; }

    /// <summary>Everything the policy keeps.</summary>
    public required KeptCount Kept { get; init; }

    /// <summary>Events whose rule says None, or that no rule matches.</summary>
    public required long DroppedByLevel { get; init; }

    /// <summary>Events of a stage that is omitted for them, by stage; stages without any are left out.</summary>
    public required ImmutableArray<StageCount> DroppedByStage { get; init; }

    /// <summary>One per rule in their order, then one with index -1 for what no rule matches.</summary>
    public required ImmutableArray<RuleCount> Rules { get; init; }

    public required TopList Users { get; init; }

    public required TopList Resources { get; init; }

    public required TopList Verbs { get; init; }

    /// <summary>What changes against another policy; null when none was given.</summary>
    public Comparison? Against { get; init; }
}

/// <summary>What was read.</summary>
public sealed record LogSummary
{
    /// <summary>Lines, empty ones included.</summary>
    public required long Lines { get; init; }

    /// <summary>Bytes after decompression.</summary>
    public required long Bytes { get; init; }

    public required long EmptyLines { get; init; }

    /// <summary>Events; an EventList counts as many as it holds.</summary>
    public required long Events { get; init; }

    /// <summary>Bytes of the events, each as a line.</summary>
    public required long EventBytes { get; init; }

    /// <summary>Time of the earliest event; null when there is none with a time.</summary>
    public DateTimeOffset? First { get; init; }

    /// <summary>Time of the latest event.</summary>
    public DateTimeOffset? Last { get; init; }

    /// <summary>How many there were of each kind of problem; kinds without any are left out.</summary>
    public required ImmutableSortedDictionary<ProblemKind, long> Problems { get; init; }

    /// <summary>The first few problems, in order.</summary>
    public required ImmutableArray<LogProblem> FirstProblems { get; init; }
}

/// <summary>What can be wrong with a line or a file.</summary>
public enum ProblemKind
{
    /// <summary>Not one JSON object, or a known field of the wrong type.</summary>
    BrokenLine,

    /// <summary>The last line stops in the middle: the file was being written, or was cut.</summary>
    TruncatedLastLine,

    /// <summary>Longer than <see cref="LineReader.LongestLine"/>.</summary>
    LineTooLong,

    /// <summary>JSON that is no audit.k8s.io Event.</summary>
    NotAnEvent,

    /// <summary>The gzip data is damaged or stops in the middle; what came before is counted.</summary>
    DamagedCompression,
}

/// <param name="Source">Name of the file.</param>
/// <param name="Line">From 1.</param>
/// <param name="Kind">What is wrong.</param>
/// <param name="Message">The same for people.</param>
public sealed record LogProblem(string Source, long Line, ProblemKind Kind, string Message);

/// <param name="Events">Lines written.</param>
/// <param name="Bytes">Their length; bodies that the level leaves out are not counted.</param>
/// <param name="AtLeastEvents">Events that would be longer by bodies that were not recorded, so that <paramref name="Bytes"/> is a lower bound.</param>
public sealed record KeptCount(long Events, long Bytes, long AtLeastEvents);

public sealed record LevelCount(Level Level, long RecordedEvents, long RecordedBytes, KeptCount Kept);

public sealed record StageCount(Stages Stage, long Events);

/// <param name="Index">From 0; -1 for requests that no rule matches.</param>
/// <param name="Level">The rule's.</param>
/// <param name="Events">Events the rule decided.</param>
/// <param name="Bytes">Their recorded length.</param>
/// <param name="Kept">What of them is written.</param>
public sealed record RuleCount(int Index, Level Level, long Events, long Bytes, KeptCount Kept);

/// <param name="Items">Heaviest first, by bytes kept.</param>
/// <param name="IsExact">False when there were too many names to count each; then every item says by how much it may be short.</param>
public sealed record TopList(ImmutableArray<TopItem> Items, bool IsExact);

/// <param name="Name">User, resource or verb.</param>
/// <param name="Events">Events kept.</param>
/// <param name="Bytes">Bytes kept, at least.</param>
/// <param name="Error">How many bytes more it may be; 0 when counted from the start.</param>
public sealed record TopItem(string Name, long Events, long Bytes, long Error);

/// <summary>The policy against another one, event by event.</summary>
public sealed record Comparison
{
    /// <summary>What the other policy keeps.</summary>
    public required KeptCount Kept { get; init; }

    /// <summary>Events both treat alike.</summary>
    public required long Same { get; init; }

    /// <summary>Events the other keeps and this one does not.</summary>
    public required long Lost { get; init; }

    /// <summary>Events both keep, this one at a lower level.</summary>
    public required long Reduced { get; init; }

    /// <summary>Events both keep, this one at a higher level.</summary>
    public required long Raised { get; init; }

    /// <summary>Events that only this one keeps.</summary>
    public required long Gained { get; init; }

    /// <summary>Rule pairs with a difference, the most lost and reduced events first.</summary>
    public required ImmutableArray<RulePair> Pairs { get; init; }
}

/// <param name="Rule">Index of this policy's rule; -1 for none.</param>
/// <param name="Level">Its level.</param>
/// <param name="AgainstRule">Index of the other policy's rule; -1 for none.</param>
/// <param name="AgainstLevel">Its level.</param>
/// <param name="Bytes">Bytes this policy writes more than the other; negative when it writes less.</param>
/// <param name="Examples">Kinds of requests that are lost or reduced, or else raised or gained.</param>
public sealed record RulePair(
    int Rule, Level Level, int AgainstRule, Level AgainstLevel, long Same, long Lost, long Reduced, long Raised, long Gained, long Bytes, ImmutableArray<string> Examples);
