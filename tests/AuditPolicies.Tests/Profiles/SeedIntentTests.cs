using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Profiles;

/// <summary>
/// The six categories that the seed document wants to tell apart, as requests. Baseline does what the document meant; where that would write
/// secret values into the log, it does what the document should have meant.
/// </summary>
public sealed class SeedIntentTests
{
    private static readonly PolicyEvaluator Baseline =
        new(ComposedRules.Of(ProfileEdition.Latest, ProfileEdition.Latest.Profile("Baseline")!, []).Policy);

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/livez")]
    [InlineData("/metrics")]
    [InlineData("/version")]
    public void Category_1_health_checks_and_metrics_are_not_recorded(string path) =>
        LevelOf(Requests.Path(Requests.ServiceAccount("monitoring", "vmagent"), path)).ShouldBe(Level.None);

    [Theory]
    [InlineData("", "secrets", Level.Metadata)] // the document says Request: their values would stand in the log
    [InlineData("rbac.authorization.k8s.io", "roles", Level.Request)]
    [InlineData("rbac.authorization.k8s.io", "clusterroles", Level.Request)]
    [InlineData("rbac.authorization.k8s.io", "rolebindings", Level.Request)]
    [InlineData("rbac.authorization.k8s.io", "clusterrolebindings", Level.Request)]
    [InlineData("", "serviceaccounts", Level.Request)]
    [InlineData("certificates.k8s.io", "certificatesigningrequests", Level.Request)]
    [InlineData("cert-manager.io", "certificates", Level.Request)]
    [InlineData("cert-manager.io", "clusterissuers", Level.Request)]
    [InlineData("external-secrets.io", "externalsecrets", Level.Request)]
    [InlineData("external-secrets.io", "clustersecretstores", Level.Request)]
    public void Category_2_changes_of_what_decides_over_security_are_recorded(string group, string resource, Level level) =>
        Changes(group, resource).ShouldAllBe(found => found == level);

    [Theory]
    [InlineData("get")]
    [InlineData("list")]
    [InlineData("watch")]
    public void Category_2_secret_reads_are_recorded_for_people_workloads_and_the_control_plane(string verb)
    {
        foreach (var caller in Requests.Callers)
        {
            LevelOf(Requests.Of(caller, verb, "", "secrets")).ShouldBe(Level.Metadata, caller.User);
        }
    }

    [Theory]
    [InlineData("", "namespaces")]
    [InlineData("", "persistentvolumes")]
    [InlineData("storage.k8s.io", "storageclasses")]
    [InlineData("storage.k8s.io", "volumeattachments")]
    [InlineData("networking.k8s.io", "networkpolicies")]
    [InlineData("networking.k8s.io", "ingresses")]
    [InlineData("cilium.io", "ciliumnetworkpolicies")]
    [InlineData("cilium.io", "ciliumclusterwidenetworkpolicies")]
    [InlineData("ceph.rook.io", "cephclusters")]
    [InlineData("ceph.rook.io", "cephblockpools")]
    [InlineData("ceph.rook.io", "cephfilesystems")]
    public void Category_3_changes_of_infrastructure_are_recorded_with_content(string group, string resource) =>
        Changes(group, resource).ShouldAllBe(level => level == Level.Request);

    [Theory]
    [InlineData("apps", "deployments")]
    [InlineData("apps", "statefulsets")]
    [InlineData("apps", "daemonsets")]
    [InlineData("apps", "replicasets")]
    [InlineData("", "pods")]
    [InlineData("", "services")]
    [InlineData("", "configmaps")]
    [InlineData("", "persistentvolumeclaims")]
    [InlineData("batch", "jobs")]
    [InlineData("batch", "cronjobs")]
    [InlineData("kustomize.toolkit.fluxcd.io", "kustomizations")]
    [InlineData("helm.toolkit.fluxcd.io", "helmreleases")]
    [InlineData("source.toolkit.fluxcd.io", "gitrepositories")]
    public void Category_4_changes_of_workloads_are_recorded_without_content(string group, string resource) =>
        Changes(group, resource).ShouldAllBe(level => level == Level.Metadata);

    [Theory]
    [InlineData("", "pods")]
    [InlineData("", "services")]
    [InlineData("", "configmaps")]
    [InlineData("", "events")]
    [InlineData("apps", "deployments")]
    [InlineData("rbac.authorization.k8s.io", "clusterroles")]
    [InlineData("example.com", "widgets")]
    public void Category_5_reads_by_people_and_workloads_are_recorded(string group, string resource) =>
        new[] { Requests.Person, Requests.Workload }
            .SelectMany(caller => Requests.Reads.Select(verb => LevelOf(Requests.Of(caller, verb, group, resource))))
            .ShouldAllBe(level => level == Level.Metadata);

    [Fact]
    public void Category_6_the_system_reading_what_it_runs_is_not_recorded()
    {
        AuditRequest[] noise =
        [
            Requests.Of(Requests.ServiceAccount("kube-system", "kube-proxy"), "watch", "discovery.k8s.io", "endpointslices"),
            Requests.Of(Requests.Node, "list", "", "pods"),
            .. Requests.ControlPlane.SelectMany(caller => Requests.Reads.Select(verb => Requests.Of(caller, verb, "", "pods"))),
            .. Requests.ControlPlane.SelectMany(caller => Requests.Reads.Select(verb => Requests.Of(caller, verb, "apps", "deployments"))),
            Requests.Of(Requests.ServiceAccount("kube-system", "cilium"), "get", "", "nodes"),
            Requests.Of(Requests.ServiceAccount("kube-system", "cilium-operator"), "watch", "cilium.io", "ciliumendpoints"),
        ];

        noise.Where(request => LevelOf(request) != Level.None).ShouldBeEmpty();
    }

    [Fact]
    public void What_the_document_meant_by_its_rule_for_failures_is_recorded() =>
        Baseline.Decide(Requests.Of(Requests.Nobody, "list", "", "pods")).ShouldSatisfyAllConditions(
            decision => decision.Level.ShouldBe(Level.Metadata),
            decision => decision.OmitStages.HasFlag(Stages.ResponseStarted).ShouldBeFalse());

    private static IEnumerable<Level> Changes(string group, string resource) =>
        Requests.Writes.Select(verb => LevelOf(Requests.Of(Requests.Person, verb, group, resource)));

    private static Level LevelOf(AuditRequest request) => Baseline.Decide(request).Level;
}
