using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Configuration;

namespace Comptroller.Drift.Api.Access;

/// <summary>Checks and issues JSON web tokens (RFC 7519, with the advice of RFC 8725).</summary>
/// <param name="config">What a token must say.</param>
/// <param name="keys">What it may be signed with.</param>
/// <param name="time">The clock.</param>
public sealed class JsonWebTokens(JwtConfig config, Func<JwtKeys> keys, TimeProvider time)
{
    /// <summary>Longest token that is looked at, in characters.</summary>
    public const int MostCharacters = 8192;

    /// <summary>Longest life of what is issued here.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <summary>Whether tokens can be issued: only with a secret of our own.</summary>
    public bool CanIssue => keys().Signing is not null;

    /// <summary>Whether a text has the shape of a token.</summary>
    public static bool IsShaped(string text) => text.Count(each => each == '.') == 2;

    /// <summary>Who a token speaks of, or why it is refused. The reason names no content of the token but what is public anyway.</summary>
    public Admission Check(string token)
    {
        if (token.Length > MostCharacters)
        {
            return Admission.Refused($"the token is longer than {MostCharacters} characters");
        }

        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return Admission.Refused("the token is malformed");
        }

        try
        {
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0]), Strict);
            var algorithm = Text(header.RootElement, "alg");
            if (header.RootElement.TryGetProperty("crit", out _))
            {
                return Admission.Refused("the token has critical extensions that are not known here");
            }

            var id = Text(header.RootElement, "kid");
            var signed = Encoding.ASCII.GetBytes(token, 0, parts[0].Length + 1 + parts[1].Length);
            var signature = Base64Url.DecodeFromChars(parts[2]);
            var isSigned = false;
            foreach (var key in keys().Keys)
            {
                // The algorithm is the key's; what the token says only has to agree. "none" agrees with no key.
                isSigned |= key.Algorithm == algorithm && (key.Id is null || id is null || key.Id == id) && key.Verify(signed, signature);
            }

            if (!isSigned)
            {
                return Admission.Refused("the token is not signed by a key that is believed here");
            }

            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]), Strict);
            return Claims(claims.RootElement);
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException)
        {
            return Admission.Refused("the token is malformed");
        }
    }

    /// <summary>Makes a token for a caller who proved another way who they are.</summary>
    /// <exception cref="InvalidOperationException">There is no secret to sign with.</exception>
    public string Issue(string subject, Scopes scopes, TimeSpan life)
    {
        var key = keys().Signing ?? throw new InvalidOperationException("no secret to sign with");
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var header = key.Id is null ? """{"alg":"HS256","typ":"JWT"}""" : $$"""{"alg":"HS256","kid":"{{JsonEncodedText.Encode(key.Id)}}","typ":"JWT"}""";
        var body = JsonBody.Text(json =>
        {
            json.WriteStartObject();
            json.WriteString("iss", config.Issuer);
            json.WriteString("aud", config.Audience);
            json.WriteString("sub", subject);
            json.WriteString(config.ScopeClaim, string.Join(' ', scopes.List()));
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + (long)(life < LongestLife ? life : LongestLife).TotalSeconds);
            json.WriteEndObject();
        });
        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(body))}";
        return $"{signed}.{Base64Url.EncodeToString(System.Security.Cryptography.HMACSHA256.HashData(key.Secret!, Encoding.ASCII.GetBytes(signed)))}";
    }

    private Admission Claims(JsonElement claims)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var leeway = config.Leeway.TotalSeconds;
        return Number(claims, "exp") is not { } expiry ? Admission.Refused("the token never expires; an exp is wanted")
            : expiry + leeway <= now ? Admission.Refused("the token has expired")
            : Number(claims, "nbf") is { } from && (double.IsInfinity(from) || from - leeway > now) ? Admission.Refused("the token is not valid yet")
            : Text(claims, "iss") != config.Issuer ? Admission.Refused("the token is of another issuer")
            : !IsFor(claims) ? Admission.Refused("the token is for another audience")
            : Text(claims, "sub") is not { Length: > 0 and <= 256 } subject ? Admission.Refused("the token names nobody; a sub is wanted")
            : Admission.Of(new Caller($"jwt:{subject}", Granted(claims)));
    }

    private bool IsFor(JsonElement claims) => claims.TryGetProperty("aud", out var audience) && audience.ValueKind switch
    {
        JsonValueKind.String => audience.ValueEquals(config.Audience),
        JsonValueKind.Array => audience.EnumerateArray().Any(each => each.ValueKind == JsonValueKind.String && each.ValueEquals(config.Audience)),
        _ => false,
    };

    private Scopes Granted(JsonElement claims) => !claims.TryGetProperty(config.ScopeClaim, out var claim) ? Scopes.None : claim.ValueKind switch
    {
        JsonValueKind.String => ScopeNames.ParseList(claim.GetString()!),
        JsonValueKind.Array => claim.EnumerateArray().Where(each => each.ValueKind == JsonValueKind.String)
            .Aggregate(Scopes.None, (all, each) => all | (ScopeNames.Parse(each.GetString()!) ?? Scopes.None)),
        _ => Scopes.None,
    };

    private static string? Text(JsonElement owner, string name) => owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static double? Number(JsonElement owner, string name) =>
        !owner.TryGetProperty(name, out var value) ? null : value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NegativeInfinity;
}
