using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>Resources from YAML, read as the operator reads them.</summary>
internal static class Schedules
{
    public const string Sound = "falcon: {cloud: us-1, credentialsSecretRef: {name: falcon-api}}";

    public static PolicyAuditSchedule Read(string yaml)
    {
        var document = (JsonObject)YamlReader.ReadFirst(yaml).Root!;
        document["metadata"]!.AsObject().TryAdd("namespace", "default");
        return document.Deserialize(CrdsJson.Strict.PolicyAuditSchedule)!;
    }

    /// <summary>A resource <c>security/tenant</c> of generation 1 with this spec.</summary>
    public static PolicyAuditSchedule Of(string spec, string name = "tenant") => Document(spec, name, "security").Deserialize(CrdsJson.Strict.PolicyAuditSchedule)! with
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "security", Uid = "7c3e", ResourceVersion = "10", Generation = 1 },
    };

    /// <summary>What a user would send to the server.</summary>
    public static JsonObject Document(string spec, string name, string @namespace) => new()
    {
        ["apiVersion"] = ResourceTypes.PolicyAuditSchedules.ApiVersion,
        ["kind"] = ResourceTypes.PolicyAuditSchedules.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = YamlReader.ReadFirst(spec).Root!.DeepClone(),
    };
}
