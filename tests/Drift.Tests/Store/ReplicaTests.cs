using System.Collections.Concurrent;
using System.Text;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;
using Comptroller.Falcon.Tests.Store;

namespace Comptroller.Drift.Tests.Store;

public sealed class ReplicaTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Instances = 400;
    private const int Rounds = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [PostgresFact]
    public async Task Of_three_replicas_that_die_over_and_over_nothing_is_lost_and_nothing_is_doubled()
    {
        var address = server.Url(await server.NewDatabaseAsync());
        var state = await Given.State([.. Enumerable.Range(0, Instances).Select(number => Given.Resource("aws_instance", $"web{number}", $$"""{"id":"i-{{number}}","instance_type":"t3.micro"}"""))]);
        using var figures = new WatchFigures();
        await using var store = await DriftStore.OpenAsync(address, CancellationToken.None);
        // A body that was claimed by one that then died, and never came back. Before the others start: one of them might be quicker.
        await store.AppendAsync([Alert(0)], Given.Now, CancellationToken.None);
        (await store.ClaimAsync("dead", 1, TimeSpan.FromMilliseconds(300), Given.Now, CancellationToken.None)).ShouldHaveSingleItem();
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Replica.StartAsync(address, state, figures)));
        using var patience = new CancellationTokenSource(Patience);
        // One dies in the middle of its work, without a word to anybody, and another takes its place.
        var killing = Task.Run(async () =>
        {
            for (var dead = 0; dead < 9; dead++)
            {
                await Task.Delay(100, patience.Token);
                var killed = replicas[dead % 3];
                replicas[dead % 3] = await Replica.StartAsync(address, state, figures);
                await killed.KillAsync();
            }
        });
        var (accepted, unanswered, next) = (0, 0, 0);
        var senders = Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var number && number <= Instances * Rounds)
            {
                for (var attempt = number; ; attempt++)
                {
                    patience.Token.ThrowIfCancellationRequested();
                    var replica = replicas[attempt % 3];
                    try
                    {
                        if ((await replica.Intake.PostAsync(Alert(number % Instances), replica.Dead)).Result == IntakeResult.Accepted)
                        {
                            Interlocked.Increment(ref accepted);
                            break;
                        }
                    }
                    catch (OperationCanceledException) when (replica.Dead.IsCancellationRequested)
                    {
                        // It died with the request; the sender cannot know whether it was written, and asks another.
                        Interlocked.Increment(ref unanswered);
                    }
                }
            }
        }));
        await Task.WhenAll([killing, .. senders]).WaitAsync(Patience);
        while (await store.CountWaitingAsync(patience.Token) > 0)
        {
            await Task.Delay(50, patience.Token);
        }

        foreach (var replica in replicas)
        {
            await replica.KillAsync();
        }

        accepted.ShouldBe(Instances * Rounds);
        (await store.CountsAsync(CancellationToken.None)).Sum(count => count.Count).ShouldBe(Instances, "one record for each resource, attribute and kind");
        var drifts = new List<DriftRecord>();
        for (long? before = null; drifts.Count == 0 || before is not null;)
        {
            var page = await store.ListAsync(new DriftQuery { Before = before, Most = 500 }, CancellationToken.None);
            drifts.AddRange(page.Drifts);
            before = page.Next;
        }

        drifts.Select(drift => drift.ResourceId).Distinct().Count().ShouldBe(Instances);
        // What was answered for is counted exactly once; of the requests that nobody answered each may count or not.
        drifts.Sum(drift => drift.Occurrences).ShouldBeInRange(accepted + 1, accepted + 1 + unanswered);
        (await store.ChangesAsync(0, 10_000, CancellationToken.None)).Count(change => change.Name == "detected").ShouldBe(Instances);
    }

    private static ReadOnlyMemory<byte> Alert(int instance) =>
        Encoding.UTF8.GetBytes(Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-{{instance}}","ct.request.instancetype":"t3.large","ct.user":"eve"}"""));

    /// <summary>A replica in this process. Killed, it loses its connections in the middle of whatever it does, and what it had in memory.</summary>
    private sealed class Replica(DriftStore store, EventIntake intake, CancellationTokenSource stop, Task running)
    {
        private readonly CancellationTokenSource _dead = new();

        private static readonly ConcurrentBag<Exception> Ends = [];

        public EventIntake Intake => intake;

        /// <summary>Ends its connections, as they end when a process dies: a sender that waited for an answer from the dead instead spent the time of the test.</summary>
        public CancellationToken Dead => _dead.Token;

        public static async Task<Replica> StartAsync(string address, StateIndex state, WatchFigures figures)
        {
            var store = await DriftStore.OpenAsync(address, CancellationToken.None);
            var intake = new EventIntake(store, figures, RuleBook.Default, TimeSpan.Zero, 256, TimeProvider.System) { Lease = TimeSpan.FromSeconds(1) };
            intake.Use(state, new Dictionary<string, long>(StringComparer.Ordinal));
            var stop = new CancellationTokenSource();
            return new Replica(store, intake, stop, Task.Run(() => intake.RunAsync(stop.Token)));
        }

        public async Task KillAsync()
        {
            await store.DisposeAsync();
            await stop.CancelAsync();
            await _dead.CancelAsync();
            try
            {
                await running.WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (Exception e) when (e is not TimeoutException)
            {
                // However it ends.
                Ends.Add(e);
            }
        }
    }
}
