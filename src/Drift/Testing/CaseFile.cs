using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Testing;

/// <summary>A file of cases, as teams keep it beside their rules: what happens, and what is to be found.</summary>
public static class CaseFile
{
    private static readonly string[] Known = ["id", "kind", "title", "input", "source", "verdict", "desired", "note", "reference_result", "expected"];

    private static readonly string[] Answers = ["desired", "expected", "reference_result"];

    /// <summary>Reads a file: a list of cases, or <c>{"meta": …, "cases": […]}</c>.</summary>
    /// <exception cref="FormatException">Names every mistake.</exception>
    public static ImmutableArray<DriftCase> Read(ReadOnlyMemory<byte> utf8, string source)
    {
        JsonElement root;
        try
        {
            root = JsonElement.Parse(utf8.Span);
        }
        catch (JsonException e)
        {
            throw new FormatException($"{source}:{(e.LineNumber ?? 0) + 1}: this is not JSON: {e.Message}", e);
        }

        var list = root.ValueKind == JsonValueKind.Object ? root.Member("cases") : root;
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            throw new FormatException($"{source}: a case file is a list of cases with id, kind, input and expected, or an object with such a list as cases; there is nothing to test");
        }

        var problems = new List<string>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var cases = list.EnumerateArray().Select((item, at) => Read(item, $"{source}: [{at}]", ids, problems)).ToImmutableArray();
        return problems.Count == 0 ? cases : throw new FormatException(string.Join('\n', problems));
    }

    private static DriftCase Read(JsonElement item, string place, HashSet<string> ids, List<string> problems)
    {
        var (id, kind) = (item.Text("id"), item.Text("kind"));
        if (item.ValueKind != JsonValueKind.Object || id.Length == 0 || kind.Length == 0)
        {
            problems.Add($"{place}: a case is an object with id and kind");
            return new DriftCase("", "", "", default, default, IsDesired: false);
        }

        foreach (var field in item.EnumerateObject().Where(field => !Known.Contains(field.Name)))
        {
            problems.Add($"{place}: unknown field \"{field.Name}\"; known here: {string.Join(", ", Known)}");
        }

        if (!ids.Add(id))
        {
            problems.Add($"{place}: the id \"{id}\" is given twice");
        }

        // What is wanted outweighs what another tool answers.
        var wanted = Answers.FirstOrDefault(name => item.Member(name).ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null));
        if (wanted is null)
        {
            problems.Add($"{place}: one of desired, expected and reference_result is required");
        }

        return new DriftCase(id, kind, item.Text("title"), item.Member("input"), wanted is null ? default : item.Member(wanted), IsDesired: wanted != "reference_result");
    }
}

/// <summary>One case.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Kind">Which rule is asked.</param>
/// <param name="Title">For people.</param>
/// <param name="Input">What happens.</param>
/// <param name="Wanted">What is to be found.</param>
/// <param name="IsDesired">Only the fields that are given count. Otherwise it is the answer of another tool, whose own words for things do not.</param>
public sealed record DriftCase(string Id, string Kind, string Title, JsonElement Input, JsonElement Wanted, bool IsDesired);
