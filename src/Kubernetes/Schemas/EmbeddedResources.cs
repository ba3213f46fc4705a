using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>What a value marked x-kubernetes-embedded-resource needs whatever its schema says: apiVersion, kind, valid metadata.</summary>
public static partial class EmbeddedResources
{
    private const string LabelRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const string KeyRule =
        "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
        + "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string KindRule =
        "may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
        + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    public static void Check(Schema schema, JsonNode? value, FieldPath path, List<FieldError> errors)
    {
        switch (value)
        {
            case JsonObject map:
                if (schema.EmbeddedResource)
                {
                    CheckResource(map, path, errors);
                }
                foreach (var (name, child) in map)
                {
                    if (child is JsonObject or JsonArray && !(schema.IsResource && name == "metadata") && schema.Property(name) is { } property)
                    {
                        Check(property, child, path.Child(name), errors);
                    }
                }
                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Check(items, list[i], path.Index(i), errors);
                }
                break;
        }
    }

    private static void CheckResource(JsonObject resource, FieldPath path, List<FieldError> errors)
    {
        foreach (var name in (string[])["apiVersion", "kind"])
        {
            var field = path.Child(name);
            if (!resource.TryGetPropertyValue(name, out var value))
            {
                errors.Add(FieldErrors.Required(field));
            }
            else if (Scalars.AsString(value) is not { } text)
            {
                errors.Add(FieldErrors.Invalid(field, value, "must be a string"));
            }
            else if (text.Length == 0)
            {
                errors.Add(FieldErrors.Invalid(field, value, "must not be empty"));
            }
            else if (name == "kind" && !KindPattern().IsMatch(text))
            {
                errors.Add(FieldErrors.Invalid(field, value, KindRule));
            }
            else if (name == "apiVersion" && text.Count(c => c == '/') > 1)
            {
                errors.Add(FieldErrors.Invalid(field, value, $"unexpected GroupVersion string: {text}"));
            }
        }
        if (resource["metadata"] is not JsonObject metadata)
        {
            return;
        }
        var where = path.Child("metadata");
        CheckName(metadata["name"], where.Child("name"), errors);
        foreach (var (key, value) in metadata["labels"] as JsonObject ?? [])
        {
            CheckKey(key, where.Child("labels"), errors);
            if (Scalars.AsString(value) is { } label && (label.Length > 63 || !LabelPattern().IsMatch(label)))
            {
                errors.Add(FieldErrors.Invalid(where.Child("labels"), value, label.Length > 63 ? "must be no more than 63 bytes" : LabelRule));
            }
        }
        foreach (var (key, _) in metadata["annotations"] as JsonObject ?? [])
        {
            CheckKey(key, where.Child("annotations"), errors);
        }
    }

    /// <summary>Names inside embedded resources only need to fit into a URL path segment.</summary>
    private static void CheckName(JsonNode? value, FieldPath path, List<FieldError> errors)
    {
        if (Scalars.AsString(value) is not { Length: > 0 } name)
        {
            return;
        }
        if (name is "." or "..")
        {
            errors.Add(FieldErrors.Invalid(path, value, $"may not be '{name}'"));
        }
        foreach (var illegal in (string[])["/", "%"])
        {
            if (name.Contains(illegal, StringComparison.Ordinal))
            {
                errors.Add(FieldErrors.Invalid(path, value, $"may not contain '{illegal}'"));
            }
        }
    }

    private static void CheckKey(string key, FieldPath path, List<FieldError> errors)
    {
        var name = key[(key.LastIndexOf('/') + 1)..];
        if (name.Length is 0 or > 63 || !KeyPattern().IsMatch(name))
        {
            var rule = name.Length == 0 ? "name part must be non-empty" : name.Length > 63 ? "name part must be no more than 63 bytes" : KeyRule;
            errors.Add(FieldErrors.Invalid(path, key, rule));
        }
    }

    [GeneratedRegex("^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LabelPattern();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KeyPattern();

    [GeneratedRegex("^[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KindPattern();
}
