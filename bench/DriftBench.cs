using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Comptroller.Bench;

/// <summary>A watch as a process of its own: alerts accepted durably and judged, how long each waits, start, memory and queries with a large state.</summary>
internal sealed class DriftBench(string binary, int resources, int connections, TimeSpan length)
{
    private const int Distinct = 40_000;
    private const int Together = 50;
    private const int Queries = 300;
    private static readonly TimeSpan Filling = TimeSpan.FromSeconds(30);
    // The watch gives memory back when nothing has come for five to ten seconds.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Asking = TimeSpan.FromSeconds(3);
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var estate = new DriftEstate(resources);
            var state = Path.Combine(folder.FullName, "s.tfstate");
            await estate.WriteStateAsync(state, 0, cancellationToken);
            var (alone, lists) = (new DriftSender(estate, Math.Min(Distinct, resources), 1), new DriftSender(estate, Math.Min(Distinct, resources), Together));
            await using var watch = await DriftProcess.StartAsync(binary, folder.FullName, state, Path.Combine(folder.FullName, "d.sqlite"), cancellationToken);
            var figures = new Figures($"drift: {resources} resources ({new FileInfo(state).Length / 1e6:0} MB), {alone.Bytes / alone.Requests} bytes an alert, {connections} connections kept open ({Machine.Describe()}, {Machine.Load})");
            figures.Add("Start to judging, s", watch.Ready.TotalSeconds.ToString("0.00", Invariant), $"{new FileInfo(binary).Name}; the replaced tool: 0.4 s");
            figures.Add("Resident after start, MiB", watch.Process.ResidentMiB.ToString("0", Invariant), $"peak {watch.Process.PeakResidentMiB:0}; the replaced tool: 88 MiB");
            // Every one drifts once: the store holds as many drifts as it will.
            var first = await lists.SendAsync(watch, connections, lists.Requests, Filling, null, cancellationToken);
            figures.Add($"{first.Alerts} new drifts, {Together} a request: alerts/s", first.PerSecond.ToString("0", Invariant), first.Note);
            figures.Add($"Resident as {first.Alerts} drifts have come, MiB", watch.Process.ResidentMiB.ToString("0", Invariant), $"peak {watch.Process.PeakResidentMiB:0}");
            await Task.Delay(Settling, cancellationToken);
            figures.Add($"Resident {Settling.TotalSeconds:0} s later, MiB", watch.Process.ResidentMiB.ToString("0", Invariant), "the replaced tool: 533 MiB");
            await QueriesAsync(figures, watch.Port, cancellationToken);
            await alone.SendAsync(watch, connections, int.MaxValue, length / 3, null, cancellationToken);
            var single = await alone.SendAsync(watch, connections, int.MaxValue, length, null, cancellationToken);
            figures.Add("One alert a request, all that is answered: alerts/s", single.PerSecond.ToString("0", Invariant), single.Note + "; the replaced tool: 2 378/s, in memory");
            var paced = await alone.SendAsync(watch, connections, int.MaxValue, length, single.PerSecond * 0.6, cancellationToken);
            figures.Add("One alert a request, at 60 % of that: alerts/s", paced.PerSecond.ToString("0", Invariant), paced.Note);
            var many = await lists.SendAsync(watch, connections, int.MaxValue, length, null, cancellationToken);
            figures.Add($"{Together} alerts a request, all that is answered: alerts/s", many.PerSecond.ToString("0", Invariant), many.Note);
            var steady = await lists.SendAsync(watch, connections, int.MaxValue, length, many.PerSecond / Together * 0.6, cancellationToken);
            figures.Add($"{Together} alerts a request, at 60 % of that: alerts/s", steady.PerSecond.ToString("0", Invariant), steady.Note);
            figures.Add("Resident at the end, MiB", watch.Process.ResidentMiB.ToString("0", Invariant), $"peak {watch.Process.PeakResidentMiB:0}");
            figures.Add("Store, MB", (folder.EnumerateFiles("d.sqlite*").Sum(file => file.Length) / 1e6).ToString("0.0", Invariant), Machine.Load);
            await watch.Process.StopAsync();
            figures.Add("Baseline: rows inserted alone into SQLite and synced, rows/s", Rows(folder.FullName).ToString("0", Invariant), "one plain table, a transaction each, write-ahead log, synchronous=FULL");
            figures.Add("Baseline: alerts appended to a file and synced, alerts/s", Appends(folder.FullName, estate).ToString("0", Invariant), "one fsync each");
            figures.Print();
            return single.Failures + many.Failures + first.Failures + paced.Failures + steady.Failures == 0 ? 0 : 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task QueriesAsync(Figures figures, int port, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        foreach (var (path, note) in (IEnumerable<(string, string)>)
            [("/api/v1/graph/nodes?limit=50", "the replaced tool: 460 ms"), ("/api/v1/drifts?limit=50", ""), ("/api/v1/drifts?limit=50&page=100", ""), ("/api/v1/drifts?limit=50&severity=critical", ""), ("/api/v1/stats", "the replaced tool: 474 ms")])
        {
            // The first one makes what is made when somebody asks.
            var first = await AskAsync(http, path, cancellationToken);
            var waits = new List<double>();
            for (var time = Stopwatch.StartNew(); waits.Count < Queries && time.Elapsed < Asking;)
            {
                waits.Add(await AskAsync(http, path, cancellationToken));
            }

            waits.Sort();
            figures.Add($"GET {path}, ms", waits[waits.Count / 2].ToString("0.00", Invariant), string.Create(Invariant, $"p99 {waits[(int)(waits.Count * 0.99)]:0.00} of {waits.Count}, the first {first:0.0}{(note.Length > 0 ? "; " : "")}{note}"));
        }
    }

    private static async Task<double> AskAsync(HttpClient http, string path, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Rows(string folder)
    {
        SQLitePCL.Batteries_V2.Init();
        using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "plain.sqlite")};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (number INTEGER PRIMARY KEY, text TEXT)";
        command.ExecuteNonQuery();
        command.CommandText = "INSERT INTO t (text) VALUES ('a row as short as any')";
        command.Prepare();
        return PerSecond(() => command.ExecuteNonQuery());
    }

    private static double Appends(string folder, DriftEstate estate)
    {
        using var file = new FileStream(Path.Combine(folder, "plain.log"), FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var alert = estate.Alert(0, 0);
        return PerSecond(() =>
        {
            file.Write(alert);
            file.Flush(flushToDisk: true);
        });
    }

    private static double PerSecond(Action work)
    {
        var (count, time) = (0, Stopwatch.StartNew());
        for (; time.Elapsed < TimeSpan.FromSeconds(2); count++)
        {
            work();
        }

        return count / time.Elapsed.TotalSeconds;
    }
}
