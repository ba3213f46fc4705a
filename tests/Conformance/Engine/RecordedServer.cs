using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.Conformance.Replay;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Engine;

/// <summary>
/// Answers a replay with the recording itself, each placeholder given a value of its kind. The replay of an honest recording must match
/// entirely, and that of a changed one must not.
/// </summary>
internal sealed partial class RecordedServer(Transcript transcript) : HttpMessageHandler
{
    public static ReplayTarget For(Transcript transcript) =>
        new(new Uri("http://recorded.invalid"), new HttpClient(new RecordedServer(transcript)), "admin", PassTime: _ => { });

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Wire.StepKey, out var index))
        {
            return Task.FromResult(Unrecorded(request));
        }

        var recorded = transcript.Steps[index].Response;
        if (recorded.Status == 0)
        {
            throw new HttpRequestException("the connection was closed");
        }

        var path = request.RequestUri!.OriginalString["http://recorded.invalid".Length..].Split('?')[0];
        var response = new HttpResponseMessage((HttpStatusCode)recorded.Status) { Content = new ByteArrayContent(Body(transcript.Steps[index], path)) };
        foreach (var (name, value) in recorded.Headers)
        {
            var values = (value as JsonArray ?? [value?.DeepClone()]).Select(item => Render((string)item!, path)).ToArray();
            if (!response.Headers.TryAddWithoutValidation(name, values))
            {
                response.Content.Headers.TryAddWithoutValidation(name, values);
            }
        }

        return Task.FromResult(response);
    }

    /// <summary>Setup succeeds at once: everything that is created is there, and every definition is served.</summary>
    private static HttpResponseMessage Unrecorded(HttpRequestMessage request) => new(request.Method == HttpMethod.Post ? HttpStatusCode.Created : HttpStatusCode.OK)
    {
        Content = new StringContent("""{"status":{"conditions":[{"type":"Established","status":"True"}]}}"""),
    };

    private byte[] Body(Step step, string path)
    {
        var text = step.Response.Body switch
        {
            null => "",
            JsonArray events => string.Join('\n', events.Select(item => item!.ToJsonString(Wire.Json))),
            JsonValue value => (string)value!,
            _ when step.Trimmed is not null && step.Response.Body["openapi"] is not null => Undigested(step.Response.Body).ToJsonString(Wire.Json),
            var body => body.ToJsonString(Wire.Json),
        };
        return Encoding.UTF8.GetBytes(Render(text, path));
    }

    private string Render(string text, string path) => Token().Replace(text, token =>
    {
        var number = int.TryParse(token.Groups["number"].Value, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
        return token.Groups["name"].Value switch
        {
            "uid" => $"00000000-0000-4000-8000-{number:000000000000}",
            "rv" => Version(token.Value),
            "continue" => ContinueToken(token.Value),
            "suffix" => $"bcdf{"bcdfghjklmnpqrst"[number]}",
            "time" => "2026-01-02T03:04:05Z",
            "microtime" => "2026-01-02T03:04:05.123456Z",
            "age" => "3m20s",
            "ns" => "conf-self",
            "run" => "self",
            "hash" => $"{(uint)path.GetHashCode(StringComparison.Ordinal):X}",
            "etag" => $"\\\"{(uint)path.GetHashCode(StringComparison.Ordinal):X}\\\"",
            "certificate" => "-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----\\n",
            var other => $"some-{other.Replace(' ', '-')}",
        };
    });

    private string Version(string placeholder) =>
        (1000 + (10 * transcript.RvOrder.TakeWhile(other => other != placeholder).Count())).ToString(CultureInfo.InvariantCulture);

    private string ContinueToken(string placeholder)
    {
        var decoded = transcript.ContinueTokens[placeholder]!.DeepClone();
        if (decoded["rv"]!.GetValueKind() == System.Text.Json.JsonValueKind.String)
        {
            decoded["rv"] = long.Parse(Version((string)decoded["rv"]!), CultureInfo.InvariantCulture);
        }

        return Convert.ToBase64String(Encoding.UTF8.GetBytes(decoded.ToJsonString())).Replace('+', '-').Replace('/', '_').TrimEnd('=');
    }

    /// <summary>The long form of a trimmed OpenAPI document.</summary>
    private static JsonObject Undigested(JsonNode digest)
    {
        var document = digest.DeepClone().AsObject();
        foreach (var (_, path) in document["paths"]!.AsObject())
        {
            foreach (var (_, operation) in path!.AsObject())
            {
                operation!["parameters"] = new JsonArray([.. operation["parameters"]!.AsArray().Select(name => new JsonObject { ["name"] = name!.DeepClone() })]);
                operation["requestBody"] = new JsonObject { ["content"] = Keyed(operation["requestContentTypes"]!) };
                operation["responses"] = new JsonObject { ["200"] = new JsonObject { ["content"] = Keyed(operation["responseContentTypes"]!) } };
            }
        }

        var names = document["components"]!["schemaNames"]!.AsArray().Select(name => (string)name!);
        var schemas = document["components"]!["schemas"]!.AsObject();
        document["components"] = new JsonObject { ["schemas"] = new JsonObject(names.Select(name => KeyValuePair.Create(name, (JsonNode?)(schemas[name]?.DeepClone() ?? new JsonObject())))) };
        return document;
    }

    private static JsonObject Keyed(JsonNode names) => new(names.AsArray().Select(name => KeyValuePair.Create((string)name!, (JsonNode?)new JsonObject())));

    [GeneratedRegex("<(?<name>uid|rv|continue|suffix):(?<number>[0-9]+)>"
        + "|<(?<name>time|microtime|age|ns|run|token|certificate|server|etag|hash|scheme source file)>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();
}
