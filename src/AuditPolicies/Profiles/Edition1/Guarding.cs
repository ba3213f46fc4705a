using Comptroller.AuditPolicies.Model;
using static Comptroller.AuditPolicies.Profiles.Edition1.Selectors;

namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>Rules that several profiles begin with: what is recorded whoever asks.</summary>
internal static class Guarding
{
    public static readonly ProfileRule Confidential = new(
        "Secrets, configuration, tokens and token reviews: who read or changed them, never what they hold (CIS 3.2.2). First, so that no later rule can hide or leak it.",
        Record(Level.Metadata, Core("secrets", "secrets/*", "configmaps", "configmaps/*", "serviceaccounts/token"), Group("authentication.k8s.io")));

    public static readonly ProfileRule Sessions = new(
        "Ways into a running workload or node, and its output. Subresources are matched by their own names, so a rule for pods would miss them. The URL holds the command; there is no body.",
        Record(
            Level.Metadata,
            Core("pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/log", "services/proxy", "nodes/proxy")));

    public static readonly ProfileRule Definitions = new(
        "Custom resource definitions decide what the API server serves. Without body: one is often larger than VictoriaLogs takes as one event (256 KiB), and the event would be lost.",
        new PolicyRule
        {
            Level = Level.Metadata,
            Verbs = [.. Writes],
            Resources = [Group("apiextensions.k8s.io", "customresourcedefinitions")],
        });

    public static readonly ProfileRule Delivery = new(
        "Flux and Argo CD objects: who changed what is delivered. Without body: inline values often hold credentials, and Git has the content.",
        new PolicyRule
        {
            Level = Level.Metadata,
            Verbs = [.. Writes],
            Resources =
            [
                Group("kustomize.toolkit.fluxcd.io"),
                Group("helm.toolkit.fluxcd.io"),
                Group("source.toolkit.fluxcd.io"),
                Group("notification.toolkit.fluxcd.io"),
                Group("image.toolkit.fluxcd.io"),
                Group("argoproj.io"),
            ],
        });

    public static ProfileRule DebugContainers(Level level) => new(
        "Debug containers are put into running pods. With body: image and command stand nowhere else.",
        Record(level, Core("pods/ephemeralcontainers")));

    public static ProfileRule AccessRules(Level level) => new(
        "Who may do what: roles, bindings, service accounts, certificate requests and their approval.",
        new PolicyRule
        {
            Level = level,
            Verbs = [.. Writes],
            Resources = [Group("rbac.authorization.k8s.io"), Core("serviceaccounts"), Group("certificates.k8s.io")],
        });

    public static ProfileRule CertificatesAndStores(Level level) => new(
        "Where certificates and secrets come from: cert-manager and External Secrets. Their objects name secrets and hold none. Status is left to later rules.",
        new PolicyRule
        {
            Level = level,
            Verbs = [.. Writes],
            Resources =
            [
                Group("cert-manager.io", "certificates", "certificaterequests", "issuers", "clusterissuers"),
                Group("external-secrets.io", "externalsecrets", "clusterexternalsecrets", "secretstores", "clustersecretstores", "pushsecrets"),
            ],
        });

    public static ProfileRule Footholds(Level level) => new(
        "Ways to stay: admission webhooks and policies, API services and flow control change what the API server itself does, and outlive the account that created them.",
        new PolicyRule
        {
            Level = level,
            Verbs = [.. Writes],
            Resources =
            [
                Group("admissionregistration.k8s.io"),
                Group("apiregistration.k8s.io", "apiservices"),
                Group("flowcontrol.apiserver.k8s.io", "flowschemas", "prioritylevelconfigurations"),
            ],
        });

    public static ProfileRule Infrastructure(Level level) => new(
        "What all workloads stand on: namespaces with their pod security labels, nodes, quotas, storage, network policy, entry points. Update and patch too: a label can open a namespace.",
        new PolicyRule
        {
            Level = level,
            Verbs = [.. Writes],
            Resources =
            [
                Core("namespaces", "namespaces/finalize", "nodes", "persistentvolumes", "resourcequotas", "limitranges"),
                Group("storage.k8s.io", "storageclasses", "volumeattachments", "csidrivers"),
                Group("networking.k8s.io", "networkpolicies", "ingresses", "ingressclasses"),
                Group("policy.networking.k8s.io", "adminnetworkpolicies", "baselineadminnetworkpolicies"),
                Group("gateway.networking.k8s.io", "gatewayclasses", "gateways", "httproutes", "grpcroutes", "tlsroutes", "tcproutes", "udproutes", "referencegrants"),
                Group("scheduling.k8s.io", "priorityclasses"),
                Group("node.k8s.io", "runtimeclasses"),
                Group("cilium.io", "ciliumnetworkpolicies", "ciliumclusterwidenetworkpolicies", "ciliumcidrgroups", "ciliumegressgatewaypolicies"),
                Group("ceph.rook.io", "cephclusters", "cephblockpools", "cephfilesystems", "cephobjectstores", "cephobjectstoreusers", "cephclients"),
            ],
        });

    public static ProfileRule Workloads(Level level) => new(
        level == Level.Metadata
            ? "What runs: who changed pods, workloads, services and claims. Without body: specifications are large, change often, and carry values in the environment."
            : "What runs: pods, workloads, services and claims, with what was asked for.",
        new PolicyRule
        {
            Level = level,
            Verbs = [.. Writes],
            Resources =
            [
                Core("pods", "pods/eviction", "pods/binding", "services", "persistentvolumeclaims", "replicationcontrollers", "replicationcontrollers/scale", "podtemplates"),
                Group("apps", "deployments", "deployments/scale", "statefulsets", "statefulsets/scale", "daemonsets", "replicasets", "replicasets/scale", "controllerrevisions"),
                Group("batch", "jobs", "cronjobs"),
                Group("autoscaling", "horizontalpodautoscalers"),
                Group("policy", "poddisruptionbudgets"),
            ],
        });
}
