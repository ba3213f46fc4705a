using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>The table of docs/spec/auditpolicy.md, row by row, and each way back from a row.</summary>
public sealed class AuditPolicyConditionsTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = Noon.AddMinutes(10);

    /// <summary>What can become of a resource, by the words of the table.</summary>
    public enum Situation
    {
        Rendered,
        RenderedWithFindings,
        RenderedWithoutAlerts,
        KindMissing,
        NameConflict,
        InvalidSpec,
        CallFailed,
        Suspended,
    }

    [Theory]
    [InlineData(Situation.Rendered, "Ready=True/Succeeded PolicySound=True/NoFindings AlertsInstalled=True/Applied")]
    [InlineData(Situation.RenderedWithFindings, "Ready=True/Succeeded PolicySound=False/HarmfulRules AlertsInstalled=True/Applied")]
    [InlineData(Situation.RenderedWithoutAlerts, "Ready=True/Succeeded PolicySound=True/NoFindings")]
    [InlineData(Situation.KindMissing, "Ready=False/DependencyNotReady Reconciling=True/ProgressingWithRetry PolicySound=True/NoFindings AlertsInstalled=False/KindMissing")]
    [InlineData(Situation.NameConflict, "Ready=False/NameConflict Reconciling=True/ProgressingWithRetry PolicySound=True/NoFindings AlertsInstalled=True/Applied")]
    [InlineData(Situation.InvalidSpec, "Ready=False/InvalidSpec Stalled=True/InvalidSpec")]
    [InlineData(Situation.CallFailed, "Ready=False/Failed Reconciling=True/ProgressingWithRetry")]
    [InlineData(Situation.Suspended, "Suspended=True/Suspended")]
    public void Each_situation_has_its_conditions(Situation situation, string expected) =>
        Text(Judge(Specs.Of(Spec(situation)), situation, Noon)).ShouldBe(expected);

    public static TheoryData<Situation> Troubles() => [.. Enum.GetValues<Situation>().Except([Situation.Rendered])];

    [Theory]
    [MemberData(nameof(Troubles))]
    public void Nothing_of_a_trouble_remains_after_recovery(Situation trouble)
    {
        var healthy = Judge(Specs.Of(Specs.Sound), Situation.Rendered, Noon);
        var troubled = Judge(Specs.Of(Spec(trouble)) with { Status = healthy }, trouble, Noon);

        var recovered = Judge(Generation(Specs.Of(Specs.Sound) with { Status = troubled }, 2), Situation.Rendered, Later);

        Text(recovered).Split(' ').Order().ShouldBe(Text(healthy).Split(' ').Order());
        recovered.ObservedGeneration.ShouldBe(2);
        recovered.Conditions!.ShouldAllBe(condition => condition.ObservedGeneration == 2);
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public void W6_a_transition_time_moves_only_with_the_status_of_its_condition(Situation trouble)
    {
        var healthy = Judge(Specs.Of(Specs.Sound), Situation.Rendered, Noon);
        var troubled = Judge(Generation(Specs.Of(Spec(trouble)) with { Status = healthy }, 2), trouble, Later);
        var again = Judge(Generation(Specs.Of(Spec(trouble)) with { Status = troubled }, 2), trouble, Later.AddHours(1));

        again.Conditions.ShouldBe(troubled.Conditions);
        foreach (var condition in troubled.Conditions!)
        {
            var before = healthy.Conditions!.FirstOrDefault(old => old.Type == condition.Type);
            condition.LastTransitionTime.ShouldBe(before?.Status == condition.Status ? Noon : Later, condition.Type);
        }
    }

    [Fact]
    public void What_was_rendered_stays_described_while_the_spec_is_invalid()
    {
        var healthy = Judge(Specs.Of(Specs.Sound), Situation.Rendered, Noon);

        var invalid = Judge(Specs.Of("rules: []") with { Status = healthy }, Situation.InvalidSpec, Later);

        invalid.Rendered.ShouldBe(healthy.Rendered);
        invalid.Inventory.ShouldBe(healthy.Inventory);
        invalid.PolicyHash.ShouldBe(healthy.PolicyHash);
    }

    [Fact]
    public void W2_a_failed_run_keeps_the_inventory_of_what_it_had_applied()
    {
        var resource = Specs.Of(Specs.Sound);
        var report = Report(AuditPolicyPlan.Make(resource), ApplyAction.Failed, "the server is on fire");
        var failure = Should.Throw<ApplyFailedException>(report.ThrowIfFailed);

        var status = AuditPolicyConditions.Failed(resource, failure, failure.Report.Inventory, Noon);

        status.Inventory!.Count.ShouldBe(3);
        Ready(status).Message.ShouldContain("VMRule audit/policy-audit-alerts could not be applied: the server is on fire");
    }

    [Fact]
    public void A_conflict_names_the_object_and_a_missing_kind_names_both_ways_out()
    {
        Ready(Judge(Specs.Of(Specs.Sound), Situation.NameConflict, Noon)).Message.ShouldBe("ConfigMap audit/policy-talos-audit exists and belongs to somebody else");
        var missing = Judge(Specs.Of(Specs.Sound), Situation.KindMissing, Noon).Conditions!.Single(condition => condition.Type == AuditPolicyConditions.AlertsInstalled);
        missing.Message.ShouldContain("install");
        missing.Message.ShouldContain("spec.alerts.enabled");
    }

    [Fact]
    public void An_invalid_spec_is_told_with_every_rule_and_field()
    {
        var message = Ready(Judge(Specs.Of("rules: [{level: a}, {level: None}, {level: b}]"), Situation.InvalidSpec, Noon)).Message;

        message.ShouldContain("spec.rules[0].level");
        message.ShouldContain("spec.rules[2].level");
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public void Messages_stay_within_the_schema_however_long_the_cause(Situation trouble)
    {
        var rules = string.Join(", ", Enumerable.Range(0, 400).Select(index => $"{{level: Request, resources: [{{group: \"\", resources: [secrets], resourceNames: [{new string('x', 200)}{index}]}}]}}"));
        var resource = Specs.Of(trouble == Situation.InvalidSpec ? $"rules: [{rules.Replace("Request", "request", StringComparison.Ordinal)}]" : $"rules: [{rules}]");

        var status = Judge(resource, trouble, Noon, cause: new string('y', 50_000));

        status.Conditions!.ShouldAllBe(condition => condition.Message.Length <= 1024);
        (status.Findings?.Items ?? []).ShouldAllBe(item => item.Message.Length <= 1024 && item.Id.Length <= 63);
        (status.Findings?.Items?.Count ?? 0).ShouldBeLessThanOrEqualTo(5);
    }

    [Fact]
    public void Findings_are_counted_whole_and_shown_in_part_worst_first()
    {
        var status = Judge(Specs.Of("rules: [{level: RequestResponse}, {level: None}, {level: Metadata, verbs: [\"*\"]}]"), Situation.Rendered, Noon);

        var findings = status.Findings!;
        findings.Items!.Count.ShouldBe(Math.Min(5, findings.Total));
        findings.Total.ShouldBe(findings.Errors + findings.Warnings + findings.Infos);
        findings.Items[0].Severity.ShouldBe(findings.Worst);
        findings.Items.ShouldAllBe(item => item.Message.Length > 0);
        Ready(status).Message.ShouldContain("see status.findings");
    }

    [Fact]
    public void A_review_is_news_when_it_finds_other_harm_and_when_it_finds_none_any_more()
    {
        var nothing = new AuditPolicyStatus();
        var sound = Reviewed(Specs.Sound, nothing);
        var harmful = Reviewed(Spec(Situation.RenderedWithFindings), sound);
        var worse = Reviewed(Spec(Situation.RenderedWithFindings).Replace("nonResourceURLs: [/healthz, /livez, /readyz]", "verbs: [\"*\"]", StringComparison.Ordinal), harmful);

        AuditPolicyConditions.NewsOfReview(nothing, sound).ShouldBeNull();
        AuditPolicyConditions.NewsOfReview(nothing, harmful)!.Reason.ShouldBe("HarmfulRules");
        AuditPolicyConditions.NewsOfReview(sound, harmful)!.Message.ShouldContain("records secrets");
        AuditPolicyConditions.NewsOfReview(harmful, Reviewed(Spec(Situation.RenderedWithFindings), harmful)).ShouldBeNull();
        AuditPolicyConditions.NewsOfReview(harmful, worse)!.Status.ShouldBe("False");
        AuditPolicyConditions.NewsOfReview(worse, Reviewed(Specs.Sound, worse))!.Reason.ShouldBe("NoFindings");

        static AuditPolicyStatus Reviewed(string spec, AuditPolicyStatus before) => Judge(Specs.Of(spec) with { Status = before }, Situation.Rendered, Later);
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public void A_request_of_a_user_is_echoed_in_every_situation(Situation situation)
    {
        var resource = Specs.Of(Spec(situation));
        resource = resource with
        {
            Metadata = resource.Metadata with { Annotations = new Dictionary<string, string> { [ChangeFilter.RequestedAt] = new string('t', 300) } },
        };

        Judge(resource, situation, Noon).LastHandledReconcileAt.ShouldBe(new string('t', 256));
    }

    private static AuditPolicyStatus Judge(AuditPolicy resource, Situation situation, DateTimeOffset now, string cause = "exists and belongs to somebody else")
    {
        var plan = AuditPolicyPlan.Make(resource);
        return situation switch
        {
            Situation.Suspended => AuditPolicyConditions.Suspended(resource, now),
            Situation.InvalidSpec => AuditPolicyConditions.Failed(resource, new TerminalException(ConditionReason.InvalidSpec, string.Join("; ", plan.Errors)), null, now),
            Situation.CallFailed => AuditPolicyConditions.Failed(resource, new KubeApiException("GET", "/x", 500, "InternalError", cause), null, now),
            Situation.KindMissing => AuditPolicyConditions.Rendered(resource, plan, Report(plan, ApplyAction.KindMissing, cause), now),
            Situation.NameConflict => AuditPolicyConditions.Rendered(resource, plan, Report(plan, ApplyAction.Conflict, cause), now),
            _ => AuditPolicyConditions.Rendered(resource, plan, Report(plan), now),
        };
    }

    private static string Spec(Situation situation) => situation switch
    {
        Situation.RenderedWithFindings => Specs.Sound.Replace("level: Metadata", "level: RequestResponse", StringComparison.Ordinal),
        Situation.RenderedWithoutAlerts => Specs.Sound + "\nalerts: {enabled: false}",
        Situation.InvalidSpec => "rules: [{level: metadata}]",
        _ => Specs.Sound,
    };

    /// <summary>Everything was created, but the object that <paramref name="action"/> is typical of.</summary>
    private static ApplyReport Report(AuditPolicyPlan plan, ApplyAction? action = null, string message = "")
    {
        var odd = action is ApplyAction.Conflict ? plan.TalosPatch : plan.Alerts ?? plan.TalosPatch;
        var objects = plan.Objects.Select(item => (Item: item, Key: new ObjectKey("audit", (string)item.Body["metadata"]!["name"]!))).ToList();
        return new ApplyReport(
            [
                .. objects.Select(each => action is { } happened && each.Item == odd
                    ? new ApplyResult(each.Item.Type, each.Key, happened, happened == ApplyAction.Conflict ? $"{each.Item.Type.Kind} {each.Key} {message}" : message)
                    : new ApplyResult(each.Item.Type, each.Key, ApplyAction.Created)),
            ],
            [.. objects.Select(each => new InventoryEntry { Kind = each.Item.Type.Kind, Namespace = each.Key.Namespace, Name = each.Key.Name })]);
    }

    private static AuditPolicy Generation(AuditPolicy resource, long generation) => resource with { Metadata = resource.Metadata with { Generation = generation } };

    private static Condition Ready(AuditPolicyStatus status) => status.Conditions!.Single(condition => condition.Type == Conditions.Ready);

    private static string Text(AuditPolicyStatus status) =>
        string.Join(' ', status.Conditions!.Select(condition => $"{condition.Type}={condition.Status}/{condition.Reason}"));
}
