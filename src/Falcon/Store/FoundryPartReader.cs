using System.Buffers;
using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Store;

/// <summary>Reads what <see cref="FoundryParts"/> put: a list of one run, whole, or an error that names the object and the field.</summary>
internal sealed class FoundryPartReader(FoundryCollection collection, FoundryIndex index)
{
    /// <summary>Reads a list.</summary>
    /// <param name="list">Its name.</param>
    /// <param name="parts">How many objects it has.</param>
    /// <param name="item">Called with each item; a <see cref="FormatException"/> says which of its fields is not what it should be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FalconApiException">An object is missing, of another run, or damaged.</exception>
    public async Task ReadAsync(string list, int parts, Action<JsonElement> item, CancellationToken cancellationToken)
    {
        var pieces = new ArrayBufferWriter<byte>();
        for (var number = 1; number <= parts; number++)
        {
            var key = FoundryParts.Key(index.Id, list, number);
            var part = await collection.GetAsync(key, cancellationToken);
            if (part.Text("run") != index.Id)
            {
                throw new FalconApiException(FalconOperation.GetObject, FalconFailure.Partial, $"the object \"{key}\" of the collection \"{collection.Name}\" is of another run: something else writes there");
            }

            if (part.Field("items") is not { ValueKind: JsonValueKind.Array } items)
            {
                throw collection.Damaged(key, "field \"items\": there is no list");
            }

            var place = 0;
            foreach (var each in items.EnumerateArray())
            {
                try
                {
                    if (Whole(each, pieces) is { } whole)
                    {
                        item(whole);
                    }
                }
                // Half a surrogate in a text is no format, but an operation that is not valid.
                catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
                {
                    throw collection.Damaged(key, $"items[{place}]: {e.Message}", e);
                }

                place++;
            }
        }

        if (pieces.WrittenCount > 0)
        {
            throw collection.Damaged(FoundryParts.Key(index.Id, list, parts), "its last item has no end");
        }
    }

    // Null for a piece that is not the last one.
    private static JsonElement? Whole(JsonElement item, ArrayBufferWriter<byte> pieces)
    {
        if (item.Field("piece") is not { } piece)
        {
            return pieces.WrittenCount == 0 ? item : throw new FormatException("field \"piece\": the item before has no end");
        }

        if (piece.ValueKind != JsonValueKind.String || !piece.TryGetBytesFromBase64(out var bytes))
        {
            throw new FormatException("field \"piece\": it is not base64");
        }

        pieces.Write(bytes);
        if (item.Field("last")?.ValueKind != JsonValueKind.True)
        {
            return null;
        }

        var whole = JsonElement.Parse(pieces.WrittenSpan);
        pieces.ResetWrittenCount();
        return whole;
    }
}
