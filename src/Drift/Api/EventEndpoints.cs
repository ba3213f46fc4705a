using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>What happened to drifts, all of them together.</summary>
internal sealed class EventEndpoints(WatchView view)
{
    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/events", Scopes.Read, "What happened to drifts, oldest first", ListAsync)
        {
            Query =
            [
                .. DriftEndpoints.PageParameters[..2], new("cursor", "string", "next_cursor of the page before, or the id of the last event that is known"),
                new("severity", "string", "Exactly this one") { Values = ["low", "medium", "high", "critical"] },
                new("provider", "string", "Whose cloud") { Values = ["aws", "gcp", "azure", "other"] },
                new("resource_type", "string", "The exact Terraform type"),
            ],
            Data = "EventPage",
        },
        new("GET", "/api/v1/events/{id}", Scopes.Read, "One of them, with the drift as it is now", FindAsync) { Data = "Event" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var query = new ChangeQuery
        {
            After = call.Cursor() ?? 0,
            Severity = call.Named<Severity>("severity", name => Severities.Parse(name), Severities.Names),
            Provider = call.Text("provider"),
            Type = call.Text("resource_type"),
        };
        var skip = call.Cursor() is null ? Paging.Skipped(call, "events") : 0;
        var changes = new List<ListedChange>();
        while (true)
        {
            // A page of the store may be short although more follows: it looks at a bounded number of changes.
            var page = await view.Store.ListChangesAsync(query with { Most = (int)Math.Min(ApiCall.MostLimit, skip + call.Limit - changes.Count) }, cancellationToken);
            var passed = (int)Math.Min(skip, page.Changes.Count);
            skip -= passed;
            changes.AddRange(page.Changes.Skip(passed));
            if (page.Next is not { } next || changes.Count >= call.Limit || (page.Changes.Count == 0 && skip == 0))
            {
                return ApiAnswer.Of(json => Paging.Write(json, call, changes, ApiJson.Write, null, page.Next));
            }

            query = query with { After = next };
        }
    }

    private async Task<ApiAnswer> FindAsync(ApiCall call, CancellationToken cancellationToken)
    {
        if (!long.TryParse(call.Id, System.Globalization.NumberStyles.None, null, out var number) || number == 0
            || await view.Store.ChangesAsync(number - 1, 1, cancellationToken) is not [{ } change] || change.Number != number)
        {
            throw ApiException.NotFound("Event not found");
        }

        var drift = await view.Store.FindAsync(change.Drift, cancellationToken);
        var last = await view.Store.ActorsAsync(change.Drift, cancellationToken) is [var first, ..] ? first : null;
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("event");
            ApiJson.Write(json, change);
            json.WritePropertyName("drift");
            if (drift is null)
            {
                json.WriteNullValue();
            }
            else
            {
                ApiJson.Write(json, drift, last);
            }

            json.WriteEndObject();
        });
    }
}
