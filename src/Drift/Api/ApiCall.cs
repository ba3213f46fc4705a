using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>A request that found its route.</summary>
/// <param name="Caller">Who asks.</param>
/// <param name="Id">What <c>{id}</c> stands for, decoded; empty where the path has none.</param>
/// <param name="Query">Parameters, decoded; only those the route has.</param>
/// <param name="Body">As it was sent.</param>
public sealed record ApiCall(Caller Caller, string Id, ImmutableDictionary<string, string> Query, ReadOnlyMemory<byte> Body)
{
    public const int DefaultLimit = 50;
    public const int MostLimit = 1000;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Length of a page: too large is the most, nonsense the default.</summary>
    public int Limit => Number("limit", DefaultLimit, MostLimit);

    /// <summary>Number of a page, from 1; nonsense is 1.</summary>
    public int Page => Number("page", 1, int.MaxValue);

    public string? Text(string name) => Query.TryGetValue(name, out var text) && text.Length > 0 ? text : null;

    /// <summary>A number that has a default for whatever makes no sense, as pages always had.</summary>
    public int Number(string name, int fallback, int most) =>
        !long.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 ? fallback : (int)Math.Min(number, most);

    /// <summary>A parameter that is one of some names.</summary>
    /// <exception cref="ApiException">It is another.</exception>
    public T? Named<T>(string name, Func<string, T?> parse, string names)
        where T : struct => Text(name) is not { } text ? null : parse(text) ?? throw ApiException.BadRequest($"{name}: \"{text}\" is none of {names}");

    /// <exception cref="ApiException">It is no time.</exception>
    public DateTimeOffset? Time(string name) => Text(name) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw ApiException.BadRequest($"{name}: \"{text}\" is no time; write 2026-01-31T18:00:00Z");

    /// <exception cref="ApiException">It is no cursor.</exception>
    public long? Cursor() => Text("cursor") is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var cursor) ? cursor : throw ApiException.BadRequest("cursor: take it from next_cursor of the page before");

    /// <summary>Reads the body as an object with known members only.</summary>
    /// <param name="known">Its members.</param>
    /// <param name="isNeeded">Whether an empty body is an error; else it is an empty object.</param>
    /// <exception cref="ApiException">It is something else.</exception>
    public JsonElement Object(bool isNeeded, params ReadOnlySpan<string> known)
    {
        if (Body.IsEmpty && !isNeeded)
        {
            return JsonElement.Parse("{}");
        }

        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(Body, Strict);
            root = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw ApiException.BadRequest($"the body is no JSON: {e.Message}");
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.BadRequest("the body must be an object");
        }

        foreach (var property in root.EnumerateObject())
        {
            if (!known.Contains(property.Name))
            {
                throw ApiException.BadRequest($"{property.Name}: unknown member; known here: {string.Join(", ", known)}");
            }
        }

        return root;
    }

    /// <summary>A text of a body.</summary>
    /// <exception cref="ApiException">It is missing, none, or too long.</exception>
    public static string? Text(JsonElement body, string name, int most, bool isNeeded = false)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return isNeeded ? throw ApiException.BadRequest($"{name}: is required") : null;
        }

        return value.ValueKind != JsonValueKind.String ? throw ApiException.BadRequest($"{name}: must be a text")
            : value.GetString() is { } text && text.Length <= most && (text.Length > 0 || !isNeeded) && !text.Any(char.IsControl) ? text
            : throw ApiException.BadRequest($"{name}: must have 1 to {most} characters, none of them a control character");
    }

    /// <summary>A time of a body.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static DateTimeOffset? Time(JsonElement body, string name) => Text(body, name, 64) is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time) ? time
        : throw ApiException.BadRequest($"{name}: \"{text}\" is no time; write 2026-01-31T18:00:00Z");
}
