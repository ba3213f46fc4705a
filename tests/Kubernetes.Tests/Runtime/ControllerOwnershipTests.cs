using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>Runs that other objects start.</summary>
public sealed class ControllerOwnershipTests : ControllerScene
{
    [Fact]
    public async Task C6_a_change_of_an_owned_object_runs_its_controlling_owner_and_one_that_loses_its_owner_runs_the_old_one()
    {
        var configs = new Informer<PartialObjectMetadata>(
            new ScriptedKubeClient<PartialObjectMetadata>(), KubernetesTypes.MetadataOf(Widget.Configs), new InformerOptions<PartialObjectMetadata>(), Context.Runtime);
        Start(build: each => each.Owns(configs));
        Set(Widget.Of("a", "1"));
        Set(Widget.Of("b", "2", uid: "u2"));
        await RunsAsync(2);
        var child = Child("c", "10", Owner("a", "tests.example.dev/v9"));
        Deliver(configs, WatchEventType.Added, child);
        await RunsAsync(3);
        Runs.Last().Metadata.Name.ShouldBe("a", "the version of the owner reference does not matter");
        Deliver(configs, WatchEventType.Modified, Child("c", "11", Owner("b", "tests.example.dev/v1")));
        await RunsAsync(5);
        Runs.TakeLast(2).Select(run => run.Metadata.Name).Order().ShouldBe(["a", "b"]);
        Deliver(configs, WatchEventType.Modified, Child("c", "12", Owner("b", "other.example.dev/v1")));
        await RunsAsync(6);
        Deliver(configs, WatchEventType.Deleted, Child("c", "13", Owner("b", "other.example.dev/v1")));
        await Settle.BrieflyAsync();
        Runs.Count.ShouldBe(6, "another group's kind of the same name is not ours");
    }

    [Fact]
    public async Task C6_a_watched_object_runs_what_its_old_and_its_new_state_point_at()
    {
        var others = new Informer<Widget>(new ScriptedKubeClient<Widget>(), Widget.Type, new InformerOptions<Widget>(), Context.Runtime);
        Start(build: each => each.Watches(others, other => [new ObjectKey("default", $"w{other.Spec!.Size}")]));
        Set(Widget.Of("w1", "1"));
        Set(Widget.Of("w2", "2", uid: "u2"));
        await RunsAsync(2);
        Deliver(others, WatchEventType.Added, Widget.Of("o", "5", size: 1));
        await RunsAsync(3);
        Deliver(others, WatchEventType.Modified, Widget.Of("o", "6", size: 2));
        await RunsAsync(5);
        Runs.Select(run => run.Metadata.Name).Count(name => name == "w1").ShouldBe(3);
    }

    [Fact]
    public async Task A_kind_whose_crd_comes_late_runs_every_resource_once_its_cache_fills()
    {
        var late = new Informer<PartialObjectMetadata>(
            new ScriptedKubeClient<PartialObjectMetadata>(), KubernetesTypes.MetadataOf(Widget.Configs),
            new InformerOptions<PartialObjectMetadata> { Required = false }, Context.Runtime);
        Start(build: each => each.Owns(late));
        Set(Widget.Of("a", "1"));
        await RunsAsync(1);
        ((IReflectorSink<PartialObjectMetadata>)late).Replace(null, new ObjectPage<PartialObjectMetadata>([], "9", null));
        await RunsAsync(2);
    }

    private static OwnerReference Owner(string name, string apiVersion) =>
        new() { ApiVersion = apiVersion, Kind = "Widget", Name = name, Uid = "u", Controller = true };

    private static PartialObjectMetadata Child(string name, string version, OwnerReference owner) =>
        new() { Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = "c", ResourceVersion = version, OwnerReferences = [owner] } };
}
