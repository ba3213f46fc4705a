using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>Resources from YAML, read as the operator reads them.</summary>
internal static class Watches
{
    public const string Sound = "states: [{name: production, s3: {bucket: acme-terraform, key: production/terraform.tfstate}}]";

    public static DriftWatch Read(string yaml)
    {
        var document = (JsonObject)YamlReader.ReadFirst(yaml).Root!;
        document["metadata"]!.AsObject().TryAdd("namespace", "default");
        return document.Deserialize(CrdsJson.Strict.DriftWatch)!;
    }

    /// <summary>A resource <c>security/cloud</c> of generation 1 with this spec.</summary>
    public static DriftWatch Of(string spec, string name = "cloud") => Document(spec, name, "security").Deserialize(CrdsJson.Strict.DriftWatch)! with
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "security", Uid = "7c3e", ResourceVersion = "10", Generation = 1 },
    };

    /// <summary>What a user would send to the server.</summary>
    public static JsonObject Document(string spec, string name, string @namespace) => new()
    {
        ["apiVersion"] = ResourceTypes.DriftWatches.ApiVersion,
        ["kind"] = ResourceTypes.DriftWatches.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = YamlReader.ReadFirst(spec).Root!.DeepClone(),
    };
}
