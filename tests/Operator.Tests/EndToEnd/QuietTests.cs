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
}
