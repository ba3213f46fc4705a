using System.Text.Json.Nodes;
using Comptroller.Drift.Api;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>The answers to probes.</summary>
internal static class WatchHealth
{
    public static byte[] Health(WatchView view) => Bytes(new JsonObject
    {
        ["status"] = "ok",
        ["version"] = view.Version,
        ["timestamp"] = view.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'"),
    });

    public static byte[] Ready(string? why) => Bytes(why is null ? new JsonObject { ["status"] = "ready" } : new JsonObject { ["status"] = "not ready", ["reason"] = why });

    private static byte[] Bytes(JsonObject json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
}
