using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Schemas;

/// <summary>The keyword checks of one value against one schema, in the order of the server's validators: type, alternatives, string, format, number, list, enum, object.</summary>
public sealed class ValueValidation
{
    /// <summary>Counts the checks that passed: among failed alternatives the one with most of them is reported.</summary>
    private int _matches;

    public List<FieldError> Errors { get; private init; } = [];

    /// <param name="old">The value that stood here before, when it can be told; errors are dropped if it is equal.</param>
    public void Check(Schema schema, JsonNode? value, JsonNode? old, FieldPath path)
    {
        var before = Errors.Count;
        CheckAll(schema, value, old, path);
        if (Errors.Count > before && old is not null && Scalars.Same(value, old))
        {
            Errors.RemoveRange(before, Errors.Count - before);
        }
    }

    private void CheckAll(Schema schema, JsonNode? value, JsonNode? old, FieldPath path)
    {
        _matches++;
        CheckType(schema, value, path);
        if (value is null)
        {
            CheckEnum(schema, value, path);
            return;
        }
        CheckAlternatives(schema, value, path);
        switch (value)
        {
            case JsonObject map:
                CheckEnum(schema, value, path);
                CheckObject(schema, map, old as JsonObject, path);
                break;
            case JsonArray list:
                CheckList(schema, list, old as JsonArray, path);
                CheckEnum(schema, value, path);
                break;
            default:
                if (Scalars.AsString(value) is { } text)
                {
                    CheckString(schema, text, value, path);
                }
                else if (Scalars.IsNumber(value))
                {
                    NumberRules.Check(schema, value, path, Errors);
                }
                CheckEnum(schema, value, path);
                break;
        }
    }

    private void CheckType(Schema schema, JsonNode? value, FieldPath path)
    {
        var expected = schema.IntOrString && schema.Type is null ? "integer,string" : schema.Type;
        if (expected is null && schema.Format is null)
        {
            return;
        }
        if (value is null)
        {
            if (expected is not null && !schema.Nullable)
            {
                AddTypeError(path, expected, "null");
                return;
            }
            _matches++;
            return;
        }
        var (type, format) = KindOf(value);
        var isWholeNumber = type == "number" && Accepts(expected, "integer") && double.IsInteger(Scalars.AsDouble(value));
        var isIntegerForNumber = type == "integer" && Accepts(expected, "number");
        var matches = Accepts(expected, type) || isWholeNumber || isIntegerForNumber;
        var known = Formats.Known(schema);
        if (known is not null && type is not ("string" or "array") && !matches && format != known)
        {
            AddTypeError(path, known, format);
            return;
        }
        var formatDecides = known is not null && (type is "string" or "array") && !Accepts(expected, "number") && !Accepts(expected, "integer");
        if (!formatDecides && !matches && expected is not null)
        {
            AddTypeError(path, expected, type);
            return;
        }
        _matches++;
    }

    private void AddTypeError(FieldPath path, string expected, string actual) =>
        Errors.Add(FieldErrors.TypeInvalid(path, actual, $"{path} in body must be of type {expected}: {Scalars.Quote(actual)}"));

    private static bool Accepts(string? expected, string type) => expected == type || (expected == "integer,string" && (type is "integer" or "string"));

    private static (string Type, string Format) KindOf(JsonNode value) => value switch
    {
        JsonObject => ("object", ""),
        JsonArray => ("array", ""),
        _ => value.GetValueKind() switch
        {
            JsonValueKind.String => ("string", ""),
            JsonValueKind.Number => Scalars.TryInteger(value, out _) ? ("integer", "int64") : ("number", "float64"),
            _ => ("boolean", ""),
        },
    };

    private void CheckAlternatives(Schema schema, JsonNode value, FieldPath path)
    {
        if (schema.AnyOf.Count > 0)
        {
            var (valid, best) = Try(schema.AnyOf, value, path, stopAtFirst: true);
            if (valid == 0)
            {
                Errors.Add(FieldErrors.InvalidObject("", $"\"{path}\" must validate at least one schema (anyOf)"));
                Errors.AddRange(best!);
            }
        }
        if (schema.OneOf.Count > 0)
        {
            var (valid, best) = Try(schema.OneOf, value, path, stopAtFirst: false);
            if (valid != 1)
            {
                var found = valid == 0 ? "Found none valid" : $"Found {valid.ToString(CultureInfo.InvariantCulture)} valid alternatives";
                Errors.Add(FieldErrors.InvalidObject("", $"\"{path}\" must validate one and only one schema (oneOf). {found}"));
                Errors.AddRange(best ?? []);
            }
        }
        if (schema.AllOf.Count > 0)
        {
            var valid = 0;
            foreach (var part in schema.AllOf)
            {
                var errors = new ValueValidation();
                errors.Check(part, value, old: null, path);
                valid += errors.Errors.Count == 0 ? 1 : 0;
                Errors.AddRange(errors.Errors);
            }
            if (valid != schema.AllOf.Count)
            {
                Errors.Add(FieldErrors.InvalidObject("", $"\"{path}\" must validate all the schemas (allOf){(valid == 0 ? ". None validated" : "")}"));
            }
        }
        if (schema.Not is { } forbidden)
        {
            var errors = new ValueValidation();
            errors.Check(forbidden, value, old: null, path);
            if (errors.Errors.Count == 0)
            {
                Errors.Add(FieldErrors.InvalidObject("", $"\"{path}\" must not validate the schema (not)"));
            }
        }
    }

    /// <summary>How many alternatives accept the value, and if none does, the errors of the one that came closest.</summary>
    private static (int Valid, List<FieldError>? Best) Try(IReadOnlyList<Schema> alternatives, JsonNode value, FieldPath path, bool stopAtFirst)
    {
        var valid = 0;
        ValueValidation? best = null;
        foreach (var alternative in alternatives)
        {
            var attempt = new ValueValidation();
            attempt.Check(alternative, value, old: null, path);
            if (attempt.Errors.Count == 0)
            {
                valid++;
                best = null;
                if (stopAtFirst)
                {
                    break;
                }
            }
            else if (valid == 0 && (best is null || attempt._matches > best._matches))
            {
                best = attempt;
            }
        }
        return (valid, best?.Errors);
    }

    private void CheckString(Schema schema, string text, JsonNode value, FieldPath path)
    {
        // The server stops at the first of these three.
        if (schema.MaxLength is { } maximum && RuneCount(text) > maximum)
        {
            Errors.Add(FieldErrors.TooLong(path, maximum));
        }
        else if (schema.MinLength is { } minimum && RuneCount(text) < minimum)
        {
            Errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should be at least {minimum.ToString(CultureInfo.InvariantCulture)} chars long"));
        }
        else if (schema.PatternExpression is { } pattern && !pattern.IsMatch(text))
        {
            Errors.Add(FieldErrors.Invalid(path, value, $"{path} in body should match '{schema.Pattern}'"));
        }
        if (Formats.Known(schema) is { } format && !Formats.Matches(format, text))
        {
            Errors.Add(FieldErrors.TypeInvalid(path, value, $"{path} in body must be of type {format}: {Scalars.Quote(text)}"));
        }
    }

    private static long RuneCount(string text) => text.Length - text.Count(char.IsLowSurrogate);

    private void CheckEnum(Schema schema, JsonNode? value, FieldPath path)
    {
        if (schema.Enum is { Count: > 0 } allowed && !allowed.Any(item => Scalars.Same(item, value) || (item is null && value is null)))
        {
            Errors.Add(FieldErrors.NotSupported(path, value, allowed));
        }
    }

    private void CheckList(Schema schema, JsonArray list, JsonArray? old, FieldPath path)
    {
        if (schema.MinItems is { } minimum && list.Count < minimum)
        {
            Errors.Add(FieldErrors.Invalid(path, JsonValue.Create(list.Count), $"{path} in body should have at least {minimum.ToString(CultureInfo.InvariantCulture)} items"));
        }
        if (schema.MaxItems is { } maximum && list.Count > maximum)
        {
            Errors.Add(FieldErrors.TooMany(path, list.Count, maximum));
        }
        if (schema.Items is not { } items)
        {
            return;
        }
        for (var i = 0; i < list.Count; i++)
        {
            // Only items of map lists can be recognized in the old list.
            var oldItem = old is not null && schema.ListType == "map" ? ListInvariants.FindByKeys(schema, old, list[i]) : null;
            Check(items, list[i], oldItem, path.Index(i));
        }
    }

    private void CheckObject(Schema schema, JsonObject map, JsonObject? old, FieldPath path)
    {
        if (schema.MinProperties is { } minimum && map.Count < minimum)
        {
            Errors.Add(FieldErrors.Invalid(path, JsonValue.Create(map.Count), $"{path} in body should have at least {minimum.ToString(CultureInfo.InvariantCulture)} properties"));
            return;
        }
        if (schema.MaxProperties is { } maximum && map.Count > maximum)
        {
            Errors.Add(FieldErrors.TooMany(path, map.Count, maximum));
            return;
        }
        if (schema.AdditionalProperties is { } additional)
        {
            foreach (var (name, value) in map)
            {
                if (!schema.Properties.ContainsKey(name))
                {
                    Check(additional, value, old?[name], path.Child(name));
                }
            }
        }
        CheckProperties(schema, map, old, path);
        foreach (var name in schema.Required)
        {
            if (!map.ContainsKey(name))
            {
                Errors.Add(FieldErrors.Required(path.Child(name)));
            }
        }
    }

    /// <summary>
    /// Siblings are reported in the order of the schema, those first whose errors keep later rules from running.
    /// (The real server walks siblings in no fixed order.)
    /// </summary>
    private void CheckProperties(Schema schema, JsonObject map, JsonObject? old, FieldPath path)
    {
        var start = Errors.Count;
        foreach (var (name, property) in schema.Properties)
        {
            if (!map.TryGetPropertyValue(name, out var value))
            {
                continue;
            }
            if (schema.IsResource && name == "metadata")
            {
                // The full ObjectMeta is not checked here: the server validates metadata by other rules.
                if (property.Declared is { } declared)
                {
                    Check(declared, value, old?[name], path.Child(name));
                }
                continue;
            }
            var before = Errors.Count;
            Check(property, value, old?[name], path.Child(name));
            if (Errors.Count > before && before > start && Errors.GetRange(before, Errors.Count - before).TrueForAll(SchemaValidation.IsBlocking))
            {
                var found = Errors.GetRange(before, Errors.Count - before);
                Errors.RemoveRange(before, found.Count);
                var at = Errors.FindIndex(start, error => !SchemaValidation.IsBlocking(error));
                Errors.InsertRange(at < 0 ? Errors.Count : at, found);
            }
        }
    }
}
