using System.Collections.Concurrent;
using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Score;

/// <summary>Replays many transcripts at once, each against a server of its own: most of the time is spent waiting for watches to end.</summary>
internal static class ReplayRun
{
    /// <summary>Results in the order of <paramref name="transcripts"/>.</summary>
    public static async Task<IReadOnlyList<TranscriptResult>> RunAsync(
        IReadOnlyList<Transcript> transcripts, IReplayTargets targets, CancellationToken cancellationToken)
    {
        var results = new ConcurrentDictionary<Transcript, TranscriptResult>();

        // The long ones first, so that the last to start is not the last to end by far.
        var byLength = transcripts.OrderByDescending(transcript => transcript.Steps.Count(step => step.IsStream));
        var options = new ParallelOptions { MaxDegreeOfParallelism = targets.AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(byLength, options, async (transcript, ct) =>
        {
            await using var lease = await targets.RentAsync(ct);
            results[transcript] = await new Replayer(lease.Target, transcript, targets.RunName(transcript), lease.Patience).RunAsync(ct);
        });
        return [.. transcripts.Select(transcript => results[transcript])];
    }
}

/// <summary>Where transcripts are replayed. Disposing it removes what replays had to leave for each other.</summary>
internal interface IReplayTargets : IAsyncDisposable
{
    /// <summary>How many replays may run side by side without seeing each other's writes.</summary>
    int AtOnce { get; }

    Task<ReplayLease> RentAsync(CancellationToken cancellationToken);

    /// <summary>Goes into the names of what the replay creates.</summary>
    string RunName(Transcript transcript);
}

/// <summary>A server for one replay; disposing it cleans up.</summary>
/// <param name="Patience">How long a step that was recorded by polling may take.</param>
internal sealed record ReplayLease(ReplayTarget Target, TimeSpan Patience, Func<ValueTask> Return) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Return();
}
