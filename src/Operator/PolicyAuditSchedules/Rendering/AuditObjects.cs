using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What runs stand on in either mode: configuration, volume, network. Pure.</summary>
internal static class AuditObjects
{
    /// <summary>
    /// What is not the internet: private, shared, loopback and link-local networks. A stolen pod must reach neither the cluster nor the
    /// node's metadata service.
    /// </summary>
    private static readonly string[] NotPublic = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

    private static readonly string[] NotPublicSix = ["::1/128", "fc00::/7", "fe80::/10"];

    public static string ConfigurationName(ObjectMeta owner) => $"{owner.Name}-config";

    public static string VolumeClaimName(ObjectMeta owner) => $"{owner.Name}-data";

    public static DesiredObject Configuration(ObjectMeta owner, string configuration) =>
        RenderedConfigMap.Of(owner, ConfigurationName(owner), new JsonObject { [AuditConfiguration.FileName] = configuration });

    public static DesiredObject VolumeClaim(ObjectMeta owner, AuditStorage storage)
    {
        var spec = new JsonObject
        {
            ["accessModes"] = new JsonArray(storage.AccessMode),
            ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["storage"] = storage.Size } },
        };
        if (storage.StorageClassName is { } name)
        {
            spec["storageClassName"] = name;
        }

        return new DesiredObject(RenderedKinds.VolumeClaims, new JsonObject
        {
            ["apiVersion"] = RenderedKinds.VolumeClaims.ApiVersion,
            ["kind"] = RenderedKinds.VolumeClaims.Kind,
            ["metadata"] = new JsonObject { ["name"] = VolumeClaimName(owner), ["namespace"] = owner.Namespace },
            ["spec"] = spec,
        });
    }

    /// <summary>Lets the pods ask the cluster's DNS and the Falcon cloud, and nothing else. Only a daemon is reached from outside, on its port.</summary>
    public static DesiredObject NetworkPolicy(ObjectMeta owner, PolicyAuditScheduleSpec spec)
    {
        var daemon = spec.Mode == AuditModes.Daemon;
        return new DesiredObject(RenderedKinds.NetworkPolicies, new JsonObject
        {
            ["apiVersion"] = RenderedKinds.NetworkPolicies.ApiVersion,
            ["kind"] = RenderedKinds.NetworkPolicies.Kind,
            ["metadata"] = new JsonObject { ["name"] = $"{owner.Name}-audit", ["namespace"] = owner.Namespace },
            ["spec"] = new JsonObject
            {
                ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [AuditPod.ScheduleLabel] = owner.Name } },
                ["policyTypes"] = new JsonArray("Ingress", "Egress"),
                ["ingress"] = daemon ? new JsonArray(new JsonObject { ["ports"] = new JsonArray(Port("TCP", AuditConfiguration.HealthPort)) }) : [],
                ["egress"] = new JsonArray(
                    new JsonObject
                    {
                        ["to"] = new JsonArray(new JsonObject
                        {
                            ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kubernetes.io/metadata.name"] = spec.Network.DnsNamespace } },
                            ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["k8s-app"] = "kube-dns" } },
                        }),
                        ["ports"] = new JsonArray(Port("UDP", 53), Port("TCP", 53)),
                    },
                    new JsonObject
                    {
                        ["to"] = Falcon(spec.Network),
                        ["ports"] = new JsonArray(Port("TCP", AuditConfiguration.BaseUrl(spec.Falcon)!.Port)),
                    }),
            },
        });
    }

    private static JsonArray Falcon(AuditNetwork network) => network.FalconCidrs.Count > 0
        ? [.. network.FalconCidrs.Select(cidr => (JsonNode)Block(cidr, []))]
        : new JsonArray(Block("0.0.0.0/0", NotPublic), Block("::/0", NotPublicSix));

    private static JsonObject Block(string cidr, string[] except)
    {
        var block = new JsonObject { ["cidr"] = cidr };
        if (except.Length > 0)
        {
            block["except"] = new JsonArray([.. except.Select(item => (JsonNode)item)]);
        }

        return new JsonObject { ["ipBlock"] = block };
    }

    private static JsonObject Port(string protocol, int port) => new() { ["protocol"] = protocol, ["port"] = port };
}
