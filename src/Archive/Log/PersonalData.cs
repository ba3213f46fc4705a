using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Log;

/// <summary>What becomes of names and addresses of people before an event is written: what is in a log that is kept for years cannot be taken out of it again.</summary>
public sealed class PersonalData
{
    private static readonly HashSet<string> Members = new(StringComparer.OrdinalIgnoreCase)
    {
        "email", "phone", "name", "address", "ssn", "user", "username", "ip", "ip_address", "client_ip", "source_ip", "sourceIPs", "remote_addr",
    };

    private readonly byte[]? _key;

    private PersonalData(byte[]? key) => _key = key;

    /// <summary>Takes them out.</summary>
    public static PersonalData Redacted { get; } = new(null);

    /// <summary>Puts pseudonyms in their place: equal ones stay equal, and only who has the key can tell whether one is somebody's.</summary>
    /// <param name="key">At least 16 bytes. Without one, every address there is could be tried.</param>
    /// <exception cref="FormatException">It is shorter.</exception>
    public static PersonalData Hashed(byte[] key) => key.Length >= 16 ? new PersonalData(key) : throw new FormatException("a key for pseudonyms has at least 16 bytes, such as `openssl rand -hex 32` makes");

    /// <summary>What stands in the log for a name or an address.</summary>
    public string Of(string text) => _key is null ? "[REDACTED]" : $"[REDACTED_{Convert.ToHexStringLower(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text)).AsSpan(0, 8))}]";

    /// <summary>An actor; machines are no people.</summary>
    public string OfActor(string actor) => actor == "system" || actor.StartsWith("system:", StringComparison.Ordinal) ? actor : Of(actor);

    /// <summary>The event as it is written.</summary>
    public AuditEvent Conceal(AuditEvent auditEvent) => auditEvent with
    {
        Actor = OfActor(auditEvent.Actor),
        Details = auditEvent.Details is { } details ? Conceal(details) : null,
    };

    private JsonObject Conceal(JsonObject details) => new(details.Select(member => KeyValuePair.Create(
        member.Key, member.Value is null ? null : Members.Contains(member.Key) ? Concealed(member.Value) : Within(member.Value))));

    private JsonNode Within(JsonNode value) => value switch
    {
        JsonObject members => Conceal(members),
        JsonArray items => new JsonArray([.. items.Select(item => item is null ? null : Within(item))]),
        _ => value.DeepClone(),
    };

    // Whatever stands there: a list of addresses becomes a list of pseudonyms, an address of several parts one.
    private JsonNode Concealed(JsonNode value) => value is JsonArray items
        ? new JsonArray([.. items.Select(item => item is null ? null : Concealed(item))])
        : JsonValue.Create(Of(value is JsonValue text && text.TryGetValue<string>(out var plain) ? plain : value.ToJsonString()));
}
