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
        foreach (var rules in new[] { ReferenceCases.Seed.Rules.Length, 100, 1_000 })
        {
            var policy = Long(ReferenceCases.Seed, rules);
            var evaluator = new PolicyEvaluator(policy);
            var (rate, bytes) = Measure(requests, request => evaluator.Decide(request));
            var (naive, naiveBytes) = Measure(requests, request => NaiveEvaluator.Decide(policy, request));
            var name = rules == ReferenceCases.Seed.Rules.Length ? $"the seed policy, {rules} rules" : $"{rules} rules, the seed's behind those of other users";
            figures.Add($"decisions a second and core, {name}", $"{rate / 1e6:F2} million", $"{rate / naive:F0} times the naive implementation; {requests.Length} requests");
            figures.Add($"bytes allocated per decision, {name}", $"{bytes:F0}", $"the naive implementation: {naiveBytes:F0}");
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
        long decisions = 0, checksum = 0;
        for (var warmUp = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(warmUp) < Duration / 4;)
        {
            checksum += Pass();
        }

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
