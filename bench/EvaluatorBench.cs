using System.Diagnostics;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests;
using Comptroller.AuditPolicies.Tests.Evaluation;

namespace Comptroller.Bench;

/// <summary>Decisions per second on one core, and what a decision allocates, beside the second implementation that the tests compare with.</summary>
internal static class EvaluatorBench
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(2);

    public static int Run()
    {
        var figures = new Figures($"Evaluator on {Machine.Describe()}, {Machine.Load}");
        var requests = ReferenceCases.Evaluations.Select(node => ReferenceCases.Request(node["request"]!)).ToArray();
        var seed = ReferenceCases.Seed;
        var evaluator = new PolicyEvaluator(seed);
        var (rate, bytes) = Measure(requests, request => evaluator.Decide(request));
        var (naive, naiveBytes) = Measure(requests, request => NaiveEvaluator.Decide(seed, request));
        figures.Add("decisions a second, seed policy, one core", $"{rate / 1e6:F1} million", $"{seed.Rules.Length} rules, {requests.Length} requests; {rate / naive:F0} times the naive implementation");
        figures.Add("bytes allocated per decision", $"{bytes:F0}", $"the naive implementation: {naiveBytes:F0}");
        foreach (var rules in new[] { 31, 32, 100, 1_000 })
        {
            var policy = Long(seed, rules);
            var indexed = new PolicyEvaluator(policy);
            figures.Add($"the same behind {rules - seed.Rules.Length} rules of other users", $"{Measure(requests, request => indexed.Decide(request)).Rate / 1e6:F1} million", $"{rules} rules{(rules < 32 ? ", the longest policy that is scanned" : ", indexed")}");
        }

        figures.Print();
        return 0;
    }

    private static Policy Long(Policy policy, int rules) => policy with
    {
        Rules =
        [
            .. Enumerable.Range(0, rules - policy.Rules.Length).Select(index => new PolicyRule
            {
                Level = Level.Request,
                Users = [$"system:serviceaccount:team-{index}:app"],
                Resources = [new GroupResources { Resources = ["pods", "configmaps"] }],
            }),
            .. policy.Rules,
        ],
    };

    private static (double Rate, double Bytes) Measure(AuditRequest[] requests, Func<AuditRequest, Decision> decide)
    {
        long decisions = 0, checksum = Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Duration)
        {
            checksum += Pass();
            decisions += requests.Length;
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(checksum);
        return (decisions / seconds, (double)allocated / decisions);

        long Pass()
        {
            var sum = 0L;
            foreach (var request in requests)
            {
                sum += decide(request).MatchedRule;
            }

            return sum;
        }
    }
}
