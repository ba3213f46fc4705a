using System.Data.Common;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Store;

/// <summary>
/// The tables, alike in SQLite and PostgreSQL, and how their rows read. What every sighting changes has a narrow table of its own
/// (<c>tallies</c>): a burst of events then dirties a few pages of the disk instead of one for each drift.
/// </summary>
internal static class DriftTables
{
    public const int Version = 3;

    /// <summary>The version that <see cref="Upgrade"/> starts from.</summary>
    public const int Former = 2;

    /// <summary>Makes tables of the former version those of this one.</summary>
    public const string Upgrade = """
        ALTER TABLE actors ADD COLUMN principal_id TEXT NOT NULL DEFAULT '';
        ALTER TABLE actors ADD COLUMN account TEXT NOT NULL DEFAULT '';
        ALTER TABLE actors ADD COLUMN role TEXT NOT NULL DEFAULT '';
        ALTER TABLE actors ADD COLUMN region TEXT NOT NULL DEFAULT '';
        ALTER TABLE actors ADD COLUMN request TEXT NOT NULL DEFAULT '';
        """;

    /// <summary>Columns of an actor, in the order of <see cref="Actor"/>.</summary>
    public const string ActorColumns = "a.name, a.principal, a.type, a.source_ip, a.user_agent, a.occurrences, a.first_seen, a.last_seen, a.principal_id, a.account, a.role, a.region, a.request";

    /// <summary>Why a store of another version is not opened, and how to go on. Nothing of it was changed.</summary>
    /// <param name="store">What it is, without secrets.</param>
    /// <param name="version">Its version.</param>
    /// <param name="setAside">How it is put aside.</param>
    public static FormatException OtherVersion(string store, long? version, string setAside) => new(version > Version
        ? $"{store} was written by a newer comptroller: it has version {version}, this program knows {Version}. Nothing was changed. Run that newer program, or {setAside}"
        : $"{store} was written by an older comptroller: it has version {version}, this program writes {Version}. Nothing was changed. To go on, {setAside}, then start again: standing drifts are found anew by the next full "
            + "comparison and the next events; decisions, API keys and history stay in the old store, which the program that wrote it still serves");

    /// <summary>Columns of a drift, in the order of <see cref="Drift"/>. The aliases are d for drifts and t for tallies.</summary>
    public const string DriftColumns = "d.number, d.id, d.kind, d.provider, d.type, d.resource_id, d.address, d.state, d.state_serial, d.attribute, d.old_value, d.new_value, d.severity, d.rules, d.status, d.reason, "
        + "d.first_seen, d.due, d.until, d.resolved_at, d.decided_by, d.comment, d.actor, d.event, t.occurrences, t.last_seen";

    public const string Drifts = "drifts d JOIN tallies t ON t.number = d.number";

    public const string ChangeColumns = "number, drift, at, from_status, to_status, severity, by_whom, comment, value";

    /// <summary>The same, where several tables have such columns.</summary>
    public static string ChangeColumnsOf(string table) => string.Join(", ", ChangeColumns.Split(", ").Select(column => $"{table}.{column}"));

    public const string ItemColumns = "area, key, value, due, claims";

    /// <summary>Makes what is missing.</summary>
    /// <param name="identity">How a column is written that numbers rows upwards and never reuses a number.</param>
    /// <param name="bytes">The type of bytes.</param>
    public static string Schema(string identity, string bytes) => $"""
        CREATE TABLE IF NOT EXISTS drifts (number {identity}, id TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, provider TEXT NOT NULL, type TEXT NOT NULL, resource_id TEXT NOT NULL, address TEXT NOT NULL,
          state TEXT NOT NULL, state_serial BIGINT, attribute TEXT NOT NULL, old_value TEXT, new_value TEXT, severity INTEGER NOT NULL, rules TEXT NOT NULL, status INTEGER NOT NULL, reason TEXT NOT NULL,
          first_seen BIGINT NOT NULL, due BIGINT, until BIGINT, resolved_at BIGINT, decided_by TEXT NOT NULL, comment TEXT NOT NULL, actor TEXT NOT NULL, event TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS drifts_status ON drifts (status, severity, number);
        CREATE INDEX IF NOT EXISTS drifts_severity ON drifts (severity, number);
        CREATE INDEX IF NOT EXISTS drifts_type ON drifts (type, number);
        CREATE INDEX IF NOT EXISTS drifts_resource ON drifts (resource_id);
        CREATE INDEX IF NOT EXISTS drifts_due ON drifts (due) WHERE due IS NOT NULL;
        CREATE INDEX IF NOT EXISTS drifts_until ON drifts (until) WHERE until IS NOT NULL;
        CREATE TABLE IF NOT EXISTS tallies (number BIGINT NOT NULL PRIMARY KEY, occurrences BIGINT NOT NULL, last_seen BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS actors (number BIGINT NOT NULL, name TEXT NOT NULL, principal TEXT NOT NULL, type TEXT NOT NULL, source_ip TEXT NOT NULL, user_agent TEXT NOT NULL,
          occurrences BIGINT NOT NULL, first_seen BIGINT NOT NULL, last_seen BIGINT NOT NULL, principal_id TEXT NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL, region TEXT NOT NULL,
          request TEXT NOT NULL, PRIMARY KEY (number, name, principal));
        CREATE TABLE IF NOT EXISTS changes (number {identity}, drift TEXT NOT NULL, at BIGINT NOT NULL, from_status INTEGER, to_status INTEGER NOT NULL, severity INTEGER NOT NULL,
          by_whom TEXT NOT NULL, comment TEXT NOT NULL, value TEXT);
        CREATE INDEX IF NOT EXISTS changes_drift ON changes (drift, number);
        CREATE TABLE IF NOT EXISTS counts (status INTEGER NOT NULL, severity INTEGER NOT NULL, kind INTEGER NOT NULL, provider TEXT NOT NULL, type TEXT NOT NULL, count BIGINT NOT NULL,
          PRIMARY KEY (status, severity, kind, provider, type));
        CREATE TABLE IF NOT EXISTS inbox (number {identity}, body {bytes} NOT NULL, at BIGINT NOT NULL, worker TEXT NOT NULL, leased_until BIGINT NOT NULL);
        CREATE TABLE IF NOT EXISTS items (area TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, due BIGINT, claims BIGINT NOT NULL, PRIMARY KEY (area, key));
        CREATE INDEX IF NOT EXISTS items_due ON items (area, due) WHERE due IS NOT NULL;
        """;

    public static DriftRecord Drift(DbDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Id = row.GetString(1),
        Kind = (FindingKind)row.GetInt32(2),
        Provider = row.GetString(3),
        Type = row.GetString(4),
        ResourceId = row.GetString(5),
        Address = row.GetString(6),
        State = row.GetString(7),
        StateSerial = row.NullableNumber(8),
        Attribute = row.GetString(9),
        Old = row.NullableText(10),
        New = row.NullableText(11),
        Severity = (Severity)row.GetInt32(12),
        Rules = row.GetString(13),
        Status = (DriftStatus)row.GetInt32(14),
        Reason = row.GetString(15),
        FirstSeen = Sql.Time(row.GetInt64(16)),
        Due = row.NullableTime(17),
        Until = row.NullableTime(18),
        ResolvedAt = row.NullableTime(19),
        DecidedBy = row.GetString(20),
        Comment = row.GetString(21),
        Actor = row.GetString(22),
        Event = row.GetString(23),
        Occurrences = row.GetInt64(24),
        LastSeen = Sql.Time(row.GetInt64(25)),
    };

    public static DriftChange Change(DbDataReader row) => new()
    {
        Number = row.GetInt64(0),
        Drift = row.GetString(1),
        At = Sql.Time(row.GetInt64(2)),
        From = row.IsDBNull(3) ? null : (DriftStatus)row.GetInt32(3),
        To = (DriftStatus)row.GetInt32(4),
        Severity = (Severity)row.GetInt32(5),
        By = row.GetString(6),
        Comment = row.GetString(7),
        Value = row.NullableText(8),
    };

    public static StoredItem Item(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.NullableTime(3), (int)row.GetInt64(4));

    public static DriftCount Count(DbDataReader row) =>
        new((DriftStatus)row.GetInt32(0), (Severity)row.GetInt32(1), (FindingKind)row.GetInt32(2), row.GetString(3), row.GetString(4), row.GetInt64(5));

    public static DriftActor Actor(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetInt64(5), Sql.Time(row.GetInt64(6)), Sql.Time(row.GetInt64(7)))
    {
        PrincipalId = row.GetString(8),
        Account = row.GetString(9),
        Role = row.GetString(10),
        Region = row.GetString(11),
        Request = row.GetString(12),
    };

    public static WaitingBody Body(DbDataReader row) => new(row.GetInt64(0), row.GetFieldValue<byte[]>(1), Sql.Time(row.GetInt64(2)));
}
