using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Conformance.Transcripts;

namespace Comptroller.Conformance.Replay;

/// <summary>What came back. Status 0: the connection was closed without an answer.</summary>
internal sealed record Answer(int Status, IReadOnlyDictionary<string, IReadOnlyList<string>> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>Sends recorded requests byte for byte: odd methods, odd paths and malformed bodies included.</summary>
internal sealed class Wire(ReplayTarget target)
{
    /// <summary>Relaxed escaping keeps placeholders readable.</summary>
    public static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Marks a request with the step it replays, so that a recorded server in tests knows which answer to give.</summary>
    public static readonly HttpRequestOptionsKey<int> StepKey = new("step");

    private const string NoCredentials = "(none";
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public async Task<HttpResponseMessage?> StartAsync(Step step, Placeholders placeholders, CancellationToken cancellationToken)
    {
        using var request = Request(step, placeholders);
        try
        {
            var client = step.Request.Headers.ContainsKey("Authorization") ? target.Stranger ?? target.Client : target.Client;
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Reads to the end. A stream that was cut off counts as what came before the cut.</summary>
    public static async Task<Answer> FinishAsync(HttpResponseMessage? response, CancellationToken cancellationToken)
    {
        if (response is null)
        {
            return new Answer(0, new Dictionary<string, IReadOnlyList<string>>(StringComparer.OrdinalIgnoreCase), []);
        }

        using (response)
        {
            using var body = new MemoryStream();
            try
            {
                await response.Content.CopyToAsync(body, cancellationToken);
            }
            catch (HttpRequestException)
            {
                body.SetLength(body.Position);
            }

            var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
                .ToDictionary(header => header.Key, header => (IReadOnlyList<string>)[.. header.Value], StringComparer.OrdinalIgnoreCase);
            return new Answer((int)response.StatusCode, headers, body.ToArray());
        }
    }

    /// <summary>A write or read that the recording only describes. It goes out as the recorder's own requests did.</summary>
    /// <returns>The status and the body, null when it is not JSON.</returns>
    public async Task<(int Status, JsonNode? Body)> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, Address(path));
        Authorize(request, null);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, Json));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await target.Client.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    private HttpRequestMessage Request(Step step, Placeholders placeholders)
    {
        var scope = Scope(step);
        var request = new HttpRequestMessage(new HttpMethod(step.Request.Method), Address(placeholders.Fill(step.Request.Path, scope)));
        request.Options.Set(StepKey, step.Index);
        Authorize(request, step.Request.Headers.TryGetValue("Authorization", out var credentials) ? placeholders.Fill(credentials, scope) : null);
        if (step.Request.Body is { } body)
        {
            var text = body.GetValueKind() == JsonValueKind.String ? (string)body! : body.ToJsonString(Json);
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(placeholders.Fill(text, scope)));
        }

        foreach (var (name, value) in step.Request.Headers.Where(header => !header.Key.Equals("Authorization", StringComparison.OrdinalIgnoreCase)))
        {
            var filled = placeholders.Fill(value, scope);
            if (name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, filled);
                continue;
            }

            request.Headers.Remove(name);
            request.Headers.TryAddWithoutValidation(name, filled);
        }

        return request;
    }

    /// <summary>The path without its query: what a value like an ETag belongs to.</summary>
    public static string Scope(Step step) => step.Request.Path.Split('?')[0];

    /// <summary>No recorded credentials means the recorder's own, which had every right. Field managers take their name from its User-Agent.</summary>
    private void Authorize(HttpRequestMessage request, string? credentials)
    {
        request.Headers.TryAddWithoutValidation("User-Agent", "recorder");
        if (credentials is null && target.AdminToken is { } token)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }
        else if (credentials is not null && !credentials.StartsWith(NoCredentials, StringComparison.Ordinal))
        {
            request.Headers.TryAddWithoutValidation("Authorization", credentials);
        }
    }

    private Uri Address(string path) => new(target.Address.GetLeftPart(UriPartial.Authority) + path, Verbatim);
}
