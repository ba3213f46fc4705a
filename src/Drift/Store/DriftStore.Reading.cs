using System.Globalization;
using System.Text;
using Comptroller.Drift.Lifecycle;

namespace Comptroller.Drift.Store;

/// <summary>Lists that the API shows beside the drifts themselves.</summary>
public sealed partial class DriftStore
{
    public async Task<ChangePage> ListChangesAsync(ChangeQuery query, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        var parameters = new List<(string, object?)> { ("@after", query.After), ("@most", query.Most + 1) };
        var where = new StringBuilder("c.number > @after");
        void And(string column, string name, object? value)
        {
            if (value is not null)
            {
                where.Append(CultureInfo.InvariantCulture, $" AND {column} = {name}");
                parameters.Add((name, value));
            }
        }

        And("c.severity", "@severity", (int?)query.Severity);
        And("d.provider", "@provider", query.Provider);
        And("d.type", "@type", query.Type);
        // A filter that nothing fits must not read a million changes for one page.
        long? ceiling = null;
        if (parameters.Count > 2)
        {
            ceiling = await connection.Command($"SELECT number FROM changes WHERE number > @after ORDER BY number LIMIT 1 OFFSET {MostLookedAt}", ("@after", query.After)).NumberAsync(cancellationToken);
        }

        if (ceiling is { } end)
        {
            where.Append(" AND c.number <= @ceiling");
            parameters.Add(("@ceiling", end));
        }

        var changes = await connection.Command(
            $"SELECT {DriftTables.ChangeColumnsOf("c")}, d.provider, d.type, d.resource_id, d.address, d.attribute FROM changes c JOIN drifts d ON d.id = c.drift WHERE {where} ORDER BY c.number LIMIT @most", [.. parameters])
            .RowsAsync(row => new ListedChange(DriftTables.Change(row), row.GetString(9), row.GetString(10), row.GetString(11), row.GetString(12), row.GetString(13)), cancellationToken);
        if (changes.Count > query.Most)
        {
            changes.RemoveAt(changes.Count - 1);
            return new ChangePage(changes, changes[^1].Change.Number);
        }

        return new ChangePage(changes, ceiling);
    }

    public async Task<IReadOnlySet<(string ResourceId, string Type)>> DriftedAsync(IReadOnlyCollection<string> resources, CancellationToken cancellationToken)
    {
        await using var connection = await _engine.ReadAsync(cancellationToken);
        var drifted = new HashSet<(string, string)>();
        // A sum has no index: SQLite would take that of the status, and look at every drift that stands.
        foreach (var some in resources.Distinct(StringComparer.Ordinal).Chunk(MostTogether))
        {
            var parameters = some.Select((id, at) => ($"@r{at.ToString(CultureInfo.InvariantCulture)}", (object?)id)).ToArray();
            drifted.UnionWith(await connection.Command(
                $"SELECT resource_id, type FROM drifts WHERE resource_id IN ({string.Join(',', parameters.Select(each => each.Item1))}) AND status + 0 IN ({(int)DriftStatus.Pending}, {(int)DriftStatus.Open}, {(int)DriftStatus.Acknowledged})", parameters)
                .RowsAsync(row => (row.GetString(0), row.GetString(1)), cancellationToken));
        }

        return drifted;
    }

    public async Task<IReadOnlyDictionary<long, DriftActor>> LastActorsAsync(IReadOnlyCollection<long> drifts, CancellationToken cancellationToken)
    {
        var last = new Dictionary<long, DriftActor>(drifts.Count);
        if (drifts.Count == 0)
        {
            return last;
        }

        await using var connection = await _engine.ReadAsync(cancellationToken);
        var numbers = string.Join(',', drifts.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        foreach (var (number, actor) in await connection.Command($"SELECT {DriftTables.ActorColumns}, a.number FROM actors a WHERE a.number IN ({numbers}) ORDER BY a.last_seen")
            .RowsAsync(row => (row.GetInt64(13), DriftTables.Actor(row)), cancellationToken))
        {
            last[number] = actor;
        }

        return last;
    }
}
