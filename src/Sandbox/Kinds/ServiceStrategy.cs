using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Services as objects: no address is given out, and nothing leads to their pods.</summary>
internal sealed class ServiceStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        var spec = candidate["spec"];
        return spec?["ports"] is JsonArray { Count: > 0 } || (string?)spec?["clusterIP"] == "None" || (string?)spec?["type"] == "ExternalName"
            ? [] : [Required("spec.ports")];
    }
}
