using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Requests;

/// <summary>A parsed <c>fieldSelector</c> for one kind: all terms must hold.</summary>
internal sealed class FieldSelector
{
    private readonly IReadOnlyList<Term> _terms;

    private FieldSelector(IReadOnlyList<Term> terms) => _terms = terms;

    private sealed record Term(string Label, bool Equal, string Value, Func<JsonObject, string> Read);

    public static FieldSelector Everything { get; } = new([]);

    public bool IsEmpty => _terms.Count == 0;

    /// <summary>The name that a term demands, so that authorization can look at it; null when none does.</summary>
    public static string? RequiredName(string? text)
    {
        foreach (var (label, equal, value) in Terms(text ?? "", lenient: true))
        {
            if (equal && label == "metadata.name")
            {
                return value;
            }
        }
        return null;
    }

    public static FieldSelector Parse(string? text, ServedResource resource) =>
        string.IsNullOrEmpty(text) ? Everything : new FieldSelector([.. Terms(text, lenient: false).Select(term =>
            new Term(term.Label, term.Equal, term.Value, Reader(term.Label, resource)))]);

    /// <param name="content">In the form the resource is served in.</param>
    public bool Matches(JsonObject content)
    {
        foreach (var term in _terms)
        {
            if (string.Equals(term.Read(content), term.Value, StringComparison.Ordinal) != term.Equal)
            {
                return false;
            }
        }
        return true;
    }

    private static Func<JsonObject, string> Reader(string label, ServedResource resource)
    {
        if (resource.SelectableFields.TryGetValue(label, out var reader))
        {
            return reader;
        }
        return label switch
        {
            "metadata.name" => content => (string?)content["metadata"]?["name"] ?? "",
            "metadata.namespace" => content => (string?)content["metadata"]?["namespace"] ?? "",
            // Kinds that declare selectable fields have their own conversion in the server, and its wording.
            _ when resource.IsCustom || resource.SelectableFields.Count > 0 => throw StatusResponses.BadRequest($"field label not supported: {label}"),
            _ => throw StatusResponses.BadRequest($"\"{label}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""),
        };
    }

    private static IEnumerable<(string Label, bool Equal, string Value)> Terms(string text, bool lenient)
    {
        foreach (var part in Split(text))
        {
            if (part.Length == 0)
            {
                continue;
            }
            if (FirstOperator(part) is not { } found)
            {
                if (lenient)
                {
                    yield break;
                }
                throw StatusResponses.BadRequest($"invalid selector: '{text}'; can't understand '{part}'");
            }
            yield return (part[..found.Index], found.Operator != "!=", Unescape(part[(found.Index + found.Operator.Length)..]));
        }
    }

    private static (int Index, string Operator)? FirstOperator(string part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            foreach (var candidate in (ReadOnlySpan<string>)["!=", "==", "="])
            {
                if (string.CompareOrdinal(part, i, candidate, 0, candidate.Length) == 0)
                {
                    return (i, candidate);
                }
            }
        }
        return null;
    }

    /// <summary>Splits at commas that no backslash escapes.</summary>
    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] == ',')
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }

    private static string Unescape(string value)
    {
        if (!value.Contains('\\', StringComparison.Ordinal))
        {
            return value;
        }
        var result = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            result.Append(value[i] == '\\' && i + 1 < value.Length ? value[++i] : value[i]);
        }
        return result.ToString();
    }
}
