using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.AuditPolicies.Delivery;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The operator asks a VictoriaLogs over HTTP and the API server for its pods, and tells what it found.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public async Task Delivery_is_told_and_a_restart_finds_nothing_to_write()
    {
        await using var logs = await FakeVictoriaLogs.StartAsync();
        logs.Events = cluster => cluster == "loud" ? 900 : 0;
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync(options => options with { AllowLoopback = true });
        await estate.ApplyAsync("default", "loud", Spec(logs.Endpoint, "loud", "{retentionDays: 30}"));
        await estate.ApplyAsync("default", "quiet", Spec(logs.Endpoint, "quiet", "{retentionDays: 365}"));

        var loud = await estate.UntilAsync("default", "loud", "Delivering=True/Arriving");
        loud.Says("Ready=True/Succeeded").ShouldBeTrue();
        loud.Says("Retained=True/LongEnough").ShouldBeTrue();
        loud.Condition("Delivering")!.Message.ShouldContain("less than a minute old, 1 to 10 a second");
        var quiet = await estate.UntilAsync("default", "quiet", "Delivering=False/Silent");
        quiet.Says("Ready=True/Succeeded").ShouldBeTrue("nothing is wrong with what was rendered");
        quiet.Says("Retained=False/TooShort").ShouldBeTrue();
        quiet.Said().ShouldNotContain("Applied=True");

        await run.UntilIdleAsync(4);
        (await run.StopAsync()).ShouldBe(0);
        var (writes, queries) = (estate.Writes(), logs.Queries);
        var second = await estate.OperateAsync(options => options with { AllowLoopback = true });
        // Each resource runs once at the start and once when its answer is there.
        await second.UntilIdleAsync(4);
        logs.Queries.ShouldBe(queries + 3);
        estate.Writes().ShouldBe(writes);

        await estate.ApplyAsync("default", "loud", Specs.Sound);
        var silenced = await estate.UntilAsync(Crds.ResourceTypes.AuditPolicies, "default", "loud", item => item is not null && item.IsObserved() && item.Condition("Delivering") is null);
        silenced!.Said().ShouldNotContain("Retained");
    }

    [Fact]
    public async Task A_server_that_wants_credentials_is_unknown_and_not_silent()
    {
        await using var logs = await FakeVictoriaLogs.StartAsync();
        logs.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 401, "who are you");
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync(options => options with { AllowLoopback = true });
        await estate.ApplyAsync("default", "policy", Spec(logs.Endpoint, "infra", "{}"));

        var policy = await estate.UntilAsync("default", "policy", "Delivering=Unknown/Denied");
        policy.Condition("Delivering")!.Message.ShouldContain("--delivery-credentials");
        policy.ToJsonString().ShouldNotContain("who are you");
    }

    [Fact]
    public async Task The_operators_own_pod_is_not_asked_unless_for_trials()
    {
        await using var logs = await FakeVictoriaLogs.StartAsync();
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync();
        await estate.ApplyAsync("default", "policy", Spec(logs.Endpoint, "infra", "{}"));

        await estate.UntilAsync("default", "policy", "Delivering=Unknown/CannotAsk");
        logs.Server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_API_servers_pods_are_compared_when_that_is_permitted()
    {
        await using var logs = await FakeVictoriaLogs.StartAsync();
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync(options => options with { AllowLoopback = true });
        await estate.ApplyAsync("default", "policy", Spec(logs.Endpoint, "infra", "{checkApiServer: true}"));
        var policy = await estate.UntilAsync("default", "policy", "Applied=Unknown/NotPermitted");
        policy.Says("Ready=True/Succeeded").ShouldBeTrue("a permission that was not given is no failure");
        var hash = (string)policy["status"]!["policyHash"]!;

        await using var permitted = await Estate.StartAsync();
        foreach (var document in YamlReader.ReadAll(await File.ReadAllTextAsync(Repository.PathOf("deploy", "api-server-check", "role.yaml"))))
        {
            await permitted.ApplyAsync((JsonObject)document.Root!.DeepClone());
        }

        await permitted.ApplyAsync(ApiServer("one", $"policy-{hash[..12]}.yaml"));
        await permitted.OperateAsync(options => options with { AllowLoopback = true });
        await permitted.ApplyAsync("default", "policy", Spec(logs.Endpoint, "infra", "{checkApiServer: true}"));
        await permitted.UntilAsync("default", "policy", "Applied=True/HashMatches");
    }

    [Fact]
    public async Task Events_that_another_policy_wrote_are_told()
    {
        await using var logs = await FakeVictoriaLogs.StartAsync();
        logs.Sample = ["""{"level":"RequestResponse","stage":"ResponseComplete","verb":"get","_msg":"/api/v1/pods","user.username":"jane","user.groups":"[]"}"""];
        await using var estate = await Estate.StartAsync();
        await estate.OperateAsync(options => options with { AllowLoopback = true });
        await estate.ApplyAsync("default", "policy", Spec(logs.Endpoint, "infra", "{compareEvents: true}"));

        var policy = await estate.UntilAsync("default", "policy", "Applied=False/EventsDiffer");
        policy.Says("Ready=True/Succeeded").ShouldBeTrue("nothing is wrong with what was rendered");
        policy.Condition("Applied")!.Message.ShouldContain("at RequestResponse instead of");
    }

    private static string Spec(Uri endpoint, string cluster, string delivery) =>
        Specs.Sound.Replace("http://logs.example:9428", endpoint.ToString().TrimEnd('/'), StringComparison.Ordinal).Replace("cluster: test", $"cluster: {cluster}", StringComparison.Ordinal)
        + $"\ninterval: 1h\ndelivery: {delivery}";

    private static JsonObject ApiServer(string node, string policyFile) => (JsonObject)JsonNode.Parse(
        $$"""
        {
          "apiVersion": "v1", "kind": "Pod",
          "metadata": {"name": "kube-apiserver-{{node}}", "namespace": "kube-system", "labels": {"tier": "control-plane"} },
          "spec": {"containers": [{"name": "kube-apiserver", "image": "example/kube-apiserver", "command": [
            "kube-apiserver", "--audit-policy-file=/etc/kubernetes/audit/{{policyFile}}", "--audit-log-path=/var/log/audit/kube/kube-apiserver.log"]}] }
        }
        """)!;
}
