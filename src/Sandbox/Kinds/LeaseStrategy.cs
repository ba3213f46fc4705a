using System.Text.Json.Nodes;
using Comptroller.Sandbox.Schemas;

namespace Comptroller.Sandbox.Kinds;

internal sealed class LeaseStrategy(TypedField type) : BuiltInStrategy(type)
{
    public override IReadOnlyList<FieldError> Validate(JsonObject candidate, JsonObject? existing, string? subresource)
    {
        List<FieldError> errors = [];
        var spec = candidate["spec"];
        if (spec?["leaseDurationSeconds"] is { } duration && (long)duration <= 0)
        {
            errors.Add(FieldFaults.Invalid("spec.leaseDurationSeconds", duration, "must be greater than 0"));
        }
        errors.AddRange(FieldFaults.NonNegative("spec.leaseTransitions", spec?["leaseTransitions"]));
        return errors;
    }
}
