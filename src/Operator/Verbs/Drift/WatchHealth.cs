using System.Text.Json.Nodes;
using Comptroller.Drift.Api;
using Comptroller.Drift.Events;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>The answers to probes.</summary>
internal static class WatchHealth
{
    /// <summary>Without an event for so long a sender counts as silent; a busy account is never quiet for an hour.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromHours(1);

    public static byte[] Health(WatchView view, bool isSaturated)
    {
        var (now, states) = (view.Time.GetUtcNow(), view.States());
        var last = Enum.GetValues<Provider>().Select(provider => view.Activity(provider).LastAt).Max();
        return Bytes(new JsonObject
        {
            ["status"] = "ok",
            ["version"] = view.Version,
            ["timestamp"] = Written(now),
            ["checks"] = new JsonObject
            {
                ["states"] = states.Any(state => state is { LoadedAt: null, Error: not null }) ? "unavailable" : states.Any(state => state.LoadedAt is null) ? "loading" : states.Any(state => state.Error is not null) ? "stale" : "ok",
                ["state_error"] = states.Select(state => state.Error).FirstOrDefault(error => error is not null),
                ["queue"] = isSaturated ? "full" : "ok",
                ["falco"] = now - last < Silence ? "connected" : "silent",
                ["last_event_at"] = last is { } at ? Written(at) : null,
            },
        });
    }

    public static byte[] Ready(string? why) => Bytes(why is null ? new JsonObject { ["status"] = "ready" } : new JsonObject { ["status"] = "not ready", ["reason"] = why });

    private static string Written(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private static byte[] Bytes(JsonObject json) => System.Text.Encoding.UTF8.GetBytes(json.ToJsonString());
}
