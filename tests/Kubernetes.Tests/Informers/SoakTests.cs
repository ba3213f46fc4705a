using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Informers;

/// <summary>Runs alone: it measures the memory of the process.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
[Collection(nameof(SoakTests))]
public sealed class SoakTests
{
    private const int Warm = 1_000;
    private const int Reconnects = 10_000;
    private const long Allowed = 512 * 1024;

    [Fact]
    public async Task X6_ten_thousand_reconnects_leave_memory_timers_and_handles_flat()
    {
        using var context = new TestContext();
        using var stop = new CancellationTokenSource();
        var pause = new SemaphoreSlim(0);
        var server = new ScriptedKubeClient<Widget> { Afterwards = () => OneBookmark(pause) }.List("10", Widget.Of("a", "1"));
        var informer = new Informer<Widget>(server, Widget.Type, new InformerOptions<Widget>(), context.Runtime);
        var running = Task.Run(() => informer.RunAsync(stop.Token));
        pause.Release(Warm);
        await Settle.UntilAsync(() => server.WatchCount > Warm);
        var (memory, handles, timers) = Measure(context);
        pause.Release(Reconnects);
        await Settle.UntilAsync(() => server.WatchCount > Warm + Reconnects);
        var after = Measure(context);
        (after.Memory - memory).ShouldBeLessThan(Allowed);
        (after.Handles - handles).ShouldBeLessThan(20);
        after.Timers.ShouldBe(timers);
        server.Lists.Count.ShouldBe(1);
        await stop.CancelAsync();
        pause.Release(10);
        await Should.ThrowAsync<OperationCanceledException>(running.EndsAsync);
    }

    private static (long Memory, int Handles, int Timers) Measure(TestContext context)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var handles = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : 0;
        return (GC.GetTotalMemory(forceFullCollection: true), handles, context.Time.ArmedTimers);
    }

    private static async IAsyncEnumerable<WatchEvent<Widget>> OneBookmark(SemaphoreSlim pause)
    {
        await pause.WaitAsync();
        yield return new WatchEvent<Widget>(WatchEventType.Bookmark, null, new ObjectMeta { ResourceVersion = "11" });
    }
}
