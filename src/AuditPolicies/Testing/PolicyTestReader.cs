using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Testing;

/// <summary>Reads a test file. Unknown fields are errors: a misspelt expectation would pass for ever.</summary>
public static class PolicyTestReader
{
    /// <summary>The tests, or at least one error.</summary>
    public static (PolicyTests? Tests, ImmutableArray<TestFileError> Errors) Read(JsonNode? document)
    {
        if (document is not JsonObject root)
        {
            return (null, [new TestFileError("", "a test file is a mapping with policies and cases, or with policyLoadCases")]);
        }

        var errors = new List<TestFileError>();
        var fields = new FieldReader(root, "", errors);
        fields.Skip("description", "conventions", "source");
        var version = Version(fields);
        var policies = Policies(fields);
        var cases = fields.Mappings("cases").Select(entry => Case(entry, policies)).ToImmutableArray();
        var loadCases = fields.Mappings("policyLoadCases").Select(LoadCase).ToImmutableArray();
        fields.RefuseUnknown();
        if (errors.Count == 0 && cases.IsEmpty && loadCases.IsEmpty)
        {
            errors.Add(new TestFileError("", "neither cases nor policyLoadCases: there is nothing to test"));
        }

        errors.AddRange(Repeated([.. cases.Select(entry => (entry.Id, entry.Path))]));
        errors.AddRange(Repeated([.. loadCases.Select(entry => (entry.Id, entry.Path))]));
        return errors.Count > 0 ? (null, [.. errors]) : (new PolicyTests(version, policies, cases, loadCases), []);
    }

    private static KubernetesVersion? Version(FieldReader fields)
    {
        var text = fields.Text("kubernetesVersion");
        if (text is null)
        {
            return null;
        }

        if (!KubernetesVersion.TryParse(text, out var version))
        {
            fields.Fail("kubernetesVersion", $"\"{text}\" is not a version such as \"1.36\"");
        }

        return version;
    }

    private static ImmutableSortedDictionary<string, JsonNode> Policies(FieldReader fields)
    {
        var policies = ImmutableSortedDictionary.CreateBuilder<string, JsonNode>(StringComparer.Ordinal);
        foreach (var (name, value) in fields.Mapping("policies")?.Entries ?? [])
        {
            if (value is JsonObject || (value is JsonValue file && file.TryGetValue<string>(out _)))
            {
                policies.Add(name, value);
            }
            else
            {
                fields.Fail(FieldReader.Entry("policies", name), "must be a policy, or the path of a file with one");
            }
        }

        return policies.ToImmutable();
    }

    private static PolicyTestCase Case(FieldReader fields, ImmutableSortedDictionary<string, JsonNode> policies)
    {
        fields.Skip("note", "source");
        var id = fields.RequiredText("id");
        var policy = fields.RequiredText("policy");
        if (policy.Length > 0 && !policies.ContainsKey(policy))
        {
            fields.Fail("policy", $"no policy \"{policy}\" under policies");
        }

        if (fields.Node("request") is null)
        {
            fields.Fail("request", "is required");
        }

        var request = fields.Mapping("request") is { } asked ? TestRequest.Read(asked) : null;

        // What is wanted counts more than what was once recorded. All of them are read, so that none can hide a mistake.
        ExpectedDecision?[] expectations = [Expected(fields, "desired"), Expected(fields, "recommended"), Expected(fields, "expected")];
        var expected = expectations.FirstOrDefault(each => each is not null);
        if (expected is null && fields.Node("expected") is null)
        {
            fields.Fail("expected", "is required: write at least the level");
        }

        fields.RefuseUnknown();
        return new PolicyTestCase(id, fields.Path("")[..^1], policy, request ?? TestRequest.Unreadable, expected ?? new ExpectedDecision());
    }

    private static ExpectedDecision? Expected(FieldReader fields, string field)
    {
        if (fields.Mapping(field) is not { } wanted)
        {
            return null;
        }

        var expected = new ExpectedDecision
        {
            Level = LevelOf(wanted),
            OmitStages = StagesOf(wanted),
            OmitManagedFields = wanted.Flag("omitManagedFields"),
            MatchedRule = wanted.Index("matchedRuleIndex"),
            AllMatchingRules = wanted.Indexes("allMatchingRuleIndexes")?.Order().ToImmutableArray(),
        };
        wanted.RefuseUnknown();
        if (!wanted.Entries.Any(entry => entry.Value is not null))
        {
            wanted.Fail("", "expects nothing: write at least the level");
        }

        return expected;
    }

    private static Level? LevelOf(FieldReader fields)
    {
        var text = fields.Text("level");
        if (text is null || Enum.GetNames<Level>().Contains(text, StringComparer.Ordinal))
        {
            return text is null ? null : Enum.Parse<Level>(text);
        }

        fields.Fail("level", $"\"{text}\" is none of {string.Join(", ", Enum.GetNames<Level>())}");
        return null;
    }

    private static Stages? StagesOf(FieldReader fields)
    {
        if (fields.Texts("omitStages") is not { } names)
        {
            return null;
        }

        foreach (var name in names.Where(name => StageNames.Parse(name) is null))
        {
            fields.Fail("omitStages", $"\"{name}\" is none of {string.Join(", ", StageNames.All)}");
        }

        return names.Aggregate(Stages.None, (set, name) => set | (StageNames.Parse(name) ?? Stages.None));
    }

    private static PolicyLoadCase LoadCase(FieldReader fields)
    {
        fields.Skip("note", "source");
        var id = fields.RequiredText("id");
        var document = fields.Node("policy");
        var raw = fields.Text("raw");
        var loads = fields.Flag("loads");
        var error = fields.Text("error");
        fields.RefuseUnknown();
        if (fields.Has("policy") == raw is not null)
        {
            fields.Fail("", "needs either policy or raw");
        }

        if (loads is null && !fields.Has("loads"))
        {
            fields.Fail("loads", "is required");
        }

        if (loads == true && error is not null)
        {
            fields.Fail("error", "contradicts loads: true");
        }

        return new PolicyLoadCase(id, fields.Path("")[..^1], document, raw, loads ?? false, error);
    }

    private static IEnumerable<TestFileError> Repeated(IReadOnlyList<(string Id, string Path)> cases) => cases
        .GroupBy(entry => entry.Id, StringComparer.Ordinal)
        .Where(group => group.Key.Length > 0)
        .SelectMany(group => group.Skip(1).Select(entry => new TestFileError($"{entry.Path}.id", $"\"{group.Key}\" is the id of {group.First().Path} as well")));
}
