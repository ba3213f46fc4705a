using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>A volume of a pod, and where its container sees it. Pure.</summary>
/// <param name="Name">Name of the volume; two of one name are one volume that is mounted twice.</param>
/// <param name="Path">Where it is mounted.</param>
/// <param name="Kind">Member of the volume that says what it is, such as <c>emptyDir</c>.</param>
/// <param name="Source">Its value.</param>
/// <param name="ReadOnly">Whether the container may only read it.</param>
/// <param name="SubPath">What of it is mounted; null for all.</param>
internal sealed record PodVolume(string Name, string Path, string Kind, JsonObject Source, bool ReadOnly, string? SubPath = null)
{
    public static PodVolume ConfigMap(string name, string path, string configMap, string? file = null) =>
        new(name, path, "configMap", new JsonObject { ["name"] = configMap }, ReadOnly: true, file);

    /// <summary>Files from a Secret, readable by the pod's group only.</summary>
    /// <param name="name">Name of the volume.</param>
    /// <param name="path">Where it is mounted.</param>
    /// <param name="secret">The Secret.</param>
    /// <param name="items">Keys with the names of their files.</param>
    /// <param name="optional">Whether the pod starts without it.</param>
    public static PodVolume Secret(string name, string path, string secret, IEnumerable<(string Key, string File)> items, bool optional = false)
    {
        var source = new JsonObject
        {
            ["secretName"] = secret,
            ["defaultMode"] = 0x120, // 0440: the group is the pod's fsGroup
            ["items"] = new JsonArray([.. items.Select(item => (JsonNode)new JsonObject { ["key"] = item.Key, ["path"] = item.File })]),
        };
        if (optional)
        {
            source["optional"] = true;
        }

        return new(name, path, "secret", source, ReadOnly: true);
    }

    /// <summary>A token of the pod's ServiceAccount for somebody who is not the API server, as the file <c>token</c>; the kubelet renews it.</summary>
    public static PodVolume Token(string name, string path, string audience) => new(
        name,
        path,
        "projected",
        new JsonObject
        {
            ["defaultMode"] = 0x120, // 0440: the group is the pod's fsGroup
            ["sources"] = new JsonArray(new JsonObject { ["serviceAccountToken"] = new JsonObject { ["audience"] = audience, ["expirationSeconds"] = 3600, ["path"] = "token" } }),
        },
        ReadOnly: true);

    public static PodVolume Claim(string name, string path, string claim, bool readOnly = false)
    {
        var source = new JsonObject { ["claimName"] = claim };
        if (readOnly)
        {
            source["readOnly"] = true;
        }

        return new(name, path, "persistentVolumeClaim", source, readOnly);
    }

    /// <summary>Room that goes with the pod.</summary>
    public static PodVolume Scratch(string name, string path, string size) => new(name, path, "emptyDir", new JsonObject { ["sizeLimit"] = size }, ReadOnly: false);

    /// <summary>An existing directory of the node, read-only.</summary>
    public static PodVolume HostDirectory(string name, string path, string directory) =>
        new(name, path, "hostPath", new JsonObject { ["path"] = directory, ["type"] = "Directory" }, ReadOnly: true);

    /// <summary>The claim for a volume that a resource keeps.</summary>
    public static DesiredObject NewClaim(ObjectMeta owner, string name, string size, string accessMode, string? storageClass)
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray(accessMode),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = size } },
        };
        if (storageClass is not null)
        {
            spec["storageClassName"] = storageClass;
        }

        return new DesiredObject(RenderedKinds.VolumeClaims, new JsonObject
        {
            ["apiVersion"] = RenderedKinds.VolumeClaims.ApiVersion,
            ["kind"] = RenderedKinds.VolumeClaims.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace },
            ["spec"] = spec,
        });
    }

    public JsonObject Write() => new() { ["name"] = Name, [Kind] = Source.DeepClone() };

    public JsonObject WriteMount()
    {
        var mount = new JsonObject { ["name"] = Name, ["mountPath"] = Path };
        if (SubPath is not null)
        {
            mount["subPath"] = SubPath;
        }

        if (ReadOnly)
        {
            mount["readOnly"] = true;
        }

        return mount;
    }
}
