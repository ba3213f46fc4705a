using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>What is as it should be costs no writes.</summary>
public sealed class QuietTests
{
    private const int Residents = 12;

    [Fact]
    public async Task X7_a_reconcile_that_finds_nothing_to_do_writes_nothing()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        await estate.UntilAnyAsync(KubernetesTypes.Events, "default");
        await run.UntilIdleAsync(1);
        var (writes, reconciles) = (estate.Writes(), await run.ReconcilesAsync());

        // A change of the object that does not concern its content: the owner runs, and finds all as it was.
        await estate.MergeAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts", """{"metadata": {"annotations": {"example.com/seen": "yes"}}}""");

        await run.UntilIdleAsync(reconciles + 1);
        (estate.Writes() - 1).ShouldBe(writes);
    }

    [Fact]
    public async Task W3_a_restart_with_resident_resources_writes_nothing()
    {
        await using var estate = await Estate.StartAsync();
        var first = await estate.OperateAsync();
        for (var i = 0; i < Residents; i++)
        {
            await estate.ApplyAsync("default", $"policy-{i}", i % 2 == 0 ? Specs.Sound : "rules: [{level: Metadata, resources: [{group: Apps/v1}]}]");
        }

        for (var i = 0; i < Residents; i++)
        {
            await estate.UntilAsync("default", $"policy-{i}", i % 2 == 0 ? "Ready=True/Succeeded" : "Stalled=True/InvalidSpec");
        }

        (await first.StopAsync()).ShouldBe(0);
        var writes = estate.Writes();

        var second = await estate.OperateAsync();
        await second.UntilReadyAsync();
        await second.UntilIdleAsync(Residents);
        (await second.StopAsync()).ShouldBe(0);

        estate.Writes().ShouldBe(writes);
    }

    [Fact]
    public async Task Harmful_rules_are_an_event_when_they_appear_and_when_they_are_gone_and_not_in_between()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound.Replace("level: Metadata", "level: RequestResponse", StringComparison.Ordinal));
        await UntilEventAsync("HarmfulRules");
        await estate.ApplyAsync("default", "policy", Specs.Sound.Replace("level: Metadata", "level: RequestResponse", StringComparison.Ordinal) + "\nalerts: {enabled: false}");
        await estate.UntilGoneAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts");
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await UntilEventAsync("NoFindings");

        (await run.StopAsync()).ShouldBe(0);
        var events = await estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(KubernetesTypes.Events), "default", new ListOptions(), CancellationToken.None);
        events.Items.Count(item => (string?)item["reason"] == "HarmfulRules" && item["series"] is null).ShouldBe(1);

        async Task UntilEventAsync(string reason)
        {
            for (var tries = 0; ; tries++)
            {
                var page = await estate.Admin.ListAllAsync(KubernetesTypes.UntypedOf(KubernetesTypes.Events), "default", new ListOptions(), CancellationToken.None);
                if (page.Items.Any(item => (string?)item["reason"] == reason))
                {
                    return;
                }

                tries.ShouldBeLessThan(600, reason);
                await Task.Delay(50);
            }
        }
    }

    [Fact]
    public async Task A_restart_repairs_what_was_changed_and_deleted_while_nobody_ran()
    {
        await using var estate = await Estate.StartAsync();
        var first = await estate.OperateAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        (await first.StopAsync()).ShouldBe(0);
        var rendered = (await estate.GetAsync(RenderedKinds.ConfigMaps, "default", "policy-talos-audit"))["data"]!.ToJsonString();
        var changed = await estate.GetAsync(RenderedKinds.ConfigMaps, "default", "policy-talos-audit");
        var file = changed["data"]!.AsObject().First().Key;
        await estate.MergeAsync(RenderedKinds.ConfigMaps, "default", "policy-talos-audit", $$$"""{"data": {"{{{file}}}": "mine"}}""");
        await estate.DeleteAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts");

        await estate.OperateAsync();

        await estate.UntilAsync(RenderedKinds.ConfigMaps, "default", "policy-talos-audit", item => item?["data"]!.ToJsonString() == rendered);
        await estate.UntilAnyAsync(RenderedKinds.VmRules, "default");
    }

    [Fact]
    public async Task What_another_build_rendered_is_planned_anew()
    {
        await using var estate = await Estate.StartAsync();
        var first = await estate.OperateAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        var rules = (int)(await estate.UntilAsync("default", "policy", "Ready=True/Succeeded"))["status"]!["ruleCount"]!;
        (await first.StopAsync()).ShouldBe(0);
        var older = new JsonObject
        {
            ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion,
            ["kind"] = ResourceTypes.AuditPolicies.Kind,
            ["metadata"] = new JsonObject { ["name"] = "policy" },
            ["status"] = new JsonObject { ["renderedBy"] = "0.0.1-another", ["ruleCount"] = rules + 1 },
        };
        await estate.Admin.ApplyAsync(
            KubernetesTypes.UntypedOf(ResourceTypes.AuditPolicies), "default", "policy", older, new ApplyOptions("test", Force: true, Subresource: "status"), CancellationToken.None);

        await estate.OperateAsync();

        await estate.UntilAsync(ResourceTypes.AuditPolicies, "default", "policy", item => (int)item!["status"]!["ruleCount"]! == rules);
    }
}
