using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Testing;

/// <summary>The outcome of one case.</summary>
/// <param name="Id">Its name in the file.</param>
/// <param name="Path">Where it stands in the file.</param>
/// <param name="About">What was asked, for people.</param>
/// <param name="Differences">Empty when it passed.</param>
public sealed record PolicyTestResult(string Id, string Path, string About, ImmutableArray<Difference> Differences)
{
    public bool Passed => Differences.All(difference => difference.IsEqual);
}

/// <summary>One compared field; equal fields are kept, as the context of those that differ.</summary>
public sealed record Difference(string Field, string Expected, string Actual)
{
    public bool IsEqual => Expected == Actual;
}

/// <summary>Runs the tests of a file.</summary>
public sealed class PolicyTestRun
{
    // How the API server's errors about text that is neither YAML nor JSON begin.
    private static readonly string[] SyntaxErrors =
    [
        "failed decoding: yaml: ",
        "failed decoding: couldn't get version/kind; json parse error: invalid character ",
        "failed decoding: couldn't get version/kind; json parse error: unexpected end of JSON input",
    ];

    private readonly PolicyTests _tests;
    private readonly Func<JsonNode, PolicyLoadResult> _load;
    private readonly Func<string, JsonNode?> _parse;
    private readonly Dictionary<string, PolicyLoadResult> _loaded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PolicyEvaluator> _evaluators = new(StringComparer.Ordinal);

    /// <param name="tests">The tests.</param>
    /// <param name="load">From an entry of <c>policies</c> to its policy: only the caller knows files and resources.</param>
    /// <param name="parse">From the text of a policy file to its document, as the API server reads it; throws <see cref="FormatException"/>.</param>
    public PolicyTestRun(PolicyTests tests, Func<JsonNode, PolicyLoadResult> load, Func<string, JsonNode?> parse)
    {
        _tests = tests;
        _load = load;
        _parse = parse;
    }

    /// <summary>One result per case, in the order of the file.</summary>
    public IEnumerable<PolicyTestResult> Results() => _tests.Cases.Select(Run).Concat(_tests.LoadCases.Select(Run));

    private PolicyTestResult Run(PolicyTestCase test)
    {
        var about = $"{test.Request.Describe()}, policy {test.Policy}";
        if (EvaluatorOf(test.Policy) is not { } evaluator)
        {
            return new PolicyTestResult(test.Id, test.Path, about, [new Difference("policy loads", "true", $"false: {_loaded[test.Policy].ErrorText}")]);
        }

        var decision = evaluator.Decide(test.Request);
        var expected = test.Expected;
        return new PolicyTestResult(test.Id, test.Path, about,
        [
            .. Compare("level", expected.Level?.ToString(), decision.Level.ToString()),
            .. Compare("omitStages", expected.OmitStages is { } stages ? Text(stages) : null, Text(decision.OmitStages)),
            .. Compare("omitManagedFields", Text(expected.OmitManagedFields), Text(decision.OmitManagedFields)),
            .. Compare("matchedRuleIndex", expected.MatchedRule is { } rule ? $"{rule}" : null, $"{decision.MatchedRule}"),
            .. Compare("allMatchingRuleIndexes", expected.AllMatchingRules is { } all ? Text(all) : null, Text(evaluator.AllMatchingRules(test.Request))),
        ]);
    }

    private PolicyTestResult Run(PolicyLoadCase test)
    {
        string error;
        try
        {
            error = PolicyLoader.Load(test.Raw is null ? test.Document : _parse(test.Raw), target: _tests.KubernetesVersion).ErrorText;
        }
        catch (FormatException e)
        {
            // Each parser describes broken text in words and places of its own; that it is broken is what both have to say.
            error = SyntaxErrors.FirstOrDefault(start => test.Error?.StartsWith(start, StringComparison.Ordinal) == true) is null ? SyntaxErrors[0] + e.Message : test.Error!;
        }

        var loads = error.Length == 0;
        return new PolicyTestResult(test.Id, test.Path, "loading",
        [
            .. Compare("loads", Text(test.Loads), Text(loads)),
            .. test.Loads && !loads ? [new Difference("error", "", error)] : Compare("error", test.Error, error),
        ]);
    }

    private PolicyEvaluator? EvaluatorOf(string name)
    {
        if (!_loaded.TryGetValue(name, out var loaded))
        {
            loaded = _load(_tests.Policies[name]);
            _loaded.Add(name, loaded);
            if (loaded.Policy is not null)
            {
                _evaluators.Add(name, new PolicyEvaluator(loaded.Policy));
            }
        }

        return _evaluators.GetValueOrDefault(name);
    }

    private static IEnumerable<Difference> Compare(string field, string? expected, string actual) =>
        expected is null ? [] : [new Difference(field, expected, actual)];

    private static string? Text(bool? flag) => flag is { } value ? Text(value) : null;

    private static string Text(bool flag) => flag ? "true" : "false";

    private static string Text(Stages stages) => $"[{string.Join(", ", StageNames.Of(stages))}]";

    private static string Text(ImmutableArray<int> indexes) => $"[{string.Join(", ", indexes)}]";
}
