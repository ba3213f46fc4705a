using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Verbs;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Try;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class CrdInstallationTests : IAsyncLifetime
{
    private const string Name = "auditpolicies.comptroller.dev";
    private static readonly string Manifest = CustomResourceDefinitions.Yaml.Select(file => file.Value).Single(text => text.Contains(Name, StringComparison.Ordinal));

    private readonly ManualTimeProvider time = new();
    private readonly LogCapture output = new();
    private SandboxServer server = null!;
    private KubeClient client = null!;

    public async Task InitializeAsync()
    {
        server = await SandboxServer.StartAsync(new SandboxOptions());
        client = KubeClient.Create(TryIt.Access(server, server.AdminToken));
    }

    public async Task DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
        await output.DisposeAsync();
    }

    [Fact]
    public async Task D2_the_kinds_are_served_when_it_ends_and_each_wait_is_announced()
    {
        // A server answers 404 for a while after it has said Established.
        server.Faults.FailNext(3, "^GET /apis/comptroller.dev/v1alpha1/auditpolicies", 404);
        var run = RunAsync();
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1);
        }

        await run;
        server.Faults.Pending.ShouldBe(0);
        (await client.ListAllAsync(ResourceTypes.AuditPolicies, null, new ListOptions(), CancellationToken.None)).Items.ShouldBeEmpty();
        output.ToString().ReplaceLineEndings("\n").ShouldEndWith($"""
            waiting for the server to serve {Name} in version v1alpha1
            customresourcedefinition/{Name} is served
            """.ReplaceLineEndings("\n"));
        output.ToString().ShouldStartWith($"customresourcedefinition/{Name} applied");
    }

    [Fact]
    public async Task D2_a_kind_whose_name_another_has_is_waited_for_and_given_up_with_the_server_s_reason()
    {
        var rival = (JsonObject)YamlReader.ReadFirst(Manifest).Root!;
        rival["metadata"]!["name"] = "rivals.comptroller.dev";
        rival["spec"]!["names"] = new JsonObject { ["plural"] = "rivals", ["singular"] = "rival", ["kind"] = "AuditPolicy", ["listKind"] = "RivalList" };
        await Manifests.ApplyAsync(client, [rival], CancellationToken.None);
        await Manifests.UntilServedAsync(client, [rival], CancellationToken.None);

        var run = RunAsync();
        await output.LineAsync($"waiting for the server to establish {Name}: NamesAccepted=False/KindConflict: \"AuditPolicy\" is already in use");
        time.Advance(CrdInstallation.Patience);

        var error = await Should.ThrowAsync<InvalidInputException>(() => run);
        error.Message.ShouldBe(
            $"{Name} is not Established after 60 s: NamesAccepted=False/KindConflict: \"AuditPolicy\" is already in use; look at: kubectl describe crd {Name}");
    }

    [Fact]
    public async Task D2_a_kind_that_is_established_and_not_served_is_given_up_as_such()
    {
        server.Faults.FailNext(10_000, "^GET /apis/comptroller.dev/v1alpha1/auditpolicies", 404);
        var run = RunAsync();
        await output.LineAsync("waiting for the server to serve");
        time.Advance(CrdInstallation.Patience);

        (await Should.ThrowAsync<InvalidInputException>(() => run)).Message.ShouldStartWith($"{Name} is Established, but the server does not serve {Name} in version v1alpha1 after 60 s");
    }

    private Task RunAsync()
    {
        var writer = new StreamWriter(output) { AutoFlush = true };
        return Task.Run(() => new CrdInstallation(client, time, writer).RunAsync([Manifest], CancellationToken.None));
    }
}
