using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox;

/// <summary>Values as Go prints them, because messages of the server do: fmt's verbs, quoted strings, maps in the order of their keys.</summary>
internal static class GoText
{
    /// <summary>%T.</summary>
    public static string TypeOf(JsonNode? value) => value switch
    {
        null => "<nil>",
        JsonObject => "map[string]interface {}",
        JsonArray => "[]interface {}",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => "string",
            JsonValueKind.Number => Scalars.TryInteger(value, out _) ? "int64" : "float64",
            _ => "bool",
        },
    };

    /// <summary>%v: <c>map[image:x]</c>, <c>[a b]</c>.</summary>
    public static string Of(JsonNode? value) => value switch
    {
        null => "<nil>",
        JsonObject map => $"map[{string.Join(" ", map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{entry.Key}:{Of(entry.Value)}"))}]",
        JsonArray list => $"[{string.Join(" ", list.Select(Of))}]",
        _ => Scalars.AsString(value) ?? Scalars.Canonical(value),
    };

    /// <summary>%#v.</summary>
    public static string Syntax(JsonNode? value) => value switch
    {
        null => "interface {}(nil)",
        JsonObject map =>
            $"map[string]interface {{}}{{{string.Join(", ", map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => $"{Scalars.Quote(entry.Key)}:{Syntax(entry.Value)}"))}}}",
        JsonArray list => $"[]interface {{}}{{{string.Join(", ", list.Select(Syntax))}}}",
        _ => Scalars.Canonical(value),
    };

    /// <summary>A string literal, as <c>strconv.Quote</c> makes it.</summary>
    public static string Quote(string text)
    {
        var result = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => result.Append("\\\""),
                '\\' => result.Append("\\\\"),
                '\n' => result.Append("\\n"),
                '\r' => result.Append("\\r"),
                '\t' => result.Append("\\t"),
                < ' ' or '\u007f' => result.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => result.Append(c),
            };
        }
        return result.Append('"').ToString();
    }

    /// <summary>A copy whose maps are sorted by key.</summary>
    public static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, Sorted(entry.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
