using System.Data.Common;
using Comptroller.Drift.Lifecycle;
using Microsoft.Data.Sqlite;

namespace Comptroller.Drift.Store;

/// <summary>Drifts in a SQLite file. One connection writes; readers have connections of their own and never wait for it.</summary>
internal sealed class SqliteEngine : IStoreEngine
{
    /// <summary>Actors that are kept of one drift; a resource that everybody changes has enough names.</summary>
    public const int MostActors = 20;

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly SqliteCommand _load;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _insertTally;
    private readonly SqliteCommand _updateTally;
    private readonly SqliteCommand _repeat;
    private readonly SqliteCommand _actor;
    private readonly SqliteCommand _change;
    private readonly SqliteCommand _count;
    private readonly SqliteCommand _append;

    private SqliteEngine(string path, SqliteConnection writer)
    {
        (_path, _writer) = (path, writer);
        _load = Prepared($"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE d.id = @0", 1);
        _insert = Prepared("""
            INSERT INTO drifts (id, kind, provider, type, resource_id, address, state, state_serial, attribute, old_value, new_value, severity, rules, status, reason, first_seen, due, until, resolved_at, decided_by,
              comment, actor, event) VALUES (@0, @1, @2, @3, @4, @5, @6, @7, @8, @9, @10, @11, @12, @13, @14, @15, @16, @17, @18, @19, @20, @21, @22) RETURNING number
            """, 23);
        _update = Prepared("""
            UPDATE drifts SET resource_id = @1, state_serial = @2, old_value = @3, new_value = @4, severity = @5, rules = @6, status = @7, reason = @8, first_seen = @9, due = @10, until = @11, resolved_at = @12,
              decided_by = @13, comment = @14, actor = @15, event = @16 WHERE number = @0
            """, 17);
        _insertTally = Prepared("INSERT INTO tallies (number, occurrences, last_seen) VALUES (@0, @1, @2)", 3);
        _updateTally = Prepared("UPDATE tallies SET occurrences = @1, last_seen = @2 WHERE number = @0", 3);
        _repeat = Prepared("UPDATE tallies SET occurrences = occurrences + @1, last_seen = MAX(last_seen, @2) WHERE number = @0", 3);
        _actor = Prepared($"""
            INSERT INTO actors (number, name, principal, type, source_ip, user_agent, occurrences, first_seen, last_seen, principal_id, account, role, region, request)
            SELECT @0, @1, @2, @3, @4, @5, @6, @7, @7, @8, @9, @10, @11, @12
              WHERE EXISTS (SELECT 1 FROM actors WHERE number = @0 AND name = @1 AND principal = @2) OR (SELECT COUNT(*) FROM actors WHERE number = @0) < {MostActors}
            ON CONFLICT (number, name, principal) DO UPDATE SET occurrences = occurrences + excluded.occurrences, last_seen = MAX(last_seen, excluded.last_seen), source_ip = excluded.source_ip, user_agent = excluded.user_agent,
              principal_id = excluded.principal_id, account = excluded.account, role = excluded.role, region = excluded.region, request = excluded.request
            """, 13);
        _change = Prepared("INSERT INTO changes (drift, at, from_status, to_status, severity, by_whom, comment, value) VALUES (@0, @1, @2, @3, @4, @5, @6, @7)", 8);
        _count = Prepared("""
            INSERT INTO counts (status, severity, kind, provider, type, count) VALUES (@0, @1, @2, @3, @4, @5)
            ON CONFLICT (status, severity, kind, provider, type) DO UPDATE SET count = count + excluded.count
            """, 6);
        _append = Prepared("INSERT INTO inbox (body, at, worker, leased_until) VALUES (@0, @1, '', 0)", 2);
    }

    public bool IsShared => false;

    /// <exception cref="FormatException">The file is of another version.</exception>
    public static async Task<SqliteEngine> OpenAsync(string path, CancellationToken cancellationToken)
    {
        SQLitePCL.Batteries_V2.Init();
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = await ConnectAsync(path, cancellationToken);
        try
        {
            var version = await connection.Command("PRAGMA user_version").NumberAsync(cancellationToken);
            if (version is not (0 or DriftTables.Former or DriftTables.Version))
            {
                throw new FormatException($"{path}: this store has version {version}; this program knows {DriftTables.Version}. Use the program that wrote it, or another file");
            }

            var upgrade = version == DriftTables.Former ? DriftTables.Upgrade : "";
            await connection.Command($"BEGIN IMMEDIATE; {upgrade} {DriftTables.Schema("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB")} PRAGMA user_version = {DriftTables.Version}; UPDATE inbox SET leased_until = 0; COMMIT;").ExecuteAsync(cancellationToken);
            return new SqliteEngine(path, connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<DbConnection> ReadAsync(CancellationToken cancellationToken) => await ConnectAsync(_path, cancellationToken);

    public async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await _writer.Command("BEGIN IMMEDIATE").ExecuteAsync(cancellationToken);
            try
            {
                var result = await write(_writer);
                await _writer.Command("COMMIT").ExecuteAsync(CancellationToken.None);
                return result;
            }
            catch
            {
                await RollBackAsync();
                throw;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task AppendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> bodies, DateTimeOffset now, CancellationToken cancellationToken) => await WriteAsync(
        _ =>
        {
            foreach (var body in bodies)
            {
                _append.Fill(body.ToArray(), Sql.Number(now));
                _append.ExecuteNonQuery();
            }

            return Task.FromResult(true);
        },
        cancellationToken);

    // One process has the file, so only its own workers are told apart.
    public async Task<IReadOnlyList<WaitingBody>> ClaimAsync(string worker, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken) => await WriteAsync<IReadOnlyList<WaitingBody>>(
        async connection =>
        {
            var bodies = await connection.Command("SELECT number, body, at FROM inbox WHERE leased_until <= @now ORDER BY number LIMIT @most", ("@now", Sql.Number(now)), ("@most", most))
                .RowsAsync(DriftTables.Body, cancellationToken);
            foreach (var body in bodies)
            {
                await connection.Command("UPDATE inbox SET worker = @worker, leased_until = @until WHERE number = @number", ("@worker", worker), ("@until", Sql.Number(now + lease)), ("@number", body.Number))
                    .ExecuteAsync(cancellationToken);
            }

            return bodies;
        },
        cancellationToken);

    public async Task<int> RemoveBodiesAsync(DbConnection connection, string worker, IReadOnlyCollection<long> numbers, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var number in numbers)
        {
            removed += await connection.Command("DELETE FROM inbox WHERE number = @number AND worker = @worker", ("@number", number), ("@worker", worker)).ExecuteAsync(cancellationToken);
        }

        return removed;
    }

    public Task<IReadOnlyDictionary<string, DriftRecord>> LoadAsync(DbConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DriftRecord>(ids.Count, StringComparer.Ordinal);
        foreach (var id in ids)
        {
            _load.Fill(id);
            using var row = _load.ExecuteReader();
            if (row.Read())
            {
                found[id] = DriftTables.Drift(row);
            }
        }

        return Task.FromResult<IReadOnlyDictionary<string, DriftRecord>>(found);
    }

    public Task SaveAsync(DbConnection connection, WriteSet set, CancellationToken cancellationToken)
    {
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var drift in set.Added)
        {
            _insert.Fill(drift.Id, (int)drift.Kind, drift.Provider, drift.Type, drift.ResourceId, drift.Address, drift.State, drift.StateSerial, drift.Attribute, drift.Old, drift.New, (int)drift.Severity, drift.Rules,
                (int)drift.Status, drift.Reason, Sql.Number(drift.FirstSeen), Sql.Number(drift.Due), Sql.Number(drift.Until), Sql.Number(drift.ResolvedAt), drift.DecidedBy, drift.Comment, drift.Actor, drift.Event);
            var number = (long)_insert.ExecuteScalar()!;
            numbers[drift.Id] = number;
            _insertTally.Fill(number, drift.Occurrences, Sql.Number(drift.LastSeen));
            _insertTally.ExecuteNonQuery();
        }

        foreach (var drift in set.Altered)
        {
            _update.Fill(drift.Number, drift.ResourceId, drift.StateSerial, drift.Old, drift.New, (int)drift.Severity, drift.Rules, (int)drift.Status, drift.Reason, Sql.Number(drift.FirstSeen), Sql.Number(drift.Due),
                Sql.Number(drift.Until), Sql.Number(drift.ResolvedAt), drift.DecidedBy, drift.Comment, drift.Actor, drift.Event);
            _update.ExecuteNonQuery();
            Tally(drift, numbers);
        }

        foreach (var drift in set.Tallied)
        {
            Tally(drift, numbers);
        }

        foreach (var (number, sighting) in set.Repeated)
        {
            numbers[sighting.Key.Value] = number;
            _repeat.Fill(number, sighting.Occurrences, Sql.Number(sighting.Last));
            _repeat.ExecuteNonQuery();
        }

        foreach (var (drift, change, last, occurrences) in set.Actors)
        {
            _actor.Fill(numbers[drift], change.Actor.Name, change.Actor.Principal, change.Actor.Type, change.SourceAddress, change.UserAgent, occurrences, Sql.Number(last), change.Actor.PrincipalId,
                change.Account, change.Actor.Role, change.Region, change.RequestId);
            _actor.ExecuteNonQuery();
        }

        foreach (var change in set.Changes)
        {
            _change.Fill(change.Drift, Sql.Number(change.At), change.From is { } from ? (int)from : null, (int)change.To, (int)change.Severity, change.By, change.Comment, change.Value);
            _change.ExecuteNonQuery();
        }

        foreach (var count in set.Counts)
        {
            _count.Fill((int)count.Status, (int)count.Severity, (int)count.Kind, count.Provider, count.Type, count.Count);
            _count.ExecuteNonQuery();
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        // What is being written is waited for.
        await _turn.WaitAsync();
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_load, _insert, _update, _insertTally, _updateTally, _repeat, _actor, _change, _count, _append])
        {
            command.Dispose();
        }

        await _writer.DisposeAsync();
        _turn.Dispose();
    }

    private void Tally(DriftRecord drift, Dictionary<string, long> numbers)
    {
        numbers[drift.Id] = drift.Number;
        _updateTally.Fill(drift.Number, drift.Occurrences, Sql.Number(drift.LastSeen));
        _updateTally.ExecuteNonQuery();
    }

    private async Task RollBackAsync()
    {
        try
        {
            await _writer.Command("ROLLBACK").ExecuteAsync(CancellationToken.None);
        }
        catch (SqliteException)
        {
            // A full disk has rolled it back already.
        }
    }

    private static async Task<SqliteConnection> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 5 }.ToString());
        await connection.OpenAsync(cancellationToken);
        // FULL: what was answered with 202 outlives a power cut. A page cache of 8 MB, whatever the number of drifts.
        await connection.Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864;").ExecuteAsync(cancellationToken);
        return connection;
    }

    private SqliteCommand Prepared(string text, int parameters)
    {
        var command = _writer.CreateCommand();
        command.CommandText = text;
        for (var at = 0; at < parameters; at++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"@{at}" });
        }

        return command;
    }
}
