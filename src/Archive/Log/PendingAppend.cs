using System.Threading.Tasks.Sources;

namespace Comptroller.Archive.Log;

/// <summary>An append between the caller and the writer. Used again and again: an event costs no allocation of its own.</summary>
internal sealed class PendingAppend : IValueTaskSource<long>, IDisposable
{
    private readonly EventWriter _writer = new();

    // Continuations run elsewhere: the writer must not run its callers' code.
    private ManualResetValueTaskSourceCore<long> _source = new() { RunContinuationsAsynchronously = true };

    public string Source { get; private set; } = "";

    public ReadOnlyMemory<byte> Line => _writer.Line;

    public ValueTask<long> Task => new(this, _source.Version);

    public void Prepare(AuditEvent auditEvent, DateTimeOffset now)
    {
        _source.Reset();
        _writer.Write(auditEvent, now);
        Source = auditEvent.Actor;
    }

    public void Complete(long seq) => _source.SetResult(seq);

    public void Fail(Exception error) => _source.SetException(error);

    public void Dispose() => _writer.Dispose();

    long IValueTaskSource<long>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<long>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<long>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
