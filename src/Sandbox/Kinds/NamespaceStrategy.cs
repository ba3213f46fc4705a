using System.Text.Json.Nodes;
using Comptroller.Sandbox.Requests;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Namespaces carry their own name as a label, and are held by <c>spec.finalizers</c> until their content is gone.</summary>
internal sealed class NamespaceStrategy(BuiltInType type) : BuiltInStrategy(type)
{
    public const string NameLabel = "kubernetes.io/metadata.name";
    public const string ContentFinalizer = "kubernetes";

    private static readonly string[] Immortal = ["default", "kube-system", "kube-public"];

    public override bool HasGracePeriod => false;

    public override void PrepareForCreate(JsonObject created)
    {
        created["status"] = new JsonObject { ["phase"] = "Active" };
        if (created["spec"] is not JsonObject spec)
        {
            created["spec"] = spec = [];
        }
        if (spec["finalizers"] is not JsonArray finalizers)
        {
            spec["finalizers"] = finalizers = [];
        }
        if (!finalizers.Any(name => (string?)name == ContentFinalizer))
        {
            finalizers.Add((JsonNode)ContentFinalizer);
        }
        // A generated name was not known to SetDefaults.
        SetDefaults(created);
    }

    public override void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource)
    {
        if (subresource != "finalize")
        {
            Keep("spec", updated, existing);
        }
        if (subresource != "status")
        {
            Keep("status", updated, existing);
        }
    }

    public override void PrepareForDelete(JsonObject deleted)
    {
        var name = (string)deleted["metadata"]!["name"]!;
        if (Immortal.Contains(name))
        {
            throw StatusResponses.Forbidden("", "namespaces", name, "this namespace may not be deleted");
        }
        deleted["status"] = deleted["status"]?.DeepClone() ?? new JsonObject();
        deleted["status"]!["phase"] = "Terminating";
    }

    public override bool IsHeld(JsonObject deleted) => base.IsHeld(deleted) || deleted["spec"]?["finalizers"] is JsonArray { Count: > 0 };

    protected override void SetDefaults(JsonObject candidate)
    {
        var metadata = candidate["metadata"]!.AsObject();
        if ((string?)metadata["name"] is not { Length: > 0 } name)
        {
            return;
        }
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }
        labels[NameLabel] = name;
    }
}
