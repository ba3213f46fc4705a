using System.Text;

namespace Comptroller.Operator.Tests.Estates;

/// <summary>The log of one operator, line by line, for those who wait for a line.</summary>
internal sealed class LogCapture : Stream
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];
    private TaskCompletionSource more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The first line that holds the text; fails with the last lines when none comes.</summary>
    public async Task<string> LineAsync(string text)
    {
        using var patience = new CancellationTokenSource(Estate.Patience);
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (lines.Find(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
                {
                    return found;
                }

                next = more.Task;
            }

            try
            {
                await next.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"no log line holds '{text}'; the last ones are:\n{this}", e);
            }
        }
    }

    // The logger hands over whole lines.
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (gate)
        {
            lines.Add(Encoding.UTF8.GetString(buffer).TrimEnd());
            more.SetResult();
            more = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override string ToString()
    {
        lock (gate)
        {
            return string.Join('\n', lines.TakeLast(20));
        }
    }
}
