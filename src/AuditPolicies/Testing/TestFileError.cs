using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Testing;

/// <summary>Why a test file cannot be used.</summary>
/// <param name="Path">Field, such as <c>cases[3].expected.level</c>; "" for the whole file.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record TestFileError(string Path, string Message);

/// <summary>Takes the fields of one mapping; what is left in the end is unknown.</summary>
internal sealed class FieldReader(JsonObject node, string path, List<TestFileError> errors)
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public string Path(string field) => path.Length == 0 ? field : $"{path}.{field}";

    /// <summary>Path of an entry whose key may be any text; bracketed unless it is plain, as places in YAML files are.</summary>
    public static string Entry(string field, string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? $"{field}.{key}" : $"{field}[{key}]";

    public void Fail(string field, string message) => errors.Add(new TestFileError(field.Length == 0 ? path : Path(field), message));

    public bool Has(string field) => node.ContainsKey(field);

    /// <summary>Null when it is absent or null.</summary>
    public JsonNode? Node(string field)
    {
        _known.Add(field);
        return node[field];
    }

    /// <summary>A field that says something to people only.</summary>
    public void Skip(params ReadOnlySpan<string> fields)
    {
        foreach (var field in fields)
        {
            _known.Add(field);
        }
    }

    public string? Text(string field) => Typed<string>(field, JsonValueKind.String, "a text");

    public string RequiredText(string field)
    {
        if (Node(field) is null)
        {
            Fail(field, "is required");
            return "";
        }

        return Text(field) ?? "";
    }

    public bool? Flag(string field) => Node(field) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => Wrong<bool?>(field, "true or false"),
    };

    public int? Index(string field) => Node(field) switch
    {
        null => null,
        { } value when AsIndex(value) is { } index => index,
        _ => Wrong<int?>(field, "a whole number from -1"),
    };

    public IReadOnlyList<string>? Texts(string field) => List(field, item => item is JsonValue value && value.TryGetValue<string>(out var text) ? text : null, "a list of texts");

    public IReadOnlyList<int>? Indexes(string field) => List(field, item => item is null ? null : AsIndex(item), "a list of whole numbers")?.OfType<int>().ToList();

    /// <summary>Null when it is absent or null; an error when it is something else than a mapping.</summary>
    public FieldReader? Mapping(string field) => Node(field) switch
    {
        null => null,
        JsonObject mapping => new FieldReader(mapping, Path(field), errors),
        _ => Wrong<FieldReader?>(field, "a mapping"),
    };

    public IEnumerable<(string Key, JsonNode? Value)> Entries => node.Select(entry => (entry.Key, entry.Value));

    /// <summary>The mappings of a list, in order.</summary>
    public IEnumerable<FieldReader> Mappings(string field)
    {
        if (Node(field) is not { } list)
        {
            yield break;
        }

        if (list is not JsonArray items)
        {
            Wrong<object?>(field, "a list");
            yield break;
        }

        for (var i = 0; i < items.Count; i++)
        {
            if (items[i] is JsonObject mapping)
            {
                yield return new FieldReader(mapping, $"{Path(field)}[{i}]", errors);
            }
            else
            {
                Wrong<object?>($"{field}[{i}]", "a mapping");
            }
        }
    }

    /// <summary>To be called once every field is taken.</summary>
    public void RefuseUnknown()
    {
        foreach (var field in node.Select(entry => entry.Key).Where(key => !_known.Contains(key)))
        {
            Fail(field, $"unknown field; known here: {string.Join(", ", _known)}");
        }
    }

    private static int? AsIndex(JsonNode node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number
        && int.TryParse(value.ToJsonString(), out var index) && index >= -1 ? index : null;

    private T? Typed<T>(string field, JsonValueKind kind, string what)
        where T : class => Node(field) switch
        {
            null => null,
            JsonValue value when value.GetValueKind() == kind => value.GetValue<T>(),
            _ => Wrong<T?>(field, what),
        };

    private List<T>? List<T>(string field, Func<JsonNode?, T?> read, string what) => Node(field) switch
    {
        null => null,
        JsonArray items when items.Select(read).ToList() is var values && values.TrueForAll(value => value is not null) => values.ConvertAll(value => value!),
        _ => Wrong<List<T>?>(field, what),
    };

    private T? Wrong<T>(string field, string what)
    {
        Fail(field, $"must be {what}");
        return default;
    }
}
