using System.Diagnostics;
using System.Globalization;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Microsoft.Data.Sqlite;

namespace Comptroller.Bench;

/// <summary>Rows a second of an atomic run into SQLite, and MB a second of its reports, each beside the least that it takes.</summary>
internal sealed class FalconStoreBench(int hosts, int policies)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var figures = new Figures($"falcon-store: {hosts} hosts ({Machine.Describe()}, {Machine.Load})");
            await using var connections = new StoreConnections(Path.Combine(folder.FullName, "db.sqlite"));
            var store = new AuditStore(connections);
            await store.PrepareAsync(cancellationToken);
            var time = Stopwatch.StartNew();
            await using var writer = await store.BeginAsync(_ => false, cancellationToken);
            for (var i = 0; i < hosts; i++)
            {
                writer.Add(Host(i), default, "");
            }

            var run = new StoredRun { Result = RunResult.Complete, Started = DateTimeOffset.UnixEpoch, Ended = DateTimeOffset.UnixEpoch, Hosts = new HostCounts(hosts, 0, 0) };
            var outcome = new AuditOutcome(run, [], new AuditOptions { Types = PolicyType.All });
            await writer.CheckpointAsync(new RunCheckpoint { About = "", Started = default, Saved = default }, cancellationToken);
            var rows = hosts / time.Elapsed.TotalSeconds;
            var plain = hosts / Plain(Path.Combine(folder.FullName, "plain.sqlite"));
            figures.Add("Rows a second into SQLite", Text(rows), $"{Text(rows / plain, "0.00")} times a plain loop of prepared inserts of the same rows in one transaction ({Text(plain)})");

            var reports = new AuditReports(Path.Combine(folder.FullName, "output"), compress: false, new ReportMetadata { Timestamp = DateTimeOffset.UnixEpoch });
            time.Restart();
            await reports.WriteAsync(outcome with { Types = [.. PolicyType.All.Select(type => new TypeAudit(type, [], [], null))] }, writer, cancellationToken);
            var (seconds, bytes) = (time.Elapsed.TotalSeconds, reports.Written.Sum(report => report.Bytes));
            var copy = Copy(reports.Written.Select(report => report.Path), Path.Combine(folder.FullName, "copy"));
            figures.Add("MB a second into reports", Text(bytes / 1e6 / seconds), $"{Text(bytes / 1e6)} MB; a plain copy of the same files, flushed to the disk: {Text(bytes / 1e6 / copy)}");
            figures.Print();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private Host Host(int number) => new()
    {
        DeviceId = number.ToString("x32", Invariant),
        Hostname = $"HOST-{number:D7}",
        Platform = "Windows",
        ProductType = "Workstation",
        OsVersion = "Windows 11",
        AgentVersion = "7.26.19811.0",
        LastSeen = "2026-03-01T12:00:00Z",
        Groups = ["group-001"],
        Tags = ["FalconGroupingTags/prod"],
        Policies = [.. PolicyType.All.Select(type => $"{type.Key}-{number % policies:D4}")],
    };

    private double Plain(string path)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE hosts (device_id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT, g TEXT, h TEXT, i TEXT, j TEXT, k BIGINT, l TEXT)";
        command.ExecuteNonQuery();
        var time = Stopwatch.StartNew();
        using var transaction = connection.BeginTransaction();
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO hosts VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12)";
        for (var i = 0; i < 13; i++)
        {
            insert.Parameters.AddWithValue($"@p{i}", "");
        }

        for (var i = 0; i < hosts; i++)
        {
            var host = Host(i);
            object[] values = [host.DeviceId, host.Hostname, host.Platform, host.ProductType, host.OsVersion, host.AgentVersion, host.LastSeen,
                host.Groups[0], host.Tags[0], string.Join('\u001f', host.Policies), host.Policies[^1]!, 0L, ""];
            for (var column = 0; column < values.Length; column++)
            {
                insert.Parameters[column].Value = values[column];
            }

            insert.ExecuteNonQuery();
        }

        transaction.Commit();
        return time.Elapsed.TotalSeconds;
    }

    private static double Copy(IEnumerable<string> paths, string target)
    {
        var time = Stopwatch.StartNew();
        foreach (var path in paths)
        {
            using var from = File.OpenRead(path);
            using var to = new FileStream(target, FileMode.Create);
            from.CopyTo(to);
            to.Flush(flushToDisk: true);
        }

        return time.Elapsed.TotalSeconds;
    }

    private static string Text(double value, string format = "0") => value.ToString(format, Invariant);
}
