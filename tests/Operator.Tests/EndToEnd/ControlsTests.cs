using Comptroller.Crds;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>What people say to a reconciler: pause, go on, look again.</summary>
public sealed class ControlsTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    private readonly Estate estate = running.Estate;

    [Fact]
    public async Task L3_a_suspended_policy_renders_nothing_until_it_is_resumed()
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
    public async Task L3_a_policy_that_is_being_deleted_is_left_alone_even_when_it_changes()
    {
        await estate.NamespaceAsync("leaving");
        await estate.ApplyAsync("leaving", "policy", Specs.Sound);
        await estate.UntilAsync("leaving", "policy", "Ready=True/Succeeded");
        // Somebody else's finalizer keeps it for a while.
        await estate.MergeAsync(ResourceTypes.AuditPolicies, "leaving", "policy", """{"metadata": {"finalizers": ["example.com/archive"]}}""");
        await estate.DeleteAsync(ResourceTypes.AuditPolicies, "leaving", "policy");
        var before = await estate.GetAsync(ResourceTypes.AuditPolicies, "leaving", "policy");
        await estate.DeleteAsync(RenderedKinds.ConfigMaps, "leaving", "policy-talos-audit");

        // Another resource goes through the same queue behind it.
        await estate.ApplyAsync("leaving", "next", Specs.Sound);
        await estate.UntilAsync("leaving", "next", "Ready=True/Succeeded");

        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "leaving", "policy-talos-audit")).ShouldBeFalse();
        var after = await estate.GetAsync(ResourceTypes.AuditPolicies, "leaving", "policy");
        ((string?)after["metadata"]!["resourceVersion"]).ShouldBe((string?)before["metadata"]!["resourceVersion"]);
        await estate.MergeAsync(ResourceTypes.AuditPolicies, "leaving", "policy", """{"metadata": {"finalizers": null}}""");
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
