using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>Resources from YAML, read as the operator reads them.</summary>
internal static class Specs
{
    /// <summary>Rules and forwarding that hold, so that everything is rendered and nothing is found.</summary>
    public const string Sound =
        """
        rules:
        - level: None
          nonResourceURLs: [/healthz, /livez, /readyz]
        - level: None
          resources:
          - {group: coordination.k8s.io, resources: [leases]}
          - {group: "", resources: [events, nodes/status]}
          - {group: events.k8s.io, resources: [events]}
        - level: Metadata
        forwarding:
          cluster: test
          victoriaLogs: {endpoint: "http://logs.example:9428"}
        """;

    public static AuditPolicy Read(string yaml) => Parse((JsonObject)YamlReader.ReadFirst(yaml).Root!);

    /// <summary>A resource <c>audit/policy</c> of generation 1 with this spec.</summary>
    public static AuditPolicy Of(string spec, string name = "policy") => Parse(Document(spec, name, "audit")) with
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "audit", Uid = "7c3e", ResourceVersion = "10", Generation = 1 },
    };

    /// <summary>What a user would send to the server.</summary>
    public static JsonObject Document(string spec, string name, string @namespace) => new()
    {
        ["apiVersion"] = ResourceTypes.AuditPolicies.ApiVersion,
        ["kind"] = ResourceTypes.AuditPolicies.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = YamlReader.ReadFirst(spec).Root!.DeepClone(),
    };

    private static AuditPolicy Parse(JsonObject document)
    {
        document["metadata"]!.AsObject().TryAdd("namespace", "default");
        return document.Deserialize(CrdsJson.Strict.AuditPolicy)!;
    }
}
