using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Linting.Repairs;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Evaluation;

namespace Comptroller.AuditPolicies.Tests.Linting;

public sealed class PolicyRepairsTests
{
    [Theory]
    [InlineData("the level of a rule that is only about secrets",
        """[{"level": "Request", "resources": [{"group": "", "resources": ["secrets", "configmaps"]}], "omitManagedFields": true}]""",
        """[{"level": "Metadata", "resources": [{"group": "", "resources": ["secrets", "configmaps"]}]}]""")]
    [InlineData("a rule before one that leaks, about what it leaks and nobody else",
        """[{"level": "Request", "users": ["a"], "resources": [{"group": ""}, {"group": "apps"}]}]""",
        """[{"level": "Metadata", "users": ["a"], "resources": [{"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]}]}, {"level": "Request", "users": ["a"], "resources": [{"group": ""}, {"group": "apps"}]}]""")]
    [InlineData("a rule with names leaks by single entries, which a person sorts out",
        """[{"level": "Request", "resources": [{"group": "", "resources": ["*"], "resourceNames": ["db"]}]}]""", null)]
    [InlineData("reads of secrets before a rule that hides them",
        """[{"level": "None", "users": ["system:kube-scheduler"], "verbs": ["list", "update"]}, {"level": "Metadata"}]""",
        """[{"level": "Metadata", "users": ["system:kube-scheduler"], "verbs": ["list"], "resources": [{"group": "", "resources": ["secrets"]}]}, {"level": "None", "users": ["system:kube-scheduler"], "verbs": ["list", "update"]}, {"level": "Metadata"}]""")]
    [InlineData("secrets that are hidden by name are hidden on purpose",
        """[{"level": "None", "users": ["a"], "verbs": ["get"], "resources": [{"group": "", "resources": ["secrets"]}]}, {"level": "Metadata"}]""", null)]
    [InlineData("rules behind a catch-all that would do the same",
        """[{"level": "None", "verbs": ["update"]}, {"level": "Metadata"}, {"level": "Metadata", "users": ["a"]}, {"level": "None", "users": ["b"]}]""",
        """[{"level": "None", "verbs": ["update"]}, {"level": "Metadata"}, {"level": "None", "users": ["b"]}]""")]
    [InlineData("a second catch-all that would record less",
        """[{"level": "Metadata"}, {"level": "None"}]""",
        """[{"level": "Metadata"}]""")]
    [InlineData("a second catch-all that would record more",
        """[{"level": "Metadata"}, {"level": "Request"}]""", null)]
    [InlineData("an unreachable rule that would do the same",
        """[{"level": "Metadata", "verbs": ["get", "list"]}, {"level": "Metadata", "verbs": ["get"], "users": ["a"]}]""",
        """[{"level": "Metadata", "verbs": ["get", "list"]}]""")]
    [InlineData("an unreachable rule that would do something else stands in the wrong place",
        """[{"level": "Metadata", "verbs": ["get", "list"]}, {"level": "None", "verbs": ["get"], "users": ["a"]}]""", null)]
    [InlineData("deletecollection beside delete",
        """[{"level": "Metadata", "verbs": ["create", "delete"], "resources": [{"group": "apps"}]}]""",
        """[{"level": "Metadata", "verbs": ["create", "delete", "deletecollection"], "resources": [{"group": "apps"}]}]""")]
    [InlineData("verbs in lower case, each once",
        """[{"level": "Metadata", "verbs": ["GET", "get", "List", "escalate"]}]""",
        """[{"level": "Metadata", "verbs": ["get", "list", "escalate"]}]""")]
    [InlineData("no list instead of a star",
        """[{"level": "Metadata", "users": ["*"], "verbs": ["*"], "namespaces": ["*"], "resources": [{"group": "apps", "resources": ["*/*", "Pods", "Jobs/"]}]}]""",
        """[{"level": "Metadata", "resources": [{"group": "apps", "resources": ["*", "pods", "jobs"]}]}]""")]
    [InlineData("a rule of level None is not made to match",
        """[{"level": "None", "verbs": ["GET", "*"]}]""", null)]
    [InlineData("a rule is not widened over one that works",
        """[{"level": "Metadata", "verbs": ["*"]}, {"level": "Request", "verbs": ["get"], "resources": [{"group": "apps"}]}, {"level": "Metadata"}]""", null)]
    [InlineData("a rule is not widened over one that records some of it with more",
        """[{"level": "Metadata", "verbs": ["*"], "resources": [{"group": "", "resources": ["pods"]}]}, {"level": "Request", "verbs": ["create"], "resources": [{"group": "", "resources": ["pods", "services"]}]}, {"level": "Metadata"}]""", null)]
    [InlineData("a rule is widened over one that records the same of it, and other things with more",
        """[{"level": "Metadata", "verbs": ["*"], "resources": [{"group": "", "resources": ["pods"]}]}, {"level": "Request", "verbs": ["create"], "resources": [{"group": "", "resources": ["services"]}]}, {"level": "Metadata"}]""",
        """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods"]}]}, {"level": "Request", "verbs": ["create"], "resources": [{"group": "", "resources": ["services"]}]}, {"level": "Metadata"}]""")]
    [InlineData("a resource is not taken from a rule that records it with more",
        """[{"level": "Metadata", "resources": [{"group": "apps", "resources": ["Deployments"]}]}, {"level": "Request", "users": ["a"], "resources": [{"group": "*", "resources": ["*/scale", "deployments/*"]}]}]""", null)]
    [InlineData("deletecollection stays with a catch-all that records it with more",
        """[{"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "", "resources": ["secrets", "configmaps"]}]}, {"level": "Metadata", "resources": [{"group": "", "resources": ["secrets", "configmaps", "serviceaccounts/token"]}, {"group": "authentication.k8s.io", "resources": ["tokenreviews"]}]}, {"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "apps"}]}, {"level": "RequestResponse"}]""", null)]
    [InlineData("deletecollection stays where one of several resources is recorded with more",
        """[{"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "apps", "resources": ["deployments", "daemonsets"]}]}, {"level": "Request", "verbs": ["deletecollection"], "resources": [{"group": "apps", "resources": ["daemonsets"]}]}]""", null)]
    [InlineData("managed fields where there are no bodies",
        """[{"level": "Metadata", "users": ["a"], "omitManagedFields": false}]""",
        """[{"level": "Metadata", "users": ["a"]}]""")]
    [InlineData("groups that are everybody",
        """[{"level": "Metadata", "userGroups": ["system:authenticated", "system:unauthenticated"]}]""",
        """[{"level": "Metadata"}]""")]
    [InlineData("sessions are seen when they begin",
        """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods/*"]}], "omitStages": ["ResponseStarted"]}]""",
        """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods/*"]}]}]""")]
    public void Mended_is(string what, string rules, string? mended)
    {
        what.ShouldNotBeEmpty();
        Text(Mend(Policies.Of(rules))).ShouldBe(Text(Policies.Of(mended ?? rules)));
    }

    [Fact]
    public void Failed_logins_are_recorded_again_and_requests_once()
    {
        Mend(Policies.Of("""[{"level": "Metadata", "omitStages": ["ResponseStarted"]}]""", """["ResponseStarted"]""")).ShouldSatisfyAllConditions(
            policy => policy.OmitStages.ShouldBe(Stages.RequestReceived),
            policy => policy.Rules[0].OmitStages.ShouldBe(Stages.None));
        // The only trace of most requests.
        Mend(Policies.Of("""[{"level": "Metadata", "omitStages": ["ResponseComplete"]}]""", "[]")).OmitStages.ShouldBe(Stages.None);
    }

    [Fact]
    public void Rules_that_stand_elsewhere_are_not_touched()
    {
        var policy = Policies.Of("""[{"level": "Metadata", "verbs": ["GET"]}, {"level": "Metadata", "verbs": ["LIST"]}]""");

        PolicyRepairs.Next(new LintContext(policy), editable: 1).ShouldHaveSingleItem().Finding.RuleIndex.ShouldBe(0);
    }

    [Fact]
    public void A_repair_changes_no_request_but_those_its_finding_is_about()
    {
        var random = new Random(5);
        var repaired = new Dictionary<string, int>();
        for (var round = 0; round < 1_500; round++)
        {
            var policy = RandomPolicies.Policy(random);
            // Rules are widened only when nothing else is left to mend.
            while (PolicyRepairs.Next(new LintContext(policy)) is { IsEmpty: false } repairs)
            {
                foreach (var repair in repairs)
                {
                    repaired[repair.Finding.Id] = repaired.GetValueOrDefault(repair.Finding.Id) + 1;
                    ShouldStayWithinItsFinding(repair, policy, random);
                }

                policy = PolicyEdits.Apply(policy, repairs.SelectMany(repair => repair.Edits));
            }
        }

        repaired.Keys.Order(StringComparer.Ordinal).ShouldBe([
            "bodies-of-secrets", "catch-all-before-other-rules", "delete-without-deletecollection", "every-request-twice", "failed-logins-lost",
            "impossible-resource", "impossible-verb", "managed-fields-without-bodies", "secret-reads-hidden", "sessions-hidden-until-they-end", "unreachable-rule",
        ]);
        repaired.Values.Min().ShouldBeGreaterThan(5, string.Join(", ", repaired));
    }

    [Fact]
    public void Repairs_come_to_an_end_and_take_nothing_from_the_record_of_any_request()
    {
        var random = new Random(6);
        for (var round = 0; round < 1_000; round++)
        {
            var policy = RandomPolicies.Policy(random);
            var mended = Mend(policy);
            for (var i = 0; i < 100; i++)
            {
                var request = RandomPolicies.Request(random);
                var (before, after) = (Outcome.Of(policy, request).Written, Outcome.Of(mended, request).Written);
                var lost = before.Stages & ~Stages.RequestReceived & ~after.Stages;
                if (lost != Stages.None || !KeepsLevel(request, before, after))
                {
                    Assert.Fail($"{Text(policy)} becomes {Text(mended)}, which makes of {before} {after} for {request}");
                }
            }
        }
    }

    [Fact]
    public void The_seed_policy_is_left_with_what_a_person_has_to_decide()
    {
        var mended = Mend(ReferenceCases.Seed);

        PolicyLinter.Lint(new LintContext(mended)).Select(finding => finding.Id).Distinct().ShouldBe(
            ["interactive-subresources", "persistence-vectors", "noise-recorded", "prefix-without-boundary", "redundant-groups"]);
        mended.Rules[^1].ShouldSatisfyAllConditions(rule => rule.MatchesEverything.ShouldBeTrue(), rule => rule.Level.ShouldBe(Level.Metadata));
    }

    private static void ShouldStayWithinItsFinding(Repair repair, Policy policy, Random random)
    {
        var mended = PolicyEdits.Apply(policy, repair.Edits);
        for (var i = 0; i < 100; i++)
        {
            var request = RandomPolicies.Request(random);
            var (before, after) = (Outcome.Of(policy, request), Outcome.Of(mended, request));
            if (before.Written != after.Written && !(IsAbout(repair.Finding, request, before, after) && KeepsLevel(request, before.Written, after.Written)))
            {
                Assert.Fail($"{repair.Finding.Id} {repair.Finding.RuleIndex} of {Text(policy)} makes of {request}: {before}, {after}");
            }
        }
    }

    private static Policy Mend(Policy policy)
    {
        for (var pass = 0; pass < 20; pass++)
        {
            var repairs = PolicyRepairs.Next(new LintContext(policy));
            if (repairs.IsEmpty)
            {
                return policy;
            }

            policy = PolicyEdits.Apply(policy, repairs.SelectMany(repair => repair.Edits));
        }

        throw new InvalidOperationException($"the repairs do not settle: {Text(policy)}");
    }

    private static bool IsAbout(Finding finding, AuditRequest request, Outcome before, Outcome after) => finding.Id switch
    {
        "bodies-of-secrets" => before.Rule == finding.RuleIndex && after.Written == before.Written with { Level = Level.Metadata, OmitsManagedFields = false }
            && IsConfidential(request),
        "secret-reads-hidden" => before.Rule == finding.RuleIndex && after.Written.Level == Level.Metadata
            && request is { ApiGroup: "", FullResource: "secrets", Verb: "get" or "list" or "watch" },
        "failed-logins-lost" or "sessions-hidden-until-they-end" => after.Written == before.Written with { Stages = before.Written.Stages | Stages.ResponseStarted },
        "every-request-twice" => after.Written == before.Written with { Stages = before.Written.Stages & ~Stages.RequestReceived },
        "delete-without-deletecollection" => request.Verb == "deletecollection" && after.Rule == finding.RuleIndex,
        "impossible-verb" or "impossible-resource" or "impossible-namespace" or "impossible-user" or "redundant-groups" => after.Rule == finding.RuleIndex && before.Rule != after.Rule,
        _ => false,
    };

    private static bool KeepsLevel(AuditRequest request, Written before, Written after) =>
        after.Level >= before.Level || (IsConfidential(request) && after.Level == Level.Metadata);

    private static bool IsConfidential(AuditRequest request) =>
        (request.ApiGroup, request.FullResource) is ("", "secrets" or "configmaps" or "serviceaccounts/token") or ("authentication.k8s.io", "tokenreviews");

    private static string Text(Policy policy) => PolicyJson.Write(policy).ToJsonString();

    /// <summary>What ends up in the log.</summary>
    private sealed record Written(Level Level, Stages Stages, bool OmitsManagedFields);

    private sealed record Outcome(int Rule, Written Written)
    {
        public static Outcome Of(Policy policy, AuditRequest request)
        {
            var decision = NaiveEvaluator.Decide(policy, request);
            var stages = decision.Level == Level.None ? Stages.None : (request.EmittedStages | Stages.Panic) & ~decision.OmitStages;
            return new Outcome(decision.MatchedRule, new Written(decision.Level, stages, decision.OmitManagedFields && decision.Level > Level.Metadata));
        }
    }
}
