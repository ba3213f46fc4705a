using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Sandbox;
using Microsoft.Extensions.Logging.Abstractions;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Runs alone: it measures the memory of the process, the server's included.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
[Collection(nameof(SoakTests))]
public sealed class SoakTests
{
    private const int Warm = 500;
    private const int Reconnects = 3_000;
    private const long Allowed = 2 * 1024 * 1024;

    /// <summary>The 10 000 of the rule are run against a scripted server, without the cost of TLS; these are real in every part.</summary>
    [Fact]
    public async Task X6_thousands_of_reconnects_over_TLS_leave_memory_and_handles_flat()
    {
        await using var estate = await Estate.StartAsync(new SandboxOptions { HistoryLimit = 100 });
        using var metrics = new RuntimeMetrics();
        using var stop = new CancellationTokenSource();
        var seen = new SemaphoreSlim(0);
        var type = KubernetesTypes.MetadataOf(RenderedKinds.ConfigMaps);
        await PatchAsync(estate, 0);
        var informer = new Informer<PartialObjectMetadata>(
            estate.Admin, type, new InformerOptions<PartialObjectMetadata> { Namespaces = ["default"] }, new RuntimeContext(TimeProvider.System, NullLoggerFactory.Instance, metrics));
        var running = informer.RunAsync(stop.Token);
        await informer.Synced;
        informer.AddHandler(change => seen.Release(change.New?.Metadata.Labels?.ContainsKey("round") == true ? 1 : 0));

        await ReconnectAsync(Warm);
        var (memory, handles) = Measure();
        await ReconnectAsync(Reconnects);
        var after = Measure();

        (after.Memory - memory).ShouldBeLessThan(Allowed);
        (after.Handles - handles).ShouldBeLessThan(20);
        estate.Server.Requests.Count("WATCH", "configmaps").ShouldBeGreaterThanOrEqualTo(Warm + Reconnects);
        estate.Server.Requests.Count("LIST", "configmaps").ShouldBe(1);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);

        // Each watch brings one change before it is ended: one that brings nothing counts as a failure and is followed by a pause.
        async Task ReconnectAsync(int times)
        {
            for (var round = 0; round < times; round++)
            {
                await PatchAsync(estate, round);
                (await seen.WaitAsync(Estate.Patience)).ShouldBeTrue();
                estate.Server.Faults.DropWatchers();
            }
        }
    }

    private static Task<PartialObjectMetadata> PatchAsync(Estate estate, int round) => estate.Admin.ApplyAsync(
        KubernetesTypes.MetadataOf(RenderedKinds.ConfigMaps), "default", "soak",
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "soak", ["labels"] = new JsonObject { ["round"] = $"{round}" } },
        },
        new ApplyOptions("soak"), CancellationToken.None);

    private static (long Memory, int Handles) Measure()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var handles = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
        return (GC.GetTotalMemory(forceFullCollection: true), handles);
    }
}
