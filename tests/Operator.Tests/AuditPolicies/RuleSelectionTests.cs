using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>Profiles in a resource: what they add, whose a rule is, and what is refused.</summary>
public sealed class RuleSelectionTests
{
    [Fact]
    public void Own_rules_come_before_those_of_the_profile()
    {
        var plan = AuditPolicyPlan.Make(Specs.Of("{profile: Strict, addOns: [Rook, Flux], rules: [{level: Request, users: [jane]}, {level: None, users: [joe], verbs: [get], resources: [{group: apps}]}]}"));

        plan.Errors.ShouldBeEmpty();
        plan.Policy!.Rules[0].Users.ShouldBe(["jane"]);
        plan.Policy.Rules[1].Users.ShouldBe(["joe"]);
        plan.Policy.Rules[2..].Select(rule => rule.Level).ShouldBe(
            ComposedRules.Of(ProfileEdition.Latest, ProfileEdition.Latest.Profile("Strict")!, ["Flux", "Rook"]).Policy.Rules.Select(rule => rule.Level));
        plan.Rules!.Origin(1).ToString().ShouldBe("spec.rules[1]");
        plan.Rules.Origin(2).ToString().ShouldBe("rule 0 of profile Strict");
        plan.RuleCount.ShouldBe(plan.Policy.Rules.Length);
    }

    [Theory]
    [InlineData("Minimal")]
    [InlineData("Baseline")]
    [InlineData("Strict")]
    [InlineData("Forensic")]
    public void A_profile_alone_is_a_policy_without_findings(string profile)
    {
        var plan = AuditPolicyPlan.Make(Specs.Of($"profile: {profile}"));

        plan.Errors.ShouldBeEmpty();
        plan.Findings.ShouldBeEmpty();
        plan.Policy!.OmitStages.ShouldBe(Stages.RequestReceived);
        plan.Rules!.Profile.ShouldBe((profile, ProfileEdition.Latest.Version));
    }

    [Fact]
    public void A_finding_names_the_rule_of_the_profile_that_an_own_rule_kills()
    {
        var resource = Specs.Of("{profile: Baseline, rules: [{level: RequestResponse, resources: [{group: \"\", resources: [pods/ephemeralcontainers]}]}]}");
        var plan = AuditPolicyPlan.Make(resource);

        var finding = plan.Findings.ShouldHaveSingleItem();
        finding.Id.ShouldBe("unreachable-rule");
        plan.Origin(finding)!.Value.ToString().ShouldBe("rule 2 of profile Baseline");
        var status = AuditPolicyConditions.Rendered(resource, plan, new ApplyReport([], []), DateTimeOffset.UnixEpoch);
        status.Findings!.Items![0].RuleOf.ShouldBe("rule 2 of profile Baseline");
        status.Findings.Items[0].Rule.ShouldBe(3);
        status.Profile.ShouldBe(new ProfileStatus { Name = "Baseline", Version = ProfileEdition.Latest.Version });
        status.Conditions!.Single(condition => condition.Type == AuditPolicyConditions.PolicySound).Message.ShouldContain("rule 2 of profile Baseline");
    }

    [Fact]
    public void A_finding_about_an_own_rule_names_no_profile()
    {
        var resource = Specs.Of("{profile: Baseline, rules: [{level: RequestResponse, resources: [{group: \"\", resources: [secrets]}]}]}");
        var plan = AuditPolicyPlan.Make(resource);

        var items = AuditPolicyConditions.Rendered(resource, plan, new ApplyReport([], []), DateTimeOffset.UnixEpoch).Findings!.Items!;
        items[0].Id.ShouldBe("bodies-of-secrets");
        items[0].Rule.ShouldBe(0);
        items[0].RuleOf.ShouldBeNull();
    }

    [Theory]
    [InlineData("{profile: Baseline, profileVersion: 999}", "spec.profileVersion: 999 is not known")]
    [InlineData("{profile: baseline}", "spec.profile: \"baseline\" is not a profile")]
    [InlineData("{profile: Baseline, addOns: [Istio]}", "spec.addOns: \"Istio\" is not an add-on")]
    [InlineData("{addOns: [Flux], rules: [{level: Metadata}]}", "spec.addOns: add-ons extend a profile")]
    [InlineData("{profileVersion: 1, rules: [{level: Metadata}]}", "spec.profileVersion: a version of which profile")]
    [InlineData("{}", "spec.rules: there is nothing to record by")]
    public void What_cannot_be_selected_is_refused_with_its_field(string spec, string problem)
    {
        var plan = AuditPolicyPlan.Make(Specs.Of(spec));

        plan.Errors.ShouldHaveSingleItem().ShouldStartWith(problem);
        plan.Objects.ShouldBeEmpty();
    }

    [Fact]
    public void The_names_in_the_schema_are_those_that_exist()
    {
        Constants(typeof(AuditProfiles)).ShouldBe(ProfileEdition.Latest.Profiles.Select(profile => profile.Name));
        Constants(typeof(AuditAddOns)).ShouldBe(ProfileEdition.Latest.AddOns.Select(addOn => addOn.Name));
    }

    private static IEnumerable<string> Constants(Type type) => type.GetFields().Select(field => (string)field.GetRawConstantValue()!);
}
