using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

public sealed class PolicyEvaluatorTests
{
    public static TheoryData<string> Cases => [.. ReferenceCases.Evaluations.Select(node => (string)node["id"]!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Decides_like_the_real_checker(string id)
    {
        var reference = ReferenceCases.Evaluations.Single(node => (string)node["id"]! == id);
        var evaluator = new PolicyEvaluator(ReferenceCases.Policy((string)reference["policy"]!));
        var request = ReferenceCases.Request(reference["request"]!);
        var expected = reference["expected"]!;

        var decision = evaluator.Decide(request);

        decision.Level.ToString().ShouldBe((string)expected["level"]!);
        decision.MatchedRule.ShouldBe((int)expected["matchedRuleIndex"]!);
        decision.OmitManagedFields.ShouldBe((bool)expected["omitManagedFields"]!);
        StageNames.Of(decision.OmitStages).Order(StringComparer.Ordinal).ShouldBe(Strings(expected["omitStages"]));
        evaluator.AllMatchingRules(request).ShouldBe(((JsonArray)expected["allMatchingRuleIndexes"]!).Select(index => (int)index!));
    }

    [Fact]
    public void Agrees_with_a_naive_second_implementation_on_random_policies()
    {
        var random = new Random(20260821);
        var matched = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var policy = RandomPolicies.Policy(random);
            var evaluator = new PolicyEvaluator(policy);
            for (var i = 0; i < 25; i++)
            {
                var request = i % 5 == 0 ? RandomPolicies.OddRequest(random) : RandomPolicies.Request(random);
                var decision = evaluator.Decide(request);
                var naive = NaiveEvaluator.Decide(policy, request);
                if (decision != naive)
                {
                    Assert.Fail($"{decision} instead of {naive} for {PolicyJson.Write(policy).ToJsonString()} on {request}");
                }

                matched += decision.MatchedRule >= 0 ? 1 : 0;
            }
        }

        // A generator whose requests never match would prove nothing.
        matched.ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public void A_long_policy_is_decided_as_a_short_one()
    {
        var random = new Random(11);
        var matched = new HashSet<int>();
        for (var round = 0; round < 60; round++)
        {
            // Rules that match everything would hide all behind them.
            var policy = RandomPolicies.Policy(random) with
            {
                Rules = [.. Enumerable.Range(0, 4_000).Select(_ => RandomPolicies.Rule(random)).Where(rule => Selectors(rule) > 3).Take(50)],
            };
            policy.Rules.Length.ShouldBe(50);
            var evaluator = new PolicyEvaluator(policy);
            for (var i = 0; i < 400; i++)
            {
                var request = i % 5 == 0 ? RandomPolicies.OddRequest(random) : RandomPolicies.Request(random);
                var decision = evaluator.Decide(request);
                decision.ShouldBe(NaiveEvaluator.Decide(policy, request), $"{request}");
                matched.Add(decision.MatchedRule);
            }
        }

        matched.Count.ShouldBeGreaterThan(40);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void A_decision_allocates_nothing(int copies)
    {
        // Behind the copies of it, as without them, every rule of the seed decides what it decided.
        var evaluator = new PolicyEvaluator(ReferenceCases.Seed with { Rules = [.. Enumerable.Repeat(ReferenceCases.Seed.Rules, copies).SelectMany(rules => rules)] });
        var requests = ReferenceCases.Evaluations.Select(node => ReferenceCases.Request(node["request"]!)).ToArray();
        var levels = Run();

        var before = GC.GetAllocatedBytesForCurrentThread();
        levels += Run();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.ShouldBe(0);
        levels.ShouldBeGreaterThan(0);

        int Run()
        {
            var sum = 0;
            foreach (var request in requests)
            {
                sum += (int)evaluator.Decide(request).Level;
            }

            return sum;
        }
    }

    private static int Selectors(PolicyRule rule) => new[]
    {
        rule.Users.Length, rule.UserGroups.Length, rule.Verbs.Length, rule.Namespaces.Length, rule.NonResourceUrls.Length, rule.Resources.Sum(entry => entry.Resources.Length + entry.ResourceNames.Length),
    }.Count(length => length > 0);

    private static IEnumerable<string> Strings(JsonNode? array) => ((JsonArray)array!).Select(item => (string)item!);
}
