using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Notifications;

namespace Comptroller.Drift.Api;

/// <summary>Messages that could not be delivered.</summary>
public sealed class DeadLetterEndpoints(Notifier notifier)
{
    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/notifications/dead-letters", Scopes.Read, "Messages that could not be delivered, oldest first", ListAsync)
        {
            Query = [DriftEndpoints.PageParameters[1], new("cursor", "string", "id of the last one of the page before")], Data = "DeadLetterPage",
        },
        new("POST", "/api/v1/notifications/dead-letters/{id}/retry", Scopes.Write, "Sends one again", RetryAsync) { Data = "Nothing" },
        new("DELETE", "/api/v1/notifications/dead-letters/{id}", Scopes.Write, "Drops one", DropAsync) { Data = "Nothing" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var items = await notifier.DeadAsync(call.Text("cursor") ?? "", call.Limit, cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            foreach (var item in items)
            {
                var letter = Letter.OfJson(item.Value);
                json.WriteStartObject();
                json.WriteString("id", item.Key);
                json.WriteString("channel", letter.Channel);
                json.WriteStartArray("drifts");
                foreach (var (drift, _) in letter.Changes)
                {
                    json.WriteStringValue(drift);
                }

                json.WriteEndArray();
                json.WriteNumber("attempts", letter.Attempts);
                json.WriteString("error", letter.Error);
                ApiJson.Time(json, "created_at", letter.Created);
                ApiJson.Time(json, "failed_at", letter.Failed);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteNumber("limit", call.Limit);
            json.WriteString("next_cursor", items.Count < call.Limit ? null : items[^1].Key);
            json.WriteEndObject();
        });
    }

    private async Task<ApiAnswer> RetryAsync(ApiCall call, CancellationToken cancellationToken) =>
        await notifier.RetryAsync(call.Id, cancellationToken) ? ApiAnswer.Of(json => json.WriteNullValue()) : throw ApiException.NotFound("no such dead letter, or its channel is gone");

    private async Task<ApiAnswer> DropAsync(ApiCall call, CancellationToken cancellationToken) =>
        await notifier.DropAsync(call.Id, cancellationToken) ? ApiAnswer.Of(json => json.WriteNullValue()) : throw ApiException.NotFound("no such dead letter");
}
