using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Try;

/// <summary>
/// A cloud that was recorded: a small state for the sample watches in place of the states that they name, and the events that Falco would
/// send. Nothing here reaches for an account that somebody might own.
/// </summary>
internal sealed class RecordedCloud : IDisposable
{
    private const string StateFile = "terraform.tfstate";

    private const string State =
        """
        {"version": 4, "terraform_version": "1.9.5", "serial": 12, "lineage": "6b6ae4cc-3b8a-4f0a-9d2b-1f1f5a0f5c2e", "outputs": {}, "resources": [
          {"mode": "managed", "type": "aws_lambda_function", "name": "resize", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"schema_version": 0, "attributes": {"id": "resize", "function_name": "resize", "arn": "arn:aws:lambda:eu-central-1:123456789012:function:resize", "memory_size": 128, "timeout": 30}}]},
          {"mode": "managed", "type": "aws_s3_bucket", "name": "images", "provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
           "instances": [{"schema_version": 0, "attributes": {"id": "acme-images", "bucket": "acme-images", "arn": "arn:aws:s3:::acme-images"}}]}
        ]}
        """;

    /// <summary>What a watch does without here: it leads outside, to Secrets that nobody made, or keeps quiet at the hour of the trial.</summary>
    private static readonly string[] LeftOut = ["windows", "credentials", "notifications", "store", "replicas", "autoscaling", "comparison", "baseline", "api", "pod", "network"];

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private readonly Dictionary<ObjectKey, int> _ports = [];

    /// <summary>The sample as it is, but for its state, and on a port of its own: pods share one address here. Other kinds are returned as they are.</summary>
    public IEnumerable<JsonObject> Stage(JsonObject sample)
    {
        if ((string)sample["kind"]! != nameof(DriftWatch))
        {
            return [sample];
        }

        var staged = (JsonObject)sample.DeepClone();
        var (name, spec) = ((string)staged["metadata"]!["name"]!, staged["spec"]!.AsObject());
        foreach (var field in LeftOut)
        {
            spec.Remove(field);
        }

        var port = FreePort();
        _ports[new ObjectKey(Text(staged["metadata"], "namespace") is { Length: > 0 } named ? named : "default", name)] = port;
        spec["intake"] = new JsonObject { ["port"] = port };
        spec["states"] = new JsonArray(new JsonObject { ["name"] = "recorded", ["file"] = new JsonObject { ["configMap"] = $"{name}-state", ["path"] = StateFile } });
        (spec["gracePeriod"], spec["stateRefresh"]) = ("1s", "10s");
        return
        [
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["metadata"] = new JsonObject { ["name"] = $"{name}-state" },
                ["data"] = new JsonObject { [StateFile] = State },
            },
            staged,
        ];
    }

    /// <summary>Somebody gives a function more memory in the console.</summary>
    public Task ChangeAsync(CancellationToken cancellationToken) => SendAsync(Call("mallory", "AWS Internal", memory: 512), cancellationToken);

    /// <summary>The memory is set back.</summary>
    public Task SetBackAsync(CancellationToken cancellationToken) => SendAsync(Call("alice", "aws-cli/2.17", memory: 128), cancellationToken);

    public void Dispose() => _http.Dispose();

    /// <summary>An alert of the rules in deploy/falco, as Falco's HTTP output sends it.</summary>
    private static JsonObject Call(string who, string agent, int memory) => new()
    {
        ["source"] = "aws_cloudtrail",
        ["rule"] = "Change in AWS",
        ["priority"] = "Notice",
        ["time"] = DateTimeOffset.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture),
        ["output_fields"] = new JsonObject
        {
            ["ct.name"] = "UpdateFunctionConfiguration20150331v2",
            ["ct.src"] = "lambda.amazonaws.com",
            ["ct.region"] = "eu-central-1",
            ["ct.readonly"] = "false",
            ["ct.srcip"] = "198.51.100.7",
            ["ct.useragent"] = agent,
            ["ct.user"] = "Operator",
            ["ct.originaluser"] = who,
            ["ct.user.identitytype"] = "AssumedRole",
            ["ct.user.arn"] = $"arn:aws:sts::123456789012:assumed-role/Operator/{who}",
            ["ct.user.accountid"] = "123456789012",
            ["ct.request"] = $$"""{"functionName": "resize", "memorySize": {{memory}}}""",
        },
    };

    private async Task SendAsync(JsonObject alert, CancellationToken cancellationToken)
    {
        foreach (var port in _ports.Values)
        {
            using var content = new StringContent(alert.ToJsonString(), Encoding.UTF8, "application/json");
            using var answer = await _http.PostAsync(new Uri($"http://127.0.0.1:{port}/api/v1/falco/events"), content, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
