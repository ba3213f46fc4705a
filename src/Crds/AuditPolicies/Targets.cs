namespace Comptroller.Crds.AuditPolicies;

/// <summary>The kinds of control plane that the policy is rendered for. Talos when none is named.</summary>
public sealed record Targets
{
    /// <summary>Machine-config patches for Talos.</summary>
    public TalosTarget? Talos { get; init; }

    /// <summary>A ClusterConfiguration for kubeadm.</summary>
    public KubeadmTarget? Kubeadm { get; init; }

    /// <summary>A drop-in configuration for k3s servers.</summary>
    public K3sTarget? K3s { get; init; }

    /// <summary>A drop-in configuration for RKE2 servers.</summary>
    public Rke2Target? Rke2 { get; init; }
}

/// <summary>Talos. Naming it is all there is to say.</summary>
public sealed record TalosTarget;

/// <summary>kubeadm. Naming it is all there is to say; spec.kubernetesVersion decides between v1beta3 and v1beta4.</summary>
public sealed record KubeadmTarget;

/// <summary>k3s. Naming it is all there is to say.</summary>
public sealed record K3sTarget;

/// <summary>RKE2. Naming it is all there is to say.</summary>
public sealed record Rke2Target;
