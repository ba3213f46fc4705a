using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>Audit events as VictoriaLogs stores them: nested objects become dotted fields, arrays become their JSON text.</summary>
internal static class AuditEvents
{
    public static readonly DateTimeOffset Now = new(2026, 8, 21, 12, 0, 0, TimeSpan.Zero);

    private static int _auditId;

    /// <summary>An event of the given age that passed through our Fluent Bit pipeline.</summary>
    /// <param name="changes">JSON merged over an answered request by a person.</param>
    /// <param name="seconds">Age.</param>
    /// <param name="cluster">Cluster stamped on it.</param>
    public static Row Event(string changes, int seconds = 30, string cluster = "infra")
    {
        var node = (JsonObject)JsonNode.Parse(
            $$"""
            {"kind": "Event", "auditID": "{{++_auditId}}", "stage": "ResponseComplete", "verb": "get", "level": "Metadata",
             "user": {"username": "jane@example.com", "groups": ["dev", "system:authenticated"]}, "sourceIPs": ["10.0.0.1"],
             "objectRef": {"resource": "pods", "namespace": "prod", "name": "x", "apiVersion": "v1"}, "responseStatus": {"code": 200} }
            """)!;
        Merge(node, (JsonObject)JsonNode.Parse(changes)!);
        node["requestURI"] = Address(node["objectRef"]);
        node["cluster"] = cluster;
        node["source"] = "kube-apiserver-audit";
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        Flatten(node, "", fields);
        return new Row(fields, Now.AddSeconds(-seconds));
    }

    public static IEnumerable<Row> Times(int count, string changes) => Enumerable.Range(0, count).Select(_ => Event(changes));

    private static string Address(JsonNode? reference)
    {
        if (reference is null)
        {
            return "/healthz";
        }

        var group = (string?)reference["apiGroup"] is { } name ? $"apis/{name}/{(string?)reference["apiVersion"] ?? "v1"}" : "api/v1";
        var scope = (string?)reference["namespace"] is { } @namespace ? $"namespaces/{@namespace}" : null;
        return "/" + string.Join('/', new[] { group, scope, (string?)reference["resource"], (string?)reference["name"], (string?)reference["subresource"] }.OfType<string>());
    }

    private static void Merge(JsonObject target, JsonObject changes)
    {
        foreach (var (key, value) in changes)
        {
            if (value is JsonObject nested && target[key] is JsonObject existing)
            {
                Merge(existing, nested);
            }
            else if (value is null)
            {
                target.Remove(key);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }

    private static void Flatten(JsonNode? node, string prefix, Dictionary<string, string> fields)
    {
        if (node is JsonObject members)
        {
            foreach (var (key, value) in members)
            {
                Flatten(value, prefix.Length == 0 ? key : $"{prefix}.{key}", fields);
            }
        }
        else if (node is not null)
        {
            fields[prefix] = node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString();
        }
    }
}
