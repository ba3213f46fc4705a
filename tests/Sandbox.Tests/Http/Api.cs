using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Tests.Http;

/// <summary>A server and a client that may do everything, with one custom kind.</summary>
internal sealed class Api : IAsyncDisposable
{
    public const string Things = "/apis/test.example.dev/v1/namespaces/default/things";
    public const string Merge = "application/merge-patch+json";
    private const string Definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

    private Api(SandboxServer server, HttpClient client)
    {
        Server = server;
        Client = client;
    }

    public SandboxServer Server { get; }
    public HttpClient Client { get; }

    public static async Task<Api> StartAsync(SandboxOptions? options = null)
    {
        var server = await SandboxServer.StartAsync(options ?? new SandboxOptions());
        var ca = X509Certificate2.CreateFromPem(server.CaCertificatePem);
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, _) =>
        {
            chain!.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(ca);
            return chain.Build((X509Certificate2)certificate!);
        };
        var client = new HttpClient(handler) { BaseAddress = server.Address, Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", server.AdminToken);
        return new Api(server, client);
    }

    /// <summary>Defines the kind Thing and waits until it is served.</summary>
    public async Task<Api> WithThingsAsync()
    {
        var (status, answer) = await SendAsync("POST", Definitions, """
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.test.example.dev"},
             "spec": {"group": "test.example.dev", "scope": "Namespaced", "names": {"plural": "things", "kind": "Thing"},
              "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}}, "schema": {"openAPIV3Schema": {"type": "object",
               "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}}}]}}
            """);
        status.ShouldBe(201, answer?.ToJsonString());
        while ((await SendAsync("GET", Things)).Status == 404)
        {
            await Task.Yield();
        }
        return this;
    }

    public static string Thing(string name, int size = 1, string metadata = "") =>
        $$$$"""{"apiVersion": "test.example.dev/v1", "kind": "Thing", "metadata": {"name": "{{{{name}}}}"{{{{metadata}}}}}, "spec": {"size": {{{{size}}}}}}""";

    public async Task<JsonObject> CreateAsync(string name, int size = 1, string metadata = "")
    {
        var (status, body) = await SendAsync("POST", Things, Thing(name, size, metadata));
        status.ShouldBe(201, body?.ToJsonString());
        return body!.AsObject();
    }

    public async Task<(int Status, JsonNode? Body)> SendAsync(string method, string path, string? body = null, string contentType = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Version = HttpVersion.Version20 };
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        }
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }
        using var response = await Client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType == "application/json" && text.Length > 0 ? JsonNode.Parse(text) : null);
    }

    /// <summary>The lines of a watch until the server ends it.</summary>
    public async Task<List<JsonNode>> WatchAsync(string path) =>
        [.. (await Client.GetStringAsync(path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!)];

    /// <summary>An open watch: lines are read one by one.</summary>
    public async Task<StreamReader> OpenWatchAsync(string path)
    {
        var response = await Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    public static string Rv(JsonNode thing) => (string)thing["metadata"]!["resourceVersion"]!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
    }
}
