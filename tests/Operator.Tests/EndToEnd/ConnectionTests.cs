using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Try;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Servers that cannot be reached, do not trust us or lose their thread: the process stays, and its probes tell.</summary>
public sealed class ConnectionTests
{
    [Fact]
    public async Task An_unreachable_server_is_told_and_waited_for()
    {
        var server = await SandboxServer.StartAsync(new SandboxOptions());
        var gone = TryIt.Access(server, server.AdminToken);
        await server.DisposeAsync();

        await using var run = OperatorRun.Start(gone);

        // The client tries again by itself before the cache counts it as a failure; the log says why.
        await run.Log.LineAsync(FailureReason.ConnectionRefused);
        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains("[-]cache-auditpolicies.comptroller.dev failed", StringComparison.Ordinal));
        run.Completion.IsCompleted.ShouldBeFalse();
        (await run.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_another_authority_is_told()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions());
        await using var other = await SandboxServer.StartAsync(new SandboxOptions());

        await ShouldTellAsync(TryIt.Access(server, server.AdminToken) with { CertificateAuthorityPem = other.CaCertificatePem }, "certificate");
    }

    [Fact]
    public async Task Refused_credentials_are_told()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions());

        await ShouldTellAsync(TryIt.Access(server, "expired"), "the credentials were refused when asking to list auditpolicies.comptroller.dev");
    }

    [Fact]
    public async Task R4_changes_during_a_broken_watch_whose_history_is_lost_are_caught_up()
    {
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        foreach (var name in new[] { "changed", "removed", "robbed" })
        {
            await estate.ApplyAsync("default", name, Specs.Sound);
        }

        foreach (var name in new[] { "changed", "removed", "robbed" })
        {
            await estate.UntilAsync("default", name, "Ready=True/Succeeded");
        }

        // The operator's watches are over all namespaces; the first attempt to resume each is refused, so that it misses what follows.
        estate.Server.Faults.FailNext(3, @"^GET /api[^?]*/v1[a-z0-9]*/(auditpolicies|configmaps|vmrules)\?.*watch=", 500);
        estate.Server.Faults.DropWatchers();
        await estate.ApplyAsync("default", "changed", Specs.Sound.Replace("cluster: test", "cluster: other", StringComparison.Ordinal));
        await estate.DeleteAsync(ResourceTypes.AuditPolicies, "default", "removed");
        await estate.DeleteAsync(RenderedKinds.ConfigMaps, "default", "robbed-fluent-bit");
        estate.Server.Faults.CompactNow();

        await estate.UntilAsync("default", "changed", "Ready=True/Succeeded");
        var rendered = await estate.GetAsync(RenderedKinds.ConfigMaps, "default", "changed-fluent-bit");
        ((string)rendered["data"]![AuditPolicyObjects.FluentBitFile]!).ShouldContain("other");
        await estate.UntilAsync(RenderedKinds.ConfigMaps, "default", "robbed-fluent-bit", item => item is not null);
        await estate.UntilGoneAsync(RenderedKinds.ConfigMaps, "default", "removed-fluent-bit");
    }

    private static async Task ShouldTellAsync(KubeClientConfiguration cluster, string problem)
    {
        await using var run = OperatorRun.Start(cluster);

        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains(problem, StringComparison.OrdinalIgnoreCase));

        run.Completion.IsCompleted.ShouldBeFalse();
        (await run.StopAsync()).ShouldBe(0);
    }
}
