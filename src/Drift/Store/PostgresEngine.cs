using System.Data.Common;
using Comptroller.Drift.Lifecycle;
using Npgsql;

namespace Comptroller.Drift.Store;

/// <summary>
/// Drifts in a PostgreSQL that several replicas share. What is written about drifts is written by one transaction at a time, whichever
/// replica it is of: no two judge by the same row, counts stay right, and numbers of changes are seen in their order. Taking bodies in and
/// claiming them need no turn. Every kind of row is one statement for the whole batch.
/// </summary>
internal sealed class PostgresEngine : IStoreEngine
{
    // Any number that nobody else locks by: "drift" in ASCII.
    private const long Turn = 0x6472696674;

    // Leases are by the clock of the server: those of replicas differ.
    private const string Now = "(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint";

    private readonly NpgsqlDataSource _source;

    private PostgresEngine(NpgsqlDataSource source) => _source = source;

    public bool IsShared => true;

    public static bool Is(string address) => address.StartsWith("postgres", StringComparison.OrdinalIgnoreCase) || address.Contains("Host=", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="FormatException">The address cannot be read, or the tables are of another version. The message does not repeat the address: it may hold a password.</exception>
    public static async Task<PostgresEngine> OpenAsync(string address, CancellationToken cancellationToken)
    {
        var engine = new PostgresEngine(Source(address) ?? throw new FormatException("the address of the PostgreSQL store cannot be read: a key is unknown, or a value is not one that it takes; "
            + "write postgresql://user:password@host:5432/database?key=value, or Host=…;Username=…;Password=…;Database=…"));
        try
        {
            // In turn: two that start together would both make the same table.
            await engine.WriteAsync(
                async connection =>
                {
                    // Before anything is made: tables of another version stay as they are.
                    var version = await connection.Command("SELECT (to_regclass('items') IS NOT NULL)::int").NumberAsync(cancellationToken) == 0 ? DriftTables.Version
                        : await connection.Command("SELECT value FROM items WHERE area = 'store' AND key = 'version'").NumberAsync(cancellationToken);
                    if (version is not (DriftTables.Former or DriftTables.Version))
                    {
                        throw DriftTables.OtherVersion("the PostgreSQL store", version, $"move its tables aside (ALTER SCHEMA public RENAME TO drift_v{version}; CREATE SCHEMA public) or name another database");
                    }

                    var upgrade = version == DriftTables.Former ? DriftTables.Upgrade : "";
                    await connection.Command($"{upgrade} {DriftTables.Schema("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "BYTEA")}").ExecuteAsync(cancellationToken);
                    return await connection.Command($"""
                        INSERT INTO items ({DriftTables.ItemColumns}) VALUES ('store', 'version', '{DriftTables.Version}', NULL, 0)
                        ON CONFLICT (area, key) DO UPDATE SET value = excluded.value
                        """).ExecuteAsync(cancellationToken);
                },
                cancellationToken);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    public async Task<DbConnection> ReadAsync(CancellationToken cancellationToken) => await _source.OpenConnectionAsync(cancellationToken);

    public async Task<T> WriteAsync<T>(Func<DbConnection, Task<T>> write, CancellationToken cancellationToken, Action<T>? written = null)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.Command($"SELECT pg_advisory_xact_lock({Turn})").ExecuteAsync(cancellationToken);
        var result = await write(connection);
        await transaction.CommitAsync(CancellationToken.None);
        written?.Invoke(result);
        return result;
    }

    public async Task AppendAsync(IReadOnlyCollection<ReadOnlyMemory<byte>> bodies, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await ReadAsync(cancellationToken);
        await connection.Command("INSERT INTO inbox (body, at, worker, leased_until) SELECT body, @at, '', 0 FROM unnest(@bodies) AS body", ("@at", Sql.Number(now)), ("@bodies", bodies.Select(body => body.ToArray()).ToArray()))
            .ExecuteAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<WaitingBody>> ClaimAsync(string worker, int most, TimeSpan lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await ReadAsync(cancellationToken);
        var bodies = await connection.Command(
            $"""
            UPDATE inbox SET worker = @worker, leased_until = {Now} + @lease
            WHERE number IN (SELECT number FROM inbox WHERE leased_until <= {Now} ORDER BY number LIMIT @most FOR UPDATE SKIP LOCKED) RETURNING number, body, at
            """,
            ("@worker", worker), ("@lease", (long)lease.TotalMilliseconds), ("@most", most)).RowsAsync(DriftTables.Body, cancellationToken);
        bodies.Sort((left, right) => left.Number.CompareTo(right.Number));
        return bodies;
    }

    public Task<int> RemoveBodiesAsync(DbConnection connection, string worker, IReadOnlyCollection<long> numbers, CancellationToken cancellationToken) =>
        connection.Command("DELETE FROM inbox WHERE worker = @worker AND number = ANY(@numbers)", ("@worker", worker), ("@numbers", numbers.ToArray())).ExecuteAsync(cancellationToken);

    public async Task<IReadOnlyDictionary<string, DriftRecord>> LoadAsync(DbConnection connection, IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        var drifts = ids.Count == 0 ? [] : await connection.Command($"SELECT {DriftTables.DriftColumns} FROM {DriftTables.Drifts} WHERE d.id = ANY(@ids)", ("@ids", ids.ToArray())).RowsAsync(DriftTables.Drift, cancellationToken);
        return drifts.ToDictionary(drift => drift.Id, StringComparer.Ordinal);
    }

    public async Task SaveAsync(DbConnection connection, WriteSet set, CancellationToken cancellationToken)
    {
        var numbers = set.Altered.Concat(set.Tallied).ToDictionary(drift => drift.Id, drift => drift.Number, StringComparer.Ordinal);
        foreach (var (id, number) in await InsertAsync(connection, set.Added, cancellationToken))
        {
            numbers[id] = number;
        }

        await UpdateAsync(connection, set.Altered, cancellationToken);
        await TallyAsync(connection, [.. set.Added, .. set.Altered, .. set.Tallied], numbers, cancellationToken);
        await ActorsAsync(connection, set, numbers, cancellationToken);
        await ChangesAsync(connection, set.Changes, cancellationToken);
        await CountsAsync(connection, [.. set.Counts], cancellationToken);
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private static async Task<List<(string Id, long Number)>> InsertAsync(DbConnection connection, List<DriftRecord> drifts, CancellationToken cancellationToken) => drifts.Count == 0 ? [] : await connection.Command(
        """
        INSERT INTO drifts (id, kind, provider, type, resource_id, address, state, state_serial, attribute, old_value, new_value, severity, rules, status, reason, first_seen, due, until, resolved_at, decided_by, comment,
          actor, event)
        SELECT * FROM unnest(@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k, @l, @m, @n, @o, @p, @q, @r, @s, @t, @u, @v, @w) RETURNING id, number
        """,
        ("@a", Column(drifts, drift => drift.Id)), ("@b", Column(drifts, drift => (int)drift.Kind)), ("@c", Column(drifts, drift => drift.Provider)), ("@d", Column(drifts, drift => drift.Type)),
        ("@e", Column(drifts, drift => drift.ResourceId)), ("@f", Column(drifts, drift => drift.Address)), ("@g", Column(drifts, drift => drift.State)), ("@h", Column(drifts, drift => drift.StateSerial)),
        ("@i", Column(drifts, drift => drift.Attribute)), ("@j", Column(drifts, drift => drift.Old)), ("@k", Column(drifts, drift => drift.New)), ("@l", Column(drifts, drift => (int)drift.Severity)),
        ("@m", Column(drifts, drift => drift.Rules)), ("@n", Column(drifts, drift => (int)drift.Status)), ("@o", Column(drifts, drift => drift.Reason)), ("@p", Column(drifts, drift => Sql.Number(drift.FirstSeen))),
        ("@q", Times(drifts, drift => drift.Due)), ("@r", Times(drifts, drift => drift.Until)), ("@s", Times(drifts, drift => drift.ResolvedAt)), ("@t", Column(drifts, drift => drift.DecidedBy)),
        ("@u", Column(drifts, drift => drift.Comment)), ("@v", Column(drifts, drift => drift.Actor)), ("@w", Column(drifts, drift => drift.Event))).RowsAsync(row => (row.GetString(0), row.GetInt64(1)), cancellationToken);

    private static async Task UpdateAsync(DbConnection connection, List<DriftRecord> drifts, CancellationToken cancellationToken)
    {
        if (drifts.Count > 0)
        {
            await connection.Command(
                """
                UPDATE drifts SET resource_id = v.resource_id, state_serial = v.state_serial, old_value = v.old_value, new_value = v.new_value, severity = v.severity, rules = v.rules, status = v.status, reason = v.reason,
                  first_seen = v.first_seen, due = v.due, until = v.until, resolved_at = v.resolved_at, decided_by = v.decided_by, comment = v.comment, actor = v.actor, event = v.event
                FROM unnest(@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k, @l, @m, @n, @o, @p, @q)
                  AS v(number, resource_id, state_serial, old_value, new_value, severity, rules, status, reason, first_seen, due, until, resolved_at, decided_by, comment, actor, event)
                WHERE drifts.number = v.number
                """,
                ("@a", Column(drifts, drift => drift.Number)), ("@b", Column(drifts, drift => drift.ResourceId)), ("@c", Column(drifts, drift => drift.StateSerial)), ("@d", Column(drifts, drift => drift.Old)),
                ("@e", Column(drifts, drift => drift.New)), ("@f", Column(drifts, drift => (int)drift.Severity)), ("@g", Column(drifts, drift => drift.Rules)), ("@h", Column(drifts, drift => (int)drift.Status)),
                ("@i", Column(drifts, drift => drift.Reason)), ("@j", Column(drifts, drift => Sql.Number(drift.FirstSeen))), ("@k", Times(drifts, drift => drift.Due)), ("@l", Times(drifts, drift => drift.Until)),
                ("@m", Times(drifts, drift => drift.ResolvedAt)), ("@n", Column(drifts, drift => drift.DecidedBy)), ("@o", Column(drifts, drift => drift.Comment)), ("@p", Column(drifts, drift => drift.Actor)),
                ("@q", Column(drifts, drift => drift.Event))).ExecuteAsync(cancellationToken);
        }
    }

    private static async Task TallyAsync(DbConnection connection, List<DriftRecord> drifts, Dictionary<string, long> numbers, CancellationToken cancellationToken)
    {
        if (drifts.Count > 0)
        {
            await connection.Command(
                """
                INSERT INTO tallies (number, occurrences, last_seen) SELECT * FROM unnest(@a, @b, @c)
                ON CONFLICT (number) DO UPDATE SET occurrences = excluded.occurrences, last_seen = excluded.last_seen
                """,
                ("@a", Column(drifts, drift => numbers[drift.Id])), ("@b", Column(drifts, drift => drift.Occurrences)), ("@c", Column(drifts, drift => Sql.Number(drift.LastSeen)))).ExecuteAsync(cancellationToken);
        }
    }

    private static async Task ActorsAsync(DbConnection connection, WriteSet set, Dictionary<string, long> numbers, CancellationToken cancellationToken)
    {
        if (set.Actors.Count > 0)
        {
            await connection.Command(
                $"""
                INSERT INTO actors (number, name, principal, type, source_ip, user_agent, occurrences, first_seen, last_seen, principal_id, account, role, region, request)
                SELECT v.number, v.name, v.principal, v.type, v.source_ip, v.user_agent, v.occurrences, v.seen, v.seen, v.principal_id, v.account, v.role, v.region, v.request
                  FROM unnest(@a, @b, @c, @d, @e, @f, @g, @h, @i, @j, @k, @l, @m)
                    AS v(number, name, principal, type, source_ip, user_agent, occurrences, seen, principal_id, account, role, region, request)
                  WHERE EXISTS (SELECT 1 FROM actors a WHERE a.number = v.number AND a.name = v.name AND a.principal = v.principal)
                    OR (SELECT COUNT(*) FROM actors a WHERE a.number = v.number) < {SqliteEngine.MostActors}
                ON CONFLICT (number, name, principal) DO UPDATE SET occurrences = actors.occurrences + excluded.occurrences, last_seen = GREATEST(actors.last_seen, excluded.last_seen),
                  source_ip = excluded.source_ip, user_agent = excluded.user_agent, principal_id = excluded.principal_id, account = excluded.account, role = excluded.role, region = excluded.region,
                  request = excluded.request
                """,
                ("@a", Column(set.Actors, each => numbers[each.Drift])), ("@b", Column(set.Actors, each => each.Event.Actor.Name)), ("@c", Column(set.Actors, each => each.Event.Actor.Principal)),
                ("@d", Column(set.Actors, each => each.Event.Actor.Type)), ("@e", Column(set.Actors, each => each.Event.SourceAddress)), ("@f", Column(set.Actors, each => each.Event.UserAgent)),
                ("@g", Column(set.Actors, each => each.Occurrences)), ("@h", Column(set.Actors, each => Sql.Number(each.Last))), ("@i", Column(set.Actors, each => each.Event.Actor.PrincipalId)),
                ("@j", Column(set.Actors, each => each.Event.Account)), ("@k", Column(set.Actors, each => each.Event.Actor.Role)), ("@l", Column(set.Actors, each => each.Event.Region)),
                ("@m", Column(set.Actors, each => each.Event.RequestId))).ExecuteAsync(cancellationToken);
        }
    }

    private static async Task ChangesAsync(DbConnection connection, List<DriftChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count > 0)
        {
            await connection.Command(
                "INSERT INTO changes (drift, at, from_status, to_status, severity, by_whom, comment, value) SELECT * FROM unnest(@a, @b, @c, @d, @e, @f, @g, @h)",
                ("@a", Column(changes, change => change.Drift)), ("@b", Column(changes, change => Sql.Number(change.At))), ("@c", Column(changes, change => (int?)change.From)), ("@d", Column(changes, change => (int)change.To)),
                ("@e", Column(changes, change => (int)change.Severity)), ("@f", Column(changes, change => change.By)), ("@g", Column(changes, change => change.Comment)), ("@h", Column(changes, change => change.Value)))
                .ExecuteAsync(cancellationToken);
        }
    }

    private static async Task CountsAsync(DbConnection connection, List<DriftCount> counts, CancellationToken cancellationToken)
    {
        if (counts.Count > 0)
        {
            await connection.Command(
                """
                INSERT INTO counts (status, severity, kind, provider, type, count) SELECT * FROM unnest(@a, @b, @c, @d, @e, @f)
                ON CONFLICT (status, severity, kind, provider, type) DO UPDATE SET count = counts.count + excluded.count
                """,
                ("@a", Column(counts, count => (int)count.Status)), ("@b", Column(counts, count => (int)count.Severity)), ("@c", Column(counts, count => (int)count.Kind)), ("@d", Column(counts, count => count.Provider)),
                ("@e", Column(counts, count => count.Type)), ("@f", Column(counts, count => count.Count))).ExecuteAsync(cancellationToken);
        }
    }

    private static TValue[] Column<T, TValue>(List<T> rows, Converter<T, TValue> read)
    {
        var column = rows.ConvertAll(read).ToArray();
        if (column is string?[] texts)
        {
            // PostgreSQL takes no NUL in a text; one hostile name must not keep a whole batch out.
            for (var at = 0; at < texts.Length; at++)
            {
                texts[at] = texts[at]?.Replace('\0', '\uFFFD');
            }
        }

        return column;
    }

    private static long?[] Times(List<DriftRecord> drifts, Func<DriftRecord, DateTimeOffset?> read) => [.. drifts.ConvertAll(drift => read(drift)?.ToUnixTimeMilliseconds())];

    private static NpgsqlDataSource? Source(string address)
    {
        try
        {
            var builder = new NpgsqlSlimDataSourceBuilder(FromUrl(address));
            builder.EnableArrays();
            return builder.Build();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or OverflowException or NotSupportedException)
        {
            // The driver's exception quotes parts of the address, so it goes no further.
            return null;
        }
    }

    // The driver reads key=value strings only.
    private static string FromUrl(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql"))
        {
            return address;
        }

        var user = url.UserInfo.Split(':', 2);
        var builder = new NpgsqlConnectionStringBuilder { Host = url.Host, Database = url.AbsolutePath.Trim('/') };
        if (url.Port > 0)
        {
            builder.Port = url.Port;
        }

        if (user[0].Length > 0)
        {
            builder.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            builder.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            builder[pair[..Math.Max(0, equals)].Replace('_', ' ')] = Uri.UnescapeDataString(pair[(equals + 1)..]);
        }

        return builder.ConnectionString;
    }
}
