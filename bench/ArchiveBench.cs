using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Microsoft.Win32.SafeHandles;

namespace Comptroller.Bench;

/// <summary>The audit log store in this process: durable appends beside a loop that only writes and syncs, queries of a long log, memory and ratio.</summary>
internal sealed partial class ArchiveBench(int events, string? keep)
{
    private const int Appended = 60_000;
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Many in flight make large batches: what is measured of such a log comes after.
    private static readonly LogOptions Filling = LogOptions.Default with { Tuning = Tuning.Profiles["storage-optimized"] with { CompressionLevel = 6, CacheSize = 128 }, QueueCapacity = 4000, Retention = null };

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var figures = new Figures($"archive: appends, and queries of {events} events ({Machine.Describe()}, {Machine.Load})");
            await ResidentAsync(figures, folder.FullName, cancellationToken);
            var plain = AppendPlain(folder.FullName);
            figures.Add("Baseline: lines/s written and synced by fdatasync, one after the other", Text(plain), "the disk's own pace");
            foreach (var writers in new[] { 1, 20, 200 })
            {
                await AppendAsync(figures, folder.FullName, writers, plain, cancellationToken);
            }

            await QueryAsync(figures, keep ?? Path.Combine(folder.FullName, "query"), cancellationToken);
            figures.Print();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Makes a log to be measured later, on a machine that does something else meanwhile.</summary>
    public static async Task<int> FillAsync(string folder, int events, CancellationToken cancellationToken)
    {
        await using var log = await AuditLog.OpenAsync(Path.Combine(folder, "audit.log"), Filling, TimeProvider.System, cancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range((int)log.LastSeq, events - (int)log.LastSeq), new ParallelOptions { MaxDegreeOfParallelism = 2000, CancellationToken = cancellationToken }, async (i, cancel) =>
            await log.AppendAsync(Event(i), cancel));
        return 0;
    }

    private static double AppendPlain(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, "plain"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var (line, watch, count) = (new byte[300], Stopwatch.StartNew(), 0);
        for (; watch.ElapsedMilliseconds < 3000; count++)
        {
            file.Write(line);
            if (SyncData(file.SafeFileHandle) != 0)
            {
                throw new IOException($"fdatasync: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task AppendAsync(Figures figures, string folder, int writers, double plain, CancellationToken cancellationToken)
    {
        var count = writers == 1 ? Appended / 6 : writers == 20 ? Appended * 2 : Appended * 5;
        await using var log = await AuditLog.OpenAsync(Path.Combine(folder, $"append-{writers}", "audit.log"), LogOptions.Default with { Tuning = Tuning.Profiles["production"] }, TimeProvider.System, cancellationToken);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = writer; i < count; i += writers)
            {
                await log.AppendAsync(Event(i), cancellationToken);
            }
        }, cancellationToken)));
        var rate = count / watch.Elapsed.TotalSeconds;
        figures.Add($"Durable events/s, {writers} writer{(writers == 1 ? "" : "s")}", Text(rate), $"{Ratio(rate / plain)} of the baseline; each on the disk before it is acknowledged");
    }

    private static async Task ResidentAsync(Figures figures, string folder, CancellationToken cancellationToken)
    {
        var before = Resident();
        await using var log = await AuditLog.OpenAsync(Path.Combine(folder, "resident", "audit.log"), LogOptions.Default, TimeProvider.System, cancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range(0, 10_000), new ParallelOptions { MaxDegreeOfParallelism = 20, CancellationToken = cancellationToken }, async (i, cancel) => await log.AppendAsync(Event(i), cancel));
        _ = log.Find(new LogQuery { Limit = 100 }, cancellationToken);
        figures.Add("Resident memory with 10 000 events in the log, MiB", Text(Resident()), $"{Text(before)} before the log was opened: the runtime and the bench");
    }

    private async Task QueryAsync(Figures figures, string folder, CancellationToken cancellationToken)
    {
        await FillAsync(folder, events, cancellationToken);
        var (text, stored) = (Directory.GetFiles(folder, "*.index.json").Sum(file => (long)JsonNode.Parse(File.ReadAllText(file))!["bytes"]!), Directory.GetFiles(folder, "*.log.gz").Sum(file => new FileInfo(file).Length));
        if (stored > 0)
        {
            figures.Add("Ratio of sealed segments, gzip 6 in members of 1 MiB", ((double)text / stored).ToString("0.00", Invariant), $"{text / 1e6:0} MB of generated events: 97 actors, 11 types, names, addresses, numbers of their own; claimed by the replaced system: 13.96 on a repeated phrase");
        }

        GC.Collect();
        var before = Resident();
        await using var log = await AuditLog.OpenAsync(Path.Combine(folder, "audit.log"), Filling, TimeProvider.System, cancellationToken);
        var (first, _) = Timed(() => log.Find(new LogQuery { Resource = "pods/none", Limit = 10 }, cancellationToken));
        figures.Add($"First query of {events} events, ms", Milliseconds(first), "reads the indexes of all segments, and compiles the code");
        var middle = Begin.AddSeconds(events / 2);
        (string, Func<int, LogQuery>)[] queries =
        [
            ("a resource that one event has", i => new LogQuery { Resource = $"pods/p-{(events / 7 * (i + 1)) % events}", Limit = 10 }),
            ("a resource that none has", i => new LogQuery { Resource = $"pods/none-{i}", Limit = 10 }),
            ("an hour in the middle", i => new LogQuery { Since = middle.AddHours(i), Until = middle.AddHours(i + 1), Limit = 10_000 }),
            ("an actor, 100", i => new LogQuery { Actor = $"system:serviceaccount:team-{i}:deployer", Limit = 100 }),
            ("an actor in an hour", i => new LogQuery { Actor = "system:serviceaccount:team-7:deployer", Since = middle.AddHours(i), Until = middle.AddHours(i + 1), Limit = 10_000 }),
            ("an action, 100", i => new LogQuery { EventType = "policy_updated", Since = middle.AddHours(i), Limit = 100 }),
            ("page 100 in the middle", i => new LogQuery { After = (events / 2) + (100 * i), Limit = 100 }),
        ];
        foreach (var (name, query) in queries)
        {
            var answers = Enumerable.Range(0, 5).Select(i => Timed(() => log.Find(query(i), cancellationToken))).ToList();
            var cached = Enumerable.Range(0, 5).Select(i => Timed(() => log.Find(query(i), cancellationToken))).ToList();
            var answer = answers[2].Result;
            figures.Add($"Query for {name}, ms; again, ms", $"{Milliseconds(Median(answers))}; {Milliseconds(Median(cached))}", $"median of 5; {answer.Events.Count} found, {answer.BlocksRead} blocks read, {answer.BlocksSkipped} excluded; {(cached.TrueForAll(each => each.Result.FromCache) ? "from the cache" : "too long for the cache")}");
        }

        figures.Add($"Resident memory with {events} events and their indexes, MiB", Text(Resident()), $"{Text(before)} before the log was opened");
        var (walk, lines) = Timed(() => File.ReadLines(Path.Combine(folder, "audit.log")).Count(line => line.Contains("pods/none", StringComparison.Ordinal)));
        figures.Add("Baseline: one walk over the live file's lines, ms", Milliseconds(walk), $"{new FileInfo(Path.Combine(folder, "audit.log")).Length / 1e6:0} MB, {lines} found; the whole text has {text / 1e6:0} MB");
    }

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1048576.0;
    }

    private static double Median(List<(double Milliseconds, QueryAnswer Result)> runs) => runs.Select(run => run.Milliseconds).Order().ElementAt(runs.Count / 2);

    private static string Text(double value) => value.ToString("0", Invariant);

    private static string Ratio(double value) => value.ToString("0.00", Invariant);

    private static string Milliseconds(double value) => value.ToString("0.000", Invariant);

    private static (double Milliseconds, T Result) Timed<T>(Func<T> call)
    {
        var watch = Stopwatch.StartNew();
        var result = call();
        return (watch.Elapsed.TotalMilliseconds, result);
    }

    private static AuditEvent Event(int i) => new()
    {
        Timestamp = Begin.AddSeconds(i),
        EventType = (i % 11) switch { 0 => "policy_updated", 1 or 2 => "report_read", 3 => "login", _ => "object_applied" },
        Actor = $"system:serviceaccount:team-{i / 13 * 31 % 97}:deployer",
        Resource = $"pods/p-{i}",
        Outcome = i % 50 == 0 ? "denied" : "success",
        Details = new JsonObject { ["revision"] = i, ["address"] = $"10.{i * 7 % 256}.{i % 250}.{i * 13 % 256}", ["duration"] = i * 31L % 977, ["trace"] = ((ulong)i * 0x9E3779B97F4A7C15UL).ToString("x16", Invariant) },
    };

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncData(SafeFileHandle file);
}
