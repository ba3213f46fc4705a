using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Access;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Resources;

/// <summary>One kind in one version, as the server serves it: the single description that routing, discovery, storage, tables and validation read.</summary>
internal sealed record ServedResource
{
    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Plural { get; init; }
    public required string Singular { get; init; }
    public required string Kind { get; init; }
    public string ListKind { get => field ?? Kind + "List"; init; }
    public required bool Namespaced { get; init; }
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];

    /// <summary>In discovery order.</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>The schema of this version, metadata included.</summary>
    public required Schema Schema { get; init; }

    /// <summary>The OpenAPI document that <see cref="Schema"/> was parsed from, as discovery publishes it. Read only.</summary>
    public JsonObject Document { get; init; } = [];

    /// <summary>Full name of a built-in kind's definition in the OpenAPI documents; empty for custom kinds.</summary>
    public string Definition { get; init; } = "";

    /// <summary>
    /// An object of this kind of which nothing is set. Built-in kinds write some fields even then (<c>status: {}</c>); who creates an
    /// object does not come to own them. Read only.
    /// </summary>
    public JsonObject Zero { get; init; } = [];
    public bool HasStatus { get; init; }

    /// <summary>True for kinds that a CustomResourceDefinition defines.</summary>
    public bool IsCustom { get; init; }

    /// <summary>What a <c>metadata.name</c> must look like.</summary>
    public NameRule Names { get; init; } = NameRule.Subdomain;

    /// <summary>True when <c>metadata.generation</c> is kept; it goes up with every change outside metadata and (with the subresource) status.</summary>
    public bool HasGeneration { get; init; }

    /// <summary>True when a PUT without resourceVersion overwrites. Custom kinds and Leases refuse it.</summary>
    public bool AllowsUnconditionalUpdate { get; init; }

    /// <summary>True when a DELETE answers with the object instead of a Status (ServiceAccounts, Pods).</summary>
    public bool ReturnsDeletedObject { get; init; }

    /// <summary>Subresources besides status, by name.</summary>
    public IReadOnlyDictionary<string, Subresource> Subresources { get; init; } = new Dictionary<string, Subresource>();

    /// <summary>Set for kinds that are answered and never stored (access reviews): the reply to a POST.</summary>
    public Func<SubresourceRequest, JsonObject>? Answer { get; init; }
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];

    /// <summary>Field selector label to the value it selects on; <c>metadata.name</c> and <c>metadata.namespace</c> are always there.</summary>
    public IReadOnlyDictionary<string, Func<JsonObject, string>> SelectableFields { get; init; } = new Dictionary<string, Func<JsonObject, string>>();
    public IKindStrategy Strategy { get; init; } = KindStrategy.None;

    /// <summary>Where objects of this kind are kept: versions of a kind, and the two Event APIs, share one place.</summary>
    public required StorageName Storage { get; init; }

    /// <summary>The version that is stored; null when it is this one.</summary>
    public string? StorageVersion { get; init; }

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
    /// <summary>
    /// Brings <paramref name="candidate"/> (a body, or the outcome of a patch) to the form in which the kind's Go type would be written:
    /// empty fields vanish or appear, times become UTC. Null, or the decoder's words when a value does not fit its type. Unknown fields stay.
    /// Custom kinds are left alone: their schema does it all.
    /// </summary>
    string? Decode(JsonObject candidate);

    /// <summary>Fills what the server fills on create (defaults beyond the schema, data from stringData, ...). May change <paramref name="created"/>.</summary>
    void PrepareForCreate(JsonObject created);

    /// <summary>The same on update; <paramref name="subresource"/> is null for the main resource. May change <paramref name="updated"/>.</summary>
    void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource);

    /// <summary>Checks beyond the schema; <paramref name="existing"/> is null on create. Field paths in the server's notation.</summary>
    IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource);

    /// <summary>What the client should hear about an accepted object, such as CEL rules that this server does not evaluate.</summary>
    IEnumerable<string> Warnings(JsonObject accepted);

    /// <summary>From the form that is stored to the form of <paramref name="resource"/>'s version, and back (<paramref name="toStorage"/>). Returns the input when both are one.</summary>
    JsonObject Convert(JsonObject source, ServedResource resource, bool toStorage);

    /// <summary>
    /// Called on a copy when a delete is asked: adds what holds the object back (a finalizer, a phase) or throws a StatusError that
    /// refuses. The deletionTimestamp is set afterwards, by the server.
    /// </summary>
    void PrepareForDelete(JsonObject deleted);

    /// <summary>True while a deleted object must stay. Finalizers always hold; a Namespace is also held by <c>spec.finalizers</c>.</summary>
    bool IsHeld(JsonObject deleted);

    /// <summary>True when a held delete writes <c>deletionGracePeriodSeconds: 0</c>; Namespaces and CustomResourceDefinitions do not.</summary>
    bool HasGracePeriod { get; }
}

/// <summary>The rule for names of a kind.</summary>
internal enum NameRule
{
    /// <summary>RFC 1123 subdomain, at most 253 characters.</summary>
    Subdomain,

    /// <summary>RFC 1123 label, at most 63 characters.</summary>
    Label,

    /// <summary>Anything that is one segment of a path (RBAC kinds).</summary>
    PathSegment,
}

/// <summary>A subresource that is not a view of the object, such as <c>serviceaccounts/token</c> or <c>namespaces/finalize</c>.</summary>
/// <param name="Kind">The kind that is posted and answered.</param>
/// <param name="ApiVersion">Its group and version.</param>
/// <param name="Verbs">Allowed verbs: get, create, update, patch.</param>
/// <param name="Answer">Runs it. The object is known to exist when it is called. Failures are thrown as StatusError.</param>
internal sealed record Subresource(string Kind, string ApiVersion, IReadOnlyList<string> Verbs, Func<SubresourceRequest, JsonObject> Answer);

/// <summary>A request to a <see cref="Subresource"/> or to a kind that is answered and never stored.</summary>
/// <param name="Body">Null for a GET. May be changed.</param>
/// <param name="Target">The object that the path names; null for a kind that is answered.</param>
/// <param name="Manager">The client's field manager.</param>
internal sealed record SubresourceRequest(
    ServedResource Resource, string Verb, UserInfo User, string? Namespace, string? Name, JsonObject? Body, StoredObject? Target, bool DryRun, string Manager);
