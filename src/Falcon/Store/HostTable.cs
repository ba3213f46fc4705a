using System.Collections.Immutable;
using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Store;

/// <summary>The table of the hosts of one run.</summary>
internal static class HostTable
{
    /// <summary>Of an inserted row.</summary>
    public const int Columns = 13;

    // Policies and lists are joined by characters that no id and no tag holds.
    private const char Between = '\u001f';

    /// <summary>Instead of the groups of a host whose record does not name them.</summary>
    public const string UnknownGroups = "\u001e";

    /// <summary>
    /// Rows of one statement. A server is asked as seldom as can be. SQLite, in the same process, looks every parameter up by its name
    /// among all of them: with 200 rows a statement it took nine times as long as with one.
    /// </summary>
    public static int Batch(bool isPostgres) => isPostgres ? 200 : 1;

    public static string Create(long run) => $"""
        CREATE TABLE hosts_{run} (device_id TEXT PRIMARY KEY, hostname TEXT NOT NULL, platform TEXT NOT NULL, product TEXT NOT NULL, os TEXT NOT NULL, agent TEXT NOT NULL,
          last_seen TEXT NOT NULL, groups TEXT NOT NULL, tags TEXT NOT NULL, policies TEXT NOT NULL, sca TEXT, statuses BIGINT NOT NULL, last_scan TEXT NOT NULL,
          zt_sensor BIGINT, zt_os BIGINT, zt_overall BIGINT)
        """;

    /// <summary>The statement that inserts a number of rows; a host that comes again replaces itself.</summary>
    public static string Insert(long run, int rows)
    {
        var text = new StringBuilder($"INSERT INTO hosts_{run} (device_id, hostname, platform, product, os, agent, last_seen, groups, tags, policies, sca, statuses, last_scan) VALUES ");
        for (var row = 0; row < rows; row++)
        {
            text.Append(row == 0 ? "(" : ", (");
            for (var column = 0; column < Columns; column++)
            {
                text.Append(column == 0 ? "@p" : ", @p").Append(row * Columns + column);
            }

            text.Append(')');
        }

        return text.Append(" ON CONFLICT (device_id) DO UPDATE SET hostname = excluded.hostname, platform = excluded.platform, groups = excluded.groups, tags = excluded.tags, "
            + "policies = excluded.policies, sca = excluded.sca, statuses = excluded.statuses, last_seen = excluded.last_seen, last_scan = excluded.last_scan").ToString();
    }

    public static void Fill(DbParameterCollection parameters, int row, Host host, HostStatuses statuses, string lastScan)
    {
        var first = row * Columns;
        Set(0, host.DeviceId);
        Set(1, host.Hostname);
        Set(2, host.Platform);
        Set(3, host.ProductType);
        Set(4, host.OsVersion);
        Set(5, host.AgentVersion);
        Set(6, host.LastSeen);
        Set(7, host.KnowsGroups ? string.Join(Between, host.Groups) : UnknownGroups);
        Set(8, string.Join(Between, host.Tags));
        Set(9, string.Join(Between, host.Policies));
        Set(10, (object?)host.PolicyOf(PolicyType.ConfigurationAssessment) ?? DBNull.Value);
        Set(11, statuses.Bits);
        Set(12, lastScan);

        void Set(int column, object value) => parameters[first + column].Value = value;
    }

    public static async IAsyncEnumerable<StoredHost> ReadAsync(DbConnection connection, long run, ImmutableArray<PolicyType> audited, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = connection.Command(
            $"SELECT device_id, hostname, platform, product, os, agent, last_seen, groups, tags, policies, statuses, last_scan, zt_sensor, zt_os, zt_overall FROM hosts_{run} ORDER BY device_id");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            var groups = reader.GetString(7);
            var host = new Host
            {
                DeviceId = reader.GetString(0),
                Hostname = reader.GetString(1),
                Platform = Known(reader.GetString(2)),
                ProductType = Known(reader.GetString(3)),
                OsVersion = Known(reader.GetString(4)),
                AgentVersion = Known(reader.GetString(5)),
                LastSeen = reader.GetString(6),
                Groups = groups == UnknownGroups ? [] : Split(groups),
                KnowsGroups = groups != UnknownGroups,
                Tags = Split(reader.GetString(8)),
                Policies = Array.ConvertAll(reader.GetString(9).Split(Between), id => id.Length > 0 ? id : null),
            };
            var trust = reader.IsDBNull(14) ? (ZeroTrust?)null : new ZeroTrust(Score(12), Score(13), Score(14));
            yield return new StoredHost(host, HostVerdict.Of(new HostStatuses(reader.GetInt64(10)), audited), trust, reader.GetString(11));
        }

        int? Score(int column) => reader.IsDBNull(column) ? null : (int)reader.GetInt64(column);

        string Known(string text)
        {
            if (names.TryGetValue(text, out var known))
            {
                return known;
            }

            if (names.Count < 10_000)
            {
                names.Add(text, text);
            }

            return text;
        }
    }

    private static string[] Split(string text) => text.Length == 0 ? [] : text.Split(Between);
}
