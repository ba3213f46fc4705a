using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Comptroller.Drift.Store;

namespace Comptroller.Bench;

/// <summary>
/// Three watches on one PostgreSQL. First all three as they are, then while one after the other dies by SIGKILL and comes back; at the end
/// every drift is held against what was sent about its resource: each accepted alert counts once, each unanswered one at most once.
/// </summary>
internal sealed class DriftReplicasBench(string binary, int resources, int connections, TimeSpan length, TimeSpan killEvery)
{
    private const int Replicas = 3;
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private readonly DriftProcess?[] _watches = new DriftProcess?[Replicas];
    private readonly byte[][] _requests = new byte[resources][];
    private readonly int[] _accepted = new int[resources];
    private readonly int[] _unanswered = new int[resources];
    private int _next = -1;
    private long _sent;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var estate = new DriftEstate(resources);
            var state = Path.Combine(folder.FullName, "s.tfstate");
            await estate.WriteStateAsync(state, 0, cancellationToken);
            for (var number = 0; number < resources; number++)
            {
                _requests[number] = DriftSender.Request(estate.Alert(number, 0));
            }

            await using var postgres = await PrivatePostgres.StartAsync();
            await using var store = await DriftStore.OpenAsync(postgres.Address, cancellationToken);
            async Task StartAsync(int replica) => _watches[replica] = await DriftProcess.StartAsync(binary, folder.FullName, state, postgres.Address, cancellationToken);
            await Task.WhenAll(Enumerable.Range(0, Replicas).Select(StartAsync));
            var figures = new Figures($"drift-replicas: {Replicas} watches, {resources} resources, {connections} connections, one alert a request ({Machine.Describe()}, {Machine.Load})");
            try
            {
                await MeasureAsync("All three alive", figures, store, Task.CompletedTask, length / 4, cancellationToken);
                using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                var kills = 0;
                var killing = Task.Run(
                    async () =>
                    {
                        using var timer = new PeriodicTimer(killEvery);
                        try
                        {
                            while (await timer.WaitForNextTickAsync(end.Token))
                            {
                                // SIGKILL: it says nothing to anybody.
                                var replica = kills++ % Replicas;
                                var dead = _watches[replica]!;
                                _watches[replica] = null;
                                await dead.DisposeAsync();
                                await StartAsync(replica);
                            }
                        }
                        catch (OperationCanceledException) when (end.IsCancellationRequested)
                        {
                        }
                    },
                    cancellationToken);
                await MeasureAsync($"One killed every {killEvery.TotalSeconds:0} s", figures, store, Task.Run(async () => { await Task.Delay(length, cancellationToken); await end.CancelAsync(); await killing; }, cancellationToken), length, cancellationToken);
                figures.Add("Killed", kills.ToString(Invariant));
            }
            finally
            {
                foreach (var watch in _watches.OfType<DriftProcess>())
                {
                    await watch.DisposeAsync();
                }
            }

            var (lost, doubled, missing) = await HoldAgainstAsync(store, cancellationToken);
            figures.Add("Lost", (lost + missing).ToString(Invariant), "alerts that were accepted and are not counted");
            figures.Add("Doubled", doubled.ToString(Invariant), $"counted more often than sent; {_unanswered.Sum()} were sent and never answered, and may count");
            figures.Print();
            return lost + doubled + missing == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private async Task MeasureAsync(string name, Figures figures, DriftStore store, Task until, TimeSpan least, CancellationToken cancellationToken)
    {
        var before = _accepted.Sum(each => (long)each);
        var time = Stopwatch.StartNew();
        await Task.WhenAll([until, .. Enumerable.Range(0, connections).Select(sender => Task.Run(() => SendAsync(sender, () => time.Elapsed < least, cancellationToken), cancellationToken))]);
        var sent = time.Elapsed.TotalSeconds;
        var accepted = _accepted.Sum(each => (long)each) - before;
        while (await store.CountWaitingAsync(cancellationToken) > 0)
        {
            if (time.Elapsed.TotalSeconds - sent > Patience.TotalSeconds)
            {
                throw new TimeoutException($"{await store.CountWaitingAsync(cancellationToken)} bodies are not judged after {Patience.TotalSeconds:0} s");
            }

            await Task.Delay(20, cancellationToken);
        }

        figures.Add($"{name}: alerts/s accepted", (accepted / sent).ToString("0", Invariant), "in PostgreSQL, synced");
        figures.Add($"{name}: alerts/s judged", (accepted / time.Elapsed.TotalSeconds).ToString("0", Invariant), $"until nothing waits any more; {Machine.Load}");
    }

    private async Task SendAsync(int sender, Func<bool> goesOn, CancellationToken cancellationToken)
    {
        var answer = new byte[4096];
        for (var attempt = sender; goesOn(); attempt++)
        {
            if (_watches[attempt % Replicas] is not { } watch)
            {
                await Task.Delay(5, cancellationToken);
                continue;
            }

            // The connection stays until the replica goes.
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            silence.CancelAfter(Silence);
            var sent = -1;
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, watch.Port), silence.Token);
                while (goesOn())
                {
                    silence.CancelAfter(Silence);
                    var number = Interlocked.Increment(ref _next) % resources;
                    sent = number;
                    // A request is another's own copy: with fewer resources than connections two may send about one at a time.
                    var request = _requests[number].ToArray();
                    DriftSender.Renew(request, ref _sent);
                    await socket.SendAsync(request, silence.Token);
                    var read = await socket.ReceiveAsync(answer, silence.Token);
                    if (!answer.AsSpan(0, read).StartsWith("HTTP/1.1 "u8))
                    {
                        throw new IOException("the replica has gone");
                    }

                    sent = -1;
                    if (answer.AsSpan(9, 3).SequenceEqual("202"u8))
                    {
                        Interlocked.Increment(ref _accepted[number]);
                    }
                    else
                    {
                        await Task.Delay(50, cancellationToken);
                    }
                }
            }
            catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (sent >= 0)
                {
                    // Nobody can know whether it was written.
                    Interlocked.Increment(ref _unanswered[sent]);
                }
            }
        }
    }

    private async Task<(long Lost, long Doubled, long Missing)> HoldAgainstAsync(DriftStore store, CancellationToken cancellationToken)
    {
        var (lost, doubled, seen) = (0L, 0L, new HashSet<int>());
        long? before = null;
        do
        {
            var page = await store.ListAsync(new DriftQuery { Before = before, Most = 1000 }, cancellationToken);
            before = page.Next;
            foreach (var drift in page.Drifts)
            {
                // module.team_7.aws_instance.r4507
                var number = int.Parse(drift.Address.AsSpan(drift.Address.LastIndexOf('r') + 1), Invariant);
                doubled += seen.Add(number) ? 0 : drift.Occurrences;
                lost += Math.Max(0, _accepted[number] - drift.Occurrences);
                doubled += Math.Max(0, drift.Occurrences - _accepted[number] - _unanswered[number]);
            }
        }
        while (before is not null);
        return (lost, doubled, Enumerable.Range(0, resources).Where(number => !seen.Contains(number)).Sum(number => (long)_accepted[number]));
    }
}
