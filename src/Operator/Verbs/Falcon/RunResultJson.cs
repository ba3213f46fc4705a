using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Auditing;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>The result of a run in the 4096 bytes that Kubernetes keeps of a container's last words.</summary>
internal static class RunResultJson
{
    private const int MostBytes = 4096;
    private const int LongestMessage = 1000;

    public static JsonObject Of(AuditOutcome outcome)
    {
        var run = outcome.Run;
        return new JsonObject
        {
            ["result"] = run.Result.ToString(),
            ["started"] = run.Started.ToString("O"),
            ["ended"] = run.Ended.ToString("O"),
            ["score"] = run.Policies.Score,
            ["policies"] = new JsonObject
            {
                ["total"] = run.Policies.Total,
                ["passed"] = run.Policies.Passed,
                ["failed"] = run.Policies.Failed,
                ["ungradable"] = run.Policies.Ungradable,
            },
            ["types"] = new JsonObject(outcome.Types.Select(type => KeyValuePair.Create(type.Type.Name, (JsonNode?)new JsonObject
            {
                ["fetched"] = type.Fetched,
                ["passed"] = type.Summary.Passed,
                ["failed"] = type.Summary.Failed,
                ["score"] = type.Summary.Score,
            }))),
            ["hosts"] = new JsonObject { ["total"] = run.Hosts.Total, ["passed"] = run.Hosts.AllPassed, ["failed"] = run.Hosts.AnyFailed },
            ["apiCalls"] = run.ApiCalls,
            ["apiErrors"] = run.ApiErrors,
            ["throttled"] = run.Throttled,
            ["message"] = Short(run.Message),
        };
    }

    public static JsonObject Failure(string message) => new() { ["result"] = "Failed", ["message"] = Short(message) };

    public static async Task WriteAsync(string path, JsonObject result, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(result.ToJsonString());
        if (bytes.Length > MostBytes)
        {
            // Only the message can be long, and what it says is in the log.
            result["message"] = "see the log of the container";
            bytes = Encoding.UTF8.GetBytes(result.ToJsonString());
        }

        await File.WriteAllBytesAsync(path, bytes, cancellationToken);
    }

    private static string Short(string message) => message.Length <= LongestMessage ? message : message[..LongestMessage];
}
