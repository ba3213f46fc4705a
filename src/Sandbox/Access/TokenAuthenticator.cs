using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Sandbox.Kinds;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Access;

/// <summary>
/// Knows the administrator's token and the tokens that it issued to ServiceAccounts. A ServiceAccount's token dies with the account, but
/// as in the real server only after a cache of ten seconds has forgotten it.
/// </summary>
internal sealed class TokenAuthenticator(ObjectStore store, TimeProvider time, string adminToken) : IAuthenticator, IDisposable
{
    public const string Audience = "https://kubernetes.default.svc";

    private const string Scheme = "Bearer ";
    private const int CacheLimit = 1024;
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(10);
    private static readonly UserInfo Administrator =
        new("system:admin", "", ["system:masters", "system:authenticated"], new Dictionary<string, IReadOnlyList<string>>());

    private readonly HMACSHA256 _signer = new(RandomNumberGenerator.GetBytes(32));
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (UserInfo User, DateTimeOffset Until)> _cache = new(StringComparer.Ordinal);

    public UserInfo? Authenticate(string? authorizationHeader)
    {
        if (authorizationHeader is null || !authorizationHeader.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return UserInfo.Anonymous;
        }
        var token = authorizationHeader[Scheme.Length..].Trim();
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(adminToken)))
        {
            return Administrator;
        }
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_cache.TryGetValue(token, out var known) && known.Until > now)
            {
                return known.User;
            }
        }
        if (Verify(token, now) is not { } user)
        {
            return null;
        }
        lock (_lock)
        {
            if (_cache.Count >= CacheLimit)
            {
                _cache.Clear();
            }
            _cache[token] = (user, now + CacheTime);
        }
        return user;
    }

    /// <summary>A signed token for a ServiceAccount.</summary>
    /// <param name="account">The stored account.</param>
    public string Issue(StoredObject account, TimeSpan validity)
    {
        var now = time.GetUtcNow();
        var claims = new JsonObject
        {
            ["aud"] = new JsonArray(Audience),
            ["exp"] = (now + validity).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["iss"] = Audience,
            ["jti"] = Guid.NewGuid().ToString(),
            ["kubernetes.io"] = new JsonObject
            {
                ["namespace"] = account.Namespace,
                ["serviceaccount"] = new JsonObject { ["name"] = account.Name, ["uid"] = account.Uid },
            },
            ["nbf"] = now.ToUnixTimeSeconds(),
            ["sub"] = $"system:serviceaccount:{account.Namespace}:{account.Name}",
        };
        var signed = $"{Encode("""{"alg":"HS256","typ":"JWT"}"""u8)}.{Encode(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{signed}.{Sign(signed)}";
    }

    public void Dispose() => _signer.Dispose();

    private UserInfo? Verify(string token, DateTimeOffset now)
    {
        var end = token.LastIndexOf('.');
        if (end < 0 || token.Count('.') != 2
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(token[..end])), Encoding.UTF8.GetBytes(token[(end + 1)..])))
        {
            return null;
        }
        var claims = JsonNode.Parse(Decode(token[(token.IndexOf('.') + 1)..end]))!;
        var bound = claims["kubernetes.io"]!;
        var (@namespace, name, uid) = ((string)bound["namespace"]!, (string)bound["serviceaccount"]!["name"]!, (string)bound["serviceaccount"]!["uid"]!);
        if ((long)claims["exp"]! <= now.ToUnixTimeSeconds() || store.Get(BuiltInKinds.ServiceAccounts, @namespace, name)?.Uid != uid)
        {
            return null;
        }
        return new UserInfo((string)claims["sub"]!, uid, ["system:serviceaccounts", $"system:serviceaccounts:{@namespace}", "system:authenticated"],
            new Dictionary<string, IReadOnlyList<string>> { ["authentication.kubernetes.io/credential-id"] = [$"JTI={(string)claims["jti"]!}"] });
    }

    private string Sign(string text)
    {
        lock (_lock)
        {
            return Encode(_signer.ComputeHash(Encoding.UTF8.GetBytes(text)));
        }
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[] Decode(string text)
    {
        var standard = text.Replace('-', '+').Replace('_', '/');
        return Convert.FromBase64String(standard.PadRight((standard.Length + 3) / 4 * 4, '='));
    }
}
