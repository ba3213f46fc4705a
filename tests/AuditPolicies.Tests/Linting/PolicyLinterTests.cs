using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Evaluation;

namespace Comptroller.AuditPolicies.Tests.Linting;

public sealed class PolicyLinterTests
{
    private const string CatchAll = """{"level": "Metadata"}""";

    [Fact]
    public void The_seed_policy_has_exactly_these_findings() => PolicyLinter
        .Lint(new LintContext(ReferenceCases.Seed) { Target = new KubernetesVersion(1, 34), Log = new LogSettings { MaxAgeDays = 7, MaxBackups = 3, MaxSizeMegabytes = 100 } })
        .Select(finding => $"{finding.Severity} {finding.Id} {finding.RuleIndex?.ToString() ?? "-"}")
        .ShouldBe([
            "Warning bodies-of-secrets 3",
            "Warning failed-logins-lost -",
            "Warning secret-reads-hidden 1",
            "Warning catch-all-before-other-rules 14",
            .. Enumerable.Range(3, 7).Select(rule => $"Warning delete-without-deletecollection {rule}"),
            "Warning weak-log-settings -",
            "Warning weak-log-settings -",
            "Info interactive-subresources 14",
            "Info persistence-vectors 14",
            .. Enumerable.Range(10, 3).Select(rule => $"Info delete-without-deletecollection {rule}"),
            "Info noise-recorded -",
            "Info prefix-without-boundary 0",
            "Info redundant-groups 0",
            .. Enumerable.Range(10, 5).Select(rule => $"Info managed-fields-without-bodies {rule}"),
        ]);

    [Fact]
    public void A_lint_finds_nothing_but_what_it_is_listed_for()
    {
        var random = new Random(3);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var policy in Enumerable.Range(0, 300).Select(_ => RandomPolicies.Policy(random)).Append(ReferenceCases.Seed))
        {
            var context = new LintContext(policy) { Log = new LogSettings { MaxAgeDays = 1 }, ShipsToVictoriaLogs = true, Alerts = [.. AlertKind.All.Select(kind => kind.Name)], Warnings = [new PolicyWarning(0, "rules[0].verb", "unknown field")] };
            foreach (var lint in PolicyLinter.Lints)
            {
                foreach (var finding in lint.Review(context))
                {
                    finding.Id.ShouldBe(lint.Id);
                    lint.Severities.ShouldContain(finding.Severity);
                    found.Add(finding.Id);
                }
            }
        }

        PolicyLinter.Lints.Select(lint => lint.Id).ShouldBeUnique();
        PolicyLinter.Lints.Select(lint => lint.Id).Except(found).ShouldBe(["refused-by-api-server", "no-rules", "impossible-namespace", "impossible-user"], ignoreOrder: true);
    }

    [Fact]
    public void What_the_api_server_refuses_is_found_in_its_own_words_with_a_way_out()
    {
        var found = ReferenceCases.Loads.Where(load => !(bool)load["loads"]! && load["policy"] is not null)
            .SelectMany(load => PolicyLinter.Refusals(PolicyLoader.Load(load["policy"])))
            .ToList();

        found.Select(finding => finding.Id).Distinct().ShouldBe(["refused-by-api-server", "no-rules"], ignoreOrder: true);
        found.ShouldAllBe(finding => finding.Severity == Severity.Error && finding.Message.Length > 0 && finding.Fix.Length > 0);
        PolicyLinter.Refusals(PolicyLoader.Load(JsonNode.Parse("""{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None"}, {"level": "metadata"}]}""")))
            .ShouldHaveSingleItem().ShouldSatisfyAllConditions(
                finding => finding.RuleIndex.ShouldBe(1),
                finding => finding.Message.ShouldStartWith("rules[1].level: Unsupported value"),
                finding => finding.Fix.ShouldContain("RequestResponse"));
    }

    [Fact]
    public void A_clean_policy_has_no_findings() => PolicyLinter
        .Lint(new LintContext(Policies.Clean) { Target = new KubernetesVersion(1, 34), Log = LogSettings.DistributionDefaults })
        .ShouldBeEmpty();

    [Theory]
    [InlineData("Request", true, null, null, true)]
    [InlineData("Request", true, false, null, true)]
    [InlineData("RequestResponse", true, true, 300_000, true)]
    [InlineData("Request", true, true, 258_048, false)]
    [InlineData("Request", true, true, null, false)]
    [InlineData("Metadata", true, false, null, false)]
    [InlineData("Request", false, false, null, false)]
    public void Content_that_VictoriaLogs_would_drop_is_found(string level, bool shipped, bool? truncated, int? largest, bool found)
    {
        var context = new LintContext(Policies.Of($$"""[{"level": "{{level}}", "resources": [{"group": "rbac.authorization.k8s.io"}]}, {"level": "Metadata"}]"""))
        {
            ShipsToVictoriaLogs = shipped,
            Log = truncated is { } enabled ? new LogSettings { Truncate = new Truncation(enabled, largest) } : null,
        };

        PolicyLinter.Lint(context).Any(finding => finding.Id == "events-dropped-by-size").ShouldBe(found);
    }

    [Theory]
    [InlineData("catch-all-before-other-rules", 0, """[{"level": "Metadata"}, {"level": "None"}]""", """[{"level": "None", "verbs": ["get"]}, {"level": "Metadata"}]""")]
    [InlineData("unreachable-rule", 1, """[{"level": "None", "verbs": ["get", "list"]}, {"level": "Metadata", "verbs": ["get"]}]""", """[{"level": "None", "verbs": ["get"]}, {"level": "Metadata", "verbs": ["get", "list"]}]""")]
    [InlineData("failed-logins-lost", 0, """[{"level": "Metadata", "omitStages": ["ResponseStarted"]}]""", """[{"level": "None", "verbs": ["watch"], "omitStages": ["ResponseStarted"]}, {"level": "Metadata"}]""")]
    [InlineData("failed-logins-lost", null, """[{"level": "Metadata", "userGroups": ["system:authenticated", "system:unauthenticated"]}]""", """[{"level": "Metadata"}]""")]
    [InlineData("sessions-hidden-until-they-end", 0, """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods/*"]}], "omitStages": ["ResponseStarted"]}]""", """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods/*"]}]}]""")]
    [InlineData("nothing-written", 0, """[{"level": "Metadata", "omitStages": ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]}]""", """[{"level": "None", "omitStages": ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"]}]""")]
    [InlineData("bodies-of-secrets", 0, """[{"level": "Request", "verbs": ["patch"]}]""", """[{"level": "Request", "verbs": ["get", "list"]}]""")]
    [InlineData("bodies-of-secrets", 1, """[{"level": "None", "users": ["a"]}, {"level": "RequestResponse", "users": ["a", "b"], "verbs": ["get"], "namespaces": ["prod"], "resources": [{"group": "", "resourceNames": ["db"], "resources": ["secrets"]}]}]""", """[{"level": "None", "users": ["a", "b"]}, {"level": "RequestResponse", "users": ["a", "b"], "resources": [{"group": "", "resources": ["secrets"]}]}]""")]
    [InlineData("bodies-of-secrets", 0, """[{"level": "Request", "resources": [{"group": "authentication.k8s.io"}]}]""", """[{"level": "Metadata", "resources": [{"group": "authentication.k8s.io", "resources": ["tokenreviews"]}]}, {"level": "Request", "resources": [{"group": "authentication.k8s.io"}]}]""")]
    [InlineData("secret-reads-hidden", 0, """[{"level": "None", "users": ["system:kube-scheduler"], "verbs": ["list"]}, {"level": "Metadata"}]""", """[{"level": "None", "users": ["system:kube-scheduler"], "verbs": ["update"]}, {"level": "Metadata"}]""")]
    [InlineData("secret-reads-hidden", null, """[{"level": "Metadata", "users": ["alice"]}]""", """[{"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}]}]""")]
    [InlineData("delete-without-deletecollection", 0, """[{"level": "Request", "verbs": ["delete"], "resources": [{"group": "apps"}]}]""", """[{"level": "Request", "verbs": ["delete", "deletecollection"], "resources": [{"group": "apps"}]}]""")]
    [InlineData("delete-without-deletecollection", 0, """[{"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "", "resources": ["pods"]}]}, {"level": "Metadata"}]""", """[{"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "", "resources": ["pods"]}]}, {"level": "Metadata", "verbs": ["deletecollection"]}]""")]
    [InlineData("interactive-subresources", null, """[{"level": "Metadata", "resources": [{"group": "", "resources": ["pods", "services", "nodes", "serviceaccounts"]}]}]""", """[{"level": "Metadata", "resources": [{"group": "", "resources": ["*"]}]}]""")]
    [InlineData("interactive-subresources", 0, """[{"level": "None", "resources": [{"group": "", "resources": ["pods/exec"]}]}, {"level": "Metadata", "resources": [{"group": ""}]}]""", """[{"level": "Metadata", "resources": [{"group": ""}]}]""")]
    [InlineData("persistence-vectors", 0, """[{"level": "Metadata"}]""", """[{"level": "Metadata", "resources": [{"group": "admissionregistration.k8s.io"}, {"group": "apiextensions.k8s.io"}, {"group": "apiregistration.k8s.io"}]}]""")]
    [InlineData("noise-recorded", null, """[{"level": "Metadata"}]""", """[{"level": "None", "resources": [{"group": "coordination.k8s.io"}, {"group": "", "resources": ["events", "*/status"]}]}, {"level": "Metadata"}]""")]
    [InlineData("impossible-verb", 0, """[{"level": "None", "verbs": ["GET"]}]""", """[{"level": "None", "verbs": ["get", "post", ""]}]""")]
    [InlineData("impossible-verb", 0, """[{"level": "None", "verbs": ["*"]}]""", """[{"level": "None"}]""")]
    [InlineData("impossible-verb", 0, """[{"level": "None", "verbs": ["impersonate"]}]""", """[{"level": "None", "verbs": ["deletecollection"]}]""")]
    [InlineData("impossible-resource", 0, """[{"level": "None", "resources": [{"resources": ["*/*"]}]}]""", """[{"level": "None", "resources": [{"resources": ["*", "*/log", "pods/*", "pods/log"]}]}]""")]
    [InlineData("impossible-resource", 0, """[{"level": "None", "resources": [{"resources": ["Pods"]}]}]""", """[{"level": "None", "resources": [{"resources": ["pods"]}]}]""")]
    [InlineData("impossible-resource", 0, """[{"level": "None", "resources": [{"resources": ["pods/"]}]}]""", """[{"level": "None", "resources": [{"resources": ["pods/status"]}]}]""")]
    [InlineData("impossible-namespace", 0, """[{"level": "None", "namespaces": ["prod-*"]}]""", """[{"level": "None", "namespaces": ["prod", ""]}]""")]
    [InlineData("impossible-user", 0, """[{"level": "None", "users": ["system:node:*"]}]""", """[{"level": "None", "userGroups": ["system:nodes"]}]""")]
    [InlineData("names-without-named-requests", 0, """[{"level": "None", "verbs": ["get", "create"], "resources": [{"resources": ["configmaps"], "resourceNames": ["x"]}]}]""", """[{"level": "None", "verbs": ["get", "update"], "resources": [{"resources": ["configmaps"], "resourceNames": ["x"]}]}]""")]
    [InlineData("redundant-groups", 0, """[{"level": "None", "userGroups": ["system:authenticated", "system:unauthenticated"]}]""", """[{"level": "None", "userGroups": ["system:unauthenticated"]}]""")]
    [InlineData("prefix-without-boundary", 0, """[{"level": "None", "nonResourceURLs": ["/healthz*"]}]""", """[{"level": "None", "nonResourceURLs": ["/healthz", "/healthz/*", "*", "/*"]}]""")]
    [InlineData("managed-fields-without-bodies", 0, """[{"level": "Metadata", "omitManagedFields": false}]""", """[{"level": "Request", "omitManagedFields": false}]""")]
    public void A_lint_speaks_about_the_one_and_not_about_the_other(string id, int? rule, string faulty, string sound)
    {
        var finding = Policies.Findings(id, Policies.Of(faulty)).ShouldHaveSingleItem();
        finding.RuleIndex.ShouldBe(rule);
        finding.Message.ShouldNotBeNullOrWhiteSpace();
        finding.Explanation.ShouldNotBeNullOrWhiteSpace();
        finding.Fix.ShouldNotBeNullOrWhiteSpace();
        if (rule is not null)
        {
            finding.Message.ShouldContain($"rules[{rule}]");
        }

        Policies.Findings(id, Policies.Of(sound)).ShouldBeEmpty();
    }

    [Fact]
    public void Failed_logins_lost_by_the_whole_policy_are_said_once() =>
        Policies.Findings("failed-logins-lost", Policies.Of($"[{CatchAll}]", """["ResponseStarted"]""")).ShouldHaveSingleItem().RuleIndex.ShouldBeNull();

    [Fact]
    public void Request_received_is_only_worth_keeping_when_nothing_is_recorded()
    {
        Policies.Findings("every-request-twice", Policies.Of($"[{CatchAll}]", "[]")).ShouldHaveSingleItem().RuleIndex.ShouldBe(0);
        Policies.Findings("every-request-twice", Policies.Of("""[{"level": "None"}]""", "[]")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("1.35", Severity.Error)]
    [InlineData(null, Severity.Warning)]
    [InlineData("1.36", null)]
    public void Group_star_is_an_error_for_an_old_target_and_a_warning_for_an_unknown_one(string? target, Severity? severity) =>
        Policies.Findings("any-group-on-old-target", Policies.Of("""[{"level": "None", "resources": [{"group": "*"}]}]"""), target)
            .Select(finding => (Severity?)finding.Severity)
            .ShouldBe(severity is null ? [] : [severity]);

    [Fact]
    public void Log_settings_weaker_than_the_distributions_are_named_with_the_standard_they_fail()
    {
        var found = Policies.Findings("weak-log-settings", Policies.Clean, log: new LogSettings { MaxAgeDays = 7, MaxBackups = 3, MaxSizeMegabytes = 10 });
        found.Select(finding => finding.Message.Split(' ')[0]).ShouldBe(["audit-log-maxage", "audit-log-maxbackup", "audit-log-maxsize"]);
        found.ShouldAllBe(finding => finding.Explanation.Contains("CIS 1.2.1"));
        Policies.Findings("weak-log-settings", Policies.Clean, log: new LogSettings { MaxAgeDays = 365, Compress = true }).ShouldBeEmpty();
    }

    [Fact]
    public void Several_rules_together_can_make_a_later_one_unreachable() =>
        Policies.Findings("unreachable-rule", Policies.Of(
            """
            [{"level": "None", "verbs": ["get"], "resources": [{"group": "", "resources": ["pods/*"]}]},
             {"level": "None", "verbs": ["list"], "resources": [{"group": ""}]},
             {"level": "Metadata", "verbs": ["get", "list"], "resources": [{"group": "", "resources": ["pods", "pods/log"]}]}]
            """)).ShouldHaveSingleItem().Message.ShouldContain("rules[0], rules[1]");

    [Fact]
    public void Long_lists_in_many_rules_are_reviewed_in_bounded_work()
    {
        // Without bounds the probes of one such rule number in the billions.
        var users = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"user-{i}\""));
        var names = string.Join(',', Enumerable.Range(0, 40).Select(i => $"\"name-{i}\""));
        var rules = Enumerable.Range(0, 100).Select(i =>
            $$"""{"level": "Request", "users": [{{users}}, "only-{{i}}"], "userGroups": [{{users}}], "namespaces": [{{names}}], "verbs": ["get", "update"], "resources": [{"group": "g{{i}}.example.com", "resources": ["secrets"], "resourceNames": [{{names}}]}]}""");
        Policies.Findings("unreachable-rule", Policies.Of($"[{string.Join(',', rules)}]")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""[{"level": "None", "userGroups": ["system:authenticated"]}, {"level": "Metadata", "users": ["alice"]}]""")]
    [InlineData("""[{"level": "None", "verbs": ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]}, {"level": "Metadata", "resources": [{"group": "apps"}]}]""")]
    [InlineData("""[{"level": "None", "userGroups": ["system:serviceaccounts:prod"]}, {"level": "Metadata", "users": ["system:serviceaccount:prod:app"]}]""")]
    public void A_rule_that_only_odd_requests_reach_is_called_possibly_unreachable(string rules)
    {
        var policy = Policies.Of(rules);

        var finding = Policies.Findings("possibly-unreachable-rule", policy).ShouldHaveSingleItem();

        finding.RuleIndex.ShouldBe(1);
        finding.Message.ShouldContain("possibly");
        Policies.Findings("unreachable-rule", policy).ShouldBeEmpty();
    }

    [Fact]
    public void A_rule_with_long_lists_is_called_unreachable_when_one_rule_covers_it_and_possibly_when_several_do()
    {
        static string Rule(int users, int from, int names) =>
            $$"""{"level": "None", "users": [{{List("user", from, users)}}], "verbs": ["get", "list"], "namespaces": [{{List("space", 0, 30)}}], "resources": [{"group": "", "resources": ["pods"], "resourceNames": [{{List("name", 0, names)}}]}]}""";
        static string List(string what, int from, int count) => string.Join(',', Enumerable.Range(from, count).Select(i => $"\"{what}-{i}\""));

        Policies.Findings("unreachable-rule", Policies.Of($"[{Rule(30, 0, 11)}, {Rule(20, 5, 10)}]")).ShouldHaveSingleItem().RuleIndex.ShouldBe(1);
        var several = Policies.Of($"[{Rule(15, 0, 10)}, {Rule(15, 15, 10)}, {Rule(30, 0, 10)}]");
        Policies.Findings("unreachable-rule", several).ShouldBeEmpty();
        Policies.Findings("possibly-unreachable-rule", several).ShouldHaveSingleItem().RuleIndex.ShouldBe(2);
        Policies.Findings("possibly-unreachable-rule", Policies.Of($"[{Rule(29, 0, 10)}, {Rule(30, 0, 10)}]")).ShouldBeEmpty();
    }

    [Fact]
    public void A_rule_called_unreachable_never_decides_a_request_and_any_other_has_one_it_decides()
    {
        var random = new Random(7);
        var (dead, possibly) = (0, 0);
        for (var round = 0; round < 3_000; round++)
        {
            var policy = RandomPolicies.Policy(random);
            var context = new LintContext(policy);
            var dying = Enumerable.Range(0, policy.Rules.Length).Where(rule => context.Reachability[rule].Reach == Reach.Unreachable).ToHashSet();
            dead += dying.Count;
            possibly += context.Reachability.Count(reachability => reachability.Reach == Reach.PossiblyUnreachable);
            foreach (var (reachability, rule) in context.Reachability.Select((reachability, rule) => (reachability, rule)).Where(entry => entry.reachability.Witness is not null))
            {
                NaiveEvaluator.Decide(policy, reachability.Witness!).MatchedRule.ShouldBe(rule);
            }

            for (var i = 0; i < 200 && dying.Count > 0; i++)
            {
                var request = RandomPolicies.Request(random);
                var decided = NaiveEvaluator.Decide(policy, request).MatchedRule;
                if (dying.Contains(decided))
                {
                    Assert.Fail($"rules[{decided}] of {PolicyJson.Write(policy).ToJsonString()} decides {request}");
                }
            }
        }

        dead.ShouldBeGreaterThan(400);
        possibly.ShouldBeGreaterThan(0);
    }
}
