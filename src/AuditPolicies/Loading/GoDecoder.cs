using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>
/// Checks a document against a Go type the way sigs.k8s.io/json decodes it: field names are case-sensitive, null leaves the zero value,
/// the first type error is the one reported, unknown fields are collected.
/// </summary>
internal sealed class GoDecoder
{
    private readonly List<string> _fieldStack = [];
    private readonly List<string> _unknown = [];
    private string? _struct;

    /// <summary>Go's text of the first type error; null when every value fits.</summary>
    public string? Error { get; private set; }

    /// <summary>Where the first type error is, with list indexes (Go's own text has none).</summary>
    public string ErrorPath { get; private set; } = "";

    /// <summary>Paths of fields the type does not have, in document order.</summary>
    public IReadOnlyList<string> UnknownFields => _unknown;

    public void Check(JsonNode? node, GoType type, string path)
    {
        if (node is null)
        {
            return;
        }

        switch (type)
        {
            case GoScalar scalar:
                CheckScalar(node, scalar, path);
                break;
            case GoSlice slice when node is JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    Check(items[i], slice.Element, $"{path}[{i}]");
                }

                break;
            case GoMap map when node is JsonObject entries:
                foreach (var (key, value) in entries)
                {
                    Check(value, map.Element, $"{path}.{key}");
                }

                break;
            case GoStruct structure when node is JsonObject members:
                CheckMembers(members, structure, path);
                break;
            default:
                Fail(KindOf(node), type, path);
                break;
        }
    }

    private void CheckMembers(JsonObject members, GoStruct structure, string path)
    {
        var outer = _struct;
        foreach (var (key, value) in members)
        {
            var memberPath = path.Length == 0 ? key : $"{path}.{key}";
            if (!structure.Fields.TryGetValue(key, out var type))
            {
                _unknown.Add(memberPath);
                continue;
            }

            _struct = structure.BareName;
            _fieldStack.Add(key);
            Check(value, type, memberPath);
            _fieldStack.RemoveAt(_fieldStack.Count - 1);
            _struct = outer;
        }
    }

    private void CheckScalar(JsonNode node, GoScalar type, string path)
    {
        var kind = node.GetValueKind();
        switch (type.Kind)
        {
            case GoScalarKind.Any:
            case GoScalarKind.String when kind == JsonValueKind.String:
            case GoScalarKind.Bool when kind is JsonValueKind.True or JsonValueKind.False:
                break;
            case GoScalarKind.Integer when kind == JsonValueKind.Number:
                var number = node.ToJsonString();
                if (!long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _))
                {
                    Fail("number " + number, type, path);
                }

                break;
            case GoScalarKind.Time:
                CheckTime(node, kind, path);
                break;
            default:
                Fail(KindOf(node), type, path);
                break;
        }
    }

    private void CheckTime(JsonNode node, JsonValueKind kind, string path)
    {
        if (kind != JsonValueKind.String)
        {
            FailAs($"json: cannot unmarshal {KindOf(node)} into Go value of type string", path);
            return;
        }

        var text = node.GetValue<string>();
        if (!DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
        {
            FailAs($"parsing time {GoText.Quote(text)} as \"2006-01-02T15:04:05Z07:00\": cannot parse {GoText.Quote(text)} as \"2006\"", path);
        }
    }

    private void Fail(string value, GoType type, string path) => FailAs(
        _struct is null
            ? $"json: cannot unmarshal {value} into Go value of type {type.Name}"
            : $"json: cannot unmarshal {value} into Go struct field {_struct}.{string.Join('.', _fieldStack)} of type {type.Name}",
        path);

    private void FailAs(string error, string path)
    {
        if (Error is null)
        {
            Error = error;
            ErrorPath = path;
        }
    }

    /// <summary>Go's word for the kind of a JSON value.</summary>
    public static string KindOf(JsonNode node) => node.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };
}
