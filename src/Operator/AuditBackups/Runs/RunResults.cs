using Comptroller.Archive.Backups;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Runs;

/// <summary>What the pods of one run handed back: the newest result of each stream, and why the run has failed if it has. Pure.</summary>
internal sealed class RunResults
{
    /// <param name="task">What the run was for.</param>
    /// <param name="run">The Job that is over.</param>
    /// <param name="pods">How many streams it was to look after.</param>
    public RunResults(BackupTask task, EndedRun run, int pods)
    {
        var read = run.Containers.Select(container => (Result: RunResult.Read(container.Message, out var error), Error: error)).ToList();
        var verb = Rendering.BackupPod.Name(task);
        // Newest first, so that a retry beats what it retries. One result a stream: two pods of one node are one node.
        Newest = [.. read.Select(each => each.Result).OfType<RunResult>().Where(result => result.Verb == verb && result.Stream is not null).DistinctBy(result => result.Stream)];
        var succeeded = Newest.Count(result => result.Success);
        var waiting = Newest.Where(result => result.ResumesAt is not null).ToList();
        ResumesAt = waiting.Count > 0 && succeeded + waiting.Count >= pods ? waiting.Min(result => result.ResumesAt) : null;
        HasBegun = succeeded > 0 || waiting.Exists(result => result.SentBytes is not null);
        Failure = succeeded >= pods || ResumesAt is not null ? null
            : Newest.FirstOrDefault(result => !result.Success && result.ResumesAt is null) is { } failed ? Told(failed, pods)
            : succeeded + waiting.Count > 0 ? $"{succeeded + waiting.Count} of {pods} nodes were looked after: no pod found another node, or two ran on one. See spec.sources[0].nodeAuditLog.nodes"
            : run.WithoutResult(read.Select(each => each.Error).FirstOrDefault(error => error is not null) ?? (read.Count == 0 ? "the run ended without a result" : "the result is of another verb"));
        Cause = Failure is null ? null : Newest.Where(result => !result.Success).Select(result => result.Cause).FirstOrDefault(cause => cause is not null);
        ReachedStore = Newest.Any(result => result.Cause == RunCauses.Store) ? false
            : Newest.Any(result => result.Success || result.Number is not null || result.SentBytes is not null || result.Cause == RunCauses.Lock) ? true
            : null;
    }

    /// <summary>The newest result of each stream.</summary>
    public IReadOnlyList<RunResult> Newest { get; }

    /// <summary>Why the run has failed, in one line; null when it has not.</summary>
    public string? Failure { get; }

    /// <summary>When the next window opens, of a run that its windows held back or stopped; null for any other.</summary>
    public DateTimeOffset? ResumesAt { get; }

    /// <summary>Whether it did anything.</summary>
    public bool HasBegun { get; }

    /// <summary>What that is owed to, one of <see cref="RunCauses"/>; null for anything else.</summary>
    public string? Cause { get; }

    /// <summary>Whether the store answered; null when the run did not come that far.</summary>
    public bool? ReachedStore { get; }

    private static string Told(RunResult failed, int pods)
    {
        var what = failed.Error ?? (failed.Found is [var first, ..] ? $"{first}{(failed.Problems > 1 ? $", and {failed.Problems - 1} more" : "")}" : "the run says that it failed, and not why");
        return EndedRun.Line(pods > 1 ? $"{failed.Stream}: {what}" : what)!;
    }
}
