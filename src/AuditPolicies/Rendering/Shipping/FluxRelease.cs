using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// Flux objects that install the official chart with the rendered values. The values stay in their ConfigMap and are read from there, so that
/// a change of the resource reaches the nodes without a commit.
/// </summary>
public static class FluxRelease
{
    /// <summary>Version of the chart (Fluent Bit 5.1.1) that the values were written for.</summary>
    public const string ChartVersion = "0.58.1";

    private const string Repository = "fluent";

    public static IEnumerable<JsonObject> Render(string name, string? @namespace, string valuesConfigMap, string valuesKey) =>
    [
        Object("source.toolkit.fluxcd.io/v1", "HelmRepository", Repository, @namespace, new JsonObject
        {
            ["interval"] = "24h",
            ["url"] = "https://fluent.github.io/helm-charts",
        }),
        Object("helm.toolkit.fluxcd.io/v2", "HelmRelease", name, @namespace, new JsonObject
        {
            ["interval"] = "1h",
            ["chart"] = new JsonObject
            {
                ["spec"] = new JsonObject
                {
                    ["chart"] = "fluent-bit",
                    ["version"] = ChartVersion,
                    ["interval"] = "24h",
                    ["sourceRef"] = new JsonObject { ["kind"] = "HelmRepository", ["name"] = Repository },
                },
            },
            ["install"] = new JsonObject { ["remediation"] = new JsonObject { ["retries"] = 3 } },
            ["upgrade"] = new JsonObject { ["remediation"] = new JsonObject { ["retries"] = 3 } },
            ["driftDetection"] = new JsonObject { ["mode"] = "enabled" },
            ["valuesFrom"] = new JsonArray(new JsonObject { ["kind"] = "ConfigMap", ["name"] = valuesConfigMap, ["valuesKey"] = valuesKey }),
        }),
    ];

    private static JsonObject Object(string apiVersion, string kind, string name, string? @namespace, JsonObject spec) => new()
    {
        ["apiVersion"] = apiVersion,
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = spec,
    };
}
