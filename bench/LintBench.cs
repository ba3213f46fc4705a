using System.Diagnostics;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.Bench;

/// <summary>How long the review of a policy takes, and how that grows with the number of its rules.</summary>
internal static class LintBench
{
    private const int Rounds = 7;

    private static readonly int[] Sizes = [125, 250, 500, 1_000, 2_000];

    public static int Run()
    {
        var figures = new Figures($"Lint on {Machine.Describe()}, {Machine.Load}");
        (string Name, Func<int, PolicyRule> Rule)[] shapes = [("a user per rule", UserRule), ("an API group per rule", GroupRule), ("the same few selectors, mixed", MixedRule)];
        // Before anything counts: the compiler works in the background while the first shape is measured.
        foreach (var (_, rule) in shapes)
        {
            Best(Policy(Sizes[^1], rule));
        }

        foreach (var (name, rule) in shapes)
        {
            var times = Sizes.Select(count => (Count: count, Result: Best(Policy(count, rule)))).ToList();
            foreach (var (count, (milliseconds, findings)) in times)
            {
                figures.Add($"{count} rules, {name}", $"{milliseconds:F1} ms", $"{milliseconds / times[0].Result.Milliseconds:F1} times the time for {count / Sizes[0]} times the rules; {findings} findings");
            }

            figures.Add($"time grows with the number of rules to the power of, {name}", $"{Exponent([.. times.Select(time => ((double)time.Count, time.Result.Milliseconds))]):F2}");
        }

        figures.Print();
        return 0;
    }

    private static Policy Policy(int count, Func<int, PolicyRule> rule) =>
        new() { OmitStages = Stages.RequestReceived, Rules = [.. Enumerable.Range(0, count - 1).Select(rule), new PolicyRule { Level = Level.Metadata }] };

    // The slope of the line through the logarithms.
    private static double Exponent((double Count, double Time)[] points)
    {
        var (x, y) = (points.Average(point => Math.Log(point.Count)), points.Average(point => Math.Log(point.Time)));
        return points.Sum(point => (Math.Log(point.Count) - x) * (Math.Log(point.Time) - y)) / points.Sum(point => Math.Pow(Math.Log(point.Count) - x, 2));
    }

    // The best of several: the others were disturbed.
    private static (double Milliseconds, int Findings) Best(Policy policy)
    {
        var (best, findings) = (double.MaxValue, 0);
        for (var round = 0; round < Rounds; round++)
        {
            var start = Stopwatch.GetTimestamp();
            findings = PolicyLinter.Lint(new LintContext(policy)).Length;
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (best, findings);
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
