using Comptroller.Crds;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Two operators, one of them acting.</summary>
public sealed class LeaderElectionTests
{
    [Fact]
    public async Task E5_one_of_two_leads_and_the_other_follows_when_it_stops()
    {
        await using var estate = await Estate.StartAsync();
        var first = await estate.OperateAsync(options => options with { LeaderElection = true, Instance = "first" });
        await UntilHeldByAsync(estate, "first");
        var second = await estate.OperateAsync(options => options with { LeaderElection = true, Instance = "second" });
        await second.UntilReadyAsync();
        await estate.ApplyAsync("default", "one", Specs.Sound);
        await estate.UntilAsync("default", "one", "Ready=True/Succeeded");
        (await second.ReconcilesAsync()).ShouldBe(0);

        (await first.StopAsync()).ShouldBe(0);

        await UntilHeldByAsync(estate, "second");
        await estate.ApplyAsync("default", "two", Specs.Sound);
        await estate.UntilAsync("default", "two", "Ready=True/Succeeded");
        (await second.ReconcilesAsync()).ShouldBeGreaterThan(0);
        (await second.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task W11_nothing_but_the_lease_is_ever_put()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync(options => options with { LeaderElection = true });
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        await estate.ApplyAsync("default", "policy", Specs.Sound.Replace("cluster: test", "cluster: other", StringComparison.Ordinal));
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        (await run.StopAsync()).ShouldBe(0);

        estate.Server.Requests.Count("PUT", "leases").ShouldBeGreaterThan(0);
        estate.Server.Requests.Count("PUT").ShouldBe(estate.Server.Requests.Count("PUT", "leases"));
    }

    [Fact]
    public async Task E5_a_stop_in_the_middle_of_a_reconcile_finishes_it_and_releases_the_lease()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync(options => options with { LeaderElection = true });
        await UntilHeldByAsync(estate, "operator");
        estate.Server.Faults.DelayNext(1, "^PATCH .*/auditpolicies/policy/status", TimeSpan.FromSeconds(1));
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts", item => item is not null);

        (await run.StopAsync()).ShouldBe(0);

        (await estate.GetAsync(ResourceTypes.AuditPolicies, "default", "policy")).Says("Ready=True/Succeeded").ShouldBeTrue();
        var lease = await estate.GetAsync(KubernetesTypes.Leases, Estate.OperatorNamespace, "comptroller");
        ((string?)lease["spec"]!["holderIdentity"] ?? "").ShouldBeEmpty();
    }

    private static async Task UntilHeldByAsync(Estate estate, string instance) => await estate.UntilAsync(
        KubernetesTypes.Leases, Estate.OperatorNamespace, "comptroller",
        lease => ((string?)lease?["spec"]?["holderIdentity"])?.StartsWith($"{instance}_", StringComparison.Ordinal) == true);
}
