using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Deployments as objects: defaults and checks. With workloads switched on, ReplicaSets are made of them.</summary>
internal sealed class DeploymentStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    protected override void SetDefaults(JsonObject candidate)
    {
        var spec = candidate["spec"]!.AsObject();
        if (spec["strategy"] is not JsonObject strategy)
        {
            spec["strategy"] = strategy = [];
        }
        strategy["type"] ??= "RollingUpdate";
        if ((string?)strategy["type"] == "RollingUpdate")
        {
            if (strategy["rollingUpdate"] is not JsonObject rolling)
            {
                strategy["rollingUpdate"] = rolling = [];
            }
            rolling["maxSurge"] ??= "25%";
            rolling["maxUnavailable"] ??= "25%";
        }
        PodTemplates.SetPullPolicies(spec["template"]?["spec"]);
    }

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        [.. PodTemplates.Check(candidate["spec"]?["template"]?["spec"], "spec.template.spec")];
}
