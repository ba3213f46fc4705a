using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Api;

/// <summary>The clouds: what came from each since the start, what of each is understood, and how many drifts stand.</summary>
internal sealed class ProviderEndpoints(WatchView view)
{
    private static readonly Provider[] All = Enum.GetValues<Provider>();

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/providers", Scopes.Read, "Clouds: events, resources and drifts of each", ListAsync) { Data = "Providers" },
        new("GET", "/api/v1/providers/status", Scopes.Read, "The same, as the replaced tool had it", ListAsync) { Data = "Providers" },
        new("GET", "/api/v1/providers/summary", Scopes.Read, "Clouds together", SummaryAsync) { Data = "ProvidersSummary" },
        new("GET", "/api/v1/providers/{id}/capabilities", Scopes.Read, "Calls and Terraform types of a cloud that are understood", (call, _) => Task.FromResult(Capabilities(call))) { Data = "Capabilities" },
    ];

    private TimeSpan Uptime => view.Time.GetUtcNow() - view.Started;

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            Write(json, standing);
            json.WriteNumber("count", All.Length);
            json.WriteString("uptime", Uptime.ToString("d\\.hh\\:mm\\:ss", CultureInfo.InvariantCulture));
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> SummaryAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var standing = await StandingAsync(cancellationToken);
        var state = view.State();
        var activities = All.Select(view.Activity).ToList();
        var (received, matched) = (activities.Sum(each => each.Received), activities.Sum(each => each.Matched));
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("total_providers", All.Length);
            json.WriteNumber("active_providers", All.Count(state.Covers));
            json.WriteNumber("total_events", received);
            json.WriteNumber("total_matched", matched);
            json.WriteNumber("total_errors", activities.Sum(each => each.Errors));
            json.WriteNumber("total_drifts", standing.Values.Sum());
            Write(json, standing);
            json.WriteNumber("match_rate_percent", received == 0 ? 0 : Math.Round(100.0 * matched / received, 1));
            json.WriteNumber("uptime_seconds", Math.Floor(Uptime.TotalSeconds));
            json.WriteEndObject();
        });
    }

    private ApiAnswer Capabilities(ApiCall call)
    {
        if (!All.Any(each => each.Name() == call.Id))
        {
            throw ApiException.NotFound($"Provider not found; known are {string.Join(", ", All.Select(each => each.Name()))}");
        }

        var provider = All.First(each => each.Name() == call.Id);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("name", provider.Name());
            WriteCapabilities(json, provider);
            foreach (var (name, values) in ((string, IEnumerable<string>)[])[("events", EventTables.Calls(provider)), ("types", EventTables.TypesOf(provider))])
            {
                json.WriteStartArray(name);
                foreach (var value in values)
                {
                    json.WriteStringValue(value);
                }

                json.WriteEndArray();
            }

            json.WriteEndObject();
        });
    }

    private async Task<Dictionary<string, long>> StandingAsync(CancellationToken cancellationToken) => (await view.Store.CountsAsync(cancellationToken)).Where(StatsEndpoints.Stands)
        .GroupBy(count => count.Provider, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Sum(count => count.Count), StringComparer.Ordinal);

    private void Write(Utf8JsonWriter json, Dictionary<string, long> standing)
    {
        var (state, unready, now) = (view.State(), view.Unready(), view.Time.GetUtcNow());
        json.WriteStartArray("providers");
        foreach (var provider in All)
        {
            var activity = view.Activity(provider);
            json.WriteStartObject();
            json.WriteString("name", provider.Name());
            json.WriteString("status", !state.Covers(provider) ? "idle" : unready is null ? "active" : "error");
            json.WriteBoolean("covered", state.Covers(provider));
            json.WriteNumber("drifts", standing.GetValueOrDefault(provider.Name()));
            WriteCapabilities(json, provider);
            json.WriteNumber("events_received", activity.Received);
            json.WriteNumber("events_matched", activity.Matched);
            json.WriteNumber("error_count", activity.Errors);
            json.WriteNumber("uptime_seconds", Math.Floor(Uptime.TotalSeconds));
            if (activity.LastAt is { } last)
            {
                ApiJson.Time(json, "last_event_at", last);
                json.WriteNumber("seconds_since_last_event", Math.Max(0, Math.Floor((now - last).TotalSeconds)));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteCapabilities(Utf8JsonWriter json, Provider provider)
    {
        json.WriteNumber("event_count", EventTables.Count(provider));
        json.WriteNumber("resource_types", EventTables.TypesOf(provider).Count());
        // What is in a cloud is told by its audit log and by plans, whose provider it is of no matter.
        json.WriteBoolean("has_discovery", view.State().Covers(provider));
        json.WriteBoolean("has_comparison", view.Config.Comparison is not null && view.State().Covers(provider));
    }
}
