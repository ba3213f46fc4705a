using System.Net;
using Comptroller.Drift.Store;
using Comptroller.Falcon.Tests.Store;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Watches that share a PostgreSQL, as processes that die by SIGKILL in the middle of their work.</summary>
public sealed class DriftReplicaTests(PostgresServer server) : IClassFixture<PostgresServer>, IDisposable
{
    private const int Replicas = 3;
    private const int Instances = 300;
    private const int Alerts = 3000;
    private const int Kills = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-replicas-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [PostgresFact]
    public async Task Of_three_processes_that_are_killed_nothing_that_was_accepted_is_lost_or_doubled()
    {
        DriftProcess.WriteState(Path.Combine(_folder, "s.tfstate"), Instances);
        var address = server.Url(await server.NewDatabaseAsync());
        await using var store = await DriftStore.OpenAsync(address, CancellationToken.None);
        var watches = await Task.WhenAll(Enumerable.Range(0, Replicas).Select(_ => DriftProcess.StartAsync(_folder, address)));
        var (accepted, unanswered, next) = (new int[Instances], new int[Instances], -1);
        using var patience = new CancellationTokenSource(Patience);
        var sent = new SemaphoreSlim(0);
        try
        {
            // Each dies while alerts come in: the next when another part of them has been sent.
            var killing = Task.Run(async () =>
            {
                for (var kill = 0; kill < Kills; kill++)
                {
                    for (var alert = 0; alert < Alerts / (Kills + 1); alert++)
                    {
                        (await sent.WaitAsync(Patience, patience.Token)).ShouldBeTrue("alerts are still accepted");
                    }

                    var dead = watches[kill % Replicas];
                    dead.Run.Kill();
                    watches[kill % Replicas] = await DriftProcess.StartAsync(_folder, address);
                    await dead.DisposeAsync();
                }
            });
            await Task.WhenAll([killing, .. Enumerable.Range(0, 16).Select(sender => Task.Run(() => SendAsync(sender)))]).WaitAsync(Patience);
            while (await store.CountWaitingAsync(patience.Token) > 0)
            {
                // What a dead one had claimed is anybody's when its lease is over.
                await Task.Delay(50, patience.Token);
            }
        }
        finally
        {
            foreach (var watch in watches)
            {
                await watch.DisposeAsync();
            }
        }

        var drifts = await DriftProcess.DriftsAsync(store);
        drifts.Select(DriftProcess.Instance).Order().ShouldBe(Enumerable.Range(0, Instances), "one drift for each resource");
        foreach (var drift in drifts)
        {
            var instance = DriftProcess.Instance(drift);
            drift.Occurrences.ShouldBeInRange(accepted[instance], accepted[instance] + unanswered[instance], $"instance {instance}");
        }

        (await store.ChangesAsync(0, 10_000, CancellationToken.None)).Count(change => change.Name == "detected").ShouldBe(Instances);

        async Task SendAsync(int sender)
        {
            while (Interlocked.Increment(ref next) is var number && number < Alerts)
            {
                for (var attempt = sender; ; attempt++)
                {
                    try
                    {
                        using var answer = await watches[attempt % Replicas].SendAsync(number % Instances, patience.Token);
                        answer.StatusCode.ShouldBeOneOf(HttpStatusCode.Accepted, HttpStatusCode.ServiceUnavailable);
                        if (answer.StatusCode == HttpStatusCode.Accepted)
                        {
                            Interlocked.Increment(ref accepted[number % Instances]);
                            sent.Release();
                            break;
                        }
                    }
                    catch (HttpRequestException)
                    {
                        Interlocked.Increment(ref unanswered[number % Instances]);
                    }

                    await Task.Delay(10, patience.Token);
                }
            }
        }
    }
}
