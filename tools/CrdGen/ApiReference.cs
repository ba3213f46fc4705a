using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.CrdGen;

/// <summary>The API reference in Markdown, read off the CRDs.</summary>
internal static class ApiReference
{
    public static string Write(IEnumerable<JsonObject> crds)
    {
        var text = new StringBuilder();
        text.Append("# API reference\n\nGenerated from src/Crds by tools/CrdGen. `kubectl explain` prints the same texts.\n");
        foreach (var crd in crds)
        {
            Kind(text, crd["spec"]!.AsObject());
        }

        return text.ToString();
    }

    private static void Kind(StringBuilder text, JsonObject spec)
    {
        var names = spec["names"]!;
        var version = spec["versions"]![0]!;
        var schema = version["schema"]!["openAPIV3Schema"]!.AsObject();
        text.Append($"\n## {names["kind"]}\n\n{Summary(schema)}\n\n");
        text.Append($"`apiVersion: {spec["group"]}/{version["name"]}`, {((string)spec["scope"]!).ToLowerInvariant()}; ");
        text.Append($"`kubectl get {names["plural"]}`{string.Concat((names["shortNames"] as JsonArray ?? []).Select(name => $", `{name}`"))}");
        text.Append($"{string.Concat((names["categories"] as JsonArray ?? []).Select(name => $", and with all kinds of category `{name}`"))}.\n");
        foreach (var part in new[] { "spec", "status" })
        {
            if (schema["properties"]![part] is JsonObject node)
            {
                Section(text, (string)names["kind"]!, part, node);
            }
        }
    }

    /// <summary>One heading and table per object, then the objects inside it.</summary>
    private static void Section(StringBuilder text, string kind, string path, JsonObject schema)
    {
        text.Append($"\n### {kind}.{path}\n\n{Escaped(Summary(schema))}\n\n");
        foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
        {
            text.Append($"Checked by the API server: {Escaped((string)rule!["message"]!)}.\n\n");
        }

        text.Append("| Field | Type | Description |\n|---|---|---|\n");
        var required = (schema["required"] as JsonArray ?? []).Select(name => (string)name!).ToHashSet(StringComparer.Ordinal);
        var nested = new List<(string Path, JsonObject Schema)>();
        foreach (var (name, node) in schema["properties"]!.AsObject())
        {
            var field = node!.AsObject();
            text.Append($"| `{name}`{(required.Contains(name) ? " (required)" : "")} | {TypeOf(field)} | {Escaped(Summary(field))}{Limits(field)} |\n");
            if (field["properties"] is not null)
            {
                nested.Add(($"{path}.{name}", field));
            }
            else if (field["items"]?["properties"] is not null)
            {
                nested.Add(($"{path}.{name}[]", field["items"]!.AsObject()));
            }
        }

        nested.ForEach(child => Section(text, kind, child.Path, child.Schema));
    }

    private static string Summary(JsonObject schema) => Prose.Unwrap((string)schema["description"]!);

    private static string TypeOf(JsonObject schema) => (string?)schema["type"] switch
    {
        "array" => $"list of {(schema["items"]!["properties"] is null ? TypeOf(schema["items"]!.AsObject()) : "objects")}",
        "object" when schema["additionalProperties"] is JsonObject values => $"map to {TypeOf(values)}",
        "string" when (string?)schema["format"] == "date-time" => "time",
        "string" when (string?)schema["pattern"] == Crds.Schema.DurationAttribute.Pattern => "duration",
        { } type => type,
        null => "integer or string",
    };

    private static string Limits(JsonObject schema)
    {
        var limits = new List<string>();
        if ((schema["enum"] ?? schema["items"]?["enum"]) is JsonArray values)
        {
            limits.Add($"One of {string.Join(", ", values.Select(value => $"`{value}`"))}.");
        }

        if ((schema["minimum"], schema["maximum"]) is ({ } minimum, { } maximum))
        {
            limits.Add($"{minimum} to {maximum}.");
        }

        if (schema["pattern"] is { } pattern && (string)pattern! != Crds.Schema.DurationAttribute.Pattern)
        {
            limits.Add($"Matches `{((string)pattern!).Replace("|", "\\|", StringComparison.Ordinal)}`.");
        }

        if (schema["maxItems"] is { } items)
        {
            limits.Add($"At most {items}.");
        }

        return limits.Count == 0 ? "" : " " + string.Join(" ", limits);
    }

    private static string Escaped(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal).Replace("\n", "<br>", StringComparison.Ordinal);
}
