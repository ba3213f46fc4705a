using static Comptroller.AuditPolicies.Tests.Alerting.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>What happens, and whether an alert is raised.</summary>
/// <param name="Alert">Name of the alert.</param>
/// <param name="Fires">Whether it is raised.</param>
/// <param name="Because">What happened, in words.</param>
/// <param name="Events">What was recorded of it.</param>
/// <param name="PromQl">Whether the rule over counters is raised, where it sees less than the one over the events, or more.</param>
internal sealed record AlertCase(string Alert, bool Fires, string Because, Row[] Events, bool? PromQl = null);

/// <summary>Every alert must be able to fire, and must not fire otherwise, whatever it is written in.</summary>
internal static class AlertCases
{
    public const string SecretRead = """{"objectRef": {"resource": "secrets"}}""";

    private static readonly Row Sample = Event("{}");

    public static readonly AlertCase[] All =
    [
        new("AuditSecretReadByPerson", true, "a person read a secret", [Event(SecretRead)]),
        new("AuditSecretReadByPerson", true, "a watch of secrets began and goes on", [Event("""{"stage": "ResponseStarted", "verb": "watch", "objectRef": {"resource": "secrets", "namespace": null, "name": null}}""")]),
        new("AuditSecretReadByPerson", false, "the read was refused", [Event("""{"objectRef": {"resource": "secrets"}, "responseStatus": {"code": 403}}""")]),
        new("AuditSecretReadByPerson", false, "it was a write", [Event("""{"verb": "update", "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByPerson", false, "another resource was read", [Event("{}")]),
        new("AuditSecretReadByPerson", false, "a node read it", [Event("""{"user": {"username": "system:node:worker-1"}, "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByPerson", true, "the administrator of k3s read it", [Event("""{"user": {"username": "system:admin", "groups": ["system:masters", "system:authenticated"]}, "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByPerson", false, "a part of the system read it whose name only starts so", [Event("""{"user": {"username": "system:administrator"}, "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByPerson", true, "it arrived after a short outage", [Event(SecretRead, seconds: 540)]),
        new("AuditSecretReadByPerson", false, "it only arrived yet", [Event("""{"stage": "RequestReceived", "objectRef": {"resource": "secrets"}, "responseStatus": null}""")]),
        new("AuditSecretReadByPerson", false, "it was long ago", [Event(SecretRead, seconds: 700)]),
        new("AuditSecretReadByPerson", false, "it was in another cluster", [Event(SecretRead, cluster: "apps")]),
        new("AuditSecretReadByServiceAccount", true, "a service account outside the list read a secret", [Event("""{"user": {"username": "system:serviceaccount:shop:web"}, "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByServiceAccount", true, "so did one in kube-system", [Event("""{"user": {"username": "system:serviceaccount:kube-system:cilium"}, "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByServiceAccount", false, "the garbage collector did its work", [Event("""{"user": {"username": "system:serviceaccount:kube-system:generic-garbage-collector"}, "verb": "list", "objectRef": {"resource": "secrets"}}""")]),
        new("AuditSecretReadByServiceAccount", false, "a person did", [Event(SecretRead)]),
        new("AuditRbacChanged", true, "a binding was made", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterrolebindings"}, "responseStatus": {"code": 201}}""")]),
        new("AuditRbacChanged", true, "all roles were deleted at once", [Event("""{"verb": "deletecollection", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")]),
        new("AuditRbacChanged", false, "it was only read", [Event("""{"objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}}""")]),
        new("AuditRbacChanged", false, "it was refused", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}, "responseStatus": {"code": 403}}""")]),
        new("AuditRbacChanged", false, "the server aggregated roles", [Event("""{"verb": "patch", "user": {"username": "system:serviceaccount:kube-system:clusterrole-aggregation-controller"}, "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}}""")]),
        new("AuditInteractiveAccess", true, "an exec session began", [Event("""{"stage": "ResponseStarted", "verb": "create", "objectRef": {"subresource": "exec"}, "responseStatus": {"code": 101}}""")]),
        new("AuditInteractiveAccess", true, "a debug container was added", [Event("""{"verb": "patch", "objectRef": {"subresource": "ephemeralcontainers"}}""")]),
        new("AuditInteractiveAccess", false, "logs were read", [Event("""{"objectRef": {"subresource": "log"}}""")]),
        new("AuditInteractiveAccess", false, "a bad token asked for exec", [Event("""{"stage": "ResponseStarted", "user": null, "objectRef": {"subresource": "exec"}, "responseStatus": {"code": 401}}""")]),
        new("AuditAnonymousAllowed", true, "an anonymous request was answered", [Event("""{"user": {"username": "system:anonymous"}}""")]),
        new("AuditAnonymousAllowed", false, "it was refused", [Event("""{"user": {"username": "system:anonymous"}, "responseStatus": {"code": 403}}""")]),
        new("AuditAnonymousAllowed", false, "it was a health probe", [Event("""{"user": {"username": "system:anonymous"}, "objectRef": null}""")]),
        new("AuditAuthenticationFailures", true, "eleven bad logins", [.. Times(11, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        new("AuditAuthenticationFailures", false, "ten", [.. Times(10, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        new("AuditAuthenticationFailures", true, "each of eleven says in a header to come from elsewhere", [.. Enumerable.Range(0, 11).Select(i => Event($$"""{"sourceIPs": ["192.0.2.{{i}}", "10.0.0.1"], "stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401} }"""))]),
        new("AuditForbiddenBurst", true, "one user was refused eleven times", [.. Times(11, """{"responseStatus": {"code": 403}}""")]),
        new("AuditForbiddenBurst", false, "ten times", [.. Times(10, """{"responseStatus": {"code": 403}}""")]),
        new("AuditForbiddenBurst", false, "things were not found", [.. Times(50, """{"responseStatus": {"code": 404}}""")]),
        new("AuditFailureRatio", true, "one in five requests failed", [.. Times(200, "{}"), .. Times(50, """{"responseStatus": {"code": 503}}""")]),
        new("AuditFailureRatio", true, "tokens expired everywhere", [.. Times(200, "{}"), .. Times(50, """{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""")]),
        new("AuditFailureRatio", false, "conflicts and missing objects are everyday", [.. Times(200, "{}"), .. Times(100, """{"responseStatus": {"code": 409}}"""), .. Times(100, """{"responseStatus": {"code": 404}}""")]),
        new("AuditFailureRatio", false, "there is too little to judge", [.. Times(50, "{}"), .. Times(50, """{"responseStatus": {"code": 500}}""")]),
        new("AuditFailureRatio", false, "one in a hundred failed", [.. Times(300, "{}"), .. Times(3, """{"responseStatus": {"code": 500}}""")]),
        new("AuditFailureRatio", false, "nothing happened at all", []),
        new("AuditFailureRatio", true, "callers are throttled", [.. Times(200, "{}"), .. Times(50, """{"responseStatus": {"code": 429}}""")]),
        new("AuditEscalationGranted", true, "a role got the verb escalate", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"verbs": ["get", "escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}]}}""")], PromQl: false),
        new("AuditEscalationGranted", true, "a role got everything", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}, "requestObject": {"rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}, "responseStatus": {"code": 201}}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got everything by server-side apply, whose fields come in another order", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "own"}, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got everything by a merge patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"apiGroups": ["apps", "*"], "resourceNames": null, "resources": ["*"], "verbs": ["get", "*"]}]}}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got every verb on roles with a bracket in between", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"verbs": ["}]", "*"], "resourceNames": ["\"]}"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"]}]}}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got everything by a rule in a JSON patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"op": "add", "path": "/rules/-", "value": {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}}]}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got other rules by a JSON patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"op": "replace", "path": "/rules", "value": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]}]}""")], PromQl: false),
        new("AuditEscalationGranted", true, "it got one more verb by a JSON patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"op": "add", "path": "/rules/0/verbs/-", "value": "escalate"}]}""")], PromQl: false),
        new("AuditEscalationGranted", true, "a rule of it got every verb by a JSON patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"op": "replace", "path": "/rules/0/verbs", "value": ["get", "*"]}]}""")], PromQl: false),
        new("AuditEscalationGranted", true, "a rule of it got every group by a JSON patch in another order", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"value": ["apps", "*", "batch"], "op": "replace", "path": "/rules/3/apiGroups"}]}""")], PromQl: false),
        new("AuditEscalationGranted", false, "one rule has every verb and another every group", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"verbs": ["*"], "apiGroups": ["cert-manager.io"], "resources": ["*"]}, {"verbs": ["get"], "apiGroups": ["*"], "resources": ["*"]}]}}""")]),
        new("AuditEscalationGranted", false, "so in the order of a patch", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}, {"apiGroups": ["cert-manager.io"], "resources": ["*"], "verbs": ["*"]}]}}""")]),
        new("AuditEscalationGranted", false, "a JSON patch gave a rule a verb and a resource", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles", "name": "own"}, "requestObject": [{"op": "add", "path": "/rules/0/verbs/-", "value": "list"}, {"op": "add", "path": "/rules/0/resources/-", "value": "*"}]}""")]),
        new("AuditEscalationGranted", true, "cluster-admin was bound by server-side apply", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterrolebindings"}, "requestObject": {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}}, "responseStatus": {"code": 201}}""")]),
        new("AuditEscalationGranted", true, "cluster-admin was bound", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}}, "responseStatus": {"code": 201}}""")]),
        new("AuditEscalationGranted", false, "an operator's role got every verb on its own group", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "clusterroles"}, "requestObject": {"rules": [{"verbs": ["*"], "apiGroups": ["cert-manager.io"], "resources": ["*"]}]}, "responseStatus": {"code": 201}}""")]),
        new("AuditEscalationGranted", false, "view was bound", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"kind": "ClusterRole", "name": "view"}}, "responseStatus": {"code": 201}}""")]),
        new("AuditEscalationGranted", false, "it was refused", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "rolebindings"}, "requestObject": {"roleRef": {"name": "cluster-admin"}}, "responseStatus": {"code": 403}}""")]),
        new("AuditEscalationAttempted", true, "more was granted than is held", [Event("""{"verb": "create", "objectRef": {"apiGroup": "rbac.authorization.k8s.io", "resource": "roles"}, "responseStatus": {"code": 403, "message": "roles.rbac.authorization.k8s.io \"x\" is forbidden: user \"jane\" (groups=[\"dev\"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[\"\"], Resources:[\"secrets\"], Verbs:[\"get\"]}"}}""")]),
        new("AuditEscalationAttempted", true, "impersonation was refused", [Event("""{"objectRef": {"resource": "users"}, "responseStatus": {"code": 403, "message": "users \"admin\" is forbidden: User \"jane@example.com\" cannot impersonate resource \"users\" in API group \"\" at the cluster scope"}}""")]),
        new("AuditEscalationAttempted", false, "an ordinary request was refused", [Event("""{"responseStatus": {"code": 403, "message": "pods is forbidden: User \"jane@example.com\" cannot list resource \"pods\""}}""")]),
        new("AuditImpersonation", true, "somebody acted as another", [Event("""{"impersonatedUser": {"username": "admin", "groups": ["system:masters"]}}""")]),
        new("AuditImpersonation", false, "nobody did", [Event("{}")]),
        new("AuditControlsChanged", true, "a webhook was removed", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "admissionregistration.k8s.io", "resource": "validatingwebhookconfigurations", "namespace": null, "name": "policy"}}""")]),
        new("AuditControlsChanged", true, "the audit policy was changed", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "comptroller.dev", "resource": "auditpolicies", "name": "production"}}""")]),
        new("AuditControlsChanged", true, "these rules were deleted", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "name": "audit"}}""")]),
        new("AuditControlsChanged", true, "an API service was put in front", [Event("""{"verb": "create", "objectRef": {"apiGroup": "apiregistration.k8s.io", "resource": "apiservices", "namespace": null, "name": "v1.apps"}, "responseStatus": {"code": 201}}""")]),
        new("AuditControlsChanged", true, "these rules were deleted with all others of their namespace", [Event("""{"verb": "deletecollection", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "monitoring", "name": null}}""")]),
        new("AuditControlsChanged", true, "their namespace was deleted", [Event("""{"verb": "deletecollection", "user": {"username": "system:serviceaccount:kube-system:namespace-controller"}, "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "monitoring", "name": null}}""")]),
        new("AuditControlsChanged", false, "all rules of another namespace were deleted", [Event("""{"verb": "deletecollection", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "team", "name": null}}""")]),
        new("AuditControlsChanged", false, "another namespace was deleted, with the audit policies it might have had", [Event("""{"verb": "deletecollection", "user": {"username": "system:serviceaccount:kube-system:namespace-controller"}, "objectRef": {"apiGroup": "comptroller.dev", "resource": "auditpolicies", "namespace": "team", "name": null}}""")]),
        new("AuditControlsChanged", false, "other rules were created beside them", [Event("""{"verb": "create", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "namespace": "monitoring", "name": null}}""")]),
        new("AuditControlsChanged", false, "the operator wrote these rules", [Event("""{"verb": "patch", "user": {"username": "system:serviceaccount:comptroller-system:comptroller"}, "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "name": "audit"}}""")]),
        new("AuditControlsChanged", false, "other rules were", [Event("""{"verb": "delete", "objectRef": {"apiGroup": "operator.victoriametrics.com", "resource": "vmrules", "name": "other"}}""")]),
        new("AuditControlsChanged", false, "the operator wrote a status", [Event("""{"verb": "patch", "objectRef": {"apiGroup": "comptroller.dev", "resource": "auditpolicies", "subresource": "status", "name": "production"}}""")]),
        new("AuditControlsChanged", false, "the server registered a CRD", [Event("""{"verb": "create", "user": {"username": "system:apiserver"}, "objectRef": {"apiGroup": "apiregistration.k8s.io", "resource": "apiservices", "namespace": null}, "responseStatus": {"code": 201}}""")]),
        new("AuditControlsChanged", false, "webhooks were listed", [Event("""{"verb": "list", "objectRef": {"apiGroup": "admissionregistration.k8s.io", "resource": "validatingwebhookconfigurations", "namespace": null}}""")]),
        new("AuditVolumeAnomaly", true, "six times the usual", [.. Hour(500), .. Spread(3000, 0, 290)]),
        new("AuditVolumeAnomaly", true, "a tenth of the usual", [.. Hour(600), .. Spread(60, 0, 290)]),
        new("AuditVolumeAnomaly", false, "twice the usual", [.. Hour(500), .. Spread(1000, 0, 290)]),
        new("AuditVolumeAnomaly", false, "a quiet cluster got a little busier", [.. Hour(10), .. Spread(100, 0, 290)]),
        new("AuditVolumeAnomaly", false, "the cluster is younger than an hour", [.. Spread(1000, 300, 900), .. Spread(5000, 0, 290)]),
        new("AuditVolumeAnomaly", false, "nothing comes any more, which has its own alert", [.. Hour(500)]),
        new("AuditPipelineSilent", true, "nothing came", []),
        new("AuditPipelineSilent", true, "only another cluster sent", [Event("{}", cluster: "apps")]),
        new("AuditPipelineSilent", true, "the last event is old", [Event("{}", seconds: 700)]),
        new("AuditPipelineSilent", false, "one event came", [Event("{}", seconds: 500)]),
    ];

    public static TheoryData<int> Indexes => [.. Enumerable.Range(0, All.Length)];

    /// <summary>The twelve windows before the last one, each with so many events.</summary>
    public static IEnumerable<Row> Hour(int each) => Enumerable.Range(1, 12).SelectMany(window => Spread(each, window * 300 + 5, window * 300 + 295));

    /// <summary>Events evenly over a span of ages in seconds.</summary>
    public static IEnumerable<Row> Spread(int count, int from, int to) =>
        Enumerable.Range(0, count).Select(index => new Row(Sample.Fields, Now.AddSeconds(-(from + (double)(to - from) * index / count))));

    public static void ShouldCoverBothWays(string alert, Func<AlertCase, bool> fires)
    {
        All.ShouldContain(entry => entry.Alert == alert && fires(entry));
        All.ShouldContain(entry => entry.Alert == alert && !fires(entry));
    }
}
