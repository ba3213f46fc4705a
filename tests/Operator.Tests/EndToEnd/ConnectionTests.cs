using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Tests.Client.Servers;
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
    public async Task A_server_that_is_absent_at_the_start_is_named_waited_for_and_found()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        var port = FreePort.Take();
        var absent = new UriBuilder(estate.Server.Address) { Port = port }.Uri;
        var run = await estate.OperateAsync(options => options with { Cluster = options.Cluster with { Server = absent }, PodNamespace = Estate.OperatorNamespace });
        var problem = $"no answer when asking to list auditpolicies.comptroller.dev: https://127.0.0.1:{port} refused the connection";
        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains(problem, StringComparison.Ordinal));
        await run.Log.LineAsync(problem);

        await using var network = Relay.To(estate.Server.Address, port);

        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        await run.UntilReadyAsync();
        // While the network is still there: what runs may finish, and would wait for it.
        (await run.StopAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_server_whose_name_nobody_knows_is_told()
    {
        await ShouldTellAsync(
            new KubeClientConfiguration { Server = new Uri("https://kube.invalid:6443") }, "the host of https://kube.invalid:6443 is not known");
    }

    [Fact]
    public async Task T5_a_token_that_expired_is_told_and_its_successor_in_the_file_is_taken_up()
    {
        var clock = new LeapingClock();
        await using var estate = await Estate.StartAsync(new SandboxOptions { TimeProvider = clock });
        using var file = new TemporaryFile(await estate.OperatorTokenAsync());
        var run = await estate.OperateAsync(
            options => options with { Cluster = options.Cluster with { User = new UserCredentials { TokenFile = file.Path } } });
        await run.UntilReadyAsync();

        clock.Leap(TimeSpan.FromHours(2));
        estate.Server.Faults.DropWatchers();
        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains("the credentials were refused when asking to watch ", StringComparison.Ordinal));
        run.Completion.IsCompleted.ShouldBeFalse();

        file.Write(await estate.OperatorTokenAsync());
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        await run.UntilReadyAsync();
    }

    [Fact]
    public async Task A_server_with_a_certificate_of_another_authority_is_told()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions());
        await using var other = await SandboxServer.StartAsync(new SandboxOptions());

        await ShouldTellAsync(TryIt.Access(server, server.AdminToken) with { CertificateAuthorityPem = other.CaCertificatePem }, "The remote certificate is invalid");
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

    /// <summary>The system's clock, set forward.</summary>
    private sealed class LeapingClock : TimeProvider
    {
        private long ahead;

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref ahead));

        public void Leap(TimeSpan time) => Interlocked.Add(ref ahead, time.Ticks);
    }
}
