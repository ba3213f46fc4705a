using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// The parameters of a call of AWS, or its answer. They come as one document, or field by field from rules that spell them out;
/// fields win. In a document a name is found at the top, in the wrappers of EC2 (<c>ModifyVolumeRequest</c>) and in its lists
/// (<c>instancesSet.items[]</c>), and nowhere else: the <c>groupId</c> of a peer is not the group that was changed.
/// </summary>
internal sealed class Parameters(JsonElement body, FieldSet? fields, string prefix)
{
    /// <summary>Longest list of resources that one call is believed.</summary>
    private const int MostValues = 1000;

    public JsonElement Body { get; } = body;

    /// <summary>The first value of a path; undefined when there is none.</summary>
    public JsonElement First(string path)
    {
        if (fields is not null && fields[prefix + path] is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } field
            && !(field.ValueKind == JsonValueKind.String && field.ValueEquals(ReadOnlySpan<char>.Empty)))
        {
            return field;
        }

        var found = new List<JsonElement>(1);
        Walk(Body, path.AsSpan(), isTop: true, wholeLists: true, found);
        return found.Count > 0 ? found[0] : default;
    }

    /// <summary>Every text of a path, in order, each once.</summary>
    public IReadOnlyList<string> All(string path)
    {
        if (fields?.Text(prefix + path) is { } flat)
        {
            return [flat];
        }

        var found = new List<JsonElement>();
        Walk(Body, path.AsSpan(), isTop: true, wholeLists: false, found);
        var texts = new List<string>(found.Count);
        foreach (var element in found)
        {
            if (Texts.Of(element) is { Length: > 0 } text && !texts.Contains(text, StringComparer.Ordinal))
            {
                texts.Add(text);
            }
        }

        return texts;
    }

    private static void Walk(JsonElement at, ReadOnlySpan<char> path, bool isTop, bool wholeLists, List<JsonElement> found)
    {
        if (found.Count >= MostValues)
        {
            return;
        }

        if (path.IsEmpty)
        {
            if (at.ValueKind != JsonValueKind.Array || wholeLists)
            {
                found.Add(at);
                return;
            }

            foreach (var item in at.EnumerateArray())
            {
                Walk(item, path, isTop: false, wholeLists, found);
            }

            return;
        }

        switch (at.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in at.EnumerateArray())
                {
                    Walk(item, path, isTop, wholeLists, found);
                }

                break;
            case JsonValueKind.Object:
                var dot = path.IndexOf('.');
                var head = dot < 0 ? path : path[..dot];
                var before = found.Count;
                foreach (var property in at.EnumerateObject())
                {
                    if (head.Equals(property.Name, StringComparison.OrdinalIgnoreCase))
                    {
                        Walk(property.Value, dot < 0 ? [] : path[(dot + 1)..], isTop: false, wholeLists, found);
                    }
                }

                if (isTop && found.Count == before)
                {
                    foreach (var property in at.EnumerateObject())
                    {
                        if (IsWrapper(property.Name) && property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                        {
                            Walk(property.Value, path, isTop: true, wholeLists, found);
                        }
                    }
                }

                break;
        }
    }

    private static bool IsWrapper(string name) =>
        name.EndsWith("Request", StringComparison.OrdinalIgnoreCase) || name.EndsWith("Response", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("Result", StringComparison.OrdinalIgnoreCase) || name.EndsWith("Set", StringComparison.Ordinal)
        || name.Equals("items", StringComparison.OrdinalIgnoreCase);
}
