using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Client.Decoding;

/// <summary>Reads one page of a list while it arrives, object by object: the page never exists as text or tree in memory.</summary>
internal sealed class ListDecoder<T>(ResourceType<T> type)
    where T : class
{
    private readonly List<T> items = [];
    private readonly List<UndecodedObject> undecoded = [];
    private ListMeta metadata = new();
    private JsonReaderState state;
    private bool insideItems;
    private bool sawItems;
    private bool done;

    /// <exception cref="JsonException">The answer is not a list.</exception>
    /// <exception cref="EndOfStreamException">The answer was cut short.</exception>
    public async Task<ObjectPage<T>> ReadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var wanted = 1L;
        while (true)
        {
            var result = await body.ReadAtLeastAsync((int)Math.Min(wanted, FrameReader.LargestFrame + 1), cancellationToken);
            var buffer = result.Buffer;
            var consumed = Consume(buffer, result.IsCompleted);
            if (done)
            {
                body.AdvanceTo(buffer.End);
                return sawItems
                    ? new ObjectPage<T>(items, metadata.ResourceVersion ?? "", string.IsNullOrEmpty(metadata.Continue) ? null : metadata.Continue)
                    {
                        Undecoded = undecoded,
                    }
                    : throw new JsonException("the answer has no items");
            }

            if (result.IsCompleted)
            {
                throw new EndOfStreamException("the list was cut short");
            }

            // An object that is not there in full is parsed again from its start: asking for twice as much keeps that linear.
            var rest = buffer.Slice(consumed).Length;
            if (rest > FrameReader.LargestFrame)
            {
                throw new JsonException("an object of the list is larger than 16 MiB");
            }

            wanted = rest * 2 + 1;
            body.AdvanceTo(consumed, buffer.End);
        }
    }

    private SequencePosition Consume(in ReadOnlySequence<byte> buffer, bool complete)
    {
        var reader = new Utf8JsonReader(buffer, complete, state);
        while (!done)
        {
            var before = reader;
            if (!Step(ref reader, buffer))
            {
                reader = before;
                break;
            }
        }

        state = reader.CurrentState;
        return reader.Position;
    }

    /// <summary>False: more bytes are needed, and the reader must go back to where it was.</summary>
    private bool Step(ref Utf8JsonReader reader, in ReadOnlySequence<byte> buffer)
    {
        if (!reader.Read())
        {
            return false;
        }

        if (insideItems)
        {
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                insideItems = false;
                return true;
            }

            return TrySlice(ref reader, buffer, out var item) && Add(item);
        }

        if (reader.TokenType == JsonTokenType.EndObject)
        {
            done = true;
            return true;
        }

        if (reader.TokenType != JsonTokenType.PropertyName)
        {
            return reader.TokenType == JsonTokenType.StartObject ? true : throw new JsonException("the answer is not an object");
        }

        if (reader.ValueTextEquals("items"u8))
        {
            if (!reader.Read())
            {
                return false;
            }

            sawItems = true;
            insideItems = reader.TokenType == JsonTokenType.StartArray;
            return insideItems || reader.TokenType == JsonTokenType.Null ? true : throw new JsonException("items is not a list");
        }

        if (reader.ValueTextEquals("metadata"u8))
        {
            if (!reader.Read() || !TrySlice(ref reader, buffer, out var value))
            {
                return false;
            }

            var inner = new Utf8JsonReader(value);
            metadata = JsonSerializer.Deserialize(ref inner, KubernetesJson.Default.ListMeta) ?? metadata;
            return true;
        }

        return reader.TrySkip();
    }

    private bool Add(in ReadOnlySequence<byte> item)
    {
        var decoded = ObjectDecoder.Decode(item, type);
        if (decoded.Object is { } value)
        {
            items.Add(value);
        }
        else
        {
            undecoded.Add(new(decoded.Metadata, decoded.Error!));
        }

        return true;
    }

    private static bool TrySlice(ref Utf8JsonReader reader, in ReadOnlySequence<byte> buffer, out ReadOnlySequence<byte> value)
    {
        var start = reader.TokenStartIndex;
        var whole = reader.TrySkip();
        value = whole ? buffer.Slice(start, reader.BytesConsumed - start) : default;
        return whole;
    }
}
