using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Evaluation;

public sealed class RuleExplanationTests
{
    [Fact]
    public void There_is_a_reason_exactly_when_a_rule_does_not_match()
    {
        var random = new Random(3);
        var matched = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var policy = new Policy { Rules = [RandomPolicies.Rule(random)] };
            var request = RandomPolicies.Request(random);
            var matches = new PolicyEvaluator(policy).Matches(0, request);
            matched += matches ? 1 : 0;

            var mismatches = RuleExplanation.Mismatches(policy.Rules[0], request);

            mismatches.IsEmpty.ShouldBe(matches, $"{PolicyJson.Write(policy).ToJsonString()} on {request}");
            mismatches.ShouldAllBe(mismatch => mismatch.Reason.Length > 0);
        }

        matched.ShouldBeGreaterThan(1_000);
    }

    [Fact]
    public void The_reasons_name_what_people_trip_over()
    {
        Reason(new PolicyRule { Level = Level.None, Resources = [new GroupResources { Resources = ["pods"] }] }, Exec).ShouldBe("\"pods\" does not cover its subresource pods/exec: name it");
        Reason(new PolicyRule { Level = Level.None, Resources = [new GroupResources { Group = "apps" }] }, Exec).ShouldBe("no entry is about the API group \"\"");
        Reason(new PolicyRule { Level = Level.None, Users = ["alice"] }, Exec with { User = null }).ShouldBe("authentication failed, and a rule about users never matches then");
        Reason(new PolicyRule { Level = Level.None, Verbs = ["*"] }, Exec).ShouldBe("\"create\" is not \"*\"");
        Reason(new PolicyRule { Level = Level.None, Users = [.. Enumerable.Range(0, 9).Select(i => $"u{i}")] }, Exec).ShouldBe("\"alice\" is not one of u0, u1, u2, u3, u4 and 4 more");
        Reason(new PolicyRule { Level = Level.None, NonResourceUrls = ["/healthz"] }, Exec).ShouldBe("pods/exec is a resource");
        Reason(
            new PolicyRule { Level = Level.None, Resources = [new GroupResources { Resources = ["secrets"], ResourceNames = ["db"] }] },
            Exec with { Resource = "secrets", Subresource = "", Name = "" }).ShouldBe("the request names no object, and the entry has resourceNames db");
    }

    private static readonly AuditRequest Exec = new() { User = "alice", Verb = "create", IsResourceRequest = true, Resource = "pods", Subresource = "exec", Name = "x", Namespace = "a" };

    private static string Reason(PolicyRule rule, AuditRequest request) => RuleExplanation.Mismatches(rule, request).ShouldHaveSingleItem().Reason;
}
