using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

/// <summary>ReplicaSets as objects: defaults and checks. With workloads switched on, pods are made of them.</summary>
internal sealed class ReplicaSetStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    protected override void SetDefaults(JsonObject candidate) => PodTemplates.SetPullPolicies(candidate["spec"]?["template"]?["spec"]);

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource) =>
        [.. PodTemplates.Check(candidate["spec"]?["template"]?["spec"], "spec.template.spec")];
}
