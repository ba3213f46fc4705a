using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>
/// Reads JSON scalars whatever made them (a parser or code), because JsonValue answers only for the type it was made with:
/// a value created from an int denies to be a long.
/// </summary>
public static class Scalars
{
    private static readonly JsonWriterOptions _compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string? AsString(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.TryGetValue(out string? text) ? text : value.ToString() : null;

    public static bool IsNumber(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number;

    /// <summary>True for numbers written as integers; 1.0 is not one, as the server's decoder sees it.</summary>
    public static bool TryInteger(JsonNode? node, out long integer)
    {
        integer = 0;
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return false;
        }
        if (value.TryGetValue(out integer))
        {
            return true;
        }
        if (value.TryGetValue(out int small))
        {
            integer = small;
            return true;
        }
        return !value.TryGetValue(out double _) && long.TryParse(value.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out integer);
    }

    /// <summary>The value of a number node; 0 for anything else.</summary>
    public static double AsDouble(JsonNode? node)
    {
        if (TryInteger(node, out var integer))
        {
            return integer;
        }
        if (node is not JsonValue value || value.GetValueKind() != JsonValueKind.Number)
        {
            return 0;
        }
        return value.TryGetValue(out double number) ? number : double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
    }

    public static bool IsTrue(JsonNode? node) => node?.GetValueKind() == JsonValueKind.True;

    /// <summary>Equality of JSON values: key order does not count, 1 equals 1.0.</summary>
    public static bool Same(JsonNode? left, JsonNode? right)
    {
        if (ReferenceEquals(left, right))
        {
            return true;
        }
        switch (left, right)
        {
            case (null, _) or (_, null):
                return false;
            case (JsonObject a, JsonObject b):
                if (a.Count != b.Count)
                {
                    return false;
                }
                foreach (var (name, value) in a)
                {
                    if (!b.TryGetPropertyValue(name, out var other) || !Same(value, other))
                    {
                        return false;
                    }
                }
                return true;
            case (JsonArray a, JsonArray b):
                if (a.Count != b.Count)
                {
                    return false;
                }
                for (var i = 0; i < a.Count; i++)
                {
                    if (!Same(a[i], b[i]))
                    {
                        return false;
                    }
                }
                return true;
            case (JsonValue a, JsonValue b):
                if (SameText(a, b))
                {
                    return true;
                }
                var kind = a.GetValueKind();
                if (kind != b.GetValueKind())
                {
                    return false;
                }
                return kind switch
                {
                    JsonValueKind.String => string.Equals(AsString(a), AsString(b), StringComparison.Ordinal),
                    JsonValueKind.Number => SameNumber(a, b),
                    _ => true,
                };
            default:
                return false;
        }
    }

    /// <summary>Compact JSON with sorted keys and shortest numbers: how the server prints values and keys of lists.</summary>
    public static string Canonical(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return "null";
            case JsonValue value when AsString(value) is { } text:
                return Quote(text);
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                return TryInteger(value, out var integer)
                    ? integer.ToString(CultureInfo.InvariantCulture)
                    : AsDouble(value).ToString("R", CultureInfo.InvariantCulture);
            case JsonValue value:
                return value.ToJsonString();
            case JsonArray array:
                return $"[{string.Join(",", array.Select(Canonical))}]";
            case JsonObject map:
                var text2 = new StringBuilder("{");
                foreach (var (name, value) in map.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    text2.Append(text2.Length > 1 ? "," : "").Append(Quote(name)).Append(':').Append(Canonical(value));
                }
                return text2.Append('}').ToString();
            default:
                throw new InvalidOperationException($"unknown JSON node {node.GetType()}");
        }
    }

    public static string Quote(string text)
    {
        if (IsPlain(text))
        {
            return string.Concat("\"", text, "\"");
        }
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, _compact))
        {
            writer.WriteStringValue(text);
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' or '"' or '\\' or > '~')
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Parsed values that were written alike, which is the usual case: told without making strings of them.</summary>
    private static bool SameText(JsonValue a, JsonValue b) =>
        a.TryGetValue(out JsonElement left) && b.TryGetValue(out JsonElement right)
        && left.ValueKind == right.ValueKind && JsonMarshal.GetRawUtf8Value(left).SequenceEqual(JsonMarshal.GetRawUtf8Value(right));

    private static bool SameNumber(JsonNode a, JsonNode b) =>
        TryInteger(a, out var left) && TryInteger(b, out var right) ? left == right : AsDouble(a).Equals(AsDouble(b));
}
