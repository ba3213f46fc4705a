using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Kinds;

/// <summary>
/// One field of a built-in kind as Go sees it: decodes a JSON value the way encoding/json fills a struct, and gives back the JSON that
/// the struct would be written as. This is where <c>data: {}</c> disappears from a ConfigMap, where <c>status: {}</c> appears on a
/// CronJob, and where the text of "cannot unmarshal ..." comes from.
/// </summary>
internal sealed class TypedField
{
    private static readonly Dictionary<string, TypedField> Structs = new(StringComparer.Ordinal);
    private static readonly Lock StructsLock = new();

    private readonly Shape _shape;
    private readonly Writing _writing;
    private readonly string _goType;
    private readonly bool _nullWhenUnset;
    private readonly TypedField? _element;
    private readonly Dictionary<string, TypedField> _fields;
    private readonly string _structName;

    private TypedField(JsonObject document, string structName, string package)
    {
        _structName = structName;
        _fields = [];
        _nullWhenUnset = (bool?)document["nullable"] == true;
        _shape = ShapeOf(document);
        _goType = GoTypeOf(document, structName, package);
        switch (_shape)
        {
            case Shape.Struct:
                foreach (var (key, value) in document["properties"]!.AsObject())
                {
                    _fields[key] = Of((JsonObject)value!, structName, package);
                }
                break;
            case Shape.List:
                _element = Of((JsonObject)document["items"]!, structName, package);
                _goType = "[]" + _element._goType;
                break;
            case Shape.Map:
                _element = Of((JsonObject)document["additionalProperties"]!, structName, package);
                _goType = "map[string]" + _element._goType;
                break;
        }
    }

    private TypedField(TypedField type, Writing writing)
    {
        (_shape, _goType, _element, _fields, _structName) = (type._shape, type._goType, type._element, type._fields, type._structName);
        _nullWhenUnset = type._nullWhenUnset;
        _writing = writing;
    }

    private enum Shape
    {
        Text,
        Integer,
        Flag,
        Time,
        MicroTime,
        Bytes,
        IntOrText,
        Struct,
        Map,
        List,
        Free,
    }

    /// <summary>What is written when the value is zero.</summary>
    private enum Writing
    {
        /// <summary>Nothing (omitempty).</summary>
        Value,

        /// <summary>The zero, when it was given (a pointer with omitempty).</summary>
        Pointer,

        /// <summary>The zero, given or not (no omitempty).</summary>
        Always,
    }

    /// <summary>The root of a kind: its definition, and metadata.</summary>
    public static TypedField OfKind(string definition)
    {
        var root = Of(new JsonObject { ["$ref"] = definition, [SchemaDocuments.EncodingKey] = "always" }, "", "");
        var metadata = Of(new JsonObject { ["$ref"] = SchemaDocuments.ObjectMeta, [SchemaDocuments.EncodingKey] = "always" }, "", "");
        var text = Of(new JsonObject { ["type"] = "string" }, root._structName, "");
        var kind = new TypedField(root, Writing.Always);
        kind._fields["metadata"] = metadata;
        kind._fields["apiVersion"] = text;
        kind._fields["kind"] = text;
        return kind;
    }

    /// <summary>The JSON of this field when nothing was ever set.</summary>
    public JsonNode? Zero()
    {
        switch (_shape)
        {
            case Shape.Struct:
                var zero = new JsonObject();
                FillUnset(zero);
                return zero;
            case Shape.Text or Shape.Bytes:
                return "";
            case Shape.Integer or Shape.IntOrText:
                return 0;
            case Shape.Flag:
                return false;
            case Shape.Free when !_nullWhenUnset:
                return new JsonObject();
            default:
                return null;
        }
    }

    /// <summary>Brings the object to written form. Null, or Go's error.</summary>
    public string? Decode(JsonObject value)
    {
        try
        {
            DecodeStruct(value, "");
            return null;
        }
        catch (DecodeException error)
        {
            return error.Message;
        }
    }

    private static TypedField Of(JsonObject document, string structName, string package)
    {
        var type = (string?)document["$ref"] is { } reference ? OfDefinition(reference) : new TypedField(document, structName, package);
        return new TypedField(type, (string?)document[SchemaDocuments.EncodingKey] switch
        {
            "always" => Writing.Always,
            "pointer" => Writing.Pointer,
            "value" => Writing.Value,
            null => type._shape is Shape.Text or Shape.Bytes or Shape.Map or Shape.List ? Writing.Value : Writing.Pointer,
            var unknown => throw new InvalidOperationException($"{SchemaDocuments.EncodingKey}: {unknown} in {structName}: want always, pointer or value"),
        });
    }

    private static TypedField OfDefinition(string name)
    {
        lock (StructsLock)
        {
            if (!Structs.TryGetValue(name, out var found))
            {
                var parts = name.Split('.');
                Structs[name] = found = new TypedField(SchemaDocuments.Definition(name), parts[^1], parts[^2]);
            }
            return found;
        }
    }

    private static Shape ShapeOf(JsonObject document) => (string?)document["type"] switch
    {
        _ when (bool?)document["x-kubernetes-int-or-string"] == true => Shape.IntOrText,
        "string" => (string?)document["format"] switch
        {
            "date-time" => Shape.Time,
            "micro-time" => Shape.MicroTime,
            "byte" => Shape.Bytes,
            _ => Shape.Text,
        },
        "integer" => Shape.Integer,
        "boolean" => Shape.Flag,
        "array" => Shape.List,
        _ when document["properties"] is JsonObject => Shape.Struct,
        _ when document["additionalProperties"] is JsonObject => Shape.Map,
        _ => Shape.Free,
    };

    private static string GoTypeOf(JsonObject document, string structName, string package) => ShapeOf(document) switch
    {
        Shape.Text => "string",
        Shape.Integer => (string?)document["format"] ?? "int64",
        Shape.Flag => "bool",
        Shape.Bytes => "[]uint8",
        _ => $"{package}.{structName}",
    };

    private void DecodeStruct(JsonObject value, string path)
    {
        foreach (var key in value.Select(pair => pair.Key).ToList())
        {
            if (!_fields.TryGetValue(key, out var field))
            {
                continue;
            }
            var decoded = field.DecodeValue(value[key], path.Length == 0 ? key : $"{path}.{key}", _structName);
            if (decoded is null || (field._writing == Writing.Value && field.IsZero(decoded)))
            {
                value.Remove(key);
            }
            else if (!ReferenceEquals(decoded, value[key]))
            {
                value[key] = decoded;
            }
        }
        FillUnset(value);
    }

    private void FillUnset(JsonObject value)
    {
        foreach (var (key, field) in _fields)
        {
            if (field._writing == Writing.Always && !value.ContainsKey(key))
            {
                value[key] = field.Zero();
            }
        }
    }

    private JsonNode? DecodeValue(JsonNode? value, string path, string owner)
    {
        if (value is null)
        {
            return null;
        }
        switch (_shape)
        {
            case Shape.Text when value.GetValueKind() == JsonValueKind.String:
            case Shape.Flag when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
            case Shape.IntOrText when value.GetValueKind() is JsonValueKind.String or JsonValueKind.Number:
            case Shape.Free:
                return value;
            case Shape.Integer when value.GetValueKind() == JsonValueKind.Number:
                return FitsInteger(value) ? value : throw Unfit($"number {value.ToJsonString()}", path, owner);
            case Shape.Time or Shape.MicroTime when value.GetValueKind() == JsonValueKind.String:
                var text = (string)value!;
                var error = GoTime.Normalize(text, _shape == Shape.MicroTime, out var written);
                return error is not null ? throw new DecodeException(error) : written == text ? value : written;
            case Shape.Bytes when value.GetValueKind() == JsonValueKind.String:
                return IllegalBase64((string)value!) is { } at ? throw new DecodeException($"illegal base64 data at input byte {at}") : value;
            case Shape.Struct when value is JsonObject nested:
                DecodeStruct(nested, path);
                return value;
            case Shape.Map when value is JsonObject map:
                foreach (var key in map.Select(pair => pair.Key).ToList())
                {
                    var item = _element!.DecodeValue(map[key], path, owner) ?? _element.Zero();
                    if (!ReferenceEquals(item, map[key]))
                    {
                        map[key] = item;
                    }
                }
                return value;
            case Shape.List when value is JsonArray list:
                for (var index = 0; index < list.Count; index++)
                {
                    var item = _element!.DecodeValue(list[index], path, owner) ?? _element.Zero();
                    if (!ReferenceEquals(item, list[index]))
                    {
                        list[index] = item;
                    }
                }
                return value;
            default:
                throw Unfit(NameOf(value), path, owner);
        }
    }

    private bool IsZero(JsonNode value) => _shape switch
    {
        Shape.Text or Shape.Bytes => (string?)value is "",
        Shape.Integer => value.AsValue().TryGetValue<long>(out var number) && number == 0,
        Shape.Flag => !(bool)value,
        Shape.Map => value.AsObject().Count == 0,
        Shape.List => value.AsArray().Count == 0,
        _ => false,
    };

    private bool FitsInteger(JsonNode value) =>
        long.TryParse(value.ToJsonString(), out var number) && (_goType != "int32" || number is >= int.MinValue and <= int.MaxValue);

    private DecodeException Unfit(string what, string path, string owner) =>
        new($"json: cannot unmarshal {what} into Go struct field {owner}.{path} of type {_goType}");

    private static string NameOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "bool",
    };

    /// <summary>Offset of the first byte that does not belong, as Go's decoder counts; null when all is well.</summary>
    private static int? IllegalBase64(string text)
    {
        var end = text.AsSpan().TrimEnd('=').Length;
        for (var index = 0; index < end; index++)
        {
            if (!char.IsAsciiLetterOrDigit(text[index]) && text[index] is not ('+' or '/' or '\r' or '\n'))
            {
                return index;
            }
        }
        var digits = text.AsSpan(0, end).ToString().Count(c => c is not ('\r' or '\n'));
        var padding = text.Length - end;
        return digits % 4 == 1 || padding != (4 - (digits % 4)) % 4 ? end : null;
    }

    private sealed class DecodeException(string message) : Exception(message);
}
