using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>How many drifts there are. The numbers come from counts that every write keeps, so many drifts cost no more than few.</summary>
internal sealed class StatsEndpoints(WatchView view)
{
    private const int MostTypes = 5;

    /// <summary>Nodes and edges of the resource graph.</summary>
    public Func<(long Nodes, long Edges)> Graph { get; init; } = () => (0, 0);

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/stats", Scopes.Read, "How many drifts there are, of what and how bad", StatsAsync) { Data = "Stats" },
    ];

    internal static bool Stands(DriftCount count) => count.Status is DriftStatus.Pending or DriftStatus.Open or DriftStatus.Acknowledged;

    private async Task<ApiAnswer> StatsAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var counts = await view.Store.CountsAsync(cancellationToken);
        var changes = await view.Store.LastChangeAsync(cancellationToken);
        var standing = counts.Where(Stands).ToList();
        var total = standing.Sum(count => count.Count);
        var types = ByType(standing);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteStartObject("graph");
            var (nodes, edges) = Graph();
            json.WriteNumber("total_nodes", nodes);
            json.WriteNumber("total_edges", edges);
            json.WriteEndObject();
            json.WriteStartObject("drifts");
            json.WriteNumber("total", total);
            json.WriteStartObject("severity_counts");
            foreach (var severity in Enum.GetValues<Severity>().Reverse())
            {
                json.WriteNumber(severity.Name(), standing.Where(count => count.Severity == severity).Sum(count => count.Count));
            }

            json.WriteEndObject();
            json.WriteStartObject("status_counts");
            foreach (var status in Enum.GetValues<DriftStatus>())
            {
                json.WriteNumber(status.Name(), counts.Where(count => count.Status == status).Sum(count => count.Count));
            }

            json.WriteEndObject();
            WriteTypes(json, "resource_types", types);
            json.WriteEndObject();
            json.WriteStartObject("events");
            json.WriteNumber("total", changes);
            json.WriteEndObject();
            json.WriteStartObject("unmanaged");
            json.WriteNumber("total", standing.Where(count => count.Kind == FindingKind.Unmanaged).Sum(count => count.Count));
            json.WriteEndObject();
            json.WriteStartObject("severity_breakdown");
            foreach (var severity in Enum.GetValues<Severity>().Reverse())
            {
                json.WriteNumber(severity.Name(), total == 0 ? 0 : Math.Round(100.0 * standing.Where(count => count.Severity == severity).Sum(count => count.Count) / total, 1));
            }

            json.WriteEndObject();
            json.WriteStartArray("top_resource_types");
            foreach (var (type, count) in types.Take(MostTypes))
            {
                json.WriteStartObject();
                json.WriteString("resource_type", type);
                json.WriteNumber("count", count);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    internal static List<(string Type, long Count)> ByType(IEnumerable<DriftCount> counts) =>
        [.. counts.GroupBy(count => count.Type, StringComparer.Ordinal).Select(group => (group.Key, group.Sum(count => count.Count))).OrderByDescending(each => each.Item2).ThenBy(each => each.Key, StringComparer.Ordinal)];

    internal static void WriteTypes(Utf8JsonWriter json, string name, List<(string Type, long Count)> types)
    {
        json.WriteStartObject(name);
        foreach (var (type, count) in types)
        {
            json.WriteNumber(type, count);
        }

        json.WriteEndObject();
    }
}
