using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;

namespace Comptroller.Drift.State;

/// <summary>
/// Secrets of states and events. They are hashed where they are read, with a key that lives as long as the process: equal values stay
/// comparable, and what leaks cannot be guessed back.
/// </summary>
public static class Sensitive
{
    /// <summary>What is shown in the place of a secret.</summary>
    public const string Shown = "(sensitive)";

    private const string Prefix = "sensitive:";
    private const int PrefixLength = 10;
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);

    // States before Terraform 0.15 say nothing about what is sensitive, and providers forget.
    private static readonly string[] Words = ["password", "passwd", "secret_string", "secret_binary", "secret_key", "secret_access_key", "private_key", "client_secret",
        "auth_token", "access_token", "connection_string", "sas_token", "primary_access_key", "secondary_access_key", "shared_key", "certificate_pem_private", "user_data_base64_secret",
        "kube_config", "client_key"];

    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(["secret", "token", "value_wo", "api_key", "master_user_secret", "pgp_key", "ses_smtp_password_v4"]);

    // Of every attribute of every resource it is asked, and there are few hundred names.
    private const int MostKnown = 10_000;
    private static readonly ConcurrentDictionary<string, bool> Known = new(StringComparer.Ordinal);
    private static readonly ConcurrentDictionary<string, bool>.AlternateLookup<ReadOnlySpan<char>> KnownSpans = Known.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether a property is called like a secret, in snake case or the camel case of calls.</summary>
    public static bool IsName(JsonProperty property)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        Span<char> name = stackalloc char[64];
        if (raw.Length <= name.Length && Encoding.UTF8.TryGetChars(raw, name, out var length) && KnownSpans.TryGetValue(name[..length], out var isSecret))
        {
            return isSecret;
        }

        isSecret = IsName(Shapes.Snake(property.Name));
        if (raw.Length <= name.Length && Known.Count < MostKnown)
        {
            Known.TryAdd(property.Name, isSecret);
        }

        return isSecret;
    }

    /// <summary>Whether a name is one of a secret.</summary>
    public static bool IsName(string attribute) =>
        Names.Contains(attribute) || Array.Exists(Words, word => attribute.Contains(word, StringComparison.OrdinalIgnoreCase) && !attribute.Contains("policy", StringComparison.OrdinalIgnoreCase));

    /// <summary>The stand-in for a value: equal for equal values.</summary>
    public static string Hash(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        return Prefix + Convert.ToHexStringLower(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }

    public static bool IsHash(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value) is { Length: PrefixLength + 32 + 2 } raw && raw[1..].StartsWith("sensitive:"u8);
}
