namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>A caller's token and a time limit in one. Dispose it: a linked source that is forgotten stays with its parent for ever.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly TimeSpan limit;
    private readonly TimeProvider time;
    private readonly long started;
    private readonly CancellationTokenSource timer;
    private readonly CancellationTokenSource linked;

    public Deadline(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        Caller = cancellationToken;
        this.limit = limit;
        this.time = time;
        started = time.GetTimestamp();
        timer = new CancellationTokenSource(limit, time);
        linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
    }

    /// <summary>By the monotonic clock: a jump of the wall clock neither cuts a call nor lets it run on.</summary>
    public TimeSpan Remaining => limit - time.GetElapsedTime(started);
    public CancellationToken Caller { get; }
    public CancellationToken Token => linked.Token;

    /// <summary>True when the limit ended the call and not the caller.</summary>
    public bool Expired => timer.IsCancellationRequested && !Caller.IsCancellationRequested;

    public void Dispose()
    {
        linked.Dispose();
        timer.Dispose();
    }
}
