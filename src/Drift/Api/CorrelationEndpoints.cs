using System.Collections.Immutable;
using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>Drifts of several clouds that belong together, found among the newest that stand whenever somebody asks.</summary>
internal sealed class CorrelationEndpoints(WatchView view)
{
    /// <summary>Drifts that are looked at, so that an answer costs the same with any number of them.</summary>
    private const int MostDrifts = 2000;

    private const int Page = 500;
    private const int MostMinutes = 24 * 60;

    private static readonly Parameter Window = new("window", "integer", $"Minutes between the first and the last drift of one, 1 to {MostMinutes}, {Correlator.DefaultWindow.TotalMinutes:0} without");

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/correlations", Scopes.Read, $"Drifts of several clouds by one user, or of one kind, close together; of the newest {MostDrifts} that stand", ListAsync)
        {
            Query = [.. DriftEndpoints.PageParameters, Window], Data = "CorrelationPage",
        },
        new("GET", "/api/v1/correlations/stats", Scopes.Read, "The same in numbers", StatsAsync) { Query = [Window], Data = "CorrelationStats" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var (found, _, _) = await FindAsync(call, cancellationToken);
        var start = Paging.Start(call, found.Length);
        var page = found.Skip(start).Take(call.Limit).ToList();
        return ApiAnswer.Of(json => Paging.Write(json, call, page, Write, found.Length, start + page.Count < found.Length ? start + page.Count : null));
    }

    private async Task<ApiAnswer> StatsAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var (found, looked, isAll) = await FindAsync(call, cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("total", found.Length);
            json.WriteStartObject("by_reason");
            foreach (var reason in Enum.GetValues<CorrelationReason>())
            {
                json.WriteNumber(reason.Name(), found.Count(each => each.Reason == reason));
            }

            json.WriteEndObject();
            json.WriteStartObject("by_provider");
            foreach (var provider in found.SelectMany(each => each.Providers).CountBy(name => name).OrderBy(each => each.Key, StringComparer.Ordinal))
            {
                json.WriteNumber(provider.Key, provider.Value);
            }

            json.WriteEndObject();
            json.WriteNumber("highest_score", found.IsEmpty ? 0 : found.Max(each => each.Score));
            json.WriteNumber("window_seconds", WindowOf(call).TotalSeconds);
            json.WriteNumber("drifts", looked);
            json.WriteBoolean("truncated", !isAll);
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteEndObject();
        });
    }

    private static TimeSpan WindowOf(ApiCall call) => TimeSpan.FromMinutes(call.Number("window", (int)Correlator.DefaultWindow.TotalMinutes, MostMinutes));

    private async Task<(ImmutableArray<Correlation> Found, int Looked, bool IsAll)> FindAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var drifts = new List<DriftRecord>();
        long? before = null;
        do
        {
            var page = await view.Store.ListAsync(new DriftQuery { Statuses = DriftStatuses.Standing, Before = before, Most = Math.Min(Page, MostDrifts - drifts.Count) }, cancellationToken);
            drifts.AddRange(page.Drifts);
            before = page.Next;
        }
        while (before is not null && drifts.Count < MostDrifts);
        return (Correlator.Of(drifts, WindowOf(call)), drifts.Count, before is null);
    }

    private static void Write(Utf8JsonWriter json, Correlation correlation)
    {
        json.WriteStartObject();
        json.WriteString("id", correlation.Id);
        json.WriteString("reason", correlation.Reason == CorrelationReason.User ? correlation.Reason.Name() : $"{correlation.Reason.Name()}:{correlation.Key}");
        json.WriteString("user", correlation.Reason == CorrelationReason.User ? correlation.Key : null);
        json.WriteString("category", correlation.Reason == CorrelationReason.Category ? correlation.Key : null);
        json.WriteNumber("score", correlation.Score);
        json.WriteStartArray("providers");
        foreach (var provider in correlation.Providers)
        {
            json.WriteStringValue(provider);
        }

        json.WriteEndArray();
        ApiJson.Time(json, "first_seen", correlation.First);
        ApiJson.Time(json, "last_seen", correlation.Last);
        json.WriteStartArray("drifts");
        foreach (var drift in correlation.Drifts)
        {
            json.WriteStartObject();
            json.WriteString("id", drift.Id);
            json.WriteString("provider", drift.Provider);
            json.WriteString("resource_type", drift.Type);
            json.WriteString("resource_id", drift.ResourceId);
            json.WriteString("attribute", drift.Attribute);
            json.WriteString("severity", drift.Severity.Name());
            json.WriteString("user", drift.Actor);
            ApiJson.Time(json, "first_seen", drift.FirstSeen);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
