using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>A policy that kube-apiserver would not load is told to its author and touches nothing.</summary>
public sealed class InvalidSpecTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    // Passes the schema; only kube-apiserver itself would refuse it.
    private const string Unloadable = "rules: [{level: Metadata}, {level: Metadata, resources: [{group: Apps/v1}]}]";

    private readonly Estate estate = running.Estate;

    [Fact]
    public async Task An_invalid_spec_stalls_and_names_rule_and_field()
    {
        await estate.NamespaceAsync("invalid");
        await estate.ApplyAsync("invalid", "policy", Unloadable);

        var policy = await estate.UntilAsync("invalid", "policy", "Ready=False/InvalidSpec");

        policy.Said().ShouldBe("Ready=False/InvalidSpec Stalled=True/InvalidSpec");
        policy.Condition(Conditions.Ready)!.Message.ShouldContain("spec.rules[1].resources.group");
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "invalid", "policy-talos-audit")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_rendered_before_stays_until_the_spec_is_repaired()
    {
        await estate.NamespaceAsync("broken");
        await estate.ApplyAsync("broken", "policy", Specs.Sound);
        await estate.UntilAsync("broken", "policy", "Ready=True/Succeeded");
        var before = await Versions();

        await estate.ApplyAsync("broken", "policy", Unloadable);
        var broken = await estate.UntilAsync("broken", "policy", "Stalled=True/InvalidSpec");

        (await Versions()).ShouldBe(before);
        broken["status"]!["inventory"]!.AsArray().Count.ShouldBe(3);

        await estate.ApplyAsync("broken", "policy", Specs.Sound.Replace("cluster: test", "cluster: repaired", StringComparison.Ordinal));
        var repaired = await estate.UntilAsync("broken", "policy", "Ready=True/Succeeded");

        repaired.Said().Split(' ').Order().ShouldBe(["AlertsInstalled=True/Applied", "PolicySound=True/NoFindings", "Ready=True/Succeeded"]);
        var rendered = await estate.GetAsync(RenderedKinds.ConfigMaps, "broken", "policy-fluent-bit");
        ((string)rendered["data"]![AuditPolicyObjects.FluentBitFile]!).ShouldContain("repaired");

        async Task<List<string>> Versions() =>
        [
            .. new JsonObject[]
            {
                await estate.GetAsync(RenderedKinds.ConfigMaps, "broken", "policy-talos-audit"),
                await estate.GetAsync(RenderedKinds.ConfigMaps, "broken", "policy-fluent-bit"),
                await estate.GetAsync(RenderedKinds.VmRules, "broken", "policy-audit-alerts"),
            }.Select(item => (string)item["metadata"]!["resourceVersion"]!),
        ];
    }
}
