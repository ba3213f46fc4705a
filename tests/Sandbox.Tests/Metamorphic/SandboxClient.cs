using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Metamorphic;

/// <summary>A Sandbox with the widget kind, and plain HTTP to it.</summary>
internal sealed class SandboxClient : IAsyncDisposable
{
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private readonly SandboxServer server;
    private readonly HttpClient client;

    private SandboxClient(SandboxServer server)
    {
        this.server = server;
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(server.CaCertificatePem);
        client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                    CustomTrustStore = { authorities[0] },
                },
            },
        })
        { BaseAddress = server.Address };
        client.DefaultRequestHeaders.Authorization = new("Bearer", server.AdminToken);
    }

    public static async Task<SandboxClient> StartAsync()
    {
        var sandbox = new SandboxClient(await SandboxServer.StartAsync(new SandboxOptions(), CancellationToken.None));
        var definition = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "testdata", "kubectl", "files", "crd-widgets.json")))!;
        await sandbox.SendAsync(HttpMethod.Post, Definitions, definition);
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if ((await sandbox.SendAsync(HttpMethod.Get, "/apis/conformance.example.dev/v1alpha1/widgets")).Status == 200)
            {
                return sandbox;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(10));
        }

        throw new InvalidOperationException("widgets were not served within 5 s");
    }

    public async Task<(int Status, JsonNode? Body)> SendAsync(
        HttpMethod method, string path, JsonNode? body = null, string contentType = "application/json", string query = "")
    {
        using var request = new HttpRequestMessage(method, query.Length > 0 ? $"{path}?{query}" : path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.ToJsonString()));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text) : null);
    }

    /// <summary>The events of a watch that the server ends.</summary>
    public async Task<IReadOnlyList<(string Type, JsonObject Object)>> WatchAsync(string path)
    {
        var body = await client.GetByteArrayAsync(path);
        var events = new List<(string, JsonObject)>();
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { AllowMultipleValues = true });
        while (reader.Read())
        {
            var item = JsonNode.Parse(ref reader)!;
            events.Add(((string)item["type"]!, item["object"]!.AsObject()));
        }

        return events;
    }

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        await server.DisposeAsync();
    }
}
