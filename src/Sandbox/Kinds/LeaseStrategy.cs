using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Kinds;

internal sealed class LeaseStrategy(BuiltInType type) : BuiltInStrategy(type)
{
    public override void PrepareForCreate(JsonObject created) => DropCoordination(created);

    public override void PrepareForUpdate(JsonObject updated, JsonObject existing, string? subresource) => DropCoordination(updated);

    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        List<FieldError> errors = [];
        var spec = candidate["spec"];
        if (spec?["leaseDurationSeconds"] is { } duration && (long)duration <= 0)
        {
            errors.Add(FieldErrors.Invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"));
        }
        errors.AddRange(FieldErrors.NonNegative("spec.leaseTransitions", spec?["leaseTransitions"]));
        return errors;
    }

    /// <summary>Coordinated leader election is switched off in the server: its fields are taken and forgotten.</summary>
    private static void DropCoordination(JsonObject lease)
    {
        if (lease["spec"] is JsonObject spec)
        {
            spec.Remove("strategy");
            spec.Remove("preferredHolder");
        }
    }
}
