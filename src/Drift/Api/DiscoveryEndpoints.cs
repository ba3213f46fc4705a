using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>
/// What is in the clouds and how it differs from the states, as the replaced tool listed it. Nothing is asked of a cloud for it: resources
/// are those of states and those that events told of, differences are the drifts that stand.
/// </summary>
internal sealed class DiscoveryEndpoints(WatchView view)
{
    /// <summary>Resources of states that one page looks at when only those of a region are wanted.</summary>
    private const int MostLookedAt = 5000;

    /// <summary>Deleted resources that are left out of a listing; beyond so many, listing is not what anybody needs.</summary>
    private const int MostDeleted = 1000;

    /// <summary>Where cursors of drifts begin; far behind every place of a managed resource, so that a state that grows moves none.</summary>
    private const long Drifts = 1L << 40;

    private static readonly Parameter Region = new("region", "string", "Only this one, global for what has none; every one without");

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/discovery/scan", Scopes.Read, "Resources that are there: managed ones, then those that events told of", ScanAsync) { Query = [Region, .. Pages], Data = "Scan" },
        new("GET", "/api/v1/discovery/drift", Scopes.Read, "How states and clouds differ; what differs in attributes on two pages is on both", DriftAsync) { Query = [Region, .. Pages], Data = "Differences" },
        new("GET", "/api/v1/discovery/drift/summary", Scopes.Read, "The same in numbers, by type", SummaryAsync) { Data = "Breakdown" },
    ];

    private static ImmutableArray<Parameter> Pages => DriftEndpoints.PageParameters[1..];

    private async Task<ApiAnswer> ScanAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var (state, region, cursor) = (view.State(), call.Text("region"), call.Cursor() ?? 0);
        var counts = await view.Store.CountsAsync(cancellationToken);
        var deleted = (await view.Store.ListAsync(new DriftQuery { Statuses = DriftStatuses.Standing, Kind = FindingKind.Deleted, Most = MostDeleted }, cancellationToken)).Drifts
            .Select(drift => drift.Address).ToHashSet(StringComparer.Ordinal);
        var (managed, at) = (new List<(StateResource Resource, string Region)>(), (int)Math.Min(cursor, state.Count));
        foreach (var resource in state.Resources.Skip(at).Take(MostLookedAt))
        {
            if (managed.Count == call.Limit)
            {
                break;
            }

            at++;
            var found = Regions.Of(resource);
            if ((region is null || found == region) && !deleted.Contains(resource.Address))
            {
                managed.Add((resource, found));
            }
        }

        var (unmanaged, next) = (ImmutableArray<(DriftRecord Drift, string Region)>.Empty, (long?)at);
        if (at == state.Count && managed.Count < call.Limit)
        {
            var before = cursor > Drifts ? cursor - Drifts : (long?)null;
            var page = await view.Store.ListAsync(new DriftQuery { Statuses = DriftStatuses.Standing, Kind = FindingKind.Unmanaged, Before = before, Most = call.Limit - managed.Count }, cancellationToken);
            unmanaged = [.. (await RegionsAsync(page.Drifts, cancellationToken)).Where(each => region is null || each.Region == region)];
            next = page.Next is { } more ? Drifts + more : null;
        }

        return ApiAnswer.Of(json =>
        {
            Begin(json, region);
            json.WriteNumber("total_resources", state.Count - Of(counts, FindingKind.Deleted) + Of(counts, FindingKind.Unmanaged));
            json.WriteStartArray("resources");
            foreach (var (resource, found) in managed)
            {
                Write(json, resource.Id, resource.Type, resource.Name, resource.Address, resource.Source, found, isManaged: true);
            }

            foreach (var (drift, found) in unmanaged)
            {
                Write(json, drift.ResourceId, drift.Type, drift.ResourceId, "", "", found, isManaged: false);
            }

            json.WriteEndArray();
            End(json, call, next);
        });
    }

    private async Task<ApiAnswer> DriftAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var region = call.Text("region");
        var counts = await view.Store.CountsAsync(cancellationToken);
        var page = await view.Store.ListAsync(new DriftQuery { Statuses = DriftStatuses.Standing, Before = call.Cursor(), Most = call.Limit }, cancellationToken);
        var drifts = (await RegionsAsync(page.Drifts, cancellationToken)).Where(each => region is null || each.Region == region).ToList();
        return ApiAnswer.Of(json =>
        {
            Begin(json, region);
            json.WriteStartObject("summary");
            json.WriteNumber("terraform_resources", view.State().Count);
            json.WriteNumber("cloud_resources", view.State().Count - Of(counts, FindingKind.Deleted) + Of(counts, FindingKind.Unmanaged));
            json.WriteNumber("unmanaged_count", Of(counts, FindingKind.Unmanaged));
            json.WriteNumber("missing_count", Of(counts, FindingKind.Deleted));
            json.WriteNumber("modified_count", Of(counts, FindingKind.Modified));
            json.WriteEndObject();
            json.WriteStartObject("drift");
            foreach (var (name, kind) in ((string, FindingKind)[])[("unmanaged_resources", FindingKind.Unmanaged), ("missing_resources", FindingKind.Deleted)])
            {
                json.WriteStartArray(name);
                foreach (var (drift, found) in drifts.Where(each => each.Drift.Kind == kind))
                {
                    Write(json, drift.ResourceId, drift.Type, ApiJson.NameOf(drift), drift.Address, drift.State, found, kind != FindingKind.Unmanaged);
                }

                json.WriteEndArray();
            }

            json.WriteStartArray("modified_resources");
            foreach (var resource in drifts.Where(each => each.Drift.Kind == FindingKind.Modified).GroupBy(each => (each.Drift.State, each.Drift.Address, each.Drift.Type, each.Drift.ResourceId)))
            {
                WriteModified(json, [.. resource.Select(each => each.Drift)], resource.First().Region);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            End(json, call, page.Next);
        });
    }

    private async Task<ApiAnswer> SummaryAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var standing = (await view.Store.CountsAsync(cancellationToken)).Where(StatsEndpoints.Stands).ToList();
        return ApiAnswer.Of(json =>
        {
            Begin(json, null);
            ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
            json.WriteStartObject("counts");
            json.WriteNumber("terraform_resources", view.State().Count);
            json.WriteNumber("unmanaged", Of(standing, FindingKind.Unmanaged));
            json.WriteNumber("missing", Of(standing, FindingKind.Deleted));
            json.WriteNumber("modified", Of(standing, FindingKind.Modified));
            json.WriteEndObject();
            json.WriteStartObject("breakdown");
            foreach (var (name, kind) in ((string, FindingKind)[])[("unmanaged_by_type", FindingKind.Unmanaged), ("missing_by_type", FindingKind.Deleted), ("modified_by_type", FindingKind.Modified)])
            {
                StatsEndpoints.WriteTypes(json, name, StatsEndpoints.ByType(standing.Where(count => count.Kind == kind)));
            }

            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    // A state says where a resource is; of what no state has, the log that told of it does.
    private async Task<IEnumerable<(DriftRecord Drift, string Region)>> RegionsAsync(ImmutableArray<DriftRecord> drifts, CancellationToken cancellationToken)
    {
        var last = await view.Store.LastActorsAsync([.. drifts.Select(drift => drift.Number)], cancellationToken);
        var state = view.State();
        return drifts.Select(drift => (drift, state.Named(drift.ResourceId, ProviderNames.OfType(drift.Type)).FirstOrDefault(resource => resource.Type == drift.Type) is { } resource
            ? Regions.Of(resource) : last.GetValueOrDefault(drift.Number)?.Region is { Length: > 0 } region ? region : Regions.Global));
    }

    private static long Of(IEnumerable<DriftCount> counts, FindingKind kind) => counts.Where(count => StatsEndpoints.Stands(count) && count.Kind == kind).Sum(count => count.Count);

    private static void Begin(Utf8JsonWriter json, string? region)
    {
        json.WriteStartObject();
        json.WriteString("region", region ?? "all");
    }

    private void End(Utf8JsonWriter json, ApiCall call, long? next)
    {
        json.WriteNumber("limit", call.Limit);
        json.WriteString("next_cursor", next?.ToString(CultureInfo.InvariantCulture));
        ApiJson.Time(json, "timestamp", view.Time.GetUtcNow());
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string id, string type, string name, string address, string state, string region, bool isManaged)
    {
        json.WriteStartObject();
        WriteResource(json, type, name, address, state, region);
        json.WriteString("id", id);
        json.WriteBoolean("managed", isManaged);
        json.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter json, string type, string name, string address, string state, string region)
    {
        json.WriteString("type", type);
        json.WriteString("name", name);
        json.WriteString("provider", ProviderNames.OfType(type)?.Name() ?? "other");
        json.WriteString("region", region);
        json.WriteString("address", address);
        json.WriteString("state", state);
    }

    private static void WriteModified(Utf8JsonWriter json, List<DriftRecord> drifts, string region)
    {
        var first = drifts[0];
        json.WriteStartObject();
        json.WriteString("resource_id", first.ResourceId);
        json.WriteString("resource_type", first.Type);
        WriteResource(json, first.Type, ApiJson.NameOf(first), first.Address, first.State, region);
        foreach (var (name, value) in ((string, Func<DriftRecord, string?>)[])[("terraform_state", drift => drift.Old), ("actual_state", drift => drift.New)])
        {
            json.WriteStartObject(name);
            foreach (var drift in drifts.DistinctBy(drift => drift.Attribute, StringComparer.Ordinal))
            {
                ApiJson.Value(json, drift.Attribute, value(drift));
            }

            json.WriteEndObject();
        }

        json.WriteStartArray("differences");
        foreach (var drift in drifts)
        {
            json.WriteStartObject();
            json.WriteString("id", drift.Id);
            json.WriteString("field", drift.Attribute);
            ApiJson.Value(json, "terraform_value", drift.Old);
            ApiJson.Value(json, "actual_value", drift.New);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
