using System.Text;
using System.Text.Json;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Backups;

/// <summary>
/// What a run of <c>backup</c>, <c>digest</c>, <c>verify</c>, <c>restore</c> or <c>prune</c> leaves for whoever started it: the JSON in the termination message of its
/// container. Kubernetes keeps 4096 bytes of a message and cuts the rest off, so nothing here is long. A member that is absent was not looked at.
/// </summary>
public sealed record RunResult
{
    /// <summary>The only version so far. A reader refuses others: what it does not know may change what the rest means.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Bytes that Kubernetes keeps.</summary>
    public const int MostBytes = 4096;

    private const int LongestMessage = 600;
    private const int LongestProblem = 250;
    private const int LongestLocation = 800;
    private const int MostProblems = 5;

    public int Version { get; init; }

    /// <summary><c>backup</c>, <c>digest</c>, <c>verify</c>, <c>restore</c> or <c>prune</c>.</summary>
    public required string Verb { get; init; }

    /// <summary>Whether the run did what it was for: a verification that finds something wrong did not succeed.</summary>
    public bool Success { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset FinishedAt { get; init; }

    public string? Stream { get; init; }

    /// <summary>The backup that was made, proved or restored; of <c>prune</c>, the newest one that stays.</summary>
    public long? Number { get; init; }

    /// <summary>Of a backup, its manifest; else the store. Without secrets.</summary>
    public string? Location { get; init; }

    /// <summary>RFC 6962 root, hex, over the files of the backup.</summary>
    public string? RootHash { get; init; }

    /// <summary>When that backup was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    public int? Files { get; init; }

    /// <summary>Files that were not read because nothing about them changed.</summary>
    public int? UnchangedFiles { get; init; }

    /// <summary>Text of the backup, in bytes.</summary>
    public long? Bytes { get; init; }

    /// <summary>What it takes in the store, with what it shares with others.</summary>
    public long? StoredBytes { get; init; }

    /// <summary>What had to be sent for it.</summary>
    public long? SentBytes { get; init; }

    /// <summary>Text by stored bytes.</summary>
    public double? Ratio { get; init; }

    /// <summary>Until when its objects are locked.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>Whether all locks are as long as the manifests say; absent where nothing is locked or nobody looked.</summary>
    public bool? LocksHold { get; init; }

    /// <summary>When the oldest and the newest backup were made that can be believed: points in time that a restore can ask for.</summary>
    public DateTimeOffset? RecoverableFrom { get; init; }

    public DateTimeOffset? RecoverableTo { get; init; }

    /// <summary>Whether the chain through all manifests has no gap, fork or forgery.</summary>
    public bool? ChainIntact { get; init; }

    /// <summary>Until when signed digests say which backups there were.</summary>
    public DateTimeOffset? DigestsUntil { get; init; }

    /// <summary>Stored bytes that were read back.</summary>
    public long? BytesRead { get; init; }

    /// <summary>Files that a restore or a restore drill brought back and compared byte by byte.</summary>
    public int? RestoredFiles { get; init; }

    /// <summary>
    /// Of a backup that its windows held back or stopped, when the next one opens. It is neither a success nor a failure; one that was held back sent nothing and tells no
    /// <see cref="SentBytes"/>.
    /// </summary>
    public DateTimeOffset? ResumesAt { get; init; }

    /// <summary>Backups that were deleted.</summary>
    public int? Deleted { get; init; }

    /// <summary>Stored bytes of pieces that were deleted with them.</summary>
    public long? DeletedBytes { get; init; }

    /// <summary>How many things are wrong, or were kept by the store although the policy lets them go.</summary>
    public int? Problems { get; init; }

    /// <summary>The first of them.</summary>
    public IReadOnlyList<string>? Found { get; init; }

    /// <summary>Why the run came to no end, in one line, without any secret; absent when it did.</summary>
    public string? Error { get; init; }

    /// <summary>What that is owed to: one of <see cref="RunCauses"/>; absent for anything else, such as a source that cannot be read.</summary>
    public string? Cause { get; init; }

    /// <summary>The result of a run that ended with an exception.</summary>
    public RunResult Failed(Exception error) => this with
    {
        Error = error.Message,
        Cause = error is ObjectStoreException store ? store.IsLockMissing ? RunCauses.Lock : RunCauses.Store : null,
    };

    /// <summary>One result of several streams: sums, the narrowest of what is common to all, and a success only when each is one.</summary>
    /// <param name="started">What was known before they were looked at; its stream is what they have in common.</param>
    /// <param name="streams">Their results; of one, that one is given back under the name that it was asked by.</param>
    public static RunResult Of(RunResult started, IReadOnlyList<RunResult> streams)
    {
        if (streams is [var only])
        {
            return only with { Stream = started.Stream };
        }

        return started with
        {
            Success = streams.All(each => each.Success),
            Number = streams.Min(each => each.Number),
            CreatedAt = streams.Min(each => each.CreatedAt),
            Files = Sum(each => each.Files),
            BytesRead = streams.Sum(each => each.BytesRead),
            LockedUntil = streams.All(each => each.LockedUntil is not null) ? streams.Min(each => each.LockedUntil) : null,
            LocksHold = All(each => each.LocksHold),
            // What all of them can go back to.
            RecoverableFrom = streams.Max(each => each.RecoverableFrom),
            RecoverableTo = streams.Min(each => each.RecoverableTo),
            ChainIntact = All(each => each.ChainIntact),
            DigestsUntil = streams.Min(each => each.DigestsUntil),
            RestoredFiles = Sum(each => each.RestoredFiles),
            Deleted = Sum(each => each.Deleted),
            DeletedBytes = streams.Sum(each => each.DeletedBytes),
            Problems = Sum(each => each.Problems),
            Found = [.. streams.SelectMany(each => (each.Found ?? []).Select(problem => $"{each.Stream}: {problem}"))],
        };

        int? Sum(Func<RunResult, int?> member) => streams.Any(each => member(each) is not null) ? streams.Sum(member) : null;

        bool? All(Func<RunResult, bool?> member) => streams.Any(each => member(each) is false) ? false : streams.Any(each => member(each) is true) ? true : null;
    }

    /// <summary>The message, below <see cref="MostBytes"/> whatever the texts hold.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        this with
        {
            Version = CurrentVersion,
            Location = Cut(Location, LongestLocation),
            Found = Found is { Count: > 0 } ? [.. Found.Take(MostProblems).Select(problem => Cut(problem, LongestProblem)!)] : null,
            Error = Cut(Error, LongestMessage),
        },
        BackupJson.Default.RunResult);

    /// <summary>Reads a termination message.</summary>
    /// <param name="message">The message; null when the container left none.</param>
    /// <param name="error">Why it is no result; null when it is one.</param>
    public static RunResult? Read(string? message, out string? error)
    {
        if (string.IsNullOrWhiteSpace(message))
        {
            error = "the run ended without a result";
            return null;
        }

        try
        {
            var result = JsonSerializer.Deserialize(message, BackupJson.Default.RunResult);
            error = result is null ? "the result is null"
                : result.Version != CurrentVersion ? $"the result has version {result.Version}, and this program reads {CurrentVersion}: run the image of the operator's own version"
                : result.Verb is not ("backup" or "digest" or "verify" or "restore" or "prune") ? "the result does not say what was run"
                : result.Success && result.ResumesAt is not null ? "the result says success and that it goes on later"
                : result.Success && result.Error is not null ? "the result says success and an error"
                : result.Bytes < 0 || result.StoredBytes < 0 || result.SentBytes < 0 || result.Files < 0 || result.Number < 0 || result.Problems < 0 || result.Deleted < 0 ? "the result counts below zero"
                : null;
            return error is null ? result : null;
        }
        catch (JsonException)
        {
            // The text itself is not repeated: whatever wrote it is not ours, and may have written anything.
            error = "the termination message is not a result";
            return null;
        }
    }

    /// <summary>Shortens to so many bytes of JSON, between characters. Control characters cost six bytes each and become spaces.</summary>
    private static string? Cut(string? text, int bytes)
    {
        if (text is null)
        {
            return null;
        }

        var kept = new StringBuilder();
        var used = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            var written = Rune.IsControl(rune) ? new Rune(' ') : rune;
            used += JsonEncodedText.Encode(written.ToString()).EncodedUtf8Bytes.Length;
            if (used > bytes)
            {
                break;
            }

            kept.Append(written);
        }

        return kept.ToString();
    }
}

/// <summary>Failures that others act upon.</summary>
public static class RunCauses
{
    /// <summary>The store was not reached, or did not do what it was asked.</summary>
    public const string Store = "Store";

    /// <summary>A lock was asked for that the store cannot give.</summary>
    public const string Lock = "Lock";
}
