using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>CRDs may come after the operator: what is there works, what is missing is named, and nothing has to be restarted.</summary>
public sealed class MissingKindTests
{
    [Fact]
    public async Task L6_without_VMRule_the_rest_is_rendered_and_it_heals_when_the_CRD_appears()
    {
        await using var estate = await Estate.StartAsync("AuditPolicy");
        var run = await estate.OperateAsync();
        await run.UntilReadyAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound);

        var policy = await estate.UntilAsync("default", "policy", "Ready=False/DependencyNotReady");

        await run.UntilIdleAsync(1); // no worker is held by what it waits for
        policy.Says("AlertsInstalled=False/KindMissing").ShouldBeTrue();
        policy.Says("Reconciling=True/ProgressingWithRetry").ShouldBeTrue();
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "default", "policy-talos-audit")).ShouldBeTrue();
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "default", "policy-fluent-bit")).ShouldBeTrue();

        await estate.ApplyAsync(Estate.Crd("VMRule"));

        var healed = await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        healed.Says("AlertsInstalled=True/Applied").ShouldBeTrue();
        healed.Said().ShouldNotContain("Reconciling");
        (await estate.ExistsAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts")).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_its_own_CRD_the_operator_waits_and_says_so()
    {
        await using var estate = await Estate.StartAsync("VMRule");
        var run = await estate.OperateAsync();

        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains("does not serve auditpolicies.comptroller.dev in version v1alpha1: install its CustomResourceDefinition", StringComparison.Ordinal));
        run.Completion.IsCompleted.ShouldBeFalse();

        await estate.ApplyAsync(Estate.Crd("AuditPolicy"));
        await estate.ApplyAsync(Estate.Sample("small"));
        await estate.UntilAsync("default", "small", "Ready=True/Succeeded");
        await run.UntilReadyAsync();
    }
}
