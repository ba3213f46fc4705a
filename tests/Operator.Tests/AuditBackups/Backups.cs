using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>Resources from YAML, read as the operator reads them.</summary>
internal static class Backups
{
    public const string Sound = "sources: [{name: trail, auditLog: {claimName: trail}}], destination: {pvc: {claimName: archive}}, signingKeySecretRef: {name: archive-key, key: archive.pem}";

    public const string ToBucket = "sources: [{name: trail, auditLog: {claimName: trail}}], destination: {s3: {bucket: evidence, credentialsSecretRef: {name: s3}}}, signingKeySecretRef: {name: archive-key, key: archive.pem}";

    public const string OfNodes = "sources: [{name: node, nodeAuditLog: {nodes: 3}}], destination: {s3: {bucket: evidence, credentialsSecretRef: {name: s3}}}, signingKeySecretRef: {name: archive-key, key: archive.pem}";

    public static AuditBackup Read(string yaml)
    {
        var document = (JsonObject)YamlReader.ReadFirst(yaml).Root!;
        document["metadata"]!.AsObject().TryAdd("namespace", "default");
        return document.Deserialize(CrdsJson.Strict.AuditBackup)!;
    }

    /// <summary>A resource <c>security/evidence</c> of generation 1 with this spec.</summary>
    public static AuditBackup Of(string spec, string name = "evidence") => Document(spec, name, "security").Deserialize(CrdsJson.Strict.AuditBackup)! with
    {
        Metadata = new ObjectMeta { Name = name, Namespace = "security", Uid = "7c3e", ResourceVersion = "10", Generation = 1 },
    };

    /// <summary>What a user would send to the server.</summary>
    public static JsonObject Document(string spec, string name, string @namespace) => new()
    {
        ["apiVersion"] = ResourceTypes.AuditBackups.ApiVersion,
        ["kind"] = ResourceTypes.AuditBackups.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["spec"] = YamlReader.ReadFirst($"{{{spec}}}").Root!.DeepClone(),
    };
}
