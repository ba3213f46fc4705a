using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>
/// Reads that a component does all day, silenced for its own service accounts by exact name in the namespace of its usual installation. Reads
/// of Secrets and ConfigMaps stay recorded, because the guards of every profile that records them stand before.
/// </summary>
internal static class AddOns
{
    public static IEnumerable<AddOn> All => [Flux, ArgoCd, Cilium, CertManager, ExternalSecrets, Rook];

    private static AddOn Flux => new()
    {
        Name = "Flux",
        Purpose = "Reads by the controllers in namespace flux-system.",
        Rules =
        [
            new(
                "Flux compares the cluster with Git: it reads every object it delivers, of any kind, each interval. What it changes is kept.",
                Silence("flux-system", ["kustomize-controller", "helm-controller"])),
            new(
                "These read the objects of Flux itself.",
                Silence(
                    "flux-system",
                    ["source-controller", "notification-controller", "image-reflector-controller", "image-automation-controller", "source-watcher"],
                    Group("source.toolkit.fluxcd.io"),
                    Group("source.extensions.fluxcd.io"),
                    Group("kustomize.toolkit.fluxcd.io"),
                    Group("helm.toolkit.fluxcd.io"),
                    Group("notification.toolkit.fluxcd.io"),
                    Group("image.toolkit.fluxcd.io"),
                    Core("namespaces", "serviceaccounts"))),
        ],
    };

    private static AddOn ArgoCd => new()
    {
        Name = "ArgoCD",
        Purpose = "Reads by the controllers in namespace argocd.",
        Rules =
        [
            new(
                "Argo CD compares the cluster with Git: its application controller watches every kind there is.",
                Silence("argocd", ["argocd-application-controller"])),
            new(
                "These read the objects of Argo CD itself. The server reads other things for people who look at them in its interface, so those are kept.",
                Silence(
                    "argocd",
                    ["argocd-server", "argocd-applicationset-controller", "argocd-notifications-controller", "argocd-repo-server"],
                    Group("argoproj.io"))),
        ],
    };

    private static AddOn Cilium => new()
    {
        Name = "Cilium",
        Purpose = "Reads by agent and operator in namespace kube-system.",
        Rules =
        [
            new(
                "Every agent watches pods, services, policies and its own kinds.",
                Silence(
                    "kube-system",
                    ["cilium", "cilium-operator"],
                    Group("cilium.io"),
                    Core("nodes", "pods", "services", "endpoints", "namespaces"),
                    Group("discovery.k8s.io", "endpointslices"),
                    Group("networking.k8s.io", "networkpolicies", "ingresses", "ingressclasses"),
                    Group("gateway.networking.k8s.io"),
                    Group("apiextensions.k8s.io", "customresourcedefinitions"))),
        ],
    };

    private static AddOn CertManager => new()
    {
        Name = "CertManager",
        Purpose = "Reads by controller and CA injector in namespace cert-manager.",
        Rules =
        [
            new(
                "cert-manager watches its own kinds and the entry points that want certificates.",
                Silence(
                    "cert-manager",
                    ["cert-manager"],
                    Group("cert-manager.io"),
                    Group("acme.cert-manager.io"),
                    Group("networking.k8s.io", "ingresses"),
                    Group("gateway.networking.k8s.io"),
                    Group("certificates.k8s.io"),
                    Core("pods", "services", "namespaces"))),
            new(
                "The CA injector watches whatever can hold a CA bundle.",
                Silence(
                    "cert-manager",
                    ["cert-manager-cainjector"],
                    Group("cert-manager.io"),
                    Group("admissionregistration.k8s.io"),
                    Group("apiregistration.k8s.io"),
                    Group("apiextensions.k8s.io"))),
        ],
    };

    private static AddOn ExternalSecrets => new()
    {
        Name = "ExternalSecrets",
        Purpose = "Reads by controller and certificate controller in namespace external-secrets.",
        Rules =
        [
            new(
                "External Secrets watches its own kinds. What it reads and writes of Secrets is kept.",
                Silence(
                    "external-secrets",
                    ["external-secrets", "external-secrets-cert-controller"],
                    Group("external-secrets.io"),
                    Group("generators.external-secrets.io"),
                    Core("namespaces", "serviceaccounts", "services", "endpoints"),
                    Group("discovery.k8s.io", "endpointslices"),
                    Group("admissionregistration.k8s.io"),
                    Group("apiextensions.k8s.io"))),
        ],
    };

    private static AddOn Rook => new()
    {
        Name = "Rook",
        Purpose = "Reads by operator, Ceph daemons and CSI drivers in namespace rook-ceph.",
        Rules =
        [
            new(
                "Operator, daemons and storage drivers watch their own kinds, nodes, workloads and volumes.",
                Silence(
                    "rook-ceph",
                    [
                        "rook-ceph-system", "rook-ceph-default", "rook-ceph-mgr", "rook-ceph-osd", "rook-ceph-cmd-reporter", "rook-ceph-purge-osd",
                        "rook-csi-rbd-provisioner-sa", "rook-csi-rbd-plugin-sa", "rook-csi-cephfs-provisioner-sa", "rook-csi-cephfs-plugin-sa",
                    ],
                    Group("ceph.rook.io"),
                    Group("objectbucket.io"),
                    Group("csi.ceph.io"),
                    Group("csiaddons.openshift.io"),
                    Group("snapshot.storage.k8s.io"),
                    Group("groupsnapshot.storage.k8s.io"),
                    Group("storage.k8s.io"),
                    Core("nodes", "pods", "services", "namespaces", "persistentvolumes", "persistentvolumeclaims", "events"),
                    Group("apps"),
                    Group("batch"),
                    Group("policy"))),
        ],
    };

    private static PolicyRule Silence(string space, ImmutableArray<string> serviceAccounts, params ImmutableArray<GroupResources> resources) => new()
    {
        Level = Level.None,
        Users = [.. serviceAccounts.Select(name => ServiceAccount(space, name))],
        Verbs = [.. Reads],
        Resources = resources,
    };
}
