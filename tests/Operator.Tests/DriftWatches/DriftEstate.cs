using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Sandbox;
using Comptroller.Sandbox.Workloads;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>A cluster that runs Deployments, a state with one function of 128 MB, and somebody who changes it.</summary>
internal sealed class DriftEstate : IAsyncDisposable
{
    public const string State =
        """{"version":4,"serial":12,"lineage":"6b6ae4cc","resources":[{"mode":"managed","type":"aws_lambda_function","name":"resize","instances":[{"attributes":{"id":"resize","function_name":"resize","memory_size":128}}]}]}""";

    private static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret", Namespaced: true);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private DriftEstate(Estate estate) => Estate = estate;

    public Estate Estate { get; }

    /// <summary>Of the watch: pods share one address.</summary>
    public int Port { get; } = FreePort.Take();

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public static async Task<DriftEstate> StartAsync()
    {
        var drift = new DriftEstate(await Estate.StartAsync(new SandboxOptions { Workloads = new WorkloadOptions() }));
        await drift.Estate.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "state", ["namespace"] = "default" },
            ["data"] = new JsonObject { ["terraform.tfstate"] = State },
        });
        return drift;
    }

    /// <param name="spec">Fields beside the usual ones, with a comma at the end.</param>
    /// <param name="intake">Fields of the intake, likewise.</param>
    /// <param name="states">Instead of the one in the ConfigMap.</param>
    public Task ApplyAsync(string spec, string intake = "", string states = "[{name: production, file: {configMap: state, path: terraform.tfstate}}]") =>
        Estate.ApplyAsync(Watches.Document($"{{{spec}intake: {{{intake}port: {Port}}}, gracePeriod: 0s, stateRefresh: 10s, states: {states}}}", "cloud", "default"));

    public Task MergeAsync(string patch) => Estate.MergeAsync(ResourceTypes.DriftWatches, "default", "cloud", patch);

    public Task SecretAsync(string name, string key, string value) => Estate.ApplyAsync(new JsonObject
    {
        ["apiVersion"] = Secrets.ApiVersion,
        ["kind"] = Secrets.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["stringData"] = new JsonObject { [key] = value },
    });

    public async Task<JsonObject> UntilAsync(Func<JsonObject, bool> holds) =>
        (await Estate.UntilAsync(ResourceTypes.DriftWatches, "default", "cloud", item => item is not null && item.IsObserved() && holds(item)))!;

    /// <summary>Somebody gives the function so much memory.</summary>
    public async Task<HttpStatusCode> SendAsync(int memory, string? token = null)
    {
        var alert = new JsonObject
        {
            ["source"] = "aws_cloudtrail",
            ["rule"] = "Change in AWS",
            ["time"] = DateTimeOffset.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
            ["output_fields"] = new JsonObject
            {
                ["ct.name"] = "UpdateFunctionConfiguration20150331v2",
                ["ct.src"] = "lambda.amazonaws.com",
                ["ct.originaluser"] = "mallory",
                ["ct.request"] = $$"""{"functionName":"resize","memorySize":{{memory}}}""",
            },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, "/api/v1/falco/events")) { Content = new StringContent(alert.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await _http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>The metrics of the pod.</summary>
    public Task<string> MetricsAsync() => _http.GetStringAsync(new Uri(Address, "/metrics"));

    public Task<HttpResponseMessage> GetAsync(string path) => _http.GetAsync(new Uri(Address, path));

    /// <summary>Waits until so many requests in a row are answered with 200.</summary>
    public async Task UntilServedAsync(string path, int attempts)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        for (var served = 0; served < attempts;)
        {
            try
            {
                served = await StatusOfAsync(path) == HttpStatusCode.OK ? served + 1 : 0;
            }
            catch (HttpRequestException)
            {
                served = 0;
            }

            await Task.Delay(served == 0 ? TimeSpan.FromMilliseconds(200) : TimeSpan.Zero, patience.Token);
        }
    }

    public async Task<HttpStatusCode> StatusOfAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(Address, path));
        return answer.StatusCode;
    }

    public async Task<HttpStatusCode> PostAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(new Uri(Address, "/api/v1/falco/events"), content);
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Estate.DisposeAsync();
    }
}
