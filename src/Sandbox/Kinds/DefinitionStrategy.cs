using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

/// <summary>CustomResourceDefinitions. Their status belongs to the server.</summary>
internal sealed class DefinitionStrategy(BuiltInType type, TimeProvider time) : BuiltInStrategy(type)
{
    /// <summary>Holds a deleted definition until its objects are gone.</summary>
    public const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

    public override bool HasGracePeriod => false;

    public override void PrepareForCreate(JsonObject created)
    {
        created["status"] = new JsonObject
        {
            ["conditions"] = null,
            ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
            ["storedVersions"] = null,
        };
        RememberStorageVersion(created);
    }

    public override void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource)
    {
        if (subresource == "status")
        {
            Keep("spec", updated, existing);
            return;
        }
        Keep("status", updated, existing);
        RememberStorageVersion(updated);
    }

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        subresource == "status" ? [] : [.. DefinitionChecks.Check(candidate, existing)];

    public override IEnumerable<string> Warnings(JsonObject accepted) =>
        (accepted["spec"]?["versions"] as JsonArray ?? [])
            .Where(version => version?["schema"]?["openAPIV3Schema"] is JsonObject schema && Schema.Parse(schema).HasCelRules)
            .Select(version => $"the CEL rules (x-kubernetes-validations) of version {(string?)version!["name"]} are kept but not evaluated by the Sandbox: objects that break them are accepted");

    public override void PrepareForDelete(JsonObject deleted)
    {
        var metadata = deleted["metadata"]!.AsObject();
        if (metadata["finalizers"] is not JsonArray finalizers)
        {
            metadata["finalizers"] = finalizers = [];
        }
        if (finalizers.Any(name => (string?)name == CleanupFinalizer))
        {
            return;
        }
        finalizers.Add((JsonNode)CleanupFinalizer);
        Conditions.Set(deleted, time, "Terminating", true, "InstanceDeletionPending",
            "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon");
    }

    protected override void SetDefaults(JsonObject candidate)
    {
        if (candidate["spec"] is not JsonObject spec || spec["names"] is not JsonObject names)
        {
            return;
        }
        var kind = (string?)names["kind"] ?? "";
        if ((string?)names["singular"] is null or "" && kind.Length > 0)
        {
            names["singular"] = kind.ToLowerInvariant();
        }
        if ((string?)names["listKind"] is null or "" && kind.Length > 0)
        {
            names["listKind"] = kind + "List";
        }
        spec["conversion"] ??= new JsonObject { ["strategy"] = "None" };
    }

    /// <summary>A version that was ever the storage version may have objects in etcd: it stays listed.</summary>
    private static void RememberStorageVersion(JsonObject definition)
    {
        var storage = (definition["spec"]?["versions"] as JsonArray ?? []).FirstOrDefault(version => (bool?)version?["storage"] == true);
        if (storage is null || definition["status"] is not JsonObject status)
        {
            return;
        }
        if (status["storedVersions"] is not JsonArray stored)
        {
            status["storedVersions"] = stored = [];
        }
        var name = (string?)storage["name"];
        if (!stored.Any(known => (string?)known == name))
        {
            stored.Add((JsonNode?)name);
        }
    }
}
