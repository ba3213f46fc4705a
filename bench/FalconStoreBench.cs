using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;

namespace Comptroller.Bench;

/// <summary>Rows a second of an atomic run into SQLite, and into a PostgreSQL that is at hand, and MB a second of its reports, each beside the least that it takes.</summary>
internal sealed class FalconStoreBench(int hosts, int policies, string? postgres)
{
    private const int ManyPolicies = 20_000;
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
            await using var writer = await store.BeginAsync(_ => false, cancellationToken);
            var rows = await FillAsync(writer, cancellationToken);
            var run = new StoredRun { Result = RunResult.Complete, Started = DateTimeOffset.UnixEpoch, Ended = DateTimeOffset.UnixEpoch, Hosts = new HostCounts(hosts, 0, 0) };
            var outcome = new AuditOutcome(run, [], new AuditOptions { Types = PolicyType.All });
            await using var other = new StoreConnections(Path.Combine(folder.FullName, "plain.sqlite"));
            var plain = await PlainAsync(other, cancellationToken);
            figures.Add("Rows a second into SQLite", Text(rows), $"{Text(rows / plain, "0.00")} times a plain loop of prepared inserts of the same rows in one transaction ({Text(plain)})");

            var reports = new AuditReports(Path.Combine(folder.FullName, "output"), compress: false, new ReportMetadata { Timestamp = DateTimeOffset.UnixEpoch });
            var time = Stopwatch.StartNew();
            await reports.WriteAsync(outcome with { Types = [.. PolicyType.All.Select(type => new TypeAudit(type, [], [], null))] }, writer, () => Task.CompletedTask, cancellationToken);
            var (seconds, bytes) = (time.Elapsed.TotalSeconds, reports.Written.Sum(report => report.Bytes));
            var copy = Copy(reports.Written.Select(report => report.Path), Path.Combine(folder.FullName, "copy"));
            figures.Add("MB a second into reports", Text(bytes / 1e6 / seconds), $"{Text(bytes / 1e6)} MB; a plain copy of the same files, flushed to the disk: {Text(bytes / 1e6 / copy)}");
            var failing = outcome with { Types = [FailingPolicies()] };
            StoredRun[] trend = [.. Enumerable.Range(0, 90).Select(_ => run)];
            var page = HtmlReport.Render(failing, trend);
            time.Restart();
            for (var i = 0; i < 10; i++)
            {
                page = HtmlReport.Render(failing, trend);
            }

            var each = time.Elapsed.TotalMilliseconds / 10;
            figures.Add("Milliseconds for the HTML report", Text(each, "0.0"), $"{Text(page.Length / 1e3, "0.0")} kB, {Text(page.Length / 1e3 / each, "0.00")} MB a second, of {ManyPolicies} policies that fail and 90 runs; it does not grow with the fleet");
            if (postgres is not null)
            {
                await PostgresAsync(figures, postgres, cancellationToken);
            }

            figures.Print();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static TypeAudit FailingPolicies()
    {
        var policies = Enumerable.Range(0, ManyPolicies)
            .Select(number => new FetchedPolicy(JsonElement.Parse($$"""{"id": "p{{number}}", "name": "Policy {{number}}", "platform_name": "Windows", "enabled": false, "prevention_settings": []}"""), null)).ToList();
        return new TypeAudit(PolicyType.Prevention, policies, AuditRun.Grade(PolicyType.Prevention, policies, GradingFiles.BuiltIn), null);
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

    private async Task PostgresAsync(Figures figures, string address, CancellationToken cancellationToken)
    {
        await using var connections = new StoreConnections(address);
        var store = new AuditStore(connections);
        await store.PrepareAsync(cancellationToken);
        double rows;
        await using (var writer = await store.BeginAsync(_ => false, cancellationToken))
        {
            rows = await FillAsync(writer, cancellationToken);
        }

        var plain = await PlainAsync(connections, cancellationToken);
        figures.Add("Rows a second into PostgreSQL", Text(rows), $"{Text(rows / plain, "0.00")} times a plain loop of prepared inserts of the same rows in one transaction ({Text(plain)})");
    }

    /// <summary>Rows a second, until they are committed.</summary>
    private async Task<double> FillAsync(RunWriter writer, CancellationToken cancellationToken)
    {
        var time = Stopwatch.StartNew();
        for (var i = 0; i < hosts; i++)
        {
            writer.Add(Host(i), default, "");
        }

        await writer.CheckpointAsync(new RunCheckpoint { About = "", Started = default, Saved = default }, cancellationToken);
        return hosts / time.Elapsed.TotalSeconds;
    }

    private async Task<double> PlainAsync(StoreConnections connections, CancellationToken cancellationToken)
    {
        await using var connection = await connections.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "DROP TABLE IF EXISTS plain_hosts; CREATE TABLE plain_hosts (device_id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT, e TEXT, f TEXT, g TEXT, h TEXT, i TEXT, j TEXT, k BIGINT, l TEXT)";
        await command.ExecuteNonQueryAsync(cancellationToken);
        var time = Stopwatch.StartNew();
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var insert = connection.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO plain_hosts VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12)";
        for (var i = 0; i < 13; i++)
        {
            var parameter = insert.CreateParameter();
            (parameter.ParameterName, parameter.Value) = ($"@p{i}", i == 11 ? 0L : "");
            insert.Parameters.Add(parameter);
        }

        await insert.PrepareAsync(cancellationToken);
        for (var i = 0; i < hosts; i++)
        {
            var host = Host(i);
            object[] values = [host.DeviceId, host.Hostname, host.Platform, host.ProductType, host.OsVersion, host.AgentVersion, host.LastSeen,
                host.Groups[0], host.Tags[0], string.Join('\u001f', host.Policies), host.Policies[^1]!, 0L, ""];
            for (var column = 0; column < values.Length; column++)
            {
                insert.Parameters[column].Value = values[column];
            }

            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        var seconds = time.Elapsed.TotalSeconds;
        command.CommandText = "DROP TABLE plain_hosts";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return hosts / seconds;
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
