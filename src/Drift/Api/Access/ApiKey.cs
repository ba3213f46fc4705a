using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Comptroller.Drift.Api.Access;

/// <summary>A key of the API as it is kept: never the key itself, only what it can be recognised by.</summary>
/// <param name="Id">Part of the key; finds it.</param>
/// <param name="Name">What people call it; unique among keys that are in use.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Hash">SHA-256 of the secret part. The secret has 256 random bits, so a slow hash would protect nothing more.</param>
/// <param name="CreatedBy">Who made it.</param>
/// <param name="Created">When.</param>
/// <param name="Expires">When it ends; null for never.</param>
public sealed record ApiKey(string Id, string Name, Scopes Scopes, byte[] Hash, string CreatedBy, DateTimeOffset Created, DateTimeOffset? Expires)
{
    /// <summary>Keys are recognised by their beginning, so that scanners of leaked secrets find them.</summary>
    public const string Prefix = "dwk_";

    private const int IdLength = 16;
    private const int SecretLength = 64;

    public bool IsExpired(DateTimeOffset now) => Expires <= now;

    /// <summary>Makes a key.</summary>
    /// <returns>What is kept, and the key, which is shown once.</returns>
    public static (ApiKey Kept, string Key) Make(string name, Scopes scopes, string by, DateTimeOffset now, DateTimeOffset? expires)
    {
        var (id, secret) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdLength / 2)), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretLength / 2)));
        return (new ApiKey(id, name, scopes, HashOf(secret), by, now, expires), $"{Prefix}{id}_{secret}");
    }

    /// <summary>The parts of a key; null when a text is none.</summary>
    public static (string Id, string Secret)? Parse(string text) =>
        text.Length == Prefix.Length + IdLength + 1 + SecretLength && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length + IdLength] == '_'
            ? (text.Substring(Prefix.Length, IdLength), text[(Prefix.Length + IdLength + 1)..]) : null;

    /// <summary>Whether a secret is this key's; takes as long for a wrong one as for the right one.</summary>
    public bool Matches(string secret) => CryptographicOperations.FixedTimeEquals(HashOf(secret), Hash);

    public string ToJson() => JsonBody.Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("name", Name);
        json.WriteNumber("scopes", (int)Scopes);
        json.WriteString("hash", Convert.ToHexStringLower(Hash));
        json.WriteString("createdBy", CreatedBy);
        json.WriteString("created", Created.ToString("O", CultureInfo.InvariantCulture));
        if (Expires is { } expires)
        {
            json.WriteString("expires", expires.ToString("O", CultureInfo.InvariantCulture));
        }

        json.WriteEndObject();
    });

    public static ApiKey OfJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        return new ApiKey(
            root.GetProperty("id").GetString()!,
            root.GetProperty("name").GetString()!,
            (Scopes)root.GetProperty("scopes").GetInt32(),
            Convert.FromHexString(root.GetProperty("hash").GetString()!),
            root.GetProperty("createdBy").GetString()!,
            root.GetProperty("created").GetDateTimeOffset(),
            root.TryGetProperty("expires", out var expires) ? expires.GetDateTimeOffset() : null);
    }

    private static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
