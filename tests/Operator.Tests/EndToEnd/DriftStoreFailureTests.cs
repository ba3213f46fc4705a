using System.Globalization;
using System.Net;
using Comptroller.Drift.Store;
using Comptroller.Operator.Tests.Verbs.Falcon;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>A disk that is full under a watch: senders are told to come back, nothing that was accepted is lost, and it heals.</summary>
public sealed class DriftStoreFailureTests : IDisposable
{
    private const int Instances = 2000;
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-full-").FullName;

    public DriftStoreFailureTests() => DriftProcess.WriteState(Path.Combine(_folder, "s.tfstate"), Instances);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task What_was_accepted_before_the_disk_was_full_is_there_after_a_restart()
    {
        var store = Path.Combine(_folder, "d.sqlite");
        var accepted = new HashSet<int>();
        int refused;
        await using (var watch = await DriftProcess.StartAsync(_folder, store, largestFileKiB: 400))
        {
            refused = await UntilRefusedAsync(watch, accepted);
            watch.Run.Kill();
        }

        await using (var watch = await DriftProcess.StartAsync(_folder, store))
        {
            using var answer = await watch.SendAsync(refused, CancellationToken.None);
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, "there is room again");
            accepted.Add(refused);
            await watch.Run.TerminateAsync();
            (await watch.Run.ExitAsync()).ShouldBe(0);
        }

        await ShouldHoldAsync(store, accepted);
    }

    [SmallDiskTheory]
    [InlineData(64)]
    public async Task A_watch_whose_disk_is_full_goes_on_when_there_is_room_again(int kibibytes)
    {
        var mount = Path.Combine(_folder, "disk");
        await using var disk = await SmallDisk.MountAsync(mount, 4096);
        var (store, accepted) = (Path.Combine(mount, "d.sqlite"), new HashSet<int>());
        await using (var watch = await DriftProcess.StartAsync(_folder, store))
        {
            await disk.LeaveAsync(kibibytes);
            var refused = await UntilRefusedAsync(watch, accepted);
            await disk.LeaveAsync(4096);
            using var answer = await watch.SendAsync(refused, CancellationToken.None);
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted, "the same process writes again");
            accepted.Add(refused);
            await watch.Run.TerminateAsync();
            (await watch.Run.ExitAsync()).ShouldBe(0);
        }

        await ShouldHoldAsync(store, accepted);
    }

    private static async Task<int> UntilRefusedAsync(DriftProcess watch, HashSet<int> accepted)
    {
        for (var instance = 0; instance < Instances; instance++)
        {
            using var answer = await watch.SendAsync(instance, CancellationToken.None);
            if (answer.StatusCode != HttpStatusCode.Accepted)
            {
                answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                int.Parse(answer.Headers.GetValues("Retry-After").Single(), NumberStyles.None, CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
                return instance;
            }

            accepted.Add(instance);
        }

        throw new InvalidOperationException("the disk was never full");
    }

    private static async Task ShouldHoldAsync(string path, HashSet<int> accepted)
    {
        await using var store = await DriftStore.OpenAsync(path, CancellationToken.None);
        var drifts = await DriftProcess.DriftsAsync(store);
        drifts.Select(DriftProcess.Instance).Order().ShouldBe(accepted.Order());
        drifts.ShouldAllBe(drift => drift.Occurrences == 1);
    }
}
