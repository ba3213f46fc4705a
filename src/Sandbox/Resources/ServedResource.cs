using System.Text.Json.Nodes;
using Comptroller.Sandbox.Schemas;

namespace Comptroller.Sandbox.Resources;

/// <summary>One kind in one version, as the server serves it: the single description that routing, discovery, storage, tables and validation read.</summary>
internal sealed record ServedResource
{
    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Plural { get; init; }
    public required string Singular { get; init; }
    public required string Kind { get; init; }
    public string ListKind => field ?? Kind + "List";
    public required bool Namespaced { get; init; }
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>In discovery order.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>The schema of this version, metadata included.</summary>
    public required Schema Schema { get; init; }
    public bool HasStatus { get; init; }

    /// <summary>True for kinds that a CustomResourceDefinition defines.</summary>
    public bool IsCustom { get; init; }
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>Field selector label to the value it selects on; <c>metadata.name</c> and <c>metadata.namespace</c> are always there.</summary>
    public IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; init; } = new Dictionary<string, Func<JsonObject, string>>();
    public IKindStrategy Strategy { get; init; } = KindStrategy.None;

    /// <summary>Where objects of this kind are kept: versions of a kind, and the two Event APIs, share one place.</summary>
    public required StorageName Storage { get; init; }

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As error messages name it: <c>widgets.example.dev</c>, or <c>configmaps</c> in the core group.</summary>
    public string QualifiedName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}

/// <summary>Names a storage place: group and plural of the storage version.</summary>
internal readonly record struct StorageName(string Group, string Plural);

/// <summary>A column of the Table form.</summary>
/// <param name="Cell">The cell's value: a string, number, boolean or null.</param>
internal sealed record TableColumn(
    string Name, string Type, string Format, string Description, int Priority, Func<JsonObject, DateTimeOffset, JsonNode?> Cell);

/// <summary>What one built-in kind does beyond its schema. Custom kinds use <see cref="KindStrategy.None"/>.</summary>
internal interface IKindStrategy
{
    /// <summary>Fills what the server fills on create (defaults beyond the schema, data from stringData, ...). May change <paramref name="created"/>.</summary>
    void PrepareForCreate(JsonObject created);

    /// <summary>The same on update; <paramref name="subresource"/> is null for the main resource. May change <paramref name="updated"/>.</summary>
    void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource);

    /// <summary>Checks beyond the schema; <paramref name="existing"/> is null on create. Field paths in the server's notation.</summary>
    IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource);

    /// <summary>From the form that is stored to the form of <paramref name="resource"/>'s version, and back (<paramref name="toStorage"/>). Returns the input when both are one.</summary>
    JsonObject Convert(JsonObject source, ServedResource resource, bool toStorage);
}
