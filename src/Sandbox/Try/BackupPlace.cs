using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Sandbox.Try;

/// <summary>What a user brings for the sample backups: the volumes that get them and what is restored, and a signing key that is made anew at every start.</summary>
internal static class BackupPlace
{
    /// <summary>The sample with what it needs. One that is suspended backs up nothing; other kinds are returned as they are.</summary>
    public static IEnumerable<JsonObject> Stage(JsonObject sample)
    {
        if ((string)sample["kind"]! != nameof(AuditBackup))
        {
            return [sample];
        }

        // A restore may be asked for while backups are suspended.
        var restore = (string?)sample["spec"]!["restore"]?["claimName"];
        IEnumerable<JsonObject> place = restore is null ? [] : [Claim(restore)];
        if ((bool?)sample["spec"]!["suspend"] == true)
        {
            return [.. place, sample];
        }

        var key = sample["spec"]!["signingKeySecretRef"]!;
        return [.. place, Claim((string)sample["spec"]!["destination"]!["pvc"]!["claimName"]!), SigningKey((string)key["name"]!, (string)key["key"]!), sample];
    }

    /// <summary>Asks for a backup, and with it for its proof, now.</summary>
    public static Task RequestAsync(IKubeClient client, ObjectKey backup, CancellationToken cancellationToken) => client.MergePatchAsync(
        KubernetesTypes.UntypedOf(ResourceTypes.AuditBackups), backup.Namespace, backup.Name,
        new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [ChangeFilter.RequestedAt] = "the first audit" } } }, "try-it", cancellationToken);

    private static JsonObject Claim(string name) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "PersistentVolumeClaim",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["accessModes"] = new JsonArray("ReadWriteOnce"),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = "10Gi" } },
        },
    };

    private static JsonObject SigningKey(string name, string key)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["stringData"] = new JsonObject { [key] = pair.ExportPkcs8PrivateKeyPem() },
        };
    }
}
