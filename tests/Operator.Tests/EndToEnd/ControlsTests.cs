using Comptroller.Crds;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>What people say to a reconciler: pause, go on, look again.</summary>
public sealed class ControlsTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    private readonly Estate estate = running.Estate;

    [Fact]
    public async Task A_suspended_policy_renders_nothing_until_it_is_resumed()
    {
        await estate.NamespaceAsync("paused");
        await estate.ApplyAsync("paused", "policy", Specs.Sound + "\nsuspend: true");
        await estate.UntilAsync(ResourceTypes.AuditPolicies, "paused", "policy", item => item!.Says("Suspended=True/Suspended"));
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "paused", "policy-talos-audit")).ShouldBeFalse();

        await estate.ApplyAsync("paused", "policy", Specs.Sound);

        (await estate.UntilAsync("paused", "policy", "Ready=True/Succeeded")).Said().ShouldNotContain("Suspended");
    }

    [Fact]
    public async Task Suspending_keeps_what_was_rendered_and_what_was_said()
    {
        await estate.NamespaceAsync("frozen");
        await estate.ApplyAsync("frozen", "policy", Specs.Sound);
        await estate.UntilAsync("frozen", "policy", "Ready=True/Succeeded");
        await estate.ApplyAsync("frozen", "policy", Specs.Sound + "\nsuspend: true");

        var policy = (await estate.UntilAsync(ResourceTypes.AuditPolicies, "frozen", "policy", item => item!.Says("Suspended=True/Suspended")))!;

        policy.Says("Ready=True/Succeeded").ShouldBeTrue();
        policy["status"]!["inventory"]!.AsArray().Count.ShouldBe(3);
        (await estate.ExistsAsync(RenderedKinds.VmRules, "frozen", "policy-audit-alerts")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_request_by_annotation_is_echoed_when_it_was_acted_on()
    {
        await estate.NamespaceAsync("asked");
        await estate.ApplyAsync("asked", "policy", Specs.Sound);
        await estate.UntilAsync("asked", "policy", "Ready=True/Succeeded");

        await estate.MergeAsync(ResourceTypes.AuditPolicies, "asked", "policy", """{"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "now"}}}""");

        await estate.UntilAsync(ResourceTypes.AuditPolicies, "asked", "policy", item => (string?)item!["status"]?["lastHandledReconcileAt"] == "now");
    }
}
