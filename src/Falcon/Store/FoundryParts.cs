using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Api;

namespace Comptroller.Falcon.Store;

/// <summary>
/// A long list as objects of a collection, each of a size that a store of documents takes. Every one carries the run that it is of, in
/// its key and in itself, so that parts of two runs are never read as one.
/// </summary>
internal sealed class FoundryParts : IDisposable
{
    // Bytes from which on a part is full, and the longest item that is written in one piece. Together, the piece in base64, they stay
    // below the 400 000 that DynamoDB and its like take.
    private const int Full = 290_000;
    private const int Piece = 75_000;

    private readonly FoundryCollection _collection;
    private readonly string _list;
    private readonly string _run;
    private readonly ArrayBufferWriter<byte> _buffer = new(Full);
    private readonly ArrayBufferWriter<byte> _item = new();
    private readonly Utf8JsonWriter _json;
    private readonly Utf8JsonWriter _itemJson;
    private bool _open;

    public FoundryParts(FoundryCollection collection, string run, string list)
    {
        (_collection, _run, _list) = (collection, run, list);
        _json = new Utf8JsonWriter(_buffer);
        _itemJson = new Utf8JsonWriter(_item);
    }

    /// <summary>Parts that were put.</summary>
    public int Count { get; private set; }

    public static string Key(string run, string list, int number) => $"{run}-{list}-{number.ToString("D6", CultureInfo.InvariantCulture)}";

    /// <summary>Adds an item. One that is too long for a part goes into as many as it takes.</summary>
    public async Task AddAsync<T>(T item, Action<Utf8JsonWriter, T> write, CancellationToken cancellationToken)
    {
        _item.ResetWrittenCount();
        _itemJson.Reset();
        write(_itemJson, item);
        _itemJson.Flush();
        Open();
        if (_item.WrittenCount <= Piece)
        {
            _json.WriteRawValue(_item.WrittenSpan, skipInputValidation: true);
            await PutWhenFullAsync(cancellationToken);
            return;
        }

        for (var from = 0; from < _item.WrittenCount; from += Piece)
        {
            Open();
            _json.WriteStartObject();
            _json.WriteBase64String("piece", _item.WrittenSpan.Slice(from, Math.Min(Piece, _item.WrittenCount - from)));
            _json.WriteBoolean("last", from + Piece >= _item.WrittenCount);
            _json.WriteEndObject();
            await PutWhenFullAsync(cancellationToken);
        }
    }

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
        await _collection.PutAsync(Key(_run, _list, ++Count), _buffer.WrittenMemory, cancellationToken);
        _buffer.ResetWrittenCount();
        _json.Reset();
        _open = false;
    }

    public void Dispose()
    {
        _json.Dispose();
        _itemJson.Dispose();
    }

    private Task PutWhenFullAsync(CancellationToken cancellationToken) =>
        _buffer.WrittenCount + _json.BytesPending >= Full ? PutAsync(cancellationToken) : Task.CompletedTask;

    private void Open()
    {
        if (!_open)
        {
            _json.WriteStartObject();
            _json.WriteString("run", _run);
            _json.WriteStartArray("items");
            _open = true;
        }
    }
}
