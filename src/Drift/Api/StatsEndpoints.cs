using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>Numbers: of drifts, and of whose clouds they are in. They come from counts that every write keeps, so many drifts cost no more than few.</summary>
internal sealed class StatsEndpoints(WatchView view)
{
    private const int MostTypes = 5;

    /// <summary>Nodes and edges of the resource graph.</summary>
    public Func<(long Nodes, long Edges)> Graph { get; init; } = () => (0, 0);

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/stats", Scopes.Read, "How many drifts there are, of what and how bad", StatsAsync) { Data = "Stats" },
        new("GET", "/api/v1/discovery/drift", Scopes.Read, "Drifts that stand, by how state and world differ", SummaryAsync) { Data = "Summary" },
        new("GET", "/api/v1/discovery/drift/summary", Scopes.Read, "The same, by type", BreakdownAsync) { Data = "Breakdown" },
        new("GET", "/api/v1/providers", Scopes.Read, "Clouds: resources and drifts of each", ProvidersAsync) { Data = "Providers" },
        new("GET", "/api/v1/providers/status", Scopes.Read, "The same, as the replaced tool had it", ProvidersAsync) { Data = "Providers" },
        new("GET", "/api/v1/providers/summary", Scopes.Read, "Clouds together", ProvidersSummaryAsync) { Data = "ProvidersSummary" },
    ];

    private static bool Stands(DriftCount count) => count.Status is DriftStatus.Pending or DriftStatus.Open or DriftStatus.Acknowledged;

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

    private async Task<ApiAnswer> SummaryAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var standing = (await view.Store.CountsAsync(cancellationToken)).Where(Stands).ToList();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteStartObject("summary");
            json.WriteNumber("terraform_resources", view.State().Count);
            json.WriteNumber("unmanaged_count", Of(standing, FindingKind.Unmanaged));
            json.WriteNumber("missing_count", Of(standing, FindingKind.Deleted));
            json.WriteNumber("modified_count", Of(standing, FindingKind.Modified));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> BreakdownAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var standing = (await view.Store.CountsAsync(cancellationToken)).Where(Stands).ToList();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteStartObject("counts");
            json.WriteNumber("terraform_resources", view.State().Count);
            json.WriteNumber("unmanaged", Of(standing, FindingKind.Unmanaged));
            json.WriteNumber("missing", Of(standing, FindingKind.Deleted));
            json.WriteNumber("modified", Of(standing, FindingKind.Modified));
            json.WriteEndObject();
            json.WriteStartObject("breakdown");
            WriteTypes(json, "unmanaged_by_type", ByType(standing.Where(count => count.Kind == FindingKind.Unmanaged)));
            WriteTypes(json, "missing_by_type", ByType(standing.Where(count => count.Kind == FindingKind.Deleted)));
            WriteTypes(json, "modified_by_type", ByType(standing.Where(count => count.Kind == FindingKind.Modified)));
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> ProvidersAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var counts = await view.Store.CountsAsync(cancellationToken);
        var state = view.State();
        var unready = view.Unready();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("providers");
            foreach (var provider in Enum.GetValues<Provider>())
            {
                var standing = counts.Where(count => count.Provider == provider.Name() && Stands(count)).Sum(count => count.Count);
                json.WriteStartObject();
                json.WriteString("name", provider.Name());
                json.WriteString("status", !state.Covers(provider) ? "idle" : unready is null ? "active" : "error");
                json.WriteNumber("event_count", EventTables.Count(provider));
                json.WriteNumber("drifts", standing);
                json.WriteBoolean("covered", state.Covers(provider));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("count", Enum.GetValues<Provider>().Length);
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> ProvidersSummaryAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var counts = await view.Store.CountsAsync(cancellationToken);
        var state = view.State();
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("total_providers", Enum.GetValues<Provider>().Length);
            json.WriteNumber("active_providers", Enum.GetValues<Provider>().Count(state.Covers));
            json.WriteNumber("total_drifts", counts.Where(Stands).Sum(count => count.Count));
            json.WriteEndObject();
        });
    }

    private static long Of(List<DriftCount> counts, FindingKind kind) => counts.Where(count => count.Kind == kind).Sum(count => count.Count);

    private static List<(string Type, long Count)> ByType(IEnumerable<DriftCount> counts) =>
        [.. counts.GroupBy(count => count.Type, StringComparer.Ordinal).Select(group => (group.Key, group.Sum(count => count.Count))).OrderByDescending(each => each.Item2).ThenBy(each => each.Key, StringComparer.Ordinal)];

    private static void WriteTypes(Utf8JsonWriter json, string name, List<(string Type, long Count)> types)
    {
        json.WriteStartObject(name);
        foreach (var (type, count) in types)
        {
            json.WriteNumber(type, count);
        }

        json.WriteEndObject();
    }
}
