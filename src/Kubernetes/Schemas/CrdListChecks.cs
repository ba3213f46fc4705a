using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>The rules of x-kubernetes-list-type, -list-map-keys and -map-type: apply can only find an item whose key is always there and of a scalar type.</summary>
public static class CrdListChecks
{
    private const string MapNeedsKeys = "must be map if x-kubernetes-list-map-keys is non-empty";

    public static void Check(JsonObject node, FieldPath path, List<FieldError> errors)
    {
        var type = Text(node, "type");
        var listType = node.ContainsKey("x-kubernetes-list-type") ? Text(node, "x-kubernetes-list-type") : null;
        var keys = node["x-kubernetes-list-map-keys"] as JsonArray ?? [];
        var listTypePath = path.Child("x-kubernetes-list-type");
        if (listType is not null)
        {
            RequireType(type, "array", "must be array if x-kubernetes-list-type is specified", path, errors);
            if (listType is not ("atomic" or "set" or "map"))
            {
                errors.Add(FieldErrors.NotSupported(listTypePath, listType, "atomic", "set", "map"));
            }
        }
        if (keys.Count > 0 && listType is null)
        {
            errors.Add(FieldErrors.Required(listTypePath, MapNeedsKeys));
        }
        else if (keys.Count > 0 && listType != "map")
        {
            errors.Add(FieldErrors.Invalid(listTypePath, listType, MapNeedsKeys));
        }
        if (listType == "map")
        {
            CheckMapList(node, keys, path, errors);
        }
        if (listType == "set" && node["items"] is JsonObject items)
        {
            CheckSetItems(items, path.Child("items"), errors);
        }
        if (node.ContainsKey("x-kubernetes-map-type"))
        {
            RequireType(type, "object", "must be object if x-kubernetes-map-type is specified", path, errors);
            if (Text(node, "x-kubernetes-map-type") is var mapType && mapType is not ("atomic" or "granular"))
            {
                errors.Add(FieldErrors.NotSupported(path.Child("x-kubernetes-map-type"), mapType, "granular", "atomic"));
            }
        }
    }

    private static void RequireType(string type, string wanted, string rule, FieldPath path, List<FieldError> errors)
    {
        if (type != wanted)
        {
            errors.Add(type.Length == 0 ? FieldErrors.Required(path.Child("type"), rule) : FieldErrors.Invalid(path.Child("type"), type, rule));
        }
    }

    private static void CheckMapList(JsonObject node, JsonArray keys, FieldPath path, List<FieldError> errors)
    {
        var keysPath = path.Child("x-kubernetes-list-map-keys");
        if (keys.Count == 0)
        {
            errors.Add(FieldErrors.Required(keysPath, "must not be empty if x-kubernetes-list-type is map"));
        }
        if (node["items"] is null)
        {
            errors.Add(FieldErrors.Required(path.Child("items"), "must have a schema if x-kubernetes-list-type is map"));
            return;
        }
        if (node["items"] is not JsonObject items)
        {
            return;
        }
        var itemsPath = path.Child("items");
        if (Text(items, "type") is var type && type != "object")
        {
            errors.Add(FieldErrors.Invalid(itemsPath.Child("type"), type, "must be object if parent array's x-kubernetes-list-type is map"));
            return;
        }
        var required = (items["required"] as JsonArray ?? []).Select(Scalars.AsString).ToHashSet(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys.Select(Scalars.AsString).OfType<string>())
        {
            var where = itemsPath.Child("properties").Key(key);
            if (!seen.Add(key))
            {
                errors.Add(FieldErrors.Invalid(keysPath, keys, "must not contain duplicate entries"));
            }
            else if ((items["properties"] as JsonObject)?[key] is not JsonObject property)
            {
                errors.Add(FieldErrors.Invalid(keysPath, keys, "entries must all be names of item properties"));
            }
            else if (Text(property, "type") is "array" or "object")
            {
                errors.Add(FieldErrors.Invalid(where.Child("type"), Text(items, "type"), "must be a scalar type if parent array's x-kubernetes-list-type is map"));
            }
            else
            {
                if (property["default"] is null && !required.Contains(key))
                {
                    errors.Add(FieldErrors.Required(where.Child("default"),
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"));
                }
                if (Scalars.IsTrue(property["nullable"]))
                {
                    errors.Add(FieldErrors.Forbidden(where.Child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"));
                }
            }
        }
    }

    private static void CheckSetItems(JsonObject items, FieldPath path, List<FieldError> errors)
    {
        const string rule = "must be atomic as item of a list with x-kubernetes-list-type=set";
        if (Scalars.IsTrue(items["nullable"]))
        {
            errors.Add(FieldErrors.Forbidden(path.Child("nullable"), "cannot be nullable when x-kubernetes-list-type is set"));
        }
        var keyword = Text(items, "type") switch { "object" => "x-kubernetes-map-type", "array" => "x-kubernetes-list-type", _ => null };
        if (keyword is null)
        {
            return;
        }
        // A list is atomic unless it says otherwise; a map is not.
        var atomic = Text(items, keyword) == "atomic" || (keyword == "x-kubernetes-list-type" && items[keyword] is null);
        if (!atomic)
        {
            errors.Add(FieldErrors.Invalid(path.Child(keyword), items[keyword], rule));
        }
    }

    private static string Text(JsonObject node, string name) => Scalars.AsString(node[name]) ?? "";
}
