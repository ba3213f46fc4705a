using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

/// <summary>Claims as objects: they stay Pending, since nothing provides volumes here.</summary>
internal sealed class VolumeClaimStrategy(BuiltInType type) : SpecAndStatusStrategy(type)
{
    public override void PrepareForCreate(JsonObject created) => created["status"] = new JsonObject { ["phase"] = "Pending" };

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        var spec = candidate["spec"];
        List<FieldError> errors = [];
        if (spec?["accessModes"] is not JsonArray { Count: > 0 })
        {
            errors.Add(Required("spec.accessModes", "at least 1 access mode is required"));
        }
        if (spec?["resources"]?["requests"]?["storage"] is null)
        {
            errors.Add(Required("spec.resources[storage]"));
        }
        return errors;
    }
}
