using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Store;

/// <inheritdoc cref="IDriftStore"/>
public sealed partial class DriftStore : IDriftStore
{
    /// <summary>Drifts that one page looks at when no index helps.</summary>
    private const int MostLookedAt = 2000;

    /// <summary>Changes that are kept for timelines and streams; the oldest go first.</summary>
    private const long MostChanges = 1_000_000;

    /// <summary>Drifts that one transaction opens or forgets, so that intake does not wait for long.</summary>
    private const int MostTogether = 1000;

    private static readonly TimeSpan OthersPause = TimeSpan.FromSeconds(1);

    private readonly IStoreEngine _engine;
    private readonly TimeProvider _time;
    private readonly RecentDrifts? _recent;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastChange;

    private DriftStore(IStoreEngine engine, TimeProvider time) => (_engine, _time, _recent) = (engine, time, engine.IsShared ? null : new RecentDrifts());

    public bool IsShared => _engine.IsShared;

    /// <summary>Opens a store, and makes it when it is not there.</summary>
    /// <param name="address">The path of a SQLite file, or <c>postgresql://…</c>, or a connection string with <c>Host=</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FormatException">The address cannot be read, or the store is of another version.</exception>
    /// <exception cref="DbException">The store cannot be used.</exception>
    public static async Task<DriftStore> OpenAsync(string address, CancellationToken cancellationToken)
    {
        var store = new DriftStore(PostgresEngine.Is(address) ? await PostgresEngine.OpenAsync(address, cancellationToken) : await SqliteEngine.OpenAsync(address, cancellationToken), TimeProvider.System);
        store._lastChange = await store.LastChangeAsync(cancellationToken);
        return store;
    }

    public Task AppendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> bodies, DateTimeOffset now, CancellationToken cancellationToken) => _engine.AppendAsync(bodies, now, cancellationToken);

    public Task<IReadOnlyList<WaitingBody>> ClaimAsync(string worker, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken) =>
        _engine.ClaimAsync(worker, most, lease, now, cancellationToken);

    public async Task<long> CountWaitingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command("SELECT COUNT(*) FROM inbox").NumberAsync(cancellationToken) ?? 0;
    }

    public async Task<bool> ApplyAsync(Verdicts verdicts, CancellationToken cancellationToken)
    {
        try
        {
            var set = await _engine.WriteAsync(
                async connection =>
                {
                    if (verdicts.Done.Count > 0 && await _engine.RemoveBodiesAsync(connection, verdicts.Worker, verdicts.Done, cancellationToken) != verdicts.Done.Count)
                    {
                        throw new TakenOverException();
                    }

                    var (set, read) = (new WriteSet(), new List<Sighting>());
                    foreach (var sighting in verdicts.Sightings)
                    {
                        if (_recent?.Find(sighting, WriteSet.Serial(verdicts, sighting)) is { } place)
                        {
                            set.Repeated.Add((place, sighting));
                        }
                        else
                        {
                            read.Add(sighting);
                        }
                    }

                    var ids = read.Select(sighting => sighting.Key.Value).Concat(verdicts.Settled.Select(settlement => settlement.Key.Value)).Distinct(StringComparer.Ordinal).ToList();
                    set.Judge(verdicts, read, await _engine.LoadAsync(connection, ids, cancellationToken));
                    await _engine.SaveAsync(connection, set, cancellationToken);
                    return set;
                },
                cancellationToken,
                written => _recent?.Learn(written));
            Tell(set);
            return true;
        }
        catch (TakenOverException)
        {
            return false;
        }
    }

    public async Task<DriftPage> ListAsync(DriftQuery query, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        var search = await DriftSearch.MakeAsync(connection, query, MostLookedAt, cancellationToken);
        var drifts = await search.Command(connection, $"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE {search.Where} ORDER BY d.number DESC LIMIT @most", query.Most + 1)
            .RowsAsync(DriftTables.Drift, cancellationToken);
        if (drifts.Count > query.Most)
        {
            drifts.RemoveAt(drifts.Count - 1);
            return new DriftPage([.. drifts], drifts[^1].Number);
        }

        return new DriftPage([.. drifts], await search.NextAsync(connection, cancellationToken));
    }

    public async Task<(long Passed, long? Next)> PassAsync(DriftQuery query, long most, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        var search = await DriftSearch.MakeAsync(connection, query, MostLookedAt, cancellationToken);
        // A plain page needs no tallies, and then the numbers alone are read from an index.
        var tables = query.Since is null ? "drifts d" : DriftTables.Drifts;
        var (passed, last) = (await search.Command(connection, $"SELECT COUNT(*), MIN(number) FROM (SELECT d.number FROM {tables} WHERE {search.Where} ORDER BY d.number DESC LIMIT @most) passed", most)
            .RowsAsync(row => (row.GetInt64(0), row.IsDBNull(1) ? 0 : row.GetInt64(1)), cancellationToken)).Single();
        return (passed, passed == most ? last : await search.NextAsync(connection, cancellationToken));
    }

    public async Task<DriftRecord?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return (await connection.Command($"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE d.id = @id", ("@id", id)).RowsAsync(DriftTables.Drift, cancellationToken)).FirstOrDefault();
    }

    public async Task<IReadOnlyList<DriftActor>> ActorsAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command(
            $"SELECT {DriftTables.ActorColumns} FROM actors a JOIN drifts d ON d.number = a.number WHERE d.id = @id ORDER BY a.last_seen DESC",
            ("@id", id)).RowsAsync(DriftTables.Actor, cancellationToken);
    }

    public async Task<IReadOnlyList<DriftChange>> TimelineAsync(string id, long after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command($"SELECT {DriftTables.ChangeColumns} FROM changes WHERE drift = @id AND number > @after ORDER BY number LIMIT @most", ("@id", id), ("@after", after), ("@most", most))
            .RowsAsync(DriftTables.Change, cancellationToken);
    }

    public async Task<DriftRecord?> DecideAsync(string id, Decision decision, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (decision.By.Length == 0)
        {
            throw new ArgumentException("a decision is somebody's", nameof(decision));
        }

        var set = new WriteSet();
        var drift = await _engine.WriteAsync(
            async connection =>
            {
                if ((await _engine.LoadAsync(connection, [id], cancellationToken)).GetValueOrDefault(id) is not { } before)
                {
                    return null;
                }

                var after = DriftLife.Decided(before, decision, now);
                set.Put(before, after, now, decision.By, decision.Comment);
                await _engine.SaveAsync(connection, set, cancellationToken);
                return after;
            },
            cancellationToken,
            _ => _recent?.Learn(set));
        Tell(set);
        return drift;
    }

    public async Task<IReadOnlyList<DriftCount>> CountsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command("SELECT status, severity, kind, provider, type, count FROM counts WHERE count > 0").RowsAsync(DriftTables.Count, cancellationToken);
    }

    public async Task<IReadOnlyList<DriftChange>> ChangesAsync(long after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command($"SELECT {DriftTables.ChangeColumns} FROM changes WHERE number > @after ORDER BY number LIMIT @most", ("@after", after), ("@most", most)).RowsAsync(DriftTables.Change, cancellationToken);
    }

    public async Task<long> LastChangeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command("SELECT MAX(number) FROM changes").NumberAsync(cancellationToken) ?? 0;
    }

    public async Task WaitForChangeAsync(long after, CancellationToken cancellationToken)
    {
        var changed = Volatile.Read(ref _changed).Task;
        if (Volatile.Read(ref _lastChange) > after)
        {
            return;
        }

        if (!IsShared)
        {
            await changed.WaitAsync(cancellationToken);
            return;
        }

        await Task.WhenAny(changed, Task.Delay(OthersPause, _time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
    }

    public async Task<bool> IsDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command("SELECT 1 WHERE EXISTS (SELECT 1 FROM drifts WHERE due <= @now) OR EXISTS (SELECT 1 FROM drifts WHERE until <= @now)", ("@now", Sql.Number(now))).NumberAsync(cancellationToken) is not null;
    }

    public async Task<int> OpenDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        for (var opened = 0; ;)
        {
            var set = new WriteSet();
            var looked = await _engine.WriteAsync(
                async connection =>
                {
                    var due = await connection.Command(
                        $"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE d.due <= @now OR d.until <= @now LIMIT {MostTogether}", ("@now", Sql.Number(now))).RowsAsync(DriftTables.Drift, cancellationToken);
                    foreach (var drift in due)
                    {
                        if (DriftLife.Due(drift, now) is { } after)
                        {
                            set.Put(drift, after, now, "", drift.Status == DriftStatus.Suppressed ? "the suppression has ended" : "the grace period is over");
                        }
                    }

                    await _engine.SaveAsync(connection, set, cancellationToken);
                    return due.Count;
                },
                cancellationToken,
                _ => _recent?.Learn(set));
            Tell(set);
            opened += set.Changes.Count;
            if (looked < MostTogether)
            {
                return opened;
            }
        }
    }

    public async Task<int> ForgetAsync(Retention retention, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var forgotten = 0;
        foreach (var (status, age, column) in (IEnumerable<(DriftStatus, TimeSpan, string)>)[(DriftStatus.Resolved, retention.Resolved, "d.resolved_at"), (DriftStatus.Suppressed, retention.Suppressed, "t.last_seen")])
        {
            forgotten += await _engine.WriteAsync(connection => ForgetAsync(connection, status, retention.Most, $"{column} < {Sql.Number(now - age)}", cancellationToken), cancellationToken);
        }

        await _engine.WriteAsync(connection => connection.Command($"DELETE FROM changes WHERE number <= (SELECT MAX(number) FROM changes) - {MostChanges}").ExecuteAsync(cancellationToken), cancellationToken);
        return forgotten;
    }

    public Task PutAsync(StoredItem item, CancellationToken cancellationToken) => PutAsync(item, "DO UPDATE SET value = excluded.value, due = excluded.due, claims = excluded.claims", cancellationToken);

    public async Task<bool> AddAsync(StoredItem item, CancellationToken cancellationToken) => await PutAsync(item, "DO NOTHING", cancellationToken) > 0;

    public async Task<StoredItem?> GetAsync(string area, string key, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return (await connection.Command($"SELECT {DriftTables.ItemColumns} FROM items WHERE area = @area AND key = @key", ("@area", area), ("@key", key)).RowsAsync(DriftTables.Item, cancellationToken)).FirstOrDefault();
    }

    public async Task<bool> RemoveAsync(string area, string key, CancellationToken cancellationToken) =>
        await _engine.WriteAsync(connection => connection.Command("DELETE FROM items WHERE area = @area AND key = @key", ("@area", area), ("@key", key)).ExecuteAsync(cancellationToken), cancellationToken) > 0;

    public async Task<IReadOnlyList<StoredItem>> ItemsAsync(string area, string after, int most, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command($"SELECT {DriftTables.ItemColumns} FROM items WHERE area = @area AND key > @after ORDER BY key LIMIT @most", ("@area", area), ("@after", after), ("@most", most))
            .RowsAsync(DriftTables.Item, cancellationToken);
    }

    public async Task<long> CountItemsAsync(string area, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        return await connection.Command("SELECT COUNT(*) FROM items WHERE area = @area", ("@area", area)).NumberAsync(cancellationToken) ?? 0;
    }

    public async Task<IReadOnlyList<StoredItem>> ClaimItemsAsync(string area, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken) => await _engine.WriteAsync(
        async connection =>
        {
            var items = await connection.Command($"SELECT {DriftTables.ItemColumns} FROM items WHERE area = @area AND due <= @now ORDER BY due LIMIT @most", ("@area", area), ("@now", Sql.Number(now)), ("@most", most))
                .RowsAsync(DriftTables.Item, cancellationToken);
            foreach (var item in items)
            {
                await connection.Command("UPDATE items SET due = @due, claims = claims + 1 WHERE area = @area AND key = @key", ("@due", Sql.Number(now + lease)), ("@area", area), ("@key", item.Key)).ExecuteAsync(cancellationToken);
            }

            return items.ConvertAll(item => item with { Due = now + lease, Claims = item.Claims + 1 });
        },
        cancellationToken);

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private Task<int> PutAsync(StoredItem item, string conflict, CancellationToken cancellationToken) => _engine.WriteAsync(
        connection => connection.Command($"INSERT INTO items ({DriftTables.ItemColumns}) VALUES (@area, @key, @value, @due, @claims) ON CONFLICT (area, key) {conflict}",
            ("@area", item.Area), ("@key", item.Key), ("@value", item.Value), ("@due", Sql.Number(item.Due)), ("@claims", item.Claims)).ExecuteAsync(cancellationToken),
        cancellationToken);

    // By age, and by count beyond the newest; what a person suppressed is no rule's and stays.
    private async Task<int> ForgetAsync(DbConnection connection, DriftStatus status, long most, string isOld, CancellationToken cancellationToken)
    {
        var chosen = $"FROM {DriftTables.Drifts} WHERE d.status = {(int)status} AND {(status == DriftStatus.Suppressed ? "d.decided_by = ''" : "1 = 1")}";
        var old = await connection.Command(
            $"SELECT d.number, d.severity, d.kind, d.provider, d.type {chosen} AND ({isOld} OR d.number < (SELECT MIN(number) FROM (SELECT number FROM drifts WHERE status = {(int)status} ORDER BY number DESC LIMIT {most}) n)) LIMIT {MostTogether}")
            .RowsAsync(row => (Number: row.GetInt64(0), Severity: (Severity)row.GetInt32(1), Kind: (FindingKind)row.GetInt32(2), Provider: row.GetString(3), Type: row.GetString(4)), cancellationToken);
        if (old.Count == 0)
        {
            return 0;
        }

        var set = new WriteSet();
        foreach (var drift in old)
        {
            set.Forget(status, drift.Severity, drift.Kind, drift.Provider, drift.Type, 1);
        }

        var numbers = string.Join(',', old.Select(drift => drift.Number.ToString(CultureInfo.InvariantCulture)));
        await connection.Command($"DELETE FROM changes WHERE drift IN (SELECT id FROM drifts WHERE number IN ({numbers}))").ExecuteAsync(cancellationToken);
        foreach (var table in (IEnumerable<string>)["actors", "tallies", "drifts"])
        {
            await connection.Command($"DELETE FROM {table} WHERE number IN ({numbers})").ExecuteAsync(cancellationToken);
        }

        _recent?.Clear();
        await _engine.SaveAsync(connection, set, cancellationToken);
        return old.Count;
    }

    private void Tell(WriteSet set)
    {
        if (set.Changes.Count > 0)
        {
            Interlocked.Add(ref _lastChange, set.Changes.Count);
            Interlocked.Exchange(ref _changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }
    }

    // The parameters that a text uses; PostgreSQL minds the others.
    /// <summary>Undoes a batch whose bodies belong to another worker by now.</summary>
    private sealed class TakenOverException : Exception;
}
