using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Store;

/// <summary>
/// Runs, and the policies and hosts of the last complete one. A run is one transaction: readers see the one before until it is
/// whole, and one that breaks off leaves nothing. Hosts of a run have a table of their own: replacing a million rows is dropping one.
/// </summary>
public sealed class AuditStore(StoreConnections connections)
{
    private const string Schema = """
        CREATE TABLE IF NOT EXISTS runs (id BIGINT PRIMARY KEY, cid TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT NOT NULL, result TEXT NOT NULL,
          policies BIGINT NOT NULL, passed BIGINT NOT NULL, failed BIGINT NOT NULL, ungradable BIGINT NOT NULL, checks BIGINT NOT NULL, failures BIGINT NOT NULL,
          hosts BIGINT NOT NULL, hosts_passed BIGINT NOT NULL, hosts_failed BIGINT NOT NULL,
          api_calls BIGINT NOT NULL, api_errors BIGINT NOT NULL, throttled BIGINT NOT NULL, message TEXT NOT NULL);
        CREATE TABLE IF NOT EXISTS run_policies (run_id BIGINT NOT NULL, type TEXT NOT NULL, position BIGINT NOT NULL, body TEXT NOT NULL, settings TEXT,
          PRIMARY KEY (run_id, type, position));
        CREATE TABLE IF NOT EXISTS run_facts (run_id BIGINT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, name));
        """;

    internal const string TrustFact = "zero_trust";

    private const string RunColumns =
        "id, cid, started, ended, result, policies, passed, failed, ungradable, checks, failures, hosts, hosts_passed, hosts_failed, api_calls, api_errors, throttled, message";

    public StoreConnections Connections { get; } = connections;

    /// <summary>Most runs whose figures are kept; the last complete one stays in any case. 1 000 are twelve weeks of the two-hourly default.</summary>
    public int History { get; init; } = 1000;

    /// <summary>Makes the tables that are missing.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        await connection.ExecuteAsync(Schema, cancellationToken);
    }

    /// <summary>Starts a run, or takes up one that was stopped. Nothing of it is seen by others until it is completed.</summary>
    /// <param name="resumes">Whether to go on from a checkpoint; one that is refused is forgotten, and what it stored.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<RunWriter> BeginAsync(Func<RunCheckpoint, bool> resumes, CancellationToken cancellationToken)
    {
        var (connection, batch) = (await Connections.OpenAsync(cancellationToken), HostTable.Batch(Connections.IsPostgres));
        try
        {
            await connection.ExecuteAsync("BEGIN", cancellationToken);
            foreach (var (stopped, checkpoint) in await CheckpointsAsync(connection, cancellationToken))
            {
                if (checkpoint is not null && resumes(checkpoint))
                {
                    return new RunWriter(connection, stopped, batch, History) { Resumed = checkpoint };
                }

                await ForgetAsync(connection, stopped, cancellationToken);
            }

            var id = await NextIdAsync(connection, cancellationToken);
            await connection.ExecuteAsync(HostTable.Create(id), cancellationToken);
            return new RunWriter(connection, id, batch, History);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Records a run that brought no data. What is left of it, or of one before it, goes.</summary>
    public async Task RecordAsync(StoredRun run, CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        await connection.ExecuteAsync("BEGIN", cancellationToken);
        foreach (var (stopped, _) in await CheckpointsAsync(connection, cancellationToken))
        {
            await ForgetAsync(connection, stopped, cancellationToken);
        }

        var id = await NextIdAsync(connection, cancellationToken);
        await InsertAsync(connection, run with { Id = id }, cancellationToken);
        await PruneAsync(connection, id, History, cancellationToken);
        await connection.ExecuteAsync("COMMIT", cancellationToken);
    }

    /// <summary>The run whose data is shown; null before there is one.</summary>
    public async Task<StoredRun?> LastCompleteAsync(CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        await using var command = connection.Command($"SELECT {RunColumns} FROM runs WHERE result IN ('Complete', 'Degraded') ORDER BY id DESC LIMIT 1");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Run(reader) : null;
    }

    /// <summary>The customer whose audits these are; empty before one has told.</summary>
    public async Task<string> CustomerAsync(CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        return (string?)await connection.ScalarAsync("SELECT cid FROM runs WHERE cid <> '' ORDER BY id DESC LIMIT 1", cancellationToken) ?? "";
    }

    /// <summary>Whether a run was stopped that the next one may go on with.</summary>
    public async Task<bool> HasCheckpointAsync(CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        return (await CheckpointsAsync(connection, cancellationToken)).Count > 0;
    }

    /// <summary>The newest runs, oldest first.</summary>
    public async Task<IReadOnlyList<StoredRun>> RunsAsync(int most, CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        return await RunsAsync(connection, most, cancellationToken);
    }

    internal static async Task<IReadOnlyList<StoredRun>> RunsAsync(DbConnection connection, int most, CancellationToken cancellationToken)
    {
        var runs = new List<StoredRun>();
        await using var command = connection.Command($"SELECT {RunColumns} FROM runs ORDER BY id DESC LIMIT {most}");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            runs.Add(Run(reader));
        }

        runs.Reverse();
        return runs;
    }

    /// <summary>The policies of a run by type, with the settings that the API keeps elsewhere.</summary>
    public async Task<Dictionary<PolicyType, List<FetchedPolicy>>> PoliciesAsync(long run, CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        return await PoliciesAsync(connection, run, cancellationToken);
    }

    internal static async Task<Dictionary<PolicyType, List<FetchedPolicy>>> PoliciesAsync(DbConnection connection, long run, CancellationToken cancellationToken)
    {
        var policies = new Dictionary<PolicyType, List<FetchedPolicy>>();
        await using var command = connection.Command($"SELECT type, body, settings FROM run_policies WHERE run_id = {run} ORDER BY type, position");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (PolicyType.TryParse(reader.GetString(0), out var type))
            {
                policies.TryAdd(type, []);
                if (reader.GetString(1).Length > 0)
                {
                    policies[type].Add(new FetchedPolicy(JsonElement.Parse(reader.GetString(1)), reader.IsDBNull(2) ? null : JsonElement.Parse(reader.GetString(2))));
                }
            }
        }

        return policies;
    }

    /// <summary>The hosts of a run by device id, one at a time.</summary>
    public async IAsyncEnumerable<StoredHost> HostsAsync(long run, IReadOnlyList<PolicyType> audited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        await foreach (var host in HostTable.ReadAsync(connection, run, [.. audited], cancellationToken))
        {
            yield return host;
        }
    }

    /// <summary>The types that a run was about.</summary>
    public async Task<IReadOnlyList<PolicyType>> AuditedAsync(long run, CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        var names = (string?)await connection.ScalarAsync($"SELECT value FROM run_facts WHERE run_id = {run} AND name = 'audited'", cancellationToken) ?? "";
        return [.. names.Split(',').Select(name => PolicyType.TryParse(name, out var type) ? type : null).OfType<PolicyType>()];
    }

    /// <summary>The Zero Trust score of the customer at a run; null when it was not asked for.</summary>
    public async Task<TenantTrust?> TenantTrustAsync(long run, CancellationToken cancellationToken)
    {
        await using var connection = await Connections.OpenAsync(cancellationToken);
        return await connection.ScalarAsync($"SELECT value FROM run_facts WHERE run_id = {run} AND name = '{TrustFact}'", cancellationToken) is string json
            ? TenantTrust.Read(JsonElement.Parse(json)) : null;
    }

    internal static async Task InsertAsync(DbConnection connection, StoredRun run, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            $"INSERT INTO runs ({RunColumns}) VALUES (@p0, @p1, @p2, @p3, @p4, @p5, @p6, @p7, @p8, @p9, @p10, @p11, @p12, @p13, @p14, @p15, @p16, @p17)",
            run.Id, run.Cid, run.Started.ToUnixTimeMilliseconds(), run.Ended.ToUnixTimeMilliseconds(), run.Result.ToString(),
            (long)run.Policies.Total, (long)run.Policies.Passed, (long)run.Policies.Failed, (long)run.Policies.Ungradable, run.Policies.Checks, run.Policies.Failures,
            run.Hosts.Total, run.Hosts.AllPassed, run.Hosts.AnyFailed, run.ApiCalls, run.ApiErrors, run.Throttled, run.Message);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // A store that fails for months would otherwise grow by a row a run, and a good one as well.
    internal static Task PruneAsync(DbConnection connection, long newest, int history, CancellationToken cancellationToken) => connection.ExecuteAsync(
        $"DELETE FROM runs WHERE id <= {newest - history} AND id <> COALESCE((SELECT MAX(id) FROM runs WHERE result IN ('Complete', 'Degraded')), 0)", cancellationToken);

    // A run that was stopped has facts and is none of the runs yet; its number must not be given twice.
    private static async Task<long> NextIdAsync(DbConnection connection, CancellationToken cancellationToken) => Convert.ToInt64(
        await connection.ScalarAsync("SELECT COALESCE(MAX(id), 0) + 1 FROM (SELECT id FROM runs UNION ALL SELECT run_id FROM run_facts) AS known", cancellationToken), CultureInfo.InvariantCulture);

    private static async Task<List<(long Run, RunCheckpoint? Checkpoint)>> CheckpointsAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var checkpoints = new List<(long, RunCheckpoint?)>();
        await using var command = connection.Command("SELECT run_id, value FROM run_facts WHERE name = @p0 ORDER BY run_id", RunCheckpoint.Fact);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            checkpoints.Add((reader.GetInt64(0), RunCheckpoint.Read(reader.GetString(1))));
        }

        return checkpoints;
    }

    private static async Task ForgetAsync(DbConnection connection, long run, CancellationToken cancellationToken)
    {
        await connection.ExecuteAsync($"DROP TABLE IF EXISTS hosts_{run}", cancellationToken);
        await connection.ExecuteAsync($"DELETE FROM run_policies WHERE run_id = {run}", cancellationToken);
        await connection.ExecuteAsync($"DELETE FROM run_facts WHERE run_id = {run}", cancellationToken);
    }

    private static StoredRun Run(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Cid = row.GetString(1),
        Started = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)),
        Ended = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3)),
        Result = Enum.Parse<RunResult>(row.GetString(4)),
        Policies = new PolicySummary((int)row.GetInt64(5), (int)row.GetInt64(6), (int)row.GetInt64(7), (int)row.GetInt64(8), row.GetInt64(9), row.GetInt64(10)),
        Hosts = new HostCounts(row.GetInt64(11), row.GetInt64(12), row.GetInt64(13)),
        ApiCalls = row.GetInt64(14),
        ApiErrors = row.GetInt64(15),
        Throttled = row.GetInt64(16),
        Message = row.GetString(17),
    };
}

/// <summary>A policy as the API sent it, and the settings that it keeps elsewhere.</summary>
public sealed record FetchedPolicy(JsonElement Policy, JsonElement? Settings);

/// <summary>The few things that are said to a connection.</summary>
internal static class Commands
{
    public static DbCommand Command(this DbConnection connection, string text, params ReadOnlySpan<object?> values)
    {
        var command = connection.CreateCommand();
        command.CommandText = text;
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = $"@p{i}";
            parameter.Value = values[i] ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public static async Task ExecuteAsync(this DbConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(text);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<object?> ScalarAsync(this DbConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = connection.Command(text);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
