using System.Collections.Immutable;
using System.Text.Json;

namespace Comptroller.Falcon.Testing;

/// <summary>A file of cases: inputs of a rule and what it is to answer, as teams keep it beside their grading files.</summary>
public static class CaseFile
{
    private static readonly string[] Known =
        ["id", "kind", "policy_type", "title", "policy", "aux", "grading_config", "expected", "recommended", "quirk", "batch_error", "origin", "source", "note"];

    /// <summary>Reads a file.</summary>
    /// <param name="utf8">A JSON list of cases.</param>
    /// <param name="source">Named in errors.</param>
    /// <exception cref="FormatException">It is not such a list; names every mistake.</exception>
    public static ImmutableArray<FalconCase> Read(ReadOnlyMemory<byte> utf8, string source)
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

        if (root.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"{source}: a case file is a list of cases with id, kind, policy and expected");
        }

        var problems = new List<string>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        var cases = ImmutableArray.CreateBuilder<FalconCase>();
        foreach (var item in root.EnumerateArray())
        {
            var place = $"{source}: [{cases.Count}]";
            var found = Read(item, place, problems);
            if (found.Id.Length > 0 && !ids.Add(found.Id))
            {
                problems.Add($"{place}: the id \"{found.Id}\" is given twice");
            }

            cases.Add(found);
        }

        if (cases.Count == 0)
        {
            problems.Add($"{source}: no cases: there is nothing to test");
        }

        return problems.Count == 0 ? cases.ToImmutable() : throw new FormatException(string.Join('\n', problems));
    }

    private static FalconCase Read(JsonElement item, string place, List<string> problems)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{place}: must be an object");
            return new FalconCase("", "", "", default, default, default, default, default, null);
        }

        foreach (var field in item.EnumerateObject().Where(field => !Known.Contains(field.Name)))
        {
            problems.Add($"{place}: unknown field \"{field.Name}\"; known here: {string.Join(", ", Known)}");
        }

        foreach (var field in (ReadOnlySpan<string>)["id", "kind"])
        {
            if (Text(item, field).Length == 0)
            {
                problems.Add($"{place}: \"{field}\" is required");
            }
        }

        if (Field(item, "expected").ValueKind != JsonValueKind.Object && Field(item, "recommended").ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{place}: \"expected\" is required");
        }
        else if (CaseRun.Wanted(Field(item, "expected")).Count + CaseRun.Wanted(Field(item, "recommended")).Count == 0)
        {
            problems.Add($"{place}: \"expected\" names no field to compare: a case that wants nothing would always pass");
        }

        return new FalconCase(Text(item, "id"), Text(item, "kind"), Text(item, "title"), Field(item, "policy"), Field(item, "aux"),
            Field(item, "grading_config"), Field(item, "expected"), Field(item, "recommended"), Text(item, "quirk") is { Length: > 0 } quirk ? quirk : null)
        {
            PolicyType = Text(item, "policy_type"),
        };
    }

    private static JsonElement Field(JsonElement item, string name) => item.TryGetProperty(name, out var value) ? value : default;

    private static string Text(JsonElement item, string name) => Field(item, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : "";
}

/// <summary>One case.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Kind">Which rule is asked.</param>
/// <param name="Title">What it is about, for people.</param>
/// <param name="Policy">The input.</param>
/// <param name="Aux">Further input: <c>policy_container</c> or <c>settings</c>.</param>
/// <param name="GradingConfig"><c>"default"</c> or a grading file.</param>
/// <param name="Expected">What the replaced tool answers.</param>
/// <param name="Recommended">What should be answered instead; counts more than <paramref name="Expected"/>.</param>
/// <param name="Quirk">Why the expected answer is questionable; null when it is not.</param>
public sealed record FalconCase(
    string Id, string Kind, string Title, JsonElement Policy, JsonElement Aux, JsonElement GradingConfig, JsonElement Expected, JsonElement Recommended, string? Quirk)
{
    public string PolicyType { get; init; } = "";
}
