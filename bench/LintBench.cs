using System.Diagnostics;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.Bench;

/// <summary>How long the review of a policy takes, and how that grows with the number of its rules.</summary>
internal static class LintBench
{
    private const int Rounds = 7;

    public static int Run()
    {
        var figures = new Figures($"Lint on {Machine.Describe()}, {Machine.Load}");
        (string Name, Func<int, PolicyRule> Rule)[] shapes = [("a user per rule", UserRule), ("an API group per rule", GroupRule), ("the same few selectors, mixed", MixedRule)];
        foreach (var (name, rule) in shapes)
        {
            var smallest = 0.0;
            foreach (var count in new[] { 100, 300, 1_000, 3_000 })
            {
                var policy = new Policy { OmitStages = Stages.RequestReceived, Rules = [.. Enumerable.Range(0, count - 1).Select(rule), new PolicyRule { Level = Level.Metadata }] };
                var milliseconds = Best(policy, out var findings);
                smallest = smallest == 0 ? milliseconds : smallest;
                figures.Add($"{count} rules, {name}", $"{milliseconds:F1} ms", $"{milliseconds / smallest:F1} times the time for {count / 100} times the rules; {findings} findings");
            }
        }

        figures.Print();
        return 0;
    }

    // The best of several: the others were disturbed.
    private static double Best(Policy policy, out int findings)
    {
        var best = double.MaxValue;
        findings = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            findings = PolicyLinter.Lint(new LintContext(policy)).Length;
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return best;
    }

    private static PolicyRule UserRule(int index) => new()
    {
        Level = (Level)(index % 4),
        Users = [$"system:serviceaccount:team-{index}:app"],
        Verbs = ["create", "update", "patch", "delete"],
        Resources = [new GroupResources { Resources = ["pods", "configmaps", "secrets"] }],
    };

    private static PolicyRule GroupRule(int index) => new()
    {
        Level = (Level)(index % 4),
        Verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"],
        Resources = [new GroupResources { Group = $"g{index}.example.com", Resources = ["widgets", "widgets/*", "gadgets"] }, new GroupResources { Group = $"h{index}.example.com" }],
    };

    private static PolicyRule MixedRule(int index) => new()
    {
        Level = (Level)(index % 4),
        Users = [$"user-{index % 37}", $"user-{index % 41}"],
        Namespaces = [$"team-{index % 101}"],
        Verbs = index % 3 == 0 ? [] : ["get", "update"],
        Resources = [new GroupResources { Group = index % 2 == 0 ? "" : "apps", Resources = [$"kind{index % 29}s"] }],
    };
}
