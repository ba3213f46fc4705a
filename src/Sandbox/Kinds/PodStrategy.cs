using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Pods as objects: they stay Pending, since nothing schedules them here.</summary>
internal sealed class PodStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    protected override void SetDefaults(JsonObject candidate)
    {
        var spec = candidate["spec"]!.AsObject();
        PodTemplates.SetPullPolicies(spec);
        spec["enableServiceLinks"] ??= true;
    }

    public override void PrepareForCreate(JsonObject created)
    {
        var spec = created["spec"]!.AsObject();
        spec["serviceAccountName"] ??= "default";
        spec["serviceAccount"] ??= spec["serviceAccountName"]!.DeepClone();
        created["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = "BestEffort" };
    }

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        [.. PodTemplates.Check(candidate["spec"], "spec")];
}
