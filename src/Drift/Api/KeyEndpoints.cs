using System.Text.Json;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Api;

/// <summary>Keys of the API, and tokens made of them.</summary>
internal sealed class KeyEndpoints(WatchView view)
{
    private const int MostName = 100;
    private const int MostDays = 3650;
    private static readonly TimeSpan LongestOverlap = TimeSpan.FromDays(7);

    public IEnumerable<Route> Routes =>
    [
        new("GET", "/api/v1/auth/api-keys", Scopes.Admin, "Keys that were made, without the keys themselves", ListAsync) { Data = "KeyList" },
        new("POST", "/api/v1/auth/api-keys", Scopes.Admin, "Makes a key; this answer alone has it", CreateAsync) { Body = "NewKey", Data = "CreatedKey", Status = 201 },
        new("DELETE", "/api/v1/auth/api-keys", Scopes.Admin, "Ends the key of a name", (call, stop) => RevokeAsync(ApiCall.Text(call.Object(isNeeded: true, "name"), "name", 2 * MostName, isNeeded: true)!, stop)) { Body = "KeyName", Data = "Key" },
        new("POST", "/api/v1/auth/api-keys/{id}/rotate", Scopes.Admin, "Replaces a key; the old one goes on for a while", RotateAsync) { Body = "Rotation", Data = "CreatedKey", Status = 201 },
        new("DELETE", "/api/v1/auth/api-keys/{id}", Scopes.Admin, "Ends a key, by its id or name", (call, stop) => RevokeAsync(call.Id, stop)) { Data = "Key" },
        new("POST", "/api/v1/auth/token", Scopes.None, "A token of an hour at most for the key that is shown; for browsers, which keep no keys", (call, _) => Task.FromResult(Token(call))) { Body = "TokenRequest", Data = "Token" },
        new("GET", "/api/v1/auth/whoami", Scopes.None, "Who the caller is and what they may do", (call, _) => Task.FromResult(WhoAmI(call))) { Data = "Caller" },
    ];

    private async Task<ApiAnswer> ListAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var keys = await view.Keys.ListAsync(cancellationToken);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartArray();
            foreach (var key in keys)
            {
                json.WriteStartObject();
                WriteMembers(json, key);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    private async Task<ApiAnswer> CreateAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var body = call.Object(isNeeded: true, "name", "scopes", "expires_in_days");
        var name = ApiCall.Text(body, "name", MostName, isNeeded: true)!;
        var scopes = ScopesOf(body);
        DateTimeOffset? expires = Days(body) is { } days ? view.Time.GetUtcNow().AddDays(days) : null;
        var made = await view.Keys.CreateAsync(name, scopes, call.Caller.Name, expires, cancellationToken)
            ?? throw new ApiException(409, $"a key is called \"{name}\" already, or there are {ApiKeys.Most}; revoke one first");
        return Made(made);
    }

    private async Task<ApiAnswer> RotateAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var body = call.Object(isNeeded: false, "overlap_seconds");
        var overlap = TimeSpan.Zero;
        if (body.TryGetProperty("overlap_seconds", out var value))
        {
            overlap = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var seconds) && seconds >= 0 && TimeSpan.FromSeconds(seconds) <= LongestOverlap
                ? TimeSpan.FromSeconds(seconds) : throw ApiException.BadRequest($"overlap_seconds: must be a whole number from 0 to {LongestOverlap.TotalSeconds}");
        }

        return Made(await view.Keys.RotateAsync(call.Id, call.Caller.Name, overlap, cancellationToken) ?? throw ApiException.NotFound("API key not found"));
    }

    private async Task<ApiAnswer> RevokeAsync(string idOrName, CancellationToken cancellationToken)
    {
        var key = await view.Keys.RevokeAsync(idOrName, cancellationToken) ?? throw ApiException.NotFound("API key not found");
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            WriteMembers(json, key);
            json.WriteEndObject();
        });
    }

    private ApiAnswer Token(ApiCall call)
    {
        var body = call.Object(isNeeded: false, "expires_in");
        // A token that made tokens would never end.
        if (!call.Caller.IsKnown || call.Caller.Name.StartsWith("jwt:", StringComparison.Ordinal))
        {
            throw new ApiException(401, "tokens are made for API keys and configured tokens; show one");
        }

        var issuer = view.Doorkeeper.Issuer ?? throw new ApiException(409, "tokens are not issued here: api.jwt.secretFiles is not configured");
        var life = JsonWebTokens.LongestLife;
        if (body.TryGetProperty("expires_in", out var value))
        {
            life = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var seconds) && seconds >= 1 && TimeSpan.FromSeconds(seconds) <= life
                ? TimeSpan.FromSeconds(seconds) : throw ApiException.BadRequest($"expires_in: must be a whole number of seconds from 1 to {life.TotalSeconds}");
        }

        var token = issuer.Issue(call.Caller.Name, call.Caller.Scopes, life);
        return ApiAnswer.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("token", token);
            json.WriteString("token_type", "Bearer");
            json.WriteNumber("expires_in", (long)life.TotalSeconds);
            json.WriteEndObject();
        });
    }

    private static ApiAnswer WhoAmI(ApiCall call) => ApiAnswer.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("name", call.Caller.Name);
        json.WriteBoolean("known", call.Caller.IsKnown);
        WriteScopes(json, call.Caller.Scopes);
        json.WriteEndObject();
    });

    private static ApiAnswer Made((ApiKey Kept, string Key) made) => ApiAnswer.Of(
        json =>
        {
            json.WriteStartObject();
            WriteMembers(json, made.Kept);
            json.WriteString("key", made.Key);
            json.WriteEndObject();
        },
        201);

    private static void WriteMembers(Utf8JsonWriter json, ApiKey key)
    {
        json.WriteString("id", key.Id);
        json.WriteString("name", key.Name);
        WriteScopes(json, key.Scopes);
        json.WriteString("created_by", key.CreatedBy);
        ApiJson.Time(json, "created_at", key.Created);
        ApiJson.Time(json, "expires_at", key.Expires);
    }

    private static void WriteScopes(Utf8JsonWriter json, Scopes scopes)
    {
        json.WriteStartArray("scopes");
        foreach (var scope in scopes.List())
        {
            json.WriteStringValue(scope);
        }

        json.WriteEndArray();
    }

    private static Scopes ScopesOf(JsonElement body)
    {
        if (!body.TryGetProperty("scopes", out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() == 0)
        {
            throw ApiException.BadRequest($"scopes: must be a list of {ScopeNames.All}");
        }

        var scopes = Scopes.None;
        foreach (var item in list.EnumerateArray())
        {
            scopes |= (item.ValueKind == JsonValueKind.String ? ScopeNames.Parse(item.GetString()!) : null) ?? throw ApiException.BadRequest($"scopes: {item.GetRawText()} is none of {ScopeNames.All}");
        }

        return scopes;
    }

    private static int? Days(JsonElement body) => !body.TryGetProperty("expires_in_days", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var days) && days is >= 1 and <= MostDays ? days
        : throw ApiException.BadRequest($"expires_in_days: must be a whole number from 1 to {MostDays}");
}
