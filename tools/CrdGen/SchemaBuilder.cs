using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.CrdGen;

/// <summary>
/// Structural schemas from records. Descriptions are the XML summaries, and the default of an optional field is what the record's
/// initializer gives it, so that the API server and the decoder agree. Anything unbounded or undocumented is an error here, not a
/// surprise in a cluster (rules D1, D3).
/// </summary>
internal sealed class SchemaBuilder(XmlDocs docs)
{
    /// <summary>The schema of a whole kind.</summary>
    public JsonObject Kind(Type kind)
    {
        var resource = kind.GetCustomAttribute<ResourceAttribute>()!;
        var schema = Described(docs.Summary(kind) ?? throw Fault(kind, "has no summary"));
        schema["type"] = "object";
        var properties = new JsonObject
        {
            ["apiVersion"] = Text($"Version of this representation: {resource.Group}/{resource.Version}."),
            ["kind"] = Text($"Kind of this object: {resource.Kind}."),
            ["metadata"] = new JsonObject { ["type"] = "object" },
        };
        schema["properties"] = properties;
        var required = new JsonArray();
        foreach (var property in kind.GetProperties().Where(property => property.Name is not ("ApiVersion" or "Kind" or "Metadata")))
        {
            // Only the desired state has defaults: a default inside the status would overwrite what a status write left out.
            var isStatus = property.Name == "Status";
            properties[Name(property)] = Property(property, isStatus ? null : Instance(kind));
            if (property.GetCustomAttribute<RequiredAttribute>() is not null)
            {
                required.Add(Name(property));
            }
        }

        if (kind.GetCustomAttribute<StatusSubresourceAttribute>() is not null)
        {
            properties["status"]!["default"] = new JsonObject { ["observedGeneration"] = -1 };
        }

        AddRequired(schema, required);
        AddRules(schema, kind);
        return schema;

        static JsonObject Text(string description)
        {
            var text = Described(description);
            text["type"] = "string";
            return text;
        }
    }

    /// <summary>The schema of one record, without its description; defaults are left out when <paramref name="defaults"/> is false.</summary>
    public JsonObject Object(Type type, bool defaults)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var properties = new JsonObject();
        var required = new JsonArray();
        var instance = defaults ? Instance(type) : null;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            properties[Name(property)] = Property(property, instance);
            if (property.GetCustomAttribute<RequiredAttribute>() is not null)
            {
                required.Add(Name(property));
            }
        }

        schema["properties"] = properties;
        AddRequired(schema, required);
        AddRules(schema, type);
        return schema;
    }

    private JsonObject Property(PropertyInfo property, object? instance)
    {
        var value = Default(property, instance);
        var summary = docs.Summary(property) ?? throw Fault(property, "has no summary: kubectl explain would be empty");
        var schema = Described(value is JsonObject or null ? summary : $"{summary} Defaults to {Plain(value)}.");
        Merge(schema, Shape(property, instance is not null));
        AddRules(schema, property);
        if (value is not null)
        {
            schema["default"] = value;
        }

        return schema;
    }

    private JsonObject Shape(PropertyInfo property, bool defaults)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (property.GetCustomAttribute<IntOrStringAttribute>() is not null)
        {
            return new JsonObject
            {
                ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }),
                ["x-kubernetes-int-or-string"] = true,
                ["maxLength"] = Required<StringLengthAttribute>(property).MaximumLength,
            };
        }

        if (property.GetCustomAttribute<PreserveUnknownAttribute>() is not null)
        {
            return new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        }

        if (type == typeof(string))
        {
            return Text(property);
        }

        if (type == typeof(bool))
        {
            return new JsonObject { ["type"] = "boolean" };
        }

        if (type == typeof(int) || type == typeof(long))
        {
            return Integer(property, type == typeof(int) ? "int32" : "int64");
        }

        if (type == typeof(DateTimeOffset))
        {
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        }

        if (Argument(type, typeof(IReadOnlyDictionary<,>)) is not null)
        {
            var entries = Required<EntriesAttribute>(property);
            var values = new JsonObject { ["type"] = "string", ["maxLength"] = entries.MaxLength };
            if (entries.Pattern is { } pattern)
            {
                values["pattern"] = pattern;
            }

            return new JsonObject { ["type"] = "object", ["maxProperties"] = entries.Max, ["additionalProperties"] = values };
        }

        if (Argument(type, typeof(IReadOnlyList<>)) is { } item)
        {
            return List(property, item, defaults);
        }

        return type is { IsClass: true, Namespace: { } space } && space.StartsWith("Comptroller.", StringComparison.Ordinal)
            ? Object(type, defaults)
            : throw Fault(property, $"is a {type.Name}, which has no schema");
    }

    private static JsonObject Text(PropertyInfo property)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            schema["enum"] = Strings(allowed.Values.Cast<string>());
            return schema;
        }

        if (property.GetCustomAttribute<DurationAttribute>() is { } duration)
        {
            schema["maxLength"] = DurationAttribute.MaxLength;
            schema["pattern"] = DurationAttribute.Pattern;
            JsonNode[] rules =
            [
                .. Limit(">=", "at least", duration.AtLeast),
                .. Limit("<=", "at most", duration.AtMost),
            ];
            if (rules.Length > 0)
            {
                schema["x-kubernetes-validations"] = new JsonArray(rules);
            }

            return schema;
        }

        var length = Required<StringLengthAttribute>(property);
        if (length.MinimumLength > 0)
        {
            schema["minLength"] = length.MinimumLength;
        }

        schema["maxLength"] = length.MaximumLength;
        if (property.GetCustomAttribute<RegularExpressionAttribute>() is { } pattern)
        {
            schema["pattern"] = pattern.Pattern;
        }

        return schema;

        static IEnumerable<JsonNode> Limit(string comparison, string words, string? bound) =>
            bound is null
                ? []
                : [new JsonObject { ["rule"] = $"duration(self) {comparison} duration('{bound}')", ["message"] = $"must be {words} {bound}" }];
    }

    private static JsonObject Integer(PropertyInfo property, string format)
    {
        var schema = new JsonObject { ["type"] = "integer", ["format"] = format };
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            schema["minimum"] = Convert.ToInt64(range.Minimum);
            schema["maximum"] = Convert.ToInt64(range.Maximum);
        }

        return schema;
    }

    private JsonObject List(PropertyInfo property, Type item, bool defaults)
    {
        var bounds = Required<ItemsAttribute>(property);
        var schema = new JsonObject { ["type"] = "array", ["maxItems"] = bounds.Max };
        if (bounds.Min > 0)
        {
            schema["minItems"] = bounds.Min;
        }

        schema["items"] = item == typeof(string) ? TextItem(property, bounds) : SharedSchemas.Of(item) ?? ObjectItem(item, defaults);
        if (property.GetCustomAttribute<ListMapKeyAttribute>() is { } map)
        {
            schema["x-kubernetes-list-type"] = "map";
            schema["x-kubernetes-list-map-keys"] = Strings(map.Keys);
        }
        else if (property.GetCustomAttribute<SetListAttribute>() is not null)
        {
            schema["x-kubernetes-list-type"] = "set";
        }
        else if (property.GetCustomAttribute<AtomicListAttribute>() is not null)
        {
            schema["x-kubernetes-list-type"] = "atomic";
        }
        else
        {
            throw Fault(property, "is a list: say with [ListMapKey], [SetList] or [AtomicList] how appliers share it");
        }

        return schema;
    }

    private JsonObject ObjectItem(Type item, bool defaults)
    {
        var schema = Described(docs.Summary(item) ?? throw Fault(item, "has no summary"));
        Merge(schema, Object(item, defaults));
        return schema;
    }

    private static JsonObject TextItem(PropertyInfo property, ItemsAttribute bounds)
    {
        var schema = new JsonObject { ["type"] = "string" };
        if (bounds.Allowed.Length > 0)
        {
            schema["enum"] = Strings(bounds.Allowed);
            return schema;
        }

        if (bounds.MaxLength == 0)
        {
            throw Fault(property, "is a list of strings: set MaxLength or Allowed in [Items]");
        }

        if (bounds.MinLength > 0)
        {
            schema["minLength"] = bounds.MinLength;
        }

        schema["maxLength"] = bounds.MaxLength;
        if (bounds.Pattern is { } pattern)
        {
            schema["pattern"] = pattern;
        }

        return schema;
    }

    private static void AddRules(JsonObject schema, MemberInfo member)
    {
        var rules = member.GetCustomAttributes<CelRuleAttribute>().Select(Rule).ToList();
        if (member.GetCustomAttribute<ImmutableAttribute>() is not null)
        {
            rules.Add(new JsonObject { ["rule"] = "self == oldSelf", ["message"] = "cannot be changed once it is set", ["reason"] = "FieldValueForbidden" });
        }

        if (rules.Count == 0)
        {
            return;
        }

        var all = schema["x-kubernetes-validations"] as JsonArray ?? [];
        rules.ForEach(all.Add);
        schema["x-kubernetes-validations"] = all;
    }

    private static JsonObject Rule(CelRuleAttribute attribute)
    {
        var rule = new JsonObject { ["rule"] = attribute.Rule, ["message"] = attribute.Message };
        if (attribute.Reason is { } reason)
        {
            rule["reason"] = reason;
        }

        if (attribute.FieldPath is { } path)
        {
            rule["fieldPath"] = path;
        }

        return rule;
    }

    /// <summary>What the initializer gives an optional field, or null when that is nothing.</summary>
    private static JsonNode? Default(PropertyInfo property, object? instance)
    {
        if (instance is null || property.GetCustomAttribute<RequiredAttribute>() is not null)
        {
            return null;
        }

        var value = property.GetValue(instance);
        return value switch
        {
            null or "" or false or 0 or 0L => null,
            string text => JsonValue.Create(text),
            bool flag => JsonValue.Create(flag),
            int number => JsonValue.Create(number),
            long number => JsonValue.Create(number),
            IReadOnlyList<string> list => list.Count == 0 ? null : Strings(list),
            System.Collections.ICollection { Count: 0 } => null,
            _ when Argument(property.PropertyType, typeof(IReadOnlyList<>)) is null && Argument(property.PropertyType, typeof(IReadOnlyDictionary<,>)) is null =>
                value.GetType().GetProperties().Any(nested => Default(nested, value) is not null) ? new JsonObject() : null,
            _ => throw Fault(property, "has a default that cannot be written"),
        };
    }

    /// <summary>A record with nothing set: the constructors of API records have defaults for every parameter.</summary>
    private static object Instance(Type type)
    {
        var constructor = type.GetConstructors().Single();
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => parameter.DefaultValue)]);
    }

    private static T Required<T>(PropertyInfo property)
        where T : Attribute =>
        property.GetCustomAttribute<T>() ?? throw Fault(property, $"is unbounded: give it [{typeof(T).Name.Replace("Attribute", "", StringComparison.Ordinal)}]");

    private static string Name(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static Type? Argument(Type type, Type generic) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == generic ? type.GetGenericArguments()[^1] : null;

    private static JsonObject Described(string description) => new() { ["description"] = Prose.Wrap(description) };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => (JsonNode)value)]);

    private static string Plain(JsonNode value) => value switch
    {
        JsonArray list => $"[{string.Join(", ", list.Select(item => item!.ToString()))}]",
        _ => value.ToString(),
    };

    private static void AddRequired(JsonObject schema, JsonArray required)
    {
        if (required.Count > 0)
        {
            schema["required"] = required;
        }
    }

    private static void Merge(JsonObject target, JsonObject source)
    {
        foreach (var (key, value) in source.ToArray())
        {
            source.Remove(key);
            target[key] = value;
        }
    }

    private static InvalidOperationException Fault(MemberInfo member, string fault) =>
        new($"{(member.DeclaringType is null ? "" : member.DeclaringType.Name + ".")}{member.Name} {fault}");
}
