using Comptroller.Falcon.Api;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Auditing;

/// <summary>
/// How far a run is, and what it has cost. Saved once a minute and when the run is stopped: a short run stays one transaction, and a
/// long one loses a minute at most when its process is killed.
/// </summary>
internal sealed class RunProgress
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly RunWriter _writer;
    private readonly FalconCounters _counters;
    private readonly TimeProvider _time;
    private readonly RunCheckpoint _first;
    private readonly (long Requests, long Errors, long Throttled) _before;
    private long _saved;

    public RunProgress(RunWriter writer, FalconCounters counters, TimeProvider time, RunCheckpoint first)
    {
        (_writer, _counters, _time, _first, At) = (writer, counters, time, first, first);
        _before = (counters.Requests, counters.Errors, counters.ThrottledRequests);
        _saved = time.GetTimestamp();
    }

    /// <summary>The last place from which the run can go on.</summary>
    public RunCheckpoint At { get; private set; }

    /// <summary>Every type of policy is stored. A run that lacks one is not worth going on with: it cannot become whole.</summary>
    public bool IsResumable { get; set; }

    /// <summary>The run can go on from here.</summary>
    public async Task ReachedAsync(RunCheckpoint place, CancellationToken cancellationToken)
    {
        At = Costs(place with { Saved = _time.GetUtcNow() });
        if (IsResumable && _time.GetElapsedTime(_saved) >= Every)
        {
            await _writer.CheckpointAsync(At, cancellationToken);
            _saved = _time.GetTimestamp();
        }
    }

    /// <summary>The run is stopped: keeps what it has, whatever becomes of the caller.</summary>
    public Task StopAsync() => IsResumable ? _writer.CheckpointAsync(Costs(At), CancellationToken.None) : Task.CompletedTask;

    /// <summary>The same with what the run has cost until now, its earlier parts included.</summary>
    public RunCheckpoint Costs(RunCheckpoint place) => place with
    {
        ApiCalls = _first.ApiCalls + _counters.Requests - _before.Requests,
        ApiErrors = _first.ApiErrors + _counters.Errors - _before.Errors,
        Throttled = _first.Throttled + _counters.ThrottledRequests - _before.Throttled,
    };
}
