using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;

namespace Comptroller.Bench;

/// <summary>The audit log store in this process, and backups as processes of their own beside <c>pigz | sha256sum</c> over the same bytes.</summary>
internal sealed class ArchiveBench(string binary, int events, int megabytes)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var figures = new Figures($"archive: {events} resident events, {megabytes} MB backed up ({Machine.Describe()}, {Machine.Load})");
            figures.Add("fsync of 4 KiB, a second", Text(FsyncRate(folder.FullName)), "the disk's own pace, one after the other");
            await AppendAsync(figures, folder.FullName, 1, 2_000, cancellationToken);
            await AppendAsync(figures, folder.FullName, 20, 40_000, cancellationToken);
            await QueryAsync(figures, folder.FullName, cancellationToken);
            await BackupAsync(figures, folder.FullName, cancellationToken);
            figures.Print();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static double FsyncRate(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, "fsync"), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var (page, watch, count) = (new byte[4096], Stopwatch.StartNew(), 0);
        for (; watch.ElapsedMilliseconds < 1000; count++)
        {
            file.Write(page);
            file.Flush(flushToDisk: true);
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task AppendAsync(Figures figures, string folder, int writers, int count, CancellationToken cancellationToken)
    {
        await using var log = await AuditLog.OpenAsync(Path.Combine(folder, $"append-{writers}", "audit.log"), LogOptions.Default, TimeProvider.System, cancellationToken);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < count / writers; i++)
            {
                await log.AppendAsync(Event(i, writer), cancellationToken);
            }
        }, cancellationToken)));
        figures.Add($"Durable events/s, {writers} writer{(writers == 1 ? "" : "s")}", Text(count / watch.Elapsed.TotalSeconds), "each on the disk before it is acknowledged; the replaced system: 26 500 enqueued, not durable");
    }

    private async Task QueryAsync(Figures figures, string folder, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, "query", "audit.log");
        // Many in flight make large batches: what is measured comes after.
        var options = LogOptions.Default with { Tuning = Tuning.Profiles["storage-optimized"] with { CompressionLevel = 6 }, QueueCapacity = 4000 };
        await using var log = await AuditLog.OpenAsync(path, options, TimeProvider.System, cancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range(0, events), new ParallelOptions { MaxDegreeOfParallelism = 2000, CancellationToken = cancellationToken }, async (i, cancel) =>
            await log.AppendAsync(Event(i, i / 5000 % 97), cancel));
        while (Directory.GetFiles(Path.GetDirectoryName(path)!, "*-*.log").Length > 0)
        {
            await Task.Delay(100, cancellationToken);
        }

        var (text, stored) = (Directory.GetFiles(Path.GetDirectoryName(path)!, "*.index.json").Sum(file => (long)JsonNode.Parse(File.ReadAllText(file))!["bytes"]!), Directory.GetFiles(Path.GetDirectoryName(path)!, "*.log.gz").Sum(file => new FileInfo(file).Length));
        if (stored > 0)
        {
            figures.Add("Ratio of sealed segments", ((double)text / stored).ToString("0.0", Invariant), $"{text / 1e6:0} MB of generated events; claimed by the replaced system: 13.96 on a repeated phrase");
        }

        var query = new LogQuery { Resource = $"pods/p-{events / 2}", Limit = 10 };
        var (rare, answer) = Timed(() => log.Find(query, cancellationToken));
        figures.Add($"Query for one of {events} events, ms", rare.ToString("0.00", Invariant), $"{answer.Events.Count} found, {answer.BlocksRead} blocks read, {answer.BlocksSkipped} excluded by the index");
        var (cached, again) = Timed(() => log.Find(query, cancellationToken));
        figures.Add("The same again, ms", cached.ToString("0.000", Invariant), again.FromCache ? "from the cache" : "not from the cache");
        var (walk, plain) = Timed(() => File.ReadLines(path).Count(line => line.Contains("no such", StringComparison.Ordinal)));
        figures.Add("Baseline: reading the live file's lines once, ms", walk.ToString("0", Invariant), $"{new FileInfo(path).Length / 1e6:0} MB, {plain} found");
        figures.Add("Resident memory of this process, MiB", Text(Process.GetCurrentProcess().WorkingSet64 / 1048576.0), $"with {events} events in the log, the runtime and the bench");
    }

    private async Task BackupAsync(Figures figures, string folder, CancellationToken cancellationToken)
    {
        var (logs, store, key) = (Path.Combine(folder, "logs"), Path.Combine(folder, "store"), Path.Combine(folder, "key.pem"));
        Directory.CreateDirectory(logs);
        AuditLogWriter.Write(Path.Combine(logs, "audit.log"), megabytes * 1_000_000L);
        await RunAsync(["archive", "keygen", key], cancellationToken);
        var baseline = await TimedAsync("bash", ["-c", $"pigz -6 -c {logs}/audit.log | tee {folder}/baseline.gz | sha256sum > /dev/null"], cancellationToken);
        figures.Add("pigz -6 | sha256sum, MB/s", Text(megabytes / baseline.Seconds), "baseline; keeps no manifest, tree or signature");
        string[] place = ["--store", store, "--signing-key", key];
        var backup = await RunAsync(["archive", "backup", "--source", logs, .. place], cancellationToken);
        figures.Add("Backup to a directory, MB/s", Text(megabytes / backup.Seconds), $"{(baseline.Seconds / backup.Seconds).ToString("0.00", Invariant)} times the baseline; start included; ratio {Ratio(store, megabytes)}");
        figures.Add("Backup: peak resident memory, MiB", Text(backup.Usage.PeakMiB), "goal under 120");
        var nothing = await RunAsync(["archive", "backup", "--source", logs, .. place], cancellationToken);
        figures.Add("Backup again with nothing new, s", nothing.Seconds.ToString("0.00", Invariant), "start included");
        var verify = await RunAsync(["archive", "verify", .. place], cancellationToken);
        figures.Add("Verify, MB/s", Text(megabytes / verify.Seconds), $"of text; peak {Text(verify.Usage.PeakMiB)} MiB");
        var restore = await RunAsync(["archive", "restore", "--target", Path.Combine(folder, "out"), .. place], cancellationToken);
        figures.Add("Restore, MB/s", Text(megabytes / restore.Seconds), $"of text; peak {Text(restore.Usage.PeakMiB)} MiB");
    }

    private static string Ratio(string store, int megabytes) =>
        (megabytes * 1e6 / Directory.GetFiles(Path.Combine(store, "content"), "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)).ToString("0.0", Invariant);

    private Task<(double Seconds, Usage Usage)> RunAsync(string[] arguments, CancellationToken cancellationToken) => TimedAsync(binary, arguments, cancellationToken);

    private static async Task<(double Seconds, Usage Usage)> TimedAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using var process = ProcessUnderTest.Start(program, arguments);
        var usage = await process.UsageAsync(cancellationToken);
        return (watch.Elapsed.TotalSeconds, usage);
    }

    private static string Text(double value) => value.ToString("0", Invariant);

    private static (double Milliseconds, T Result) Timed<T>(Func<T> call)
    {
        var watch = Stopwatch.StartNew();
        var result = call();
        return (watch.Elapsed.TotalMilliseconds, result);
    }

    private static AuditEvent Event(int i, int writer) => new()
    {
        EventType = (i % 11) switch { 0 => "policy_updated", 1 or 2 => "report_read", _ => "object_applied" },
        Actor = $"system:serviceaccount:team-{writer}:deployer",
        Resource = $"pods/p-{i}",
        Outcome = i % 50 == 0 ? "denied" : "success",
        Details = new JsonObject { ["revision"] = i, ["address"] = $"10.{writer}.{i % 250}.7", ["duration"] = i * 31 % 977 },
    };
}
