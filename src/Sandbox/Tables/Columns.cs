using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Tables;

/// <summary>Makes Table columns: the ones every kind has, and those that a CustomResourceDefinition asks for.</summary>
internal static class Columns
{
    private const string NameText =
        "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";

    private const string CreatedText =
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

    public static TableColumn Name { get; } = NameWithPriority(0);

    /// <summary>The age of built-in kinds: a string.</summary>
    public static TableColumn Age { get; } = new("Age", "string", "", CreatedText, 0, (item, now) => Ages.Since(item["metadata"]?["creationTimestamp"], now));

    /// <summary>The age of custom kinds without columns of their own: a date.</summary>
    public static TableColumn AgeAsDate { get; } = Age with { Type = "date" };

    public static TableColumn NameWithPriority(int priority) =>
        new("Name", "string", "name", NameText, priority, (item, _) => item["metadata"]?["name"]?.DeepClone());

    /// <summary>The creation time itself, as CustomResourceDefinitions and role kinds show it.</summary>
    public static TableColumn CreatedAt { get; } =
        new("Created At", "date", "", CreatedText, 0, (item, _) => item["metadata"]?["creationTimestamp"]?.DeepClone());

    public static TableColumn Of(string name, string type, string description, int priority, Func<JsonObject, JsonNode?> cell) =>
        new(name, type, "", description, priority, (item, _) => cell(item));

    /// <summary>The columns of one version of a CustomResourceDefinition.</summary>
    public static IReadOnlyList<TableColumn> OfVersion(JsonNode version) =>
        version["additionalPrinterColumns"] is JsonArray { Count: > 0 } columns ? [Name, .. columns.Select(column => OfDefinition(column!))] : [Name, AgeAsDate];

    private static TableColumn OfDefinition(JsonNode column)
    {
        var type = (string)column["type"]!;
        var text = (string)column["jsonPath"]!;
        var description = (string?)column["description"] is { Length: > 0 } given ? given : $"Custom resource definition column (in JSONPath format): {text}";
        _ = JsonPath.TryParse(text, out var path, out _);
        return new TableColumn((string)column["name"]!, type, (string?)column["format"] ?? "", description, (int?)(long?)column["priority"] ?? 0,
            (item, now) => path?.First(item) is { } value ? Cell(type, value, now) : null);
    }

    /// <summary>Only a value that fits the column's type is shown; strings take anything.</summary>
    private static JsonNode? Cell(string type, JsonNode value, DateTimeOffset now)
    {
        var kind = value.GetValueKind();
        return type switch
        {
            "string" => kind == JsonValueKind.String ? (string?)value : kind is JsonValueKind.Object or JsonValueKind.Array ? Scalars.Canonical(value) : value.ToJsonString(),
            "integer" when kind == JsonValueKind.Number => value.AsValue().TryGetValue<long>(out var whole) ? whole : (long)(double)value,
            "number" when kind == JsonValueKind.Number => value.DeepClone(),
            "boolean" when kind is JsonValueKind.True or JsonValueKind.False => value.DeepClone(),
            "date" when kind == JsonValueKind.String => Ages.Since(value, now),
            _ => null,
        };
    }
}
