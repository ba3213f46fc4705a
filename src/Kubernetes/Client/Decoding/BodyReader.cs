using System.Buffers;
using System.IO.Pipelines;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>Reads a whole body into the pipe's own buffers.</summary>
internal static class BodyReader
{
    /// <summary>The body up to its end or until it is longer than <paramref name="limit"/> bytes, whichever comes first.</summary>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(PipeReader body, int limit, CancellationToken cancellationToken)
    {
        // Not ReadAtLeastAsync: it allocates what it is asked for, and most answers are a thousandth of the limit.
        while (true)
        {
            var result = await body.ReadAsync(cancellationToken);
            if (result.IsCompleted || result.Buffer.Length > limit)
            {
                return result.Buffer;
            }

            body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
