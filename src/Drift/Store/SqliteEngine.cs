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
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _insertTally;
    private readonly SqliteStatement _updateTally;
    private readonly SqliteStatement _repeat;
    private readonly SqliteStatement _repeatActor;
    private readonly SqliteStatement _findActor;
    private readonly SqliteStatement _knownActor;
    private readonly SqliteStatement _newActor;
    private readonly SqliteStatement _change;
    private readonly SqliteStatement _count;
    private readonly SqliteStatement _append;
    private readonly SqliteStatement _remove;

    private SqliteEngine(string path, SqliteConnection writer)
    {
        (_path, _writer) = (path, writer);
        _load = writer.CreateCommand();
        _load.CommandText = $"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE d.id = @id";
        _load.Parameters.Add(new SqliteParameter { ParameterName = "@id" });
        _begin = new(writer, "BEGIN IMMEDIATE");
        _commit = new(writer, "COMMIT");
        _insert = new(writer, """
            INSERT INTO drifts (id, kind, provider, type, resource_id, address, state, state_serial, attribute, old_value, new_value, severity, rules, status, reason, first_seen, due, until, resolved_at, decided_by,
              comment, actor, event) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """);
        _update = new(writer, """
            UPDATE drifts SET resource_id = ?, state_serial = ?, old_value = ?, new_value = ?, severity = ?, rules = ?, status = ?, reason = ?, first_seen = ?, due = ?, until = ?, resolved_at = ?,
              decided_by = ?, comment = ?, actor = ?, event = ? WHERE number = ?
            """);
        _insertTally = new(writer, "INSERT INTO tallies (number, occurrences, last_seen) VALUES (?, ?, ?)");
        _updateTally = new(writer, "UPDATE tallies SET occurrences = ?, last_seen = ? WHERE number = ?");
        _repeat = new(writer, "UPDATE tallies SET occurrences = occurrences + ?, last_seen = MAX(last_seen, ?) WHERE number = ?");
        // Nearly everybody who is seen at a drift has been seen there before; counting how many there are is for the others.
        _knownActor = new(writer, """
            UPDATE actors SET occurrences = occurrences + ?1, last_seen = MAX(last_seen, ?2), source_ip = ?3, user_agent = ?4, principal_id = ?5, account = ?6, role = ?7, region = ?8, request = ?9
            WHERE rowid = ?10
            """);
        _findActor = new(writer, "SELECT rowid FROM actors WHERE number = ? AND name = ? AND principal = ?");
        _repeatActor = new(writer, "UPDATE actors SET occurrences = occurrences + ?, last_seen = MAX(last_seen, ?), request = ? WHERE rowid = ?");
        _newActor = new(writer, $"""
            INSERT INTO actors (occurrences, first_seen, last_seen, source_ip, user_agent, principal_id, account, role, region, request, number, name, principal, type)
            SELECT ?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE (SELECT COUNT(*) FROM actors WHERE number = ?10) < {MostActors}
            """);
        _change = new(writer, "INSERT INTO changes (drift, at, from_status, to_status, severity, by_whom, comment, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        _count = new(writer, """
            INSERT INTO counts (status, severity, kind, provider, type, count) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (status, severity, kind, provider, type) DO UPDATE SET count = count + excluded.count
            """);
        _append = new(writer, "INSERT INTO inbox (body, at, worker, leased_until) VALUES (?, ?, '', 0)");
        _remove = new(writer, "DELETE FROM inbox WHERE number = ? AND worker = ?");
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
            // FULL: what was answered with 202 outlives a power cut. A page cache of 8 MB, whatever the number of drifts. The log is copied back
            // every 16 MB: a page that many alerts touch is then copied once for all of them.
            await connection.Command("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=4096;").ExecuteAsync(cancellationToken);
            var version = await connection.Command("PRAGMA user_version").NumberAsync(cancellationToken);
            if (version is not (0 or DriftTables.Former or DriftTables.Version))
            {
                throw DriftTables.OtherVersion($"{path}: this store", version, $"move it aside (mv {path} {path}.v{version}, and its -wal and -shm with it) or name another file");
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

    public async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken, Action<T>? written = null)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            _begin.Execute();
            T result;
            try
            {
                result = await write(_writer);
                _commit.Execute();
            }
            catch
            {
                await RollBackAsync();
                throw;
            }

            written?.Invoke(result);
            return result;
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
                _append.With(body.Span).With(Sql.Number(now)).Execute();
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

    public Task<int> RemoveBodiesAsync(DbConnection connection, string worker, IReadOnlyCollection<long> numbers, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var number in numbers)
        {
            removed += _remove.With(number).With(worker).Execute();
        }

        return Task.FromResult(removed);
    }

    public Task<IReadOnlyDictionary<string, DriftRecord>> LoadAsync(DbConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, DriftRecord>(ids.Count, StringComparer.Ordinal);
        foreach (var id in ids)
        {
            _load.Parameters[0].Value = id;
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
            _insert.With(drift.Id).With((int)drift.Kind).With(drift.Provider).With(drift.Type).With(drift.ResourceId).With(drift.Address).With(drift.State).With(drift.StateSerial).With(drift.Attribute)
                .With(drift.Old).With(drift.New).With((int)drift.Severity).With(drift.Rules).With((int)drift.Status).With(drift.Reason).With(Sql.Number(drift.FirstSeen)).With(drift.Due).With(drift.Until)
                .With(drift.ResolvedAt).With(drift.DecidedBy).With(drift.Comment).With(drift.Actor).With(drift.Event).Execute();
            var number = numbers[drift.Id] = set.AddedNumbers[drift.Id] = _insert.LastNumber;
            _insertTally.With(number).With(drift.Occurrences).With(Sql.Number(drift.LastSeen)).Execute();
        }

        foreach (var drift in set.Altered)
        {
            _update.With(drift.ResourceId).With(drift.StateSerial).With(drift.Old).With(drift.New).With((int)drift.Severity).With(drift.Rules).With((int)drift.Status).With(drift.Reason)
                .With(Sql.Number(drift.FirstSeen)).With(drift.Due).With(drift.Until).With(drift.ResolvedAt).With(drift.DecidedBy).With(drift.Comment).With(drift.Actor).With(drift.Event).With(drift.Number).Execute();
            Tally(drift, numbers);
        }

        foreach (var drift in set.Tallied)
        {
            Tally(drift, numbers);
        }

        foreach (var (place, sighting) in set.Repeated)
        {
            _repeat.With(sighting.Occurrences).With(Sql.Number(sighting.Last)).With(place.Number).Execute();
            if (place.Actor > 0)
            {
                _repeatActor.With(sighting.Occurrences).With(Sql.Number(sighting.Last)).With(sighting.Finding.Event!.RequestId).With(place.Actor).Execute();
            }
        }

        foreach (var (drift, change, last, occurrences) in set.Actors)
        {
            var (actor, number) = (change.Actor, numbers[drift]);
            if (_findActor.With(number).With(actor.Name).With(actor.Principal).Number() is { } row)
            {
                Seen(_knownActor).With(row).Execute();
                set.ActorRows[drift] = row;
            }
            else if (Seen(_newActor).With(number).With(actor.Name).With(actor.Principal).With(actor.Type).Execute() > 0)
            {
                set.ActorRows[drift] = _newActor.LastNumber;
            }

            SqliteStatement Seen(SqliteStatement statement) => statement.With(occurrences).With(Sql.Number(last)).With(change.SourceAddress).With(change.UserAgent)
                .With(actor.PrincipalId).With(change.Account).With(actor.Role).With(change.Region).With(change.RequestId);
        }

        foreach (var change in set.Changes)
        {
            _change.With(change.Drift).With(Sql.Number(change.At)).With((int?)change.From).With((int)change.To).With((int)change.Severity).With(change.By).With(change.Comment).With(change.Value).Execute();
        }

        foreach (var count in set.Counts)
        {
            _count.With((int)count.Status).With((int)count.Severity).With((int)count.Kind).With(count.Provider).With(count.Type).With(count.Count).Execute();
        }

        return Task.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        // What is being written is waited for.
        await _turn.WaitAsync();
        foreach (var command in (ReadOnlySpan<IDisposable>)[_load, _begin, _commit, _insert, _update, _insertTally, _updateTally, _repeat, _repeatActor, _findActor, _knownActor, _newActor, _change, _count, _append, _remove])
        {
            command.Dispose();
        }

        await _writer.DisposeAsync();
        _turn.Dispose();
    }

    private void Tally(DriftRecord drift, Dictionary<string, long> numbers)
    {
        numbers[drift.Id] = drift.Number;
        _updateTally.With(drift.Occurrences).With(Sql.Number(drift.LastSeen)).With(drift.Number).Execute();
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
        await connection.Command("PRAGMA busy_timeout=5000").ExecuteAsync(cancellationToken);
        return connection;
    }
}
