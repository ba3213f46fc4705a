using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// The parameters of a call of AWS, or its answer. They come as one document, or field by field from rules that spell them out;
/// fields win. In a document a name is found at the top, in the wrappers of EC2 (<c>ModifyVolumeRequest</c>) and in its lists
/// (<c>instancesSet.items[]</c>), and nowhere else: the <c>groupId</c> of a peer is not the group that was changed.
/// </summary>
internal sealed class Parameters(JsonElement body, FieldSet? fields, string prefix)
{
    private readonly string? _document;
    private bool _isRead = true;

    /// <summary>Longest list of resources that one call is believed.</summary>
    private const int MostValues = 1000;

    /// <summary>Parameters that stand in a field of an alert, besides those with fields of their own.</summary>
    public Parameters(FieldSet fields, string document) : this(default, fields, $"{document}.") => (_document, _isRead) = (document, false);

    /// <summary>The document. A field is read as one only when somebody asks: of the answers of calls hardly anybody does.</summary>
    public JsonElement Body
    {
        get
        {
            if (!_isRead)
            {
                (field, _isRead) = (fields!.Document(_document!), true);
            }

            return field;
        }
    } = body;

    /// <summary>The first value of a path; undefined when there is none.</summary>
    public JsonElement First(string path)
    {
        if (fields is not null && fields[prefix, path] is { ValueKind: not (JsonValueKind.Undefined or JsonValueKind.Null) } field
            && !(field.ValueKind == JsonValueKind.String && field.ValueEquals(ReadOnlySpan<char>.Empty)))
        {
            return field;
        }

        List<JsonElement>? found = null;
        Walk(Body, path.AsSpan(), isTop: true, wholeLists: true, ref found);
        return found is null ? default : found[0];
    }

    /// <summary>Every text of a path, in order, each once.</summary>
    public IReadOnlyList<string> All(string path)
    {
        if (fields?.TextOf(prefix, path) is { } flat)
        {
            return [flat];
        }

        if (fields is { IsIndexed: true } && Items(fields, path) is { Count: > 0 } items)
        {
            return items;
        }

        if (Body.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            return [];
        }

        List<JsonElement>? found = null;
        Walk(Body, path.AsSpan(), isTop: true, wholeLists: false, ref found);
        if (found is null)
        {
            return [];
        }

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

    // Any part of a path may be a list that a rule spells out item by item.
    private List<string> Items(FieldSet from, string path)
    {
        var dot = -1;
        do
        {
            dot = path.IndexOf('.', dot + 1);
            var (head, rest) = dot < 0 ? (path, "") : (path[..dot], path[dot..]);
            var texts = Enumerable.Range(0, MostValues).Select(number => from.TextOf(prefix, $"{head}.{number}{rest}")).TakeWhile(text => text is not null).ToList();
            if (texts.Count > 0)
            {
                return texts!;
            }
        }
        while (dot >= 0);
        return [];
    }

    private static void Walk(JsonElement at, ReadOnlySpan<char> path, bool isTop, bool wholeLists, ref List<JsonElement>? found)
    {
        if (found?.Count >= MostValues)
        {
            return;
        }

        if (path.IsEmpty)
        {
            if (at.ValueKind != JsonValueKind.Array || wholeLists)
            {
                (found ??= []).Add(at);
                return;
            }

            foreach (var item in at.EnumerateArray())
            {
                Walk(item, path, isTop: false, wholeLists, ref found);
            }

            return;
        }

        switch (at.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in at.EnumerateArray())
                {
                    Walk(item, path, isTop, wholeLists, ref found);
                }

                break;
            case JsonValueKind.Object:
                var dot = path.IndexOf('.');
                var head = dot < 0 ? path : path[..dot];
                var before = found?.Count;
                foreach (var property in at.EnumerateObject())
                {
                    if (property.IsNamed(head))
                    {
                        Walk(property.Value, dot < 0 ? [] : path[(dot + 1)..], isTop: false, wholeLists, ref found);
                    }
                }

                if (isTop && found?.Count == before)
                {
                    foreach (var property in at.EnumerateObject())
                    {
                        if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && IsWrapper(property))
                        {
                            Walk(property.Value, path, isTop: true, wholeLists, ref found);
                        }
                    }
                }

                break;
        }
    }

    private static bool IsWrapper(JsonProperty property)
    {
        var name = JsonMarshal.GetRawUtf8PropertyName(property);
        return Ends(name, "request") || Ends(name, "response") || Ends(name, "result") || name.EndsWith("Set"u8) || Ascii.EqualsIgnoreCase(name, "items");
    }

    private static bool Ends(ReadOnlySpan<byte> name, ReadOnlySpan<char> with) => name.Length >= with.Length && Ascii.EqualsIgnoreCase(name[^with.Length..], with);
}
