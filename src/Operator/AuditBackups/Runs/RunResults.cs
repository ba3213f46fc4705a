using Comptroller.Archive.Backups;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Runs;

/// <summary>What the pods of one run handed back: the newest result of each stream, and why the run has failed if it has. Pure.</summary>
internal sealed class RunResults
{
    // How the stores begin what they have to say; what else goes wrong is not the store's.
    private static readonly string[] Stores = ["s3://", "azure://", "gs://", "file://"];

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
        Failure = succeeded >= pods ? null
            : Newest.FirstOrDefault(result => !result.Success) is { } failed ? Told(failed, pods)
            : succeeded > 0 ? $"{succeeded} of {pods} nodes were looked after: no pod found another node, or two ran on one. See spec.sources[0].nodeAuditLog.nodes"
            : run.WithoutResult(read.Select(each => each.Error).FirstOrDefault(error => error is not null) ?? (read.Count == 0 ? "the run ended without a result" : "the result is of another verb"));
        ReachedStore = Newest.Any(result => result.Error is { } error && IsOfStore(error) && !IsLockRefusal(error)) ? false
            : Newest.Any(result => result.Success || result.Number is not null || (result.Error is { } error && IsLockRefusal(error))) ? true
            : null;
    }

    /// <summary>The newest result of each stream.</summary>
    public IReadOnlyList<RunResult> Newest { get; }

    /// <summary>Why the run has failed, in one line; null when it has not.</summary>
    public string? Failure { get; }

    /// <summary>Whether the store answered; null when the run did not come that far.</summary>
    public bool? ReachedStore { get; }

    /// <summary>Whether this says that a lock was asked for and cannot be had.</summary>
    public static bool IsLockRefusal(string message) =>
        message.Contains("a lock was asked for", StringComparison.Ordinal) || message.Contains("cannot lock objects", StringComparison.Ordinal);

    private static bool IsOfStore(string error) =>
        Array.Exists(Stores, store => error.StartsWith(store, StringComparison.Ordinal)) && !error.Contains(": no backup of ", StringComparison.Ordinal);

    private static string Told(RunResult failed, int pods)
    {
        var what = failed.Error ?? (failed.Found is [var first, ..] ? $"{first}{(failed.Problems > 1 ? $", and {failed.Problems - 1} more" : "")}" : "the run says that it failed, and not why");
        return EndedRun.Line(pods > 1 ? $"{failed.Stream}: {what}" : what)!;
    }
}
