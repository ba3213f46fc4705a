using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>What happened to drifts, all of them together.</summary>
internal sealed class EventEndpoints(WatchView view)
{
    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/events", Scopes.Read, "What happened to drifts, oldest first", ListAsync)
        {
            Query = [DriftEndpoints.PageParameters[1], new("cursor", "string", "next_cursor of the page before, or the id of the last event that is known")], Data = "ChangePage",
        },
        new("GET", "/api/v1/events/{id}", Scopes.Read, "One of them, with the drift as it is now", FindAsync) { Data = "Event" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var changes = await view.Store.ChangesAsync(call.Cursor() ?? 0, call.Limit, cancellationToken);
        return ApiAnswer.Of(json => Paging.Write(json, call, changes, ApiJson.Write, null, changes.Count < call.Limit ? null : changes[^1].Number));
    }

    private async Task<ApiAnswer> FindAsync(ApiCall call, CancellationToken cancellationToken)
    {
        if (!long.TryParse(call.Id, System.Globalization.NumberStyles.None, null, out var number) || number == 0
            || await view.Store.ChangesAsync(number - 1, 1, cancellationToken) is not [{ } change] || change.Number != number)
        {
            throw ApiException.NotFound("Event not found");
        }

        var drift = await view.Store.FindAsync(change.Drift, cancellationToken);
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
                ApiJson.Write(json, drift);
            }

            json.WriteEndObject();
        });
    }
}
