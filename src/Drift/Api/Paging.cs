using System.Globalization;
using System.Text.Json;

namespace Comptroller.Drift.Api;

/// <summary>How pages are written: by number, as callers of the replaced tool know them, and by cursor.</summary>
internal static class Paging
{
    /// <summary>What a numbered page may be behind; from there on a cursor is wanted.</summary>
    private const int MostSkipped = 10_000;

    public static void Write<T>(Utf8JsonWriter json, ApiCall call, IEnumerable<T> items, Action<Utf8JsonWriter, T> write, long? total, long? next)
    {
        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var item in items)
        {
            write(json, item);
        }

        json.WriteEndArray();
        json.WriteNumber("page", call.Page);
        json.WriteNumber("limit", call.Limit);
        if (total is { } known)
        {
            json.WriteNumber("total", known);
            json.WriteNumber("total_pages", (known + call.Limit - 1) / call.Limit);
        }

        json.WriteString("next_cursor", next?.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    /// <summary>How many come before a numbered page of a list that is walked.</summary>
    /// <exception cref="ApiException">So many that only a cursor reaches it.</exception>
    public static long Skipped(ApiCall call, string what)
    {
        var skipped = ((long)call.Page - 1) * call.Limit;
        return skipped <= MostSkipped ? skipped : throw ApiException.BadRequest($"page: pages behind the first {MostSkipped} {what} are reached by cursor");
    }

    /// <summary>Where a page of a list in memory begins.</summary>
    public static int Start(ApiCall call, int count) => (int)Math.Min(count, call.Cursor() ?? ((long)call.Page - 1) * call.Limit);
}
