using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Auditing;

/// <summary>Fetches the policies of a type with all that is needed to grade them. Nothing is taken from an earlier run.</summary>
internal static class PolicyFetch
{
    public static async Task<List<FetchedPolicy>> RunAsync(FalconApi api, PolicyType type, CancellationToken cancellationToken) => type.Key switch
    {
        "prevention" => Plain(await api.CombinedAsync(FalconOperation.Prevention, cancellationToken)),
        "sensor_update" => Plain(await api.CombinedAsync(FalconOperation.SensorUpdate, cancellationToken)),
        "content_update" => Plain(await api.CombinedAsync(FalconOperation.ContentUpdate, cancellationToken)),
        "response" => Plain(await api.CombinedAsync(FalconOperation.Response, cancellationToken)),
        "it_automation" => Plain(await api.ItAutomationAsync(cancellationToken)),
        "ods_scheduled_scan" => Plain(await api.ScheduledScansAsync(cancellationToken)),
        "firewall" => await WithAsync(api, await api.CombinedAsync(FalconOperation.Firewall, cancellationToken), FalconOperation.FirewallContainers, "policy_id", found => found, cancellationToken),
        "device_control" => await DeviceControlAsync(api, cancellationToken),
        // Seen only through its hosts.
        "sca" => [],
        _ => throw new ArgumentException($"{type.Name} cannot be fetched", nameof(type)),
    };

    private static List<FetchedPolicy> Plain(List<JsonElement> policies) => policies.ConvertAll(policy => new FetchedPolicy(policy, null));

    // The combined query carries the settings; only where it does not are they asked for.
    private static async Task<List<FetchedPolicy>> DeviceControlAsync(FalconApi api, CancellationToken cancellationToken)
    {
        var policies = await api.CombinedAsync(FalconOperation.DeviceControl, cancellationToken);
        return policies.TrueForAll(policy => policy.Field("settings") is not null) ? Plain(policies)
            : await WithAsync(api, policies, FalconOperation.DeviceControlSettings, "id", found => found.Field("settings") ?? default, cancellationToken);
    }

    private static async Task<List<FetchedPolicy>> WithAsync(
        FalconApi api, List<JsonElement> policies, FalconOperation operation, string key, Func<JsonElement, JsonElement> settings, CancellationToken cancellationToken)
    {
        var ids = policies.Select(policy => policy.Text("id")).OfType<string>().Distinct(StringComparer.Ordinal);
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var item in await api.ByIdAsync(operation, ids, cancellationToken))
        {
            found[item.Text(key) ?? ""] = settings(item);
        }

        return policies.ConvertAll(policy => new FetchedPolicy(
            policy, found.TryGetValue(policy.Text("id") ?? "", out var item) && item.ValueKind != JsonValueKind.Undefined ? item : null));
    }
}
