using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>Validates objects of custom kinds as the server does after pruning and defaulting, with its words and its order.</summary>
public static class SchemaValidation
{
    private static readonly HashSet<string> _blocking =
        ["FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"];

    /// <summary>
    /// Checks <paramref name="candidate"/>; empty when it is valid. With <paramref name="existing"/>, errors in values that did not
    /// change are forgiven, so that an object stored under an older schema stays editable. CEL rules are not evaluated, but the
    /// note that they were skipped because of other errors is given where the server gives it.
    /// </summary>
    public static IReadOnlyList<FieldError> Validate(Schema schema, JsonObject candidate, JsonObject? existing)
    {
        var walk = new ValueValidation();
        walk.Check(schema, candidate, existing, FieldPath.Root);
        var errors = walk.Errors;
        EmbeddedResources.Check(schema, candidate, FieldPath.Root, errors);
        if (existing is null || !HasBrokenLists(schema, existing))
        {
            ListInvariants.Check(schema, candidate, FieldPath.Root, errors);
        }
        if (schema.HasCelRules && errors.Exists(error => _blocking.Contains(error.Reason)))
        {
            errors.Add(FieldErrors.InvalidObject(null,
                "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
        }
        return errors;
    }

    internal static bool IsBlocking(FieldError error) => _blocking.Contains(error.Reason);

    private static bool HasBrokenLists(Schema schema, JsonObject existing)
    {
        var errors = new List<FieldError>();
        ListInvariants.Check(schema, existing, FieldPath.Root, errors);
        return errors.Count > 0;
    }
}
