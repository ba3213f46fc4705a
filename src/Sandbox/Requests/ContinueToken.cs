using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Requests;

/// <summary>Where the next page of a list begins.</summary>
/// <param name="Revision">The first page's revision; -1 for a token that goes on at the newest state.</param>
/// <param name="StartKey">Key relative to the listed collection, from which to go on.</param>
internal sealed record ContinueToken(long Revision, string StartKey)
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    private const string Encoding = "meta.k8s.io/v1";

    /// <summary>The first key that lies behind <paramref name="key"/>.</summary>
    public static string After(string key) => key + "\0";

    public static ContinueToken Parse(string text)
    {
        if (text.AsSpan().IndexOfAnyExcept(Alphabet) is >= 0 and var bad)
        {
            throw Invalid($"illegal base64 data at input byte {bad}");
        }
        if (text.Length % 4 == 1)
        {
            throw Invalid($"illegal base64 data at input byte {text.Length - 1}");
        }
        // Go ignores the bits behind the last whole byte; .NET wants them to be zero, which four more characters bring about.
        var decoded = Base64Url.DecodeFromChars(text + "AAAA"[..(4 - (text.Length % 4))])[..(text.Length * 3 / 4)];
        JsonNode? token;
        try
        {
            token = JsonText.Parse(decoded, duplicates: null);
        }
        catch (JsonException)
        {
            throw Invalid(GoJsonSyntax.Describe(decoded) ?? "invalid JSON");
        }
        var version = Property<string>(token, "v") ?? "";
        if (version != Encoding)
        {
            throw Invalid($"server does not recognize this encoded version {version}");
        }
        var revision = Property<long>(token, "rv");
        if (revision == 0)
        {
            throw Invalid($"incorrect encoded start resourceVersion (version {version})");
        }
        var start = Property<string>(token, "start") ?? "";
        return start.Length == 0 ? throw Invalid($"encoded start key empty (version {version})") : new ContinueToken(revision, start.TrimStart('/'));
    }

    public override string ToString()
    {
        var json = new JsonObject { ["v"] = Encoding, ["rv"] = Revision, ["start"] = Revision < 0 ? StartKey : "/" + StartKey }.ToJsonString();
        return Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
    }

    private static T? Property<T>(JsonNode? token, string name) =>
        token is JsonObject map && map[name] is JsonValue value && value.TryGetValue<T>(out var found) ? found : default;

    private static StatusError Invalid(string why) => StatusResponses.BadRequest($"invalid continue token: continue key is not valid: {why}");
}
