using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Api;

namespace Comptroller.Falcon.Store;

/// <summary>
/// A long list as objects of a collection, each of a size that a store of documents takes. Every one carries the run that it is of, so that
/// parts of two runs are never read as one.
/// </summary>
internal sealed class FoundryParts : IDisposable
{
    // Bytes from which on a part is full. What DynamoDB and its like take is 400 000, one record more included.
    private const int Full = 300_000;

    private readonly FoundryCollection _collection;
    private readonly string _prefix;
    private readonly string _run;
    private readonly ArrayBufferWriter<byte> _buffer = new(Full);
    private readonly Utf8JsonWriter _json;
    private bool _open;

    public FoundryParts(FoundryCollection collection, string prefix, string run)
    {
        (_collection, _prefix, _run) = (collection, prefix, run);
        _json = new Utf8JsonWriter(_buffer);
    }

    /// <summary>Parts that were put.</summary>
    public int Count { get; private set; }

    /// <summary>Where the next item goes.</summary>
    public Utf8JsonWriter Json
    {
        get
        {
            if (!_open)
            {
                _json.WriteStartObject();
                _json.WriteString("run", _run);
                _json.WriteStartArray("items");
                _open = true;
            }

            return _json;
        }
    }

    public static string Key(string prefix, int number) => prefix + number.ToString("D6", CultureInfo.InvariantCulture);

    public Task PutWhenFullAsync(CancellationToken cancellationToken) =>
        _buffer.WrittenCount + _json.BytesPending >= Full ? PutAsync(cancellationToken) : Task.CompletedTask;

    /// <summary>Puts what there is.</summary>
    public async Task PutAsync(CancellationToken cancellationToken)
    {
        if (!_open)
        {
            return;
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        await _json.FlushAsync(cancellationToken);
        await _collection.PutAsync(Key(_prefix, ++Count), _buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
        _json.Reset();
        _open = false;
    }

    public void Dispose() => _json.Dispose();
}
