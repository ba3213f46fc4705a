using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Comptroller.Drift.Store;
using Comptroller.Operator.Tests.Verbs.Falcon;
using Microsoft.Data.Sqlite;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>A watch that ends while it works, and a disk that is full under one: senders are told to come back, nothing that was accepted is lost, and it heals.</summary>
public sealed class DriftStoreFailureTests : IDisposable
{
    private const int Instances = 2000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
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

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task What_was_accepted_under_load_is_there_once_however_the_watch_ends_and_whether_or_not_it_had_a_state(bool isKilled, bool hasState)
    {
        const int Enough = 60;
        const int Most = 800;
        var (store, state) = (Path.Combine(_folder, "d.sqlite"), Path.Combine(_folder, "s.tfstate"));
        if (!hasState)
        {
            File.Delete(state);
        }

        var (accepted, unknown) = (new ConcurrentDictionary<int, bool>(), new ConcurrentDictionary<int, bool>());
        await using (var watch = await DriftProcess.StartAsync(_folder, store, hasState: hasState))
        {
            var (next, enough) = (-1, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            var senders = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                while (Interlocked.Increment(ref next) is var instance && instance < Most)
                {
                    try
                    {
                        using var answer = await watch.SendAsync(instance, CancellationToken.None);
                        (answer.StatusCode == HttpStatusCode.Accepted ? accepted : unknown).TryAdd(instance, true);
                    }
                    catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
                    {
                        // It ended with the request: whether that was written nobody knows.
                        unknown.TryAdd(instance, true);
                        return;
                    }

                    if (accepted.Count >= Enough)
                    {
                        enough.TrySetResult();
                    }
                }
            })).ToList();
            await enough.Task.WaitAsync(Patience);
            if (isKilled)
            {
                watch.Run.Kill();
            }
            else
            {
                await watch.Run.TerminateAsync();
            }

            await Task.WhenAll(senders).WaitAsync(Patience);
            await watch.Run.ExitAsync().WaitAsync(Patience);
        }

        DriftProcess.WriteState(state, Instances);
        await using (var watch = await DriftProcess.StartAsync(_folder, store))
        {
            await watch.UntilJudgedAsync(accepted.Keys);
            await watch.Run.TerminateAsync();
            (await watch.Run.ExitAsync().WaitAsync(Patience)).ShouldBe(0);
        }

        await using (var connection = new SqliteConnection($"Data Source={store};Pooling=false"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA integrity_check";
            (await command.ExecuteScalarAsync()).ShouldBe("ok");
        }

        await using var opened = await DriftStore.OpenAsync(store, CancellationToken.None);
        var drifts = await DriftProcess.DriftsAsync(opened);
        drifts.ShouldAllBe(drift => drift.Occurrences == 1);
        var kept = drifts.Select(DriftProcess.Instance).ToHashSet();
        accepted.Keys.Except(kept).ShouldBeEmpty("what was accepted is there");
        kept.Except(accepted.Keys).Except(unknown.Keys).ShouldBeEmpty("and nothing that was not sent");
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
