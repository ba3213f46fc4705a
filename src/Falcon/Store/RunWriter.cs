using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Store;

/// <summary>
/// One run while it is written. Disposed before it is completed it never was, unless it left a checkpoint: then its rows wait, unseen,
/// for the run that goes on from there.
/// </summary>
public sealed class RunWriter : IAsyncDisposable
{
    private readonly DbConnection _connection;
    private readonly Dictionary<string, (Host Host, HostStatuses Statuses, string LastScan)> _batch = new(StringComparer.Ordinal);
    private readonly int _batchSize;
    private readonly int _history;
    private DbCommand? _insert;
    private bool _completing;
    private bool _done;

    internal RunWriter(DbConnection connection, long id, int batchSize, int history) => (_connection, Id, _batchSize, _history) = (connection, id, batchSize, history);

    public long Id { get; }

    /// <summary>Where an earlier process stopped; null when the run is new.</summary>
    public RunCheckpoint? Resumed { get; internal init; }

    /// <summary>Adds a host; one that is already there is replaced.</summary>
    public void Add(Host host, HostStatuses statuses, string lastCompliantScan)
    {
        _batch[host.DeviceId] = (host, statuses, lastCompliantScan);
        if (_batch.Count == _batchSize)
        {
            Flush();
        }
    }

    /// <summary>Writes what is still in memory.</summary>
    public void Flush()
    {
        if (_batch.Count == 0)
        {
            return;
        }

        var whole = _batch.Count == _batchSize;
        var command = whole && _insert is not null ? _insert : Prepared(_batch.Count);
        if (whole)
        {
            _insert = command;
        }

        var row = 0;
        foreach (var (host, statuses, lastScan) in _batch.Values)
        {
            HostTable.Fill(command.Parameters, row++, host, statuses, lastScan);
        }

        command.ExecuteNonQuery();
        _batch.Clear();
        if (!whole)
        {
            command.Dispose();
        }
    }

    /// <summary>Makes what is written so far outlive the process.</summary>
    /// <exception cref="InvalidOperationException">Completion has begun: its half would be committed, and with it the loss of the last complete run.</exception>
    public async Task CheckpointAsync(RunCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        if (_completing)
        {
            throw new InvalidOperationException("a run that is being completed leaves no checkpoint: it ends whole or not at all");
        }

        Flush();
        await using (var command = _connection.Command(
            "INSERT INTO run_facts (run_id, name, value) VALUES (@p0, @p1, @p2) ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value", Id, RunCheckpoint.Fact, checkpoint.ToJson()))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await _connection.ExecuteAsync("COMMIT", cancellationToken);
        await _connection.ExecuteAsync("BEGIN", cancellationToken);
    }

    /// <summary>Drops the hosts so far: those of a page that cannot be continued may be gone by the time of the next one.</summary>
    public Task ClearHostsAsync(CancellationToken cancellationToken)
    {
        _batch.Clear();
        return _connection.ExecuteAsync($"DELETE FROM hosts_{Id}", cancellationToken);
    }

    public async Task<long> CountAsync(CancellationToken cancellationToken)
    {
        Flush();
        return Convert.ToInt64(await _connection.ScalarAsync($"SELECT COUNT(*) FROM hosts_{Id}", cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <summary>Sets one status of the hosts that have a configuration assessment policy; of those that have none when it is null.</summary>
    public async Task SetAssessmentAsync(string? policy, HostStatus status, CancellationToken cancellationToken)
    {
        var shift = PolicyType.ConfigurationAssessment.Index * 4;
        await using var command = _connection.Command(
            $"UPDATE hosts_{Id} SET statuses = (statuses & {~(0xFL << shift)}) | {(long)status << shift} WHERE {(policy is null ? "sca IS NULL" : "sca = @p0")}",
            policy is null ? [] : [policy]);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Hosts whose records did not name their groups.</summary>
    public async Task<long> CountUngroupedAsync(CancellationToken cancellationToken)
    {
        Flush();
        await using var command = _connection.Command($"SELECT COUNT(*) FROM hosts_{Id} WHERE groups = @p0", HostTable.UnknownGroups);
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture);
    }

    /// <summary>A scan that passes covers a host, if the host's own record has left that open and the host can be scanned.</summary>
    public void SetScanned(string deviceId)
    {
        using var command = _connection.Command($"{SetScans(HostStatus.Passed)} AND device_id = @p1", HostTable.UnknownGroups, deviceId);
        command.ExecuteNonQuery();
    }

    /// <summary>Nobody could say whether a scan covers the hosts whose records leave it open.</summary>
    public async Task SetScansUnknownAsync(CancellationToken cancellationToken)
    {
        await using var command = _connection.Command(SetScans(HostStatus.NotGraded), HostTable.UnknownGroups);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Passed by its id, or N/A for its platform, a host needs no group.
    private string SetScans(HostStatus status)
    {
        var shift = PolicyType.ScheduledScan.Index * 4;
        var mask = 0xFL << shift;
        return $"UPDATE hosts_{Id} SET statuses = (statuses & {~mask}) | {(long)status << shift} WHERE groups = @p0 AND (statuses & {mask}) = {(long)HostStatus.Failed << shift}";
    }

    /// <summary>Adds figures of earlier runs to a store that has none, oldest first.</summary>
    public async Task AddHistoryAsync(IReadOnlyList<StoredRun> runs, CancellationToken cancellationToken)
    {
        if ((await RunsAsync(1, cancellationToken)).Count > 0)
        {
            return;
        }

        for (var i = 0; i < runs.Count; i++)
        {
            await AuditStore.InsertAsync(_connection, runs[i] with { Id = Id - runs.Count + i }, cancellationToken);
        }
    }

    /// <summary>The next device ids in order, for what is asked of the API host by host.</summary>
    public async Task<IReadOnlyList<string>> DeviceIdsAsync(string after, int most, CancellationToken cancellationToken)
    {
        var ids = new List<string>(most);
        await using var command = _connection.Command($"SELECT device_id FROM hosts_{Id} WHERE device_id > @p0 ORDER BY device_id LIMIT {most}", after);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    public void SetTrust(string deviceId, ZeroTrust trust)
    {
        using var command = _connection.Command(
            $"UPDATE hosts_{Id} SET zt_sensor = @p1, zt_os = @p2, zt_overall = @p3 WHERE device_id = @p0", deviceId, (long?)trust.SensorConfig, (long?)trust.Os, (long?)trust.Overall);
        command.ExecuteNonQuery();
    }

    /// <summary>The hosts so far, in order.</summary>
    public IAsyncEnumerable<StoredHost> HostsAsync(ImmutableArray<PolicyType> audited, CancellationToken cancellationToken) =>
        HostTable.ReadAsync(_connection, Id, audited, cancellationToken);

    /// <summary>The newest runs before this one, oldest first.</summary>
    public Task<IReadOnlyList<StoredRun>> RunsAsync(int most, CancellationToken cancellationToken) => AuditStore.RunsAsync(_connection, most, cancellationToken);

    /// <summary>The policies that this run holds already.</summary>
    public Task<Dictionary<PolicyType, List<FetchedPolicy>>> PoliciesAsync(CancellationToken cancellationToken) => AuditStore.PoliciesAsync(_connection, Id, cancellationToken);

    /// <summary>Keeps what was fetched, so that it can be graded again without the API.</summary>
    public async Task AddPoliciesAsync(PolicyType type, IReadOnlyList<FetchedPolicy> policies, CancellationToken cancellationToken)
    {
        // A row without a body says that the type was fetched and is empty.
        for (var position = 0; position < Math.Max(1, policies.Count); position++)
        {
            var policy = position < policies.Count ? policies[position] : null;
            await using var command = _connection.Command(
                "INSERT INTO run_policies (run_id, type, position, body, settings) VALUES (@p0, @p1, @p2, @p3, @p4)",
                Id, type.Key, (long)position, policy?.Policy.GetRawText() ?? "", policy?.Settings?.GetRawText());
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Puts what was found out later in the place of what was fetched.</summary>
    public async Task ReplacePoliciesAsync(PolicyType type, IReadOnlyList<FetchedPolicy> policies, CancellationToken cancellationToken)
    {
        await using (var command = _connection.Command("DELETE FROM run_policies WHERE run_id = @p0 AND type = @p1", Id, type.Key))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        await AddPoliciesAsync(type, policies, cancellationToken);
    }

    /// <summary>How many hosts stand alike. There are few ways to stand, however many hosts there are.</summary>
    public async Task<IReadOnlyList<KeyValuePair<HostStatuses, long>>> StatusesAsync(CancellationToken cancellationToken)
    {
        Flush();
        var statuses = new List<KeyValuePair<HostStatuses, long>>();
        await using var command = _connection.Command($"SELECT statuses, COUNT(*) FROM hosts_{Id} GROUP BY statuses");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            statuses.Add(KeyValuePair.Create(new HostStatuses(reader.GetInt64(0)), reader.GetInt64(1)));
        }

        return statuses;
    }

    /// <summary>
    /// Makes the run the one that everybody sees, and drops the data of those before it. Their figures stay, of the newest runs. Takes
    /// no token: a stop between two of its statements would have nothing left to go on from.
    /// </summary>
    public async Task CompleteAsync(StoredRun run, ImmutableArray<PolicyType> audited, TenantTrust? trust = null)
    {
        _completing = true;
        Flush();
        _insert?.Dispose();
        _insert = null;
        var previous = new List<long>();
        await using (var command = _connection.Command($"SELECT id FROM runs WHERE id < {Id} AND EXISTS (SELECT 1 FROM run_facts WHERE run_id = runs.id)"))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                previous.Add(reader.GetInt64(0));
            }
        }

        foreach (var old in previous)
        {
            await _connection.ExecuteAsync($"DROP TABLE IF EXISTS hosts_{old}", CancellationToken.None);
        }

        await _connection.ExecuteAsync($"DELETE FROM run_policies WHERE run_id < {Id}", CancellationToken.None);
        await _connection.ExecuteAsync($"DELETE FROM run_facts WHERE run_id <= {Id}", CancellationToken.None);
        await AuditStore.InsertAsync(_connection, run with { Id = Id }, CancellationToken.None);
        await FactAsync("audited", string.Join(',', audited.Select(type => type.Key)));
        if (trust is not null)
        {
            await FactAsync(AuditStore.TrustFact, trust.ToJson());
        }

        await AuditStore.PruneAsync(_connection, Id, _history, CancellationToken.None);
        await _connection.ExecuteAsync("COMMIT", CancellationToken.None);
        _done = true;
    }

    public async ValueTask DisposeAsync()
    {
        _insert?.Dispose();
        if (!_done)
        {
            try
            {
                await _connection.ExecuteAsync("ROLLBACK", CancellationToken.None);
            }
            catch (DbException)
            {
                // The connection is gone, and the transaction with it.
            }
        }

        await _connection.DisposeAsync();
    }

    private async Task FactAsync(string name, string value)
    {
        await using var command = _connection.Command("INSERT INTO run_facts (run_id, name, value) VALUES (@p0, @p1, @p2)", Id, name, value);
        await command.ExecuteNonQueryAsync();
    }

    private DbCommand Prepared(int rows) => _connection.Command(HostTable.Insert(Id, rows), new object?[rows * HostTable.Columns]);
}
