using System.Buffers;
using System.Text.Json;

namespace Comptroller.Drift.State;

/// <summary>
/// Reads a state of Terraform or OpenTofu, version 4, as a stream: memory holds one resource at a time, whatever the size of the file.
/// Data sources are left out; they describe what others own.
/// </summary>
public sealed class StateReader : IDisposable
{
    /// <summary>Longest attributes of one resource that are read, in bytes.</summary>
    public const int MostTokenBytes = 64 << 20;

    private readonly string _source;
    private readonly StateIndexBuilder _into;
    private readonly StateHeader _header = new();
    private readonly List<string> _path = [];
    private readonly ArrayBufferWriter<byte> _kept = new();
    private readonly Utf8JsonWriter _writer;
    private PendingResource _resource;
    private int _skipDepth = -1;
    private bool _encrypted;
    private string _pendingName = "";

    private StateReader(string source, StateIndexBuilder into) => (_source, _into, _writer, _resource) = (source, into, new Utf8JsonWriter(Stream.Null), null!);

    /// <summary>Reads a state into an index.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="source">Named in errors and on every resource.</param>
    /// <param name="into">Gets the resources.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <exception cref="StateException">It is no state that can be used.</exception>
    public static async Task<StateHeader> ReadAsync(Stream stream, string source, StateIndexBuilder into, CancellationToken cancellationToken)
    {
        using var reader = new StateReader(source, into);
        var buffer = ArrayPool<byte>.Shared.Rent(128 << 10);
        try
        {
            var state = new JsonReaderState(new JsonReaderOptions { MaxDepth = 128 });
            var (length, isFinal, first) = (0, false, true);
            while (!isFinal)
            {
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer, length, source);
                }

                var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
                isFinal = read == 0;
                length += read;
                // Windows editors put a mark in front.
                var skip = first && length >= 3 && buffer.AsSpan(0, 3).SequenceEqual((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) ? 3 : 0;
                first = first && length < 3;
                var consumed = skip + reader.Consume(buffer.AsSpan(skip, length - skip), isFinal, ref state);
                buffer.AsSpan(consumed, length - consumed).CopyTo(buffer);
                length -= consumed;
            }
        }
        catch (JsonException e)
        {
            throw new StateException($"{source}: failed to parse the state: line {(e.LineNumber ?? 0) + 1}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return reader.Check();
    }

    public void Dispose() => _writer.Dispose();

    private static byte[] Grow(byte[] buffer, int length, string source)
    {
        if (buffer.Length >= MostTokenBytes)
        {
            throw new StateException($"{source}: one resource of the state, or one value of it, is larger than {MostTokenBytes >> 20} MiB; such a state is not read");
        }

        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private StateHeader Check()
    {
        if (_encrypted)
        {
            throw new StateException($"{_source}: this state is encrypted by OpenTofu; give the source a decrypted copy (tofu state pull)");
        }

        if (_header.Version != 4)
        {
            throw new StateException(_header.Version is null
                ? $"{_source}: this is no Terraform state: it has no version"
                : $"{_source}: unsupported state version {_header.Version}; version 4 is read. `terraform state push` of Terraform 0.12 or newer writes it");
        }

        return _header;
    }

    private int Consume(ReadOnlySpan<byte> data, bool isFinal, ref JsonReaderState state)
    {
        var reader = new Utf8JsonReader(data, isFinal, state);
        var before = reader;
        while (reader.Read())
        {
            if (!Token(ref reader, data))
            {
                // A value that is taken whole is not all there yet: the next block begins with it.
                reader = before;
                break;
            }

            before = reader;
        }

        state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    // False when more has to be read first.
    private bool Token(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (_skipDepth >= 0)
        {
            if (reader.CurrentDepth == _skipDepth && reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                _skipDepth = -1;
            }

            return true;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                _pendingName = reader.GetString()!;
                break;
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                return Open(ref reader, data);
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                Close();
                break;
            default:
                Scalar(ref reader);
                _pendingName = "";
                break;
        }

        return true;
    }

    // The way down is: the file, resources, one of them, instances, one of them. Everything else is taken whole or not at all.
    private bool Open(ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        switch (_path.Count)
        {
            case 0 when isObject:
            case 1 when _pendingName == "resources" && !isObject:
            case 1 when _pendingName == "outputs" && isObject:
            case 3 when _pendingName == "instances" && !isObject:
                break;
            case 2 when _path[1] == "outputs":
                // Counted and no more: outputs hold secrets, and are no resources.
                _header.Outputs++;
                _skipDepth = reader.CurrentDepth;
                _pendingName = "";
                return true;
            case 2 when isObject:
                _resource = new PendingResource(_kept, _writer);
                break;
            case 4 when isObject:
                _resource.Start();
                break;
            case 5 when _pendingName is "attributes" or "attributes_flat" or "sensitive_attributes" or "index_key":
                var start = (int)reader.TokenStartIndex;
                if (!reader.TrySkip())
                {
                    return false;
                }

                _resource.Take(_pendingName, data[start..(int)reader.BytesConsumed]);
                _pendingName = "";
                return true;
            case 0:
                throw new StateException($"{_source}: this is no Terraform state: it must be an object");
            default:
                _skipDepth = reader.CurrentDepth;
                _pendingName = "";
                return true;
        }

        _path.Add(_pendingName);
        _pendingName = "";
        return true;
    }

    private void Close()
    {
        _path.RemoveAt(_path.Count - 1);
        if (_path.Count == 4)
        {
            _resource.Finish();
        }
        else if (_path.Count == 2)
        {
            _resource.AddTo(_into, _source);
        }
    }

    private void Scalar(ref Utf8JsonReader reader)
    {
        switch (_path.Count)
        {
            case 1 when _pendingName == "version":
                _header.Version = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var version) ? version : -1;
                break;
            case 1 when _pendingName == "serial" && reader.TokenType == JsonTokenType.Number:
                _header.Serial = reader.TryGetInt64(out var serial) ? serial : 0;
                break;
            case 1 when _pendingName == "lineage":
                _header.Lineage = Text(ref reader);
                break;
            case 1 when _pendingName == "terraform_version":
                _header.TerraformVersion = Text(ref reader);
                break;
            case 1 when _pendingName == "encrypted_data":
                _encrypted = true;
                break;
            case 3:
                _resource.Set(_pendingName, Text(ref reader));
                break;
            case 5 when _pendingName == "index_key":
                _resource.IndexKey = reader.TokenType == JsonTokenType.Number ? Text(ref reader) : $"\"{Text(ref reader)}\"";
                break;
            case 5 when _pendingName == "deposed":
                _resource.IsDeposed = Text(ref reader).Length > 0;
                break;
        }
    }

    private static string Text(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString()!,
        JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        _ => "",
    };
}

/// <summary>What a state says about itself.</summary>
public sealed class StateHeader
{
    /// <summary>Null when the file does not say.</summary>
    public int? Version { get; internal set; }

    public string TerraformVersion { get; internal set; } = "";

    public long Serial { get; internal set; }

    public string Lineage { get; internal set; } = "";

    /// <summary>How many outputs there are; none of them is read.</summary>
    public int Outputs { get; internal set; }
}
