using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Conformance.Score;

/// <summary>The steps that are known not to match and why, from <c>testdata/differences.json</c>: <c>{"scenario": {"why": [steps]}}</c>.</summary>
internal sealed class Differences
{
    private readonly Dictionary<(string Scenario, int Step), string> reasons = [];

    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", "differences.json");

    public static Differences Load()
    {
        var differences = new Differences();
        foreach (var (scenario, entries) in JsonNode.Parse(File.ReadAllText(Path), documentOptions: new JsonDocumentOptions { AllowTrailingCommas = true })!.AsObject())
        {
            foreach (var (why, steps) in entries!.AsObject())
            {
                foreach (var step in steps!.AsArray())
                {
                    differences.reasons.Add((scenario, (int)step!), why);
                }
            }
        }

        return differences;
    }

    /// <summary>Null when nobody has said why.</summary>
    public string? Why(string scenario, int step) => reasons.GetValueOrDefault((scenario, step));

    public IEnumerable<int> StepsOf(string scenario) => reasons.Keys.Where(key => key.Scenario == scenario).Select(key => key.Step);
}
