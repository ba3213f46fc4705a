using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Where tokens come from. What the platform put into our environment may be on this machine's link; what stands in a file that a user gave goes
/// through the guard of user-given endpoints.
/// </summary>
internal static class TokenEndpoints
{
    private const int LongestAnswer = 1 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Azure workload identity: a token of Kubernetes for one of Entra.</summary>
    /// <remarks>The file is read every time: the kubelet replaces it.</remarks>
    public static Func<CancellationToken, Task<(string, TimeSpan)>> AzureWorkloadIdentity(Func<string, string?> environment)
    {
        string Needed(string name) => environment(name) ?? throw new FormatException($"{name}: not set; the workload identity webhook sets it, or give AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN");
        var (client, tenant, file) = (Needed("AZURE_CLIENT_ID"), Needed("AZURE_TENANT_ID"), Needed("AZURE_FEDERATED_TOKEN_FILE"));
        var authority = (environment("AZURE_AUTHORITY_HOST") ?? "https://login.microsoftonline.com/").TrimEnd('/');
        return async cancellationToken => await AskAsync(
            OfPlatform(),
            () => Form($"{authority}/{tenant}/oauth2/v2.0/token", new()
            {
                ["grant_type"] = "client_credentials",
                ["client_id"] = client,
                ["scope"] = "https://storage.azure.com/.default",
                ["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                ["client_assertion"] = File.ReadAllText(file).Trim(),
            }),
            cancellationToken);
    }

    /// <summary>The identity of an Azure machine.</summary>
    public static Func<CancellationToken, Task<(string, TimeSpan)>> AzureManagedIdentity() => async cancellationToken => await AskAsync(
        OfPlatform(),
        () => new HttpRequestMessage(HttpMethod.Get, "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F") { Headers = { { "Metadata", "true" } } },
        cancellationToken);

    /// <summary>The identity of a Google machine or pod (workload identity).</summary>
    public static Func<CancellationToken, Task<(string, TimeSpan)>> GoogleMetadata(Func<string, string?> environment)
    {
        var host = environment("GCE_METADATA_HOST") ?? "metadata.google.internal";
        return async cancellationToken => await AskAsync(
            OfPlatform(),
            () => new HttpRequestMessage(HttpMethod.Get, $"http://{host}/computeMetadata/v1/instance/service-accounts/default/token") { Headers = { { "Metadata-Flavor", "Google" } } },
            cancellationToken);
    }

    /// <summary>A Google service account: a JWT that its key signs, for a token.</summary>
    /// <param name="json">The key file.</param>
    /// <param name="allowLocal">Whether the place that it names may be on this machine.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="FormatException">It is no key file of a service account. It is not repeated: it is a secret.</exception>
    public static Func<CancellationToken, Task<(string, TimeSpan)>> GoogleServiceAccount(string json, bool allowLocal, TimeProvider time)
    {
        string email, id;
        Uri endpoint;
        var key = RSA.Create();
        try
        {
            var account = JsonNode.Parse(json)!.AsObject();
            if ((string?)account["type"] != "service_account")
            {
                throw new FormatException("not a service account");
            }

            (email, id) = ((string)account["client_email"]!, (string?)account["private_key_id"] ?? "");
            endpoint = EndpointGuard.Check((string?)account["token_uri"] ?? "https://oauth2.googleapis.com/token", allowPlain: allowLocal);
            key.ImportFromPem((string)account["private_key"]!);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or CryptographicException or ArgumentException or NullReferenceException)
        {
            throw new FormatException("GOOGLE_APPLICATION_CREDENTIALS: not the JSON key file of a service account", e);
        }

        return async cancellationToken => await AskAsync(
            EndpointGuard.Handler(allowLocal),
            () => Form(endpoint.ToString(), new()
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = Jwt(key, id, email, endpoint, time.GetUtcNow()),
            }),
            cancellationToken);
    }

    internal static string Jwt(RSA key, string keyId, string email, Uri audience, DateTimeOffset now)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "JWT", ["kid"] = keyId }.ToJsonString();
        var claims = new JsonObject
        {
            ["iss"] = email,
            ["scope"] = "https://www.googleapis.com/auth/devstorage.read_write",
            ["aud"] = audience.ToString(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
        }.ToJsonString();
        var text = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header))}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}";
        return $"{text}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static SocketsHttpHandler OfPlatform() => new() { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5) };

    private static HttpRequestMessage Form(string url, Dictionary<string, string> fields) => new(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(fields) };

    // The answer of a failure may repeat what was sent, so only its status and its short code are told.
    private static async Task<(string Token, TimeSpan Lifetime)> AskAsync(SocketsHttpHandler handler, Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = LongestAnswer };
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var request = make();
        using var response = await client.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        JsonNode? answer = null;
        try
        {
            answer = JsonNode.Parse(body);
        }
        catch (JsonException)
        {
            // Told below.
        }

        // Azure's machines write numbers as text.
        if (answer is JsonObject found && response.IsSuccessStatusCode && (string?)found["access_token"] is { } token && double.TryParse(found["expires_in"]?.ToString(), out var seconds))
        {
            return (token, TimeSpan.FromSeconds(seconds));
        }

        var code = (answer as JsonObject)?["error"]?.ToString() is { Length: < 100 } error ? $" {error}" : "";
        throw new ObjectStoreException($"{request.RequestUri!.Host}: no token for the store ({(int)response.StatusCode}{code}); look at the identity of this pod") { IsDenied = true };
    }
}
