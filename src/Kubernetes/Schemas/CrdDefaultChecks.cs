using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>A default is put into objects unseen, so it must itself be valid and carry nothing that would be pruned.</summary>
public static class CrdDefaultChecks
{
    public static void Check(Schema schema, FieldPath path, List<FieldError> errors)
    {
        if (schema.Default is { } value)
        {
            var where = path.Child("default");
            var copy = value.DeepClone();
            if (HasUnknown(schema, copy))
            {
                errors.Add(FieldErrors.Invalid(where, value, "must not have unknown fields"));
            }
            else
            {
                errors.AddRange(Problems(schema, Filled(schema, copy), where));
            }
        }
        // The real server reports siblings in no fixed order; blocking errors go first, as in the validation of objects.
        var found = new List<FieldError>();
        foreach (var (name, property) in schema.Properties)
        {
            if (!(schema.IsResource && name == "metadata"))
            {
                Check(property, path.Child("properties").Key(name), found);
            }
        }
        errors.AddRange(found.Where(SchemaValidation.IsBlocking));
        errors.AddRange(found.Where(error => !SchemaValidation.IsBlocking(error)));
        if (schema.AdditionalProperties is { } additional)
        {
            Check(additional, path.Child("additionalProperties"), errors);
        }
        if (schema.Items is { } items)
        {
            Check(items, path.Child("items"), errors);
        }
    }

    /// <summary>Validates the value as if it were a whole body: the server's texts then name no field, while the error's path names the default.</summary>
    private static IEnumerable<FieldError> Problems(Schema schema, JsonNode value, FieldPath where)
    {
        var walk = new ValueValidation();
        walk.Check(schema, value, old: null, FieldPath.Root);
        foreach (var error in walk.Errors)
        {
            var field = error.Field == FieldErrors.NoField || error.Field.Length == 0 ? where.ToString() : $"{where}.{error.Field}";
            yield return error with { Field = field };
        }
    }

    private static bool HasUnknown(Schema schema, JsonNode value)
    {
        var (wrapper, holder) = Wrap(schema, value);
        return Pruning.Prune(wrapper, holder).Count > 0;
    }

    private static JsonNode Filled(Schema schema, JsonNode value)
    {
        var copy = value.DeepClone();
        var (wrapper, holder) = Wrap(schema, copy);
        Defaulting.Apply(wrapper, holder);
        return holder["value"] ?? copy;
    }

    private static (Schema Wrapper, JsonObject Holder) Wrap(Schema schema, JsonNode value) =>
        (Schema.Holding("value", schema), new JsonObject { ["value"] = value.Parent is null ? value : value.DeepClone() });
}
