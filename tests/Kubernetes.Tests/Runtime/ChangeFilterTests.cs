using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Runtime;

/// <summary>Which changes start a run.</summary>
public sealed class ChangeFilterTests
{
    [Theory]
    [InlineData("nothing", false)]
    [InlineData("generation", true)]
    [InlineData("requestedAt", true)]
    [InlineData("forceAt", true)]
    [InlineData("deletion", true)]
    [InlineData("finalizers", true)]
    [InlineData("named label", true)]
    [InlineData("named annotation", true)]
    [InlineData("other label", false)]
    [InlineData("other annotation", false)]
    public void C7_a_run_is_wanted_for_what_the_controller_reads_and_not_for_its_own_status_writes(string change, bool wanted)
    {
        var old = Widget.Of("a", "1").Metadata;
        Dictionary<string, string> One(string key) => new() { [key] = "x" };
        var now = change switch
        {
            "generation" => old with { Generation = 2 },
            "requestedAt" => old with { Annotations = One("reconcile.fluxcd.io/requestedAt") },
            "forceAt" => old with { Annotations = One("reconcile.fluxcd.io/forceAt") },
            "deletion" => old with { DeletionTimestamp = DateTimeOffset.UnixEpoch },
            "finalizers" => old with { Finalizers = ["x/y"] },
            "named label" => old with { Labels = One("mine") },
            "named annotation" => old with { Annotations = One("mine") },
            "other label" => old with { Labels = One("theirs") },
            "other annotation" => old with { Annotations = One("theirs") },
            _ => old,
        };
        ChangeFilter.WantsRun(old, now with { ResourceVersion = "2" }, ["mine"], ["mine"]).ShouldBe(wanted);
    }
}
