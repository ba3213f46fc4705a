using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>An AuditPolicy becomes two ConfigMaps and a VMRule, and they stay as they should be.</summary>
public sealed class RenderingTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    private readonly Estate estate = running.Estate;

    [Theory]
    [InlineData("small")]
    [InlineData("full")]
    [InlineData("seed")]
    public async Task A_sample_becomes_ready_and_owns_what_it_is_rendered_into(string name)
    {
        await estate.ApplyAsync(Estate.Sample(name));

        var policy = await estate.UntilAsync("default", name, "Ready=True/Succeeded");

        var plan = AuditPolicyPlan.Make(Specs.Read(Estate.Sample(name).ToJsonString()));
        var written = plan.Objects.Where(item => !RenderedKinds.IsOptional(item.Type)).ToList();
        written.ShouldNotBeEmpty();
        foreach (var desired in written)
        {
            var stored = await estate.GetAsync(desired.Type, "default", (string)desired.Body["metadata"]!["name"]!);
            var owner = stored["metadata"]!["ownerReferences"]!.AsArray().ShouldHaveSingleItem()!;
            ((string)owner["uid"]!).ShouldBe((string)policy["metadata"]!["uid"]!);
            ((string)owner["kind"]!).ShouldBe("AuditPolicy");
            ((bool)owner["controller"]!).ShouldBeTrue();
            ((string)stored["metadata"]!["labels"]!["app.kubernetes.io/managed-by"]!).ShouldBe("comptroller");
            JsonNode.DeepEquals(stored["data"] ?? stored["spec"], desired.Body["data"] ?? desired.Body["spec"]).ShouldBeTrue();
        }

        ((string)policy["status"]!["policyHash"]!).ShouldBe(plan.PolicyHash);
        ((int)policy["status"]!["ruleCount"]!).ShouldBe(plan.RuleCount);
        ((long?)policy["status"]!["estimate"]?["megabytesPerDay"]).ShouldBe(plan.Estimate?.MegabytesPerDay);
        policy["status"]!["inventory"]!.AsArray().Count.ShouldBe(written.Count);
        policy.Says("PolicySound=False/HarmfulRules").ShouldBe(name == "seed");
    }

    [Fact]
    public async Task Deleting_the_resource_removes_what_it_rendered()
    {
        await CreateAsync("removal");

        await estate.DeleteAsync(ResourceTypes.AuditPolicies, "removal", "policy");

        await estate.UntilGoneAsync(RenderedKinds.ConfigMaps, "removal", "policy-talos-audit");
        await estate.UntilGoneAsync(RenderedKinds.ConfigMaps, "removal", "policy-fluent-bit");
        await estate.UntilGoneAsync(RenderedKinds.VmRules, "removal", "policy-audit-alerts");
    }

    [Fact]
    public async Task An_edited_ConfigMap_is_repaired()
    {
        await CreateAsync("edited");
        var original = await estate.GetAsync(RenderedKinds.ConfigMaps, "edited", "policy-fluent-bit");

        await estate.MergeAsync(RenderedKinds.ConfigMaps, "edited", "policy-fluent-bit", """{"data": {"fluent-bit.yaml": "nothing"}}""");

        await estate.UntilAsync(RenderedKinds.ConfigMaps, "edited", "policy-fluent-bit", item => JsonNode.DeepEquals(item!["data"], original["data"]));
    }

    [Fact]
    public async Task A_removed_label_is_put_back()
    {
        await CreateAsync("unlabelled");

        await estate.MergeAsync(RenderedKinds.ConfigMaps, "unlabelled", "policy-fluent-bit", """{"metadata": {"labels": {"app.kubernetes.io/managed-by": null}}}""");

        await estate.UntilAsync(RenderedKinds.ConfigMaps, "unlabelled", "policy-fluent-bit", item => (string?)item!["metadata"]!["labels"]?["app.kubernetes.io/managed-by"] == "comptroller");
    }

    [Theory]
    [InlineData("configmaps", "policy-talos-audit")]
    [InlineData("vmrules", "policy-audit-alerts")]
    public async Task A_deleted_object_is_created_again(string plural, string name)
    {
        var type = plural == "vmrules" ? RenderedKinds.VmRules : RenderedKinds.ConfigMaps;
        await CreateAsync($"deleted-{plural}");
        var original = await estate.GetAsync(type, $"deleted-{plural}", name);

        await estate.DeleteAsync(type, $"deleted-{plural}", name);

        await estate.UntilAsync(type, $"deleted-{plural}", name, item => item is not null && (string)item["metadata"]!["uid"]! != (string)original["metadata"]!["uid"]!);
    }

    [Fact]
    public async Task Turning_alerts_off_removes_the_rule_and_nothing_else()
    {
        await CreateAsync("silenced");

        await estate.ApplyAsync("silenced", "policy", Specs.Sound + "\nalerts: {enabled: false}");

        var policy = await estate.UntilAsync("silenced", "policy", "Ready=True/Succeeded");
        await estate.UntilGoneAsync(RenderedKinds.VmRules, "silenced", "policy-audit-alerts");
        policy.Said().ShouldNotContain("AlertsInstalled");
        policy["status"]!["inventory"]!.AsArray().Count.ShouldBe(2);
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "silenced", "policy-fluent-bit")).ShouldBeTrue();
    }

    private async Task CreateAsync(string @namespace)
    {
        await estate.NamespaceAsync(@namespace);
        await estate.ApplyAsync(@namespace, "policy", Specs.Sound);
        await estate.UntilAsync(@namespace, "policy", "Ready=True/Succeeded");
    }
}
