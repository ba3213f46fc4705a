using System.Buffers;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Api;

/// <summary>What stands around the results of an answer.</summary>
/// <param name="Count">Results received.</param>
/// <param name="Total">Results there are; null when the API does not say.</param>
/// <param name="Next">Token of the next page: <c>next</c>, <c>after</c> or a textual <c>offset</c>; null on the last.</param>
/// <param name="Errors">What the API could not give, even with status 200.</param>
/// <param name="TraceId">For CrowdStrike's support.</param>
public sealed record Envelope(int Count, long? Total, string? Next, IReadOnlyList<EnvelopeError> Errors, string TraceId)
{
    private const int FirstBuffer = 64 * 1024;

    // A single result of this size is no policy and no host.
    private const int LargestBuffer = 64 * 1024 * 1024;

    /// <summary>
    /// Reads an answer as it arrives and hands out each result as soon as it is complete: a page of 10 000 hosts needs the memory of
    /// its longest record.
    /// </summary>
    /// <param name="stream">The body.</param>
    /// <param name="result">Called with each element of <c>resources</c>; the bytes are gone afterwards.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="JsonException">It is not such an answer, or was cut.</exception>
    public static async Task<Envelope> ReadAsync(Stream stream, Action<ReadOnlyMemory<byte>>? result, CancellationToken cancellationToken)
    {
        var reading = new EnvelopeReading(result);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var filled = 0;
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                filled += read;
                var consumed = reading.Take(buffer.AsMemory(0, filled), isFinal: read == 0);
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
                if (read == 0)
                {
                    return reading.Finish();
                }

                if (filled == buffer.Length)
                {
                    buffer = Grow(buffer, filled);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads an answer that is one result without anything around it.</summary>
    /// <param name="stream">The body.</param>
    /// <param name="result">Called with all of it; the bytes are gone afterwards.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="JsonException">It is longer than any result.</exception>
    public static async Task<Envelope> ReadBareAsync(Stream stream, Action<ReadOnlyMemory<byte>>? result, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var filled = 0;
            while (await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken) is > 0 and var read)
            {
                filled += read;
                if (filled == buffer.Length)
                {
                    buffer = Grow(buffer, filled);
                }
            }

            result?.Invoke(buffer.AsMemory(0, filled));
            return new Envelope(1, 1, null, [], "");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Grow(byte[] buffer, int filled)
    {
        if (buffer.Length >= LargestBuffer)
        {
            throw new JsonException($"a single result has more than {LargestBuffer} bytes");
        }

        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}

/// <summary>One entry of <c>errors</c>.</summary>
public sealed record EnvelopeError(int Code, string Message);

/// <summary>The state between two reads from the network.</summary>
internal sealed class EnvelopeReading(Action<ReadOnlyMemory<byte>>? result)
{
    private readonly List<EnvelopeError> _errors = [];
    private JsonReaderState _state;
    private bool _inResources;
    private bool _ended;
    private int _count;
    private long? _total;
    private string? _next;
    private string _trace = "";

    /// <summary>Takes what is complete; returns how many bytes that was.</summary>
    public int Take(ReadOnlyMemory<byte> bytes, bool isFinal)
    {
        if (_ended)
        {
            return bytes.Length;
        }

        var reader = new Utf8JsonReader(bytes.Span, isFinal, _state);
        // Read past something incomplete and the reader is put back to before it.
        for (var before = reader; !_ended; before = reader)
        {
            if (!(_inResources ? Resource(ref reader, bytes) : Field(ref reader, bytes)))
            {
                reader = before;
                break;
            }
        }

        _state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    public Envelope Finish() => _ended ? new Envelope(_count, _total, _next, _errors, _trace) : throw new JsonException("the answer ends in the middle");

    private bool Resource(ref Utf8JsonReader reader, ReadOnlyMemory<byte> bytes)
    {
        if (!reader.Read())
        {
            return false;
        }

        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _inResources = false;
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        _count++;
        result?.Invoke(bytes[start..(int)reader.BytesConsumed]);
        return true;
    }

    private bool Field(ref Utf8JsonReader reader, ReadOnlyMemory<byte> bytes)
    {
        if (!reader.Read())
        {
            return false;
        }

        if (reader.TokenType == JsonTokenType.StartObject && reader.CurrentDepth == 0)
        {
            return true;
        }

        if (reader.TokenType == JsonTokenType.EndObject)
        {
            _ended = true;
            return true;
        }

        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            throw new JsonException("the answer is not an object with resources");
        }

        var (resources, meta, errors) = (reader.ValueTextEquals("resources"u8), reader.ValueTextEquals("meta"u8), reader.ValueTextEquals("errors"u8));
        if (!reader.Read())
        {
            return false;
        }

        if (resources && reader.TokenType == JsonTokenType.StartArray)
        {
            _inResources = true;
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        if (meta || errors)
        {
            var value = JsonElement.Parse(bytes.Span[start..(int)reader.BytesConsumed]);
            if (meta)
            {
                Meta(value);
            }
            else
            {
                Errors(value);
            }
        }

        return true;
    }

    private void Meta(JsonElement meta)
    {
        _trace = meta.Text("trace_id") ?? "";
        if (meta.Field("pagination") is not { } paging)
        {
            return;
        }

        _total = paging.Field("total") is { ValueKind: JsonValueKind.Number } total ? total.GetInt64() : null;
        var next = paging.Text("next") ?? paging.Text("after") ?? paging.Text("offset");
        _next = string.IsNullOrEmpty(next) ? null : next;
    }

    private void Errors(JsonElement errors)
    {
        foreach (var error in errors.ValueKind == JsonValueKind.Array ? errors.EnumerateArray() : default)
        {
            _errors.Add(new EnvelopeError(error.Field("code") is { ValueKind: JsonValueKind.Number } code ? code.GetInt32() : 0, error.Text("message") ?? "no message"));
        }
    }
}
