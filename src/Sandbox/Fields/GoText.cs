using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>Prints a JSON value as Go's fmt prints the decoded value, because some messages of the server do.</summary>
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
}
