using System.Net;
using System.Net.Sockets;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Http;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The built program, started as a kubelet or a user starts it.</summary>
public sealed class ProgramTests
{
    [Fact]
    public async Task SIGTERM_in_the_middle_of_an_apply_lets_the_reconcile_finish_releases_the_lease_and_exits_0()
    {
        await using var estate = await Estate.StartAsync();
        using var kubeconfig = new TemporaryFile(Kubeconfig.Text(estate.Server.Address, estate.Server.CaCertificatePem, await estate.OperatorTokenAsync()));
        await using var program = ProgramRun.Start(
            "operator", "--kubeconfig", kubeconfig.Path, "--leader-elect", "--leader-election-namespace", Estate.OperatorNamespace,
            "--metrics-bind-address", "0", "--health-probe-bind-address", "0");
        await estate.UntilAsync(KubernetesTypes.Leases, Estate.OperatorNamespace, "comptroller", lease => HolderOf(lease).Length > 0);
        estate.Server.Faults.DelayNext(1, "^PATCH .*/configmaps/policy-", TimeSpan.FromSeconds(2));
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        while (estate.Server.Faults.Pending > 0)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        (await estate.ExistsAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts")).ShouldBeFalse();
        await program.TerminateAsync();

        (await program.ExitAsync()).ShouldBe(0, program.Log.ToString());
        (await estate.ExistsAsync(RenderedKinds.VmRules, "default", "policy-audit-alerts")).ShouldBeTrue();
        (await estate.GetAsync(ResourceTypes.AuditPolicies, "default", "policy")).Says("Ready=True/Succeeded").ShouldBeTrue();
        HolderOf(await estate.GetAsync(KubernetesTypes.Leases, Estate.OperatorNamespace, "comptroller")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_malformed_kubeconfig_ends_the_operator_with_file_and_line()
    {
        using var kubeconfig = new TemporaryFile("apiVersion: v1\nkind: Config\nclusters: [\n");
        await using var program = ProgramRun.Start("operator", "--kubeconfig", kubeconfig.Path);

        (await program.ExitAsync()).ShouldBe(2);

        await program.Log.LineAsync(kubeconfig.Path);
        program.Log.ToString().ShouldContain("line ");
        program.Log.ToString().ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_verb_that_is_interrupted_while_a_server_keeps_it_waiting_ends_at_once_with_130()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        using var kubeconfig = new TemporaryFile($"""
            apiVersion: v1
            kind: Config
            current-context: it
            contexts:
            - name: it
              context:
                cluster: it
            clusters:
            - name: it
              cluster:
                server: http://{silent.LocalEndpoint}
            """);
        await using var program = ProgramRun.Start("crds", "apply", "--kubeconfig", kubeconfig.Path);
        using var asked = await silent.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await program.InterruptAsync();

        (await program.ExitAsync()).ShouldBe(130, program.Log.ToString());

        program.Log.ToString().ShouldNotContain("   at ");
    }

    [Fact]
    public async Task The_CRDs_are_served_when_crds_apply_returns()
    {
        await using var server = await SandboxServer.StartAsync(new SandboxOptions());
        using var kubeconfig = new TemporaryFile();
        server.WriteKubeconfig(kubeconfig.Path);
        await using var program = ProgramRun.Start("crds", "apply", "--kubeconfig", kubeconfig.Path);

        (await program.ExitAsync()).ShouldBe(0, program.Log.ToString());

        await program.Log.LineAsync("customresourcedefinition/auditpolicies.comptroller.dev is served");
        using var client = KubeClient.Create(Comptroller.Sandbox.Try.TryIt.Access(server, server.AdminToken));
        (await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), CancellationToken.None)).Items.ShouldBeEmpty();
    }

    private static string HolderOf(System.Text.Json.Nodes.JsonObject? lease) => (string?)lease?["spec"]?["holderIdentity"] ?? "";
}
