using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.DriftWatches;

/// <summary>
/// What a pod of a watch tells when it is asked at <see cref="Path"/>: the pod writes it, the operator reads it. It holds no token for
/// Kubernetes and so cannot write a status itself. Counts and names only, nothing of what a state or an event holds.
/// </summary>
public sealed record DriftWatchReport
{
    /// <summary>Where a pod serves it, beside its metrics.</summary>
    public const string Path = "/report";

    /// <summary>The only version so far. A reader refuses others: what it does not know may change what the rest means.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Bytes that are read at most.</summary>
    public const int MostBytes = 1 << 20;

    private const int MostStates = 64;
    private const int MostRecent = 10;
    private const int LongestText = 512;

    public int Version { get; init; }

    /// <summary>Why the pod cannot be relied on; null when it can.</summary>
    public string? Unready { get; init; }

    /// <summary>Why the last full comparison failed; null when it did not, or there was none.</summary>
    public string? ComparisonError { get; init; }

    public DriftCounts Drifts { get; init => field = value ?? new(); } = new();

    /// <summary>Managed share of what the last comparison saw, from 0 to 1.</summary>
    public double? Coverage { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastComparisonTime { get; init; }

    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? LastRefreshTime { get; init; }

    /// <summary>In the order of the configuration; names are those of the configuration too.</summary>
    public IReadOnlyList<DriftStateStatus> States { get; init => field = value ?? []; } = [];

    /// <summary>Drifts that are open, newest first: the few that an event names.</summary>
    public IReadOnlyList<ReportedDrift> Recent { get; init => field = value ?? []; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(
        this with
        {
            Version = CurrentVersion,
            Unready = Cut(Unready),
            ComparisonError = Cut(ComparisonError),
            States = [.. States.Take(MostStates).Select(state => state with { Error = Cut(state.Error) })],
            Recent = [.. Recent.Take(MostRecent).Select(drift => drift with { Resource = Cut(drift.Resource)!, Attribute = Cut(drift.Attribute)!, Actor = Cut(drift.Actor)! })],
        },
        CrdsJson.Default.DriftWatchReport);

    /// <summary>Reads a report; null when it is none.</summary>
    public static DriftWatchReport? Read(ReadOnlySpan<byte> json)
    {
        try
        {
            var report = JsonSerializer.Deserialize(json, CrdsJson.Default.DriftWatchReport);
            return report is { Version: CurrentVersion, Coverage: null or (>= 0 and <= 1), States.Count: <= MostStates, Recent.Count: <= MostRecent } && report.Drifts.Open >= 0 ? report with
            {
                Unready = Cut(report.Unready),
                ComparisonError = Cut(report.ComparisonError),
                States = [.. report.States.Select(state => state with { Error = Cut(state.Error), Lineage = state.Lineage is { Length: > 64 } ? null : state.Lineage })],
            }
            : null;
        }
        catch (JsonException)
        {
            // Whatever answers there is no pod of this version.
            return null;
        }
    }

    // One line, whatever it holds: it becomes a message of the status.
    private static string? Cut(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var line = string.Join(' ', text.Split([.. text.Where(character => char.IsControl(character) || char.IsWhiteSpace(character)).Distinct()], StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestText ? line : $"{line[..(LongestText - 1)]}…";
    }
}

/// <summary>A drift in a few words.</summary>
public sealed record ReportedDrift
{
    /// <summary>Its id in the API.</summary>
    [Required]
    public string Id { get; init => field = value ?? ""; } = "";

    /// <summary>Its severity, in lower case.</summary>
    public string Severity { get; init => field = value ?? ""; } = "";

    /// <summary>The resource's address, or type and id when no state has it.</summary>
    public string Resource { get; init => field = value ?? ""; } = "";

    /// <summary>What differs.</summary>
    public string Attribute { get; init => field = value ?? ""; } = "";

    /// <summary>Who did it last; empty when that is unknown.</summary>
    public string Actor { get; init => field = value ?? ""; } = "";
}
