using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Fields;
using Comptroller.Sandbox.Patches;

namespace Comptroller.Sandbox.Tests.Fields;

/// <summary>Objects of one custom kind under writes: the steps of a request that concern fields, without the server around them.</summary>
internal sealed class Ledger(Schema schema)
{
    private readonly Dictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);

    public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

    /// <summary>Refuses, without storing, objects in which a parent became null because its last field went, as validation of the kind would.</summary>
    public bool RefusesNulls { get; init; }

    public JsonObject? Find(string name) => _objects.GetValueOrDefault(name);

    public JsonObject Create(JsonObject body, string manager) => Store(Decode(body), null, Context(manager, null));

    public JsonObject Update(JsonObject body, string manager, string? subresource = null) =>
        Store(Decode(body), Find(NameOf(body)), Context(manager, subresource));

    public JsonObject Merge(string name, JsonNode patch, string manager, string? subresource = null) =>
        Store(Decode(MergePatch.Apply(Find(name)!, patch).AsObject()), Find(name), Context(manager, subresource));

    public JsonObject Patch(string name, JsonArray patch, string manager, string? subresource = null) =>
        Store(Decode(JsonPatch.Apply(Find(name)!, patch).AsObject()), Find(name), Context(manager, subresource));

    public ApplyOutcome Apply(JsonObject body, string manager, string? subresource = null, bool force = false)
    {
        var live = Find(NameOf(body));
        var outcome = ManagedFields.Apply(schema, live, body, Context(manager, subresource) with { Force = force });
        if (outcome.Merged is { } merged)
        {
            Defaulting.Apply(schema, merged, keepNulls: true);
            if (RefusesNulls && HasNull(merged))
            {
                return new ApplyOutcome(null, null);
            }
            Keep(merged, live, subresource);
        }
        return outcome;
    }

    private FieldsContext Context(string manager, string? subresource) => new(manager, "conformance.example.dev/v1alpha1", subresource, Force: false, Now)
    {
        Reset = subresource == "status" ? ["metadata", "spec"] : ["status"],
    };

    private JsonObject Decode(JsonObject body)
    {
        var decoded = (JsonObject)body.DeepClone();
        Pruning.Prune(schema, decoded);
        Defaulting.Apply(schema, decoded);
        return decoded;
    }

    private JsonObject Store(JsonObject candidate, JsonObject? live, FieldsContext context) =>
        Keep(ManagedFields.Update(schema, live, candidate, context), live, context.Subresource);

    /// <summary>What the kind's strategy does: the main resource cannot write status, and /status nothing else.</summary>
    private JsonObject Keep(JsonObject candidate, JsonObject? live, string? subresource)
    {
        if (subresource is null)
        {
            candidate.Remove("status");
            if (live?["status"] is { } status)
            {
                candidate["status"] = status.DeepClone();
            }
        }
        else
        {
            var fields = candidate["metadata"]!["managedFields"]?.DeepClone();
            candidate["spec"] = live!["spec"]!.DeepClone();
            candidate["metadata"] = live["metadata"]!.DeepClone();
            candidate["metadata"]!["managedFields"] = fields;
        }
        if (live is not null)
        {
            ManagedFields.KeepTimesIfUnchanged(live, candidate);
        }
        candidate["metadata"]!["uid"] = live?["metadata"]?["uid"]?.DeepClone() ?? "00000000-0000-0000-0000-000000000001";
        _objects[NameOf(candidate)] = candidate;
        return candidate;
    }

    private static bool HasNull(JsonNode? value) => value switch
    {
        JsonObject map => map.Any(field => field.Value is null || HasNull(field.Value)),
        JsonArray list => list.Any(item => item is null || HasNull(item)),
        _ => false,
    };

    private static string NameOf(JsonObject body) => (string)body["metadata"]!["name"]!;
}
