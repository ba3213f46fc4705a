using System.Data.Common;
using System.Globalization;
using System.Text;

namespace Comptroller.Drift.Store;

/// <summary>What a query asks of the table of drifts, and how far one call looks for it.</summary>
internal sealed class DriftSearch
{
    private readonly List<(string Name, object? Value)> _parameters = [];
    private readonly StringBuilder _indexed = new("d.number < @before");
    private readonly StringBuilder _others = new();
    private long? _floor;

    private DriftSearch(DriftQuery query)
    {
        _parameters.Add(("@before", query.Before ?? long.MaxValue));
        if (!query.Statuses.IsDefaultOrEmpty)
        {
            // As a sum, which no index has: SQLite would take that of the status, and sort every drift that stands for one page of them.
            var isIndexed = query.Statuses.Length == 1 && query.Severity is not null;
            (isIndexed ? _indexed : _others).Append(CultureInfo.InvariantCulture, $" AND {(isIndexed ? "d.status" : "d.status + 0")} IN ({string.Join(',', query.Statuses.Select(status => (int)status))})");
        }

        And(_indexed, "d.severity = @severity", "@severity", (int?)query.Severity);
        And(_indexed, "d.type = @type", "@type", query.Type);
        And(_indexed, "d.resource_id = @resource", "@resource", query.ResourceId);
        And(_others, "d.kind = @kind", "@kind", (int?)query.Kind);
        And(_others, "d.provider = @provider", "@provider", query.Provider);
        And(_others, "d.actor = @actor", "@actor", query.Actor);
        And(_others, "t.last_seen >= @since", "@since", query.Since is { } since ? Sql.Number(since) : null);
        if (query.Text is { Length: > 0 } text)
        {
            And(_others, @"(LOWER(d.address) LIKE @text ESCAPE '\' OR LOWER(d.resource_id) LIKE @text ESCAPE '\' OR LOWER(d.attribute) LIKE @text ESCAPE '\')", "@text", $"%{Escaped(text.ToLowerInvariant())}%");
        }
    }

    /// <summary>Conditions over <c>d</c>, the drifts, and <c>t</c>, their tallies, which only a time asks for.</summary>
    public string Where => $"{_indexed}{_others}";

    /// <param name="connection">To the store.</param>
    /// <param name="query">What is asked.</param>
    /// <param name="mostLookedAt">Drifts that one call looks at where no index helps.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<DriftSearch> MakeAsync(DbConnection connection, DriftQuery query, int mostLookedAt, CancellationToken cancellationToken)
    {
        var search = new DriftSearch(query);
        if (search._others.Length > 0)
        {
            search._floor = await connection.Command(
                $"SELECT d.number FROM drifts d WHERE {search._indexed} ORDER BY d.number DESC LIMIT 1 OFFSET {mostLookedAt - 1}", search.Named($"{search._indexed}")).NumberAsync(cancellationToken);
            search.And(search._others, "d.number >= @floor", "@floor", search._floor);
        }

        return search;
    }

    /// <summary>A command over it that takes <c>@most</c>.</summary>
    public DbCommand Command(DbConnection connection, string text, long most) => connection.Command(text, [.. Named(text), ("@most", most)]);

    /// <summary>Where the next call goes on when this one has found all that it could; null when it has looked at everything.</summary>
    public async Task<long?> NextAsync(DbConnection connection, CancellationToken cancellationToken) =>
        _floor is not null && await connection.Command($"SELECT 1 FROM drifts d WHERE {_indexed} AND d.number < @floor LIMIT 1", Named($"{_indexed} @floor")).NumberAsync(cancellationToken) is not null ? _floor : null;

    private void And(StringBuilder into, string condition, string name, object? value)
    {
        if (value is not null)
        {
            into.Append(" AND ").Append(condition);
            _parameters.Add((name, value));
        }
    }

    // A server refuses parameters that its command does not name.
    private (string, object?)[] Named(string text) => [.. _parameters.Where(each => text.Contains(each.Name, StringComparison.Ordinal))];

    private static string Escaped(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
