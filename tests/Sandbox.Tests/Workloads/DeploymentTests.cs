using System.Text.Json.Nodes;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Tests.Controllers;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Sandbox.Tests.Workloads;

/// <summary>Deployments and their ReplicaSets; the test is the kubelet.</summary>
public sealed class DeploymentTests : IAsyncLifetime
{
    private readonly ManualClock _clock = new(new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero));
    private readonly Cluster _cluster;

    public DeploymentTests() => _cluster = new Cluster(_clock, new WorkloadOptions(), typeof(PodRunner));

    private ServedResource Deployments => _cluster.Kind("apps", "deployments");

    private ServedResource ReplicaSets => _cluster.Kind("apps", "replicasets");

    private ServedResource Pods => _cluster.Kind("", "pods");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Pods_are_made_by_a_ReplicaSet_of_the_template_and_counted()
    {
        Create(replicas: 2);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 2);
        var set = _cluster.All(ReplicaSets).ShouldHaveSingleItem();
        ((string)set["metadata"]!["name"]!).ShouldStartWith("web-");
        var pod = _cluster.All(Pods)[0];
        ((string)pod["metadata"]!["ownerReferences"]![0]!["kind"]!).ShouldBe("ReplicaSet");
        ((string)pod["metadata"]!["labels"]!["app"]!).ShouldBe("web");
        Ready(_cluster.All(Pods));
        await _cluster.UntilAsync(() => (long?)Status["readyReplicas"] == 2);
        ((long)Status["replicas"]!).ShouldBe(2);
        ((long)Status["updatedReplicas"]!).ShouldBe(2);
        Status["unavailableReplicas"].ShouldBeNull();
    }

    [Fact]
    public async Task Fewer_are_deleted_and_none_are_left_of_a_Deployment_that_is_scaled_to_nothing()
    {
        Create(replicas: 3);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 3);
        Change(deployment => deployment["spec"]!["replicas"] = 1L);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count(pod => pod["metadata"]!["deletionTimestamp"] is null) == 1);
        Change(deployment => deployment["spec"]!["replicas"] = 0L);
        await _cluster.UntilAsync(() => _cluster.All(Pods).All(pod => pod["metadata"]!["deletionTimestamp"] is not null));
    }

    [Fact]
    public async Task Another_template_has_pods_once_those_of_the_old_one_are_gone()
    {
        Create(replicas: 1);
        await _cluster.UntilAsync(() => _cluster.All(Pods).Count == 1);
        var old = (string)_cluster.All(Pods)[0]["metadata"]!["uid"]!;
        Change(deployment => deployment["spec"]!["template"]!["metadata"]!["annotations"] = new JsonObject { ["again"] = "1" });
        await _cluster.UntilAsync(() => _cluster.All(Pods) is not [var pod] || pod["metadata"]!["deletionTimestamp"] is not null);
        foreach (var pod in _cluster.All(Pods).Where(pod => (string)pod["metadata"]!["uid"]! == old))
        {
            Writer.Change(Pods, Stored(Pods, (string)pod["metadata"]!["name"]!), "kubelet", "status", ended => PodStatus.Ended(ended, _clock, 143, started: null, ""));
        }

        await _cluster.UntilAsync(() => _cluster.All(Pods) is [var pod] && (string)pod["metadata"]!["uid"]! != old && (string?)pod["metadata"]!["annotations"]?["again"] == "1");
        _cluster.All(ReplicaSets).Count.ShouldBe(2);
    }

    private ObjectWriter Writer => new(_cluster.Store, _clock);

    private JsonNode Status => _cluster.Find(Deployments, "web")!["status"]!;

    private Comptroller.Sandbox.Storage.StoredObject Stored(ServedResource kind, string name) => _cluster.Store.Get(kind.Storage, "default", name).ShouldNotBeNull();

    private void Create(int replicas) => Writer.Create(
        Deployments,
        (JsonObject)JsonNode.Parse(
            $$$$$"""
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"},
             "spec": {"replicas": {{{{{replicas}}}}}, "selector": {"matchLabels": {"app": "web"}},
               "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "a"}]}}}}
            """)!,
        "test");

    private void Change(Action<JsonObject> change) => Writer.Change(Deployments, Stored(Deployments, "web"), "test", null, deployment =>
    {
        change(deployment);
        return true;
    });

    private void Ready(IEnumerable<JsonObject> pods)
    {
        foreach (var pod in pods)
        {
            Writer.Change(Pods, Stored(Pods, (string)pod["metadata"]!["name"]!), "kubelet", "status", PodStatusReady);
        }

        bool PodStatusReady(JsonObject pod) => PodStatus.Running(pod, _clock);
    }
}
