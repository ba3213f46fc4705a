using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Rendering.Targets;

/// <summary>What a Kubernetes distribution fixes about the audit log of its API server.</summary>
public sealed record Distribution
{
    /// <summary>Marks control-plane nodes.</summary>
    public const string ControlPlaneLabel = "node-role.kubernetes.io/control-plane";

    private const string LegacyLabel = "node-role.kubernetes.io/master";

    /// <summary>How people write it.</summary>
    public required string Name { get; init; }

    /// <summary>The directory of the log: what Talos and RKE2 mount into the API server, what is mounted for kubeadm, what k3s has.</summary>
    public required string LogDirectory { get; init; }

    /// <summary>The file within <see cref="LogDirectory"/> when nobody says otherwise.</summary>
    public required string LogFile { get; init; }

    /// <summary>Rotation that the distribution sets by itself; null when it has no audit log by itself.</summary>
    public LogSettings? Log { get; init; }

    /// <summary>Value of <see cref="ControlPlaneLabel"/>: a node selector compares it too.</summary>
    public string ControlPlaneLabelValue { get; init; } = "";

    /// <summary>Keys of the taints that control-plane nodes may have.</summary>
    public ImmutableArray<string> ControlPlaneTaints { get; init; } = [ControlPlaneLabel, LegacyLabel];

    public string LogPath => $"{LogDirectory}/{LogFile}";

    public static Distribution Talos { get; } = new()
    {
        Name = "Talos",
        LogDirectory = "/var/log/audit/kube",
        LogFile = "kube-apiserver.log",
        Log = LogSettings.DistributionDefaults,
    };

    public static Distribution Kubeadm { get; } = new()
    {
        Name = "kubeadm",
        LogDirectory = "/var/log/kubernetes/audit",
        LogFile = "audit.log",
    };

    public static Distribution K3s { get; } = new()
    {
        Name = "k3s",
        LogDirectory = "/var/lib/rancher/k3s/server/logs",
        LogFile = "audit.log",
        ControlPlaneLabelValue = "true",
        ControlPlaneTaints = [ControlPlaneLabel, LegacyLabel, "CriticalAddonsOnly"],
    };

    public static Distribution Rke2 { get; } = new()
    {
        Name = "RKE2",
        LogDirectory = "/var/lib/rancher/rke2/server/logs",
        LogFile = "audit.log",
        Log = LogSettings.DistributionDefaults,
        ControlPlaneLabelValue = "true",
        ControlPlaneTaints = [ControlPlaneLabel, LegacyLabel, "node-role.kubernetes.io/etcd", "CriticalAddonsOnly"],
    };

    /// <summary>Why the log cannot be at <paramref name="path"/>; null when it can.</summary>
    public string? CheckLogPath(string path) => path.StartsWith(LogDirectory + "/", StringComparison.Ordinal) && path.LastIndexOf('/') == LogDirectory.Length
        ? null
        : $"\"{path}\" is not a file in {LogDirectory}, the directory of the audit log with {Name}; leave it out for {LogPath}";
}
