using System.Collections.Immutable;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>Drifts: looking at them, and deciding about them.</summary>
internal sealed class DriftEndpoints(WatchView view)
{
    private const int MostComment = 1000;

    private static readonly ImmutableArray<Parameter> Pages =
    [
        new("page", "integer", "Number of the page, from 1"), new("limit", "integer", "Length of a page, 1 to 1000, 50 without"),
        new("cursor", "string", "next_cursor of the page before; in the place of page"),
    ];

    private static readonly ImmutableArray<Parameter> Filters =
    [
        new("status", "string", "Statuses, by commas; those that are not resolved without") { Values = ["pending", "open", "acknowledged", "suppressed", "resolved", "all"] },
        new("severity", "string", "Exactly this one") { Values = ["low", "medium", "high", "critical"] },
        new("kind", "string", "How state and world differ") { Values = ["modified", "deleted", "unmanaged"] },
        new("resource_type", "string", "The exact Terraform type"), new("resource_id", "string", "The exact id"),
        new("provider", "string", "Whose cloud") { Values = ["aws", "gcp", "azure", "other"] },
        new("actor", "string", "Who did it last"), new("q", "string", "Part of an address, an id or an attribute"),
        new("since", "string", "Seen at this time or later, RFC 3339"),
    ];

    public static ImmutableArray<Parameter> PageParameters => Pages;

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/drifts", Scopes.Read, "Drifts, the newest first", ListAsync) { Query = [.. Pages, .. Filters], Data = "DriftPage" },
        new("GET", "/api/v1/drifts/{id}/timeline", Scopes.Read, "What happened to a drift, oldest first", TimelineAsync) { Query = [Pages[1], Pages[2]], Data = "ChangePage" },
        new("GET", "/api/v1/drifts/{id}/actors", Scopes.Read, "Who was seen at a drift", ActorsAsync) { Data = "ActorList" },
        new("GET", "/api/v1/drifts/{id}", Scopes.Read, "One drift, by its id or by the id of its resource", FindAsync) { Data = "Drift" },
        new("POST", "/api/v1/drifts/{id}/acknowledge", Scopes.Write, "Somebody knows", (call, stop) => DecideAsync(call, DriftStatus.Acknowledged, stop)) { Body = "Decision", Data = "Drift" },
        new("POST", "/api/v1/drifts/{id}/suppress", Scopes.Write, "Nobody is told any more, for good or until a time", (call, stop) => DecideAsync(call, DriftStatus.Suppressed, stop)) { Body = "Suppression", Data = "Drift" },
        new("POST", "/api/v1/drifts/{id}/resolve", Scopes.Write, "It is over", (call, stop) => DecideAsync(call, DriftStatus.Resolved, stop)) { Body = "Decision", Data = "Drift" },
        new("POST", "/api/v1/drifts/{id}/reopen", Scopes.Write, "It is not over, or somebody is to be told again", (call, stop) => DecideAsync(call, DriftStatus.Open, stop)) { Body = "Decision", Data = "Drift" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var query = Query(call);
        var page = await PageAsync(query, call, cancellationToken);
        var total = await TotalAsync(query, cancellationToken);
        var last = await view.Store.LastActorsAsync([.. page.Drifts.Select(drift => drift.Number)], cancellationToken);
        return ApiAnswer.Of(json => Paging.Write(json, call, page.Drifts, (writer, drift) => ApiJson.Write(writer, drift, last.GetValueOrDefault(drift.Number)), total, page.Next));
    }

    internal static DriftQuery Query(ApiCall call) => new()
    {
        Statuses = call.Text("status") switch
        {
            null => [DriftStatus.Pending, DriftStatus.Open, DriftStatus.Acknowledged, DriftStatus.Suppressed],
            "all" => [],
            var names => [.. names.Split(',').Select(name => DriftStatuses.Parse(name) ?? throw ApiException.BadRequest($"status: \"{name}\" is none of pending, open, acknowledged, suppressed, resolved, all"))],
        },
        Severity = call.Named<Severity>("severity", name => Severities.Parse(name), Severities.Names),
        Kind = call.Named<FindingKind>("kind", ParseKind, "modified, deleted, unmanaged"),
        Type = call.Text("resource_type"),
        ResourceId = call.Text("resource_id"),
        Provider = call.Text("provider"),
        Actor = call.Text("actor"),
        Text = call.Text("q"),
        Since = call.Time("since"),
        Before = call.Cursor(),
        Most = call.Limit,
    };

    internal static FindingKind? ParseKind(string name) => Enum.GetValues<FindingKind>().Cast<FindingKind?>().FirstOrDefault(kind => kind!.Value.Name() == name);

    // The store pages by cursor. A numbered page walks there, so how far one may walk is bounded.
    private async Task<DriftPage> PageAsync(DriftQuery query, ApiCall call, CancellationToken cancellationToken)
    {
        for (var rest = query.Before is null ? Paging.Skipped(call, "drifts") : 0; rest > 0;)
        {
            var (passed, behind) = await view.Store.PassAsync(query, rest, cancellationToken);
            if (behind is null)
            {
                return new DriftPage([], null);
            }

            (rest, query) = (rest - passed, query with { Before = behind });
        }

        var drifts = ImmutableArray.CreateBuilder<DriftRecord>();
        while (true)
        {
            // A page of the store may be short although more follows: it looks at a bounded number of drifts.
            var page = await view.Store.ListAsync(query with { Most = call.Limit - drifts.Count }, cancellationToken);
            drifts.AddRange(page.Drifts);
            if (page.Next is null || page.Drifts.IsEmpty || drifts.Count >= call.Limit)
            {
                return new DriftPage(drifts.ToImmutable(), page.Next);
            }

            query = query with { Before = page.Next };
        }
    }

    /// <summary>How many drifts a query has; null when only walking through them would tell.</summary>
    private async Task<long?> TotalAsync(DriftQuery query, CancellationToken cancellationToken) =>
        query.ResourceId is not null || query.Actor is not null || query.Text is not null || query.Since is not null ? null
            : (await view.Store.CountsAsync(cancellationToken)).Where(count =>
                (query.Statuses.IsEmpty || query.Statuses.Contains(count.Status)) && (query.Severity is null || query.Severity == count.Severity) && (query.Kind is null || query.Kind == count.Kind)
                && (query.Type is null || query.Type == count.Type) && (query.Provider is null || query.Provider == count.Provider)).Sum(count => count.Count);

    private async Task<ApiAnswer> FindAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var drift = await OneAsync(call.Id, cancellationToken);
        var actors = await view.Store.ActorsAsync(drift.Id, cancellationToken);
        return ApiAnswer.Of(json => ApiJson.Write(json, drift, actors.Count > 0 ? actors[0] : null, actors));
    }

    private async Task<ApiAnswer> ActorsAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var drift = await OneAsync(call.Id, cancellationToken);
        var actors = await view.Store.ActorsAsync(drift.Id, cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartArray();
            foreach (var actor in actors)
            {
                ApiJson.Write(json, actor);
            }

            json.WriteEndArray();
        });
    }

    private async Task<ApiAnswer> TimelineAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var drift = await OneAsync(call.Id, cancellationToken);
        var changes = await view.Store.TimelineAsync(drift.Id, call.Cursor() ?? 0, call.Limit, cancellationToken);
        return ApiAnswer.Of(json => Paging.Write(json, call, changes, ApiJson.Write, null, changes.Count < call.Limit ? null : changes[^1].Number));
    }

    private async Task<ApiAnswer> DecideAsync(ApiCall call, DriftStatus to, CancellationToken cancellationToken)
    {
        var isSuppression = to == DriftStatus.Suppressed;
        var body = isSuppression ? call.Object(isNeeded: false, "comment", "until") : call.Object(isNeeded: false, "comment");
        var decision = new Decision(to, call.Caller.Name, ApiCall.Text(body, "comment", MostComment) ?? "", isSuppression ? ApiCall.Time(body, "until") : null);
        var drift = await OneAsync(call.Id, cancellationToken);
        try
        {
            var decided = await view.Store.DecideAsync(drift.Id, decision, view.Time.GetUtcNow(), cancellationToken) ?? throw NoDrift();
            var actors = await view.Store.ActorsAsync(drift.Id, cancellationToken);
            return ApiAnswer.Of(json => ApiJson.Write(json, decided, actors.Count > 0 ? actors[0] : null));
        }
        catch (InvalidOperationException e)
        {
            throw new ApiException(409, e.Message);
        }
    }

    // Callers of the replaced tool know a drift by the id of its resource; of several the newest is meant.
    private async Task<DriftRecord> OneAsync(string id, CancellationToken cancellationToken) =>
        await view.Store.FindAsync(id, cancellationToken)
        ?? (await view.Store.ListAsync(new DriftQuery { ResourceId = id, Most = 1 }, cancellationToken)).Drifts.FirstOrDefault()
        ?? throw NoDrift();

    private static ApiException NoDrift() => ApiException.NotFound("Drift alert not found");
}
