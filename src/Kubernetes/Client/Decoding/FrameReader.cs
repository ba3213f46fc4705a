using System.Buffers;
using System.IO.Pipelines;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>
/// Splits a watch into its frames, one JSON document per line (rule R7). What follows the last line feed when the stream ends was
/// cut off in transit and is discarded.
/// </summary>
internal sealed class FrameReader(PipeReader body)
{
    /// <summary>Bytes. etcd refuses objects beyond 1.5 MiB, so a larger frame is a fault and not an object.</summary>
    public const int LargestFrame = 16 * 1024 * 1024;

    private SequencePosition? next;

    /// <summary>The next frame without its line feed, valid until the next call; null at the end of the stream.</summary>
    /// <exception cref="InvalidDataException">A frame is larger than <see cref="LargestFrame"/>.</exception>
    public async ValueTask<ReadOnlySequence<byte>?> NextAsync(CancellationToken cancellationToken)
    {
        if (next is { } position)
        {
            body.AdvanceTo(position);
            next = null;
        }

        // Bytes already searched: without it a large frame that arrives in small pieces costs quadratic time.
        var searched = 0L;
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (buffer.Slice(searched).PositionOf((byte)'\n') is { } end)
            {
                var frame = buffer.Slice(0, end);
                next = buffer.GetPosition(1, end);
                return frame.Length <= LargestFrame ? frame : throw TooLarge();
            }

            if (buffer.Length > LargestFrame)
            {
                throw TooLarge();
            }

            searched = buffer.Length;
            if (result.IsCompleted)
            {
                body.AdvanceTo(buffer.End);
                return null;
            }

            body.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static InvalidDataException TooLarge() => new("a frame of the watch is larger than 16 MiB");
}
