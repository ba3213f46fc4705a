using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What runs stand on in either mode: configuration, volume, network. Pure.</summary>
internal static class AuditObjects
{
    public static string ConfigurationName(ObjectMeta owner) => $"{owner.Name}-config";

    public static string VolumeClaimName(ObjectMeta owner) => $"{owner.Name}-data";

    public static DesiredObject Configuration(ObjectMeta owner, string configuration) =>
        RenderedConfigMap.Of(owner, ConfigurationName(owner), new JsonObject { [AuditConfiguration.FileName] = configuration });

    public static DesiredObject VolumeClaim(ObjectMeta owner, AuditStorage storage) =>
        PodVolume.NewClaim(owner, VolumeClaimName(owner), storage.Size, storage.AccessMode, storage.StorageClassName);

    /// <summary>Lets the pods ask the cluster's DNS and the Falcon cloud, and nothing else. Only a daemon is reached from outside, on its port.</summary>
    public static DesiredObject NetworkPolicy(ObjectMeta owner, PolicyAuditScheduleSpec spec) => PodNetwork.Policy(
        owner, $"{owner.Name}-audit", new JsonObject { [AuditPod.ScheduleLabel] = owner.Name },
        spec.Mode == AuditModes.Daemon ? [AuditConfiguration.HealthPort] : [],
        [PodNetwork.Dns(spec.Network.DnsNamespace), PodNetwork.To(spec.Network.FalconCidrs, AuditConfiguration.BaseUrl(spec.Falcon)!.Port)]);
}
