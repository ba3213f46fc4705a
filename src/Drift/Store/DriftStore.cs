using System.Data.Common;
using System.Runtime.CompilerServices;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Microsoft.Data.Sqlite;

namespace Comptroller.Drift.Store;

/// <summary>
/// Drifts in a SQLite file. One writer writes batches, each a transaction that is on disk when it returns; readers have connections of
/// their own and never wait for it.
/// </summary>
public sealed class DriftStore : IAsyncDisposable
{
    /// <summary>Actors that are kept of one drift; a resource that everybody changes has enough names.</summary>
    private const int MostActors = 20;

    private const string Schema = $"""
        CREATE TABLE IF NOT EXISTS drifts (id TEXT PRIMARY KEY, kind INTEGER NOT NULL, provider TEXT NOT NULL, type TEXT NOT NULL, resource_id TEXT NOT NULL, address TEXT NOT NULL,
          state TEXT NOT NULL, state_serial INTEGER, attribute TEXT NOT NULL, old TEXT, new TEXT, severity INTEGER NOT NULL, rules TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
          occurrences INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, due INTEGER, resolved_at INTEGER, actor TEXT NOT NULL, event TEXT NOT NULL) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS drifts_standing ON drifts (status, severity, kind, provider);
        CREATE INDEX IF NOT EXISTS drifts_due ON drifts (due) WHERE due IS NOT NULL;
        CREATE TABLE IF NOT EXISTS actors (drift TEXT NOT NULL, name TEXT NOT NULL, principal TEXT NOT NULL, type TEXT NOT NULL, source_ip TEXT NOT NULL, user_agent TEXT NOT NULL,
          occurrences INTEGER NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (drift, name, principal)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS backlog (seq INTEGER PRIMARY KEY, body BLOB NOT NULL);
        PRAGMA user_version = 1;
        """;

    private const string Columns = "id, kind, provider, type, resource_id, address, state, state_serial, attribute, old, new, severity, rules, status, reason, occurrences, first_seen, last_seen, due, resolved_at, actor, event";

    // A drift that somebody acknowledged stays so until another value shows up; one that a person suppressed stays so; one that was
    // resolved begins again. What Terraform itself does neither opens nor closes what is open.
    private static readonly string Upsert = $"""
        INSERT INTO drifts ({Columns}) VALUES ($id, $kind, $provider, $type, $resource_id, $address, $state, $state_serial, $attribute, $old, $new, $severity, $rules, $status, $reason,
          $occurrences, $first_seen, $last_seen, $due, NULL, $actor, $event)
        ON CONFLICT (id) DO UPDATE SET
          occurrences = occurrences + excluded.occurrences, first_seen = MIN(first_seen, excluded.first_seen), last_seen = MAX(last_seen, excluded.last_seen),
          state_serial = excluded.state_serial, severity = excluded.severity, rules = excluded.rules, old = excluded.old, new = excluded.new, actor = excluded.actor, event = excluded.event,
          resource_id = excluded.resource_id,
          status = {Next("status")}, reason = CASE WHEN {Next("status")} = {(int)DriftStatus.Suppressed} THEN CASE WHEN reason LIKE 'user%' THEN reason ELSE excluded.reason END ELSE '' END,
          due = CASE WHEN {Next("status")} = {(int)DriftStatus.Pending} THEN COALESCE(due, excluded.due) ELSE NULL END,
          resolved_at = CASE WHEN {Next("status")} = {(int)DriftStatus.Resolved} THEN resolved_at ELSE NULL END
        """;

    private static readonly string UpsertActor = $"""
        INSERT INTO actors (drift, name, principal, type, source_ip, user_agent, occurrences, first_seen, last_seen)
        SELECT $drift, $name, $principal, $type, $source_ip, $user_agent, 1, $time, $time
          WHERE (SELECT COUNT(*) FROM actors WHERE drift = $drift) < {MostActors} OR EXISTS (SELECT 1 FROM actors WHERE drift = $drift AND name = $name AND principal = $principal)
        ON CONFLICT (drift, name, principal) DO UPDATE SET occurrences = occurrences + 1, last_seen = MAX(last_seen, excluded.last_seen), source_ip = excluded.source_ip, user_agent = excluded.user_agent
        """;

    private static readonly string[] UpsertParameters = ["$id", "$kind", "$provider", "$type", "$resource_id", "$address", "$state", "$state_serial", "$attribute", "$old", "$new", "$severity", "$rules", "$status",
        "$reason", "$occurrences", "$first_seen", "$last_seen", "$due", "$actor", "$event"];

    private static readonly string[] ActorParameters = ["$drift", "$name", "$principal", "$type", "$source_ip", "$user_agent", "$time"];

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _actor;
    private readonly SqliteCommand _resolve;

    private DriftStore(string path, SqliteConnection writer)
    {
        (_path, _writer) = (path, writer);
        _upsert = Prepared(Upsert, UpsertParameters);
        _actor = Prepared(UpsertActor, ActorParameters);
        _resolve = Prepared(
            $"UPDATE drifts SET status = {(int)DriftStatus.Resolved}, reason = $reason, resolved_at = $time, due = NULL WHERE id = $id AND status <> {(int)DriftStatus.Resolved} AND ($only IS NULL OR (occurrences = 1 AND COALESCE(new, old) = $only))",
            ["$id", "$reason", "$time", "$only"]);
    }

    /// <summary>Opens a store, and makes it when it is not there.</summary>
    /// <exception cref="FormatException">The file is of a newer version.</exception>
    /// <exception cref="DbException">The file cannot be used.</exception>
    public static async Task<DriftStore> OpenAsync(string path, CancellationToken cancellationToken)
    {
        SQLitePCL.Batteries_V2.Init();
        path = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = await ConnectAsync(path, cancellationToken);
        var version = Convert.ToInt64(await ScalarAsync(connection, "PRAGMA user_version", cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        if (version > 1)
        {
            await connection.DisposeAsync();
            throw new FormatException($"{path}: this store has version {version}; this program knows 1. Use the program that wrote it, or another file");
        }

        await ExecuteAsync(connection, Schema, cancellationToken);
        return new DriftStore(path, connection);
    }

    /// <summary>Writes a batch. When it returns, the batch is on disk.</summary>
    /// <param name="sightings">Drifts that were seen.</param>
    /// <param name="settled">Drifts that are over.</param>
    /// <param name="now">The time of writing.</param>
    /// <param name="grace">How long Terraform is given.</param>
    /// <param name="serials">Serials of the states.</param>
    /// <exception cref="DbException">Nothing of the batch was written.</exception>
    public void Write(IReadOnlyCollection<Sighting> sightings, IReadOnlyCollection<Settlement> settled, DateTimeOffset now, TimeSpan grace, IReadOnlyDictionary<string, long> serials)
    {
        using var transaction = _writer.BeginTransaction();
        _upsert.Transaction = _actor.Transaction = _resolve.Transaction = transaction;
        foreach (var sighting in sightings)
        {
            var record = sighting.Record(now, grace, sighting.Finding.Resource is { } resource && serials.TryGetValue(resource.Source, out var serial) ? serial : null);
            Fill(_upsert, record.Id, (int)record.Kind, record.Provider, record.Type, record.ResourceId, record.Address, record.State, record.StateSerial, record.Attribute, record.Old, record.New, (int)record.Severity,
                record.Rules, (int)record.Status, record.Reason, record.Occurrences, Time(record.FirstSeen), Time(record.LastSeen), record.Due is { } due ? Time(due) : null, record.Actor, record.Event);
            _upsert.ExecuteNonQuery();
            if (sighting.Finding.Event is { } change && change.Actor != Actor.Unknown)
            {
                Fill(_actor, record.Id, change.Actor.Name, change.Actor.Principal, change.Actor.Type, change.SourceAddress, change.UserAgent, Time(record.LastSeen));
                _actor.ExecuteNonQuery();
            }
        }

        foreach (var settlement in settled)
        {
            Fill(_resolve, settlement.Key.Value, settlement.Reason, Time(now), settlement.Only);
            _resolve.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>Keeps bodies that cannot be judged yet. When it returns, they are on disk.</summary>
    public void Keep(IEnumerable<ReadOnlyMemory<byte>> bodies)
    {
        using var transaction = _writer.BeginTransaction();
        using var command = _writer.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "INSERT INTO backlog (body) VALUES ($body)";
        var body = command.Parameters.Add(new SqliteParameter { ParameterName = "$body" });
        foreach (var each in bodies)
        {
            body.Value = each.ToArray();
            command.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    /// <summary>The oldest body that was kept; null when there is none.</summary>
    public async Task<(long Sequence, byte[] Body)?> OldestKeptAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT seq, body FROM backlog ORDER BY seq LIMIT 1";
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await row.ReadAsync(cancellationToken) ? (row.GetInt64(0), row.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Drops a body that was judged.</summary>
    public async Task DropKeptAsync(long sequence, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await ExecuteAsync(connection, $"DELETE FROM backlog WHERE seq = {sequence}", cancellationToken);
    }

    /// <summary>How many bodies are kept.</summary>
    public async Task<long> CountKeptAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        return Convert.ToInt64(await ScalarAsync(connection, "SELECT COUNT(*) FROM backlog", cancellationToken), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Opens those whose time to be decided has come.</summary>
    /// <returns>How many.</returns>
    public async Task<int> OpenDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"UPDATE drifts SET status = {(int)DriftStatus.Open}, due = NULL WHERE due <= {Time(now)} AND status = {(int)DriftStatus.Pending}";
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Drops what was resolved before a time.</summary>
    public async Task ForgetAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await ExecuteAsync(connection, $"""
            DELETE FROM actors WHERE drift IN (SELECT id FROM drifts WHERE status = {(int)DriftStatus.Resolved} AND resolved_at < {Time(before)});
            DELETE FROM drifts WHERE status = {(int)DriftStatus.Resolved} AND resolved_at < {Time(before)};
            """, cancellationToken);
    }

    /// <summary>Whether a pending drift is due to be decided.</summary>
    public async Task<bool> IsDueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        return await ScalarAsync(connection, $"SELECT 1 FROM drifts WHERE due <= {Time(now)} LIMIT 1", cancellationToken) is not null;
    }

    /// <summary>Sets what a person decided. False when there is no such drift.</summary>
    public async Task<bool> SetAsync(string id, DriftStatus status, string reason, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE drifts SET status = $status, reason = $reason, due = NULL, resolved_at = $resolved WHERE id = $id";
        command.Parameters.AddWithValue("$id", id);
        command.Parameters.AddWithValue("$status", (int)status);
        command.Parameters.AddWithValue("$reason", reason);
        command.Parameters.AddWithValue("$resolved", status == DriftStatus.Resolved ? Time(now) : DBNull.Value);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Drifts in the order of their ids, so that pages neither overlap nor miss.</summary>
    /// <param name="status">Only these; null for every one.</param>
    /// <param name="after">The last id of the page before; empty for the first page.</param>
    /// <param name="most">Length of a page.</param>
    /// <param name="cancellationToken">Stops between rows.</param>
    public async IAsyncEnumerable<DriftRecord> ListAsync(DriftStatus? status, string after, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {Columns} FROM drifts WHERE id > $after {(status is { } one ? $"AND status = {(int)one}" : "")} ORDER BY id LIMIT {most}";
        command.Parameters.AddWithValue("$after", after);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            yield return Record(row);
        }
    }

    /// <summary>How many drifts stand how.</summary>
    public async Task<IReadOnlyList<DriftCount>> CountsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT status, severity, kind, provider, COUNT(*) FROM drifts GROUP BY status, severity, kind, provider";
        var counts = new List<DriftCount>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            counts.Add(new DriftCount((DriftStatus)row.GetInt32(0), (Severity)row.GetInt32(1), (FindingKind)row.GetInt32(2), row.GetString(3), row.GetInt64(4)));
        }

        return counts;
    }

    /// <summary>Who was seen at a drift.</summary>
    public async Task<IReadOnlyList<DriftActor>> ActorsAsync(string id, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectAsync(_path, cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, principal, type, source_ip, user_agent, occurrences, first_seen, last_seen FROM actors WHERE drift = $id ORDER BY last_seen DESC";
        command.Parameters.AddWithValue("$id", id);
        var actors = new List<DriftActor>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            actors.Add(new DriftActor(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5), Time(row.GetInt64(6)), Time(row.GetInt64(7))));
        }

        return actors;
    }

    public async ValueTask DisposeAsync()
    {
        await _upsert.DisposeAsync();
        await _actor.DisposeAsync();
        await _resolve.DisposeAsync();
        await _writer.DisposeAsync();
    }

    // The status after a sighting, from the one before ("status") and that of the sighting ("excluded.status").
    private static string Next(string status) => $"""
        CASE
          WHEN {status} = {(int)DriftStatus.Resolved} THEN excluded.status
          WHEN {status} = {(int)DriftStatus.Suppressed} AND reason NOT LIKE 'user%' THEN excluded.status
          WHEN {status} = {(int)DriftStatus.Acknowledged} AND excluded.status <> {(int)DriftStatus.Suppressed} AND new IS NOT excluded.new THEN {(int)DriftStatus.Open}
          ELSE {status} END
        """;

    private static DriftRecord Record(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        Kind = (FindingKind)row.GetInt32(1),
        Provider = row.GetString(2),
        Type = row.GetString(3),
        ResourceId = row.GetString(4),
        Address = row.GetString(5),
        State = row.GetString(6),
        StateSerial = row.IsDBNull(7) ? null : row.GetInt64(7),
        Attribute = row.GetString(8),
        Old = row.IsDBNull(9) ? null : row.GetString(9),
        New = row.IsDBNull(10) ? null : row.GetString(10),
        Severity = (Severity)row.GetInt32(11),
        Rules = row.GetString(12),
        Status = (DriftStatus)row.GetInt32(13),
        Reason = row.GetString(14),
        Occurrences = row.GetInt64(15),
        FirstSeen = Time(row.GetInt64(16)),
        LastSeen = Time(row.GetInt64(17)),
        Due = row.IsDBNull(18) ? null : Time(row.GetInt64(18)),
        ResolvedAt = row.IsDBNull(19) ? null : Time(row.GetInt64(19)),
        Actor = row.GetString(20),
        Event = row.GetString(21),
    };

    private static async Task<SqliteConnection> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = true, DefaultTimeout = 30 }.ToString());
        await connection.OpenAsync(cancellationToken);
        // FULL: what was answered with 202 outlives a power cut. A page cache of 8 MB, whatever the number of drifts.
        await ExecuteAsync(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=30000; PRAGMA cache_size=-8192; PRAGMA journal_size_limit=67108864;", cancellationToken);
        return connection;
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(SqliteConnection connection, string text, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    private SqliteCommand Prepared(string text, string[] parameters)
    {
        var command = _writer.CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = name });
        }

        return command;
    }

    private static void Fill(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var at = 0; at < values.Length; at++)
        {
            command.Parameters[at].Value = values[at] ?? DBNull.Value;
        }
    }

    private static long Time(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);
}

/// <summary>How many drifts stand alike.</summary>
public sealed record DriftCount(DriftStatus Status, Severity Severity, FindingKind Kind, string Provider, long Count);

/// <summary>Somebody who was seen at a drift.</summary>
public sealed record DriftActor(string Name, string Principal, string Type, string SourceAddress, string UserAgent, long Occurrences, DateTimeOffset FirstSeen, DateTimeOffset LastSeen);
