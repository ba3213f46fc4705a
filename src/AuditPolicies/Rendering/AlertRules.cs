using System.Collections.Immutable;
using System.Globalization;
using static Comptroller.AuditPolicies.Rendering.LogsQl;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>
/// The alerts of one cluster. Every expression selects the cluster's own stream, ends in exactly one number per row (vmalert turns each
/// number into an alert of its own) and renames dotted fields to labels a template can name. Requests are counted once by their audit ID or
/// by the one stage that every request of the kind reaches.
/// </summary>
public static class AlertRules
{
    private const string User = "user.username";
    private const string Code = "responseStatus.code";
    private const string Resource = "objectRef.resource";
    private const string Subresource = "objectRef.subresource";
    private const string TargetNamespace = "objectRef.namespace";

    // Long-running requests are seen when they start, not hours later when they end.
    private static readonly string Answered = IsOneOf("stage", ["ResponseStarted", "ResponseComplete"]);

    // What kube-controller-manager does with secrets in every cluster: collecting garbage, counting quota, emptying namespaces, tokens.
    private static readonly string[] ControllersReadingSecrets =
    [
        .. new[] { "bootstrap-signer", "generic-garbage-collector", "legacy-service-account-token-cleaner", "namespace-controller", "resourcequota-controller", "token-cleaner", "tokens-controller" }
            .Select(name => "system:serviceaccount:kube-system:" + name),
    ];

    private static readonly string Completed = Is("stage", "ResponseComplete");

    /// <summary>The rules in the order of the VMRule.</summary>
    public static IEnumerable<AlertRule> For(AlertOptions options)
    {
        yield return SecretReadByPerson(options);
        yield return SecretReadByServiceAccount(options);
        yield return AccessRulesChanged(options);
        yield return InteractiveSession(options);
        yield return AnonymousAllowed(options);
        yield return AuthenticationFailures(options);
        yield return ForbiddenBurst(options);
        yield return FailureRatio(options);
        yield return PipelineSilent(options);
    }

    private static AlertRule SecretReadByPerson(AlertOptions options) => new(
        "AuditSecretReadByPerson",
        "warning",
        Query(
            EventWindow(options),
            options,
            [.. SecretReads, Present(User), Not(Like(User, "^system:")), .. NotAmong(options.SecretReaders)],
            CountRequestsBy((User, "user"), (TargetNamespace, "target_namespace")),
            "filter hits:>0"),
        $"{AlertTemplate.Label("user")} read secrets in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} read secrets in namespace \"{AlertTemplate.Label("target_namespace")}\" {AlertTemplate.Value} times (no namespace: across all). "
        + "Ask the person; if nobody knows of it, revoke the credentials, rotate the secrets read (objectRef.name of the events) and look for what was done with them. "
        + "Expected readers belong on the allow-list.");

    private static AlertRule SecretReadByServiceAccount(AlertOptions options) => new(
        "AuditSecretReadByServiceAccount",
        "info",
        Query(
            EventWindow(options),
            options,
            [.. SecretReads, Like(User, "^system:serviceaccount:"), .. NotAmong([.. ControllersReadingSecrets, .. options.SecretReaders])],
            CountRequestsBy((User, "user"), (TargetNamespace, "target_namespace")),
            "filter hits:>0"),
        $"{AlertTemplate.Label("user")} read secrets in {Cluster(options)}",
        $"The service account {AlertTemplate.Label("user")} read secrets in namespace \"{AlertTemplate.Label("target_namespace")}\" {AlertTemplate.Value} times and is not on the allow-list. "
        + "Check whether its workload needs them; compare sourceIPs of the events with the pod's address: another address means a stolen token, so delete the pod's token and rotate the secrets.");

    private static AlertRule AccessRulesChanged(AlertOptions options) => new(
        "AuditRbacChanged",
        "warning",
        Query(
            EventWindow(options),
            options,
            [
                Completed,
                Is("objectRef.apiGroup", "rbac.authorization.k8s.io"),
                IsOneOf("verb", ["create", "update", "patch", "delete", "deletecollection"]),
                $"{Quote(Code)}:<300",
                // The aggregation controller and the server's own bootstrap rewrite roles all the time.
                Not(IsOneOf(User, ["system:apiserver", "system:serviceaccount:kube-system:clusterrole-aggregation-controller"])),
                .. NotAmong(options.RoleEditors),
            ],
            CountRequestsBy((User, "user"), (Resource, "resource"), ("verb", "verb")),
            "filter hits:>0"),
        $"{AlertTemplate.Label("user")} changed {AlertTemplate.Label("resource")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")}: {AlertTemplate.Label("verb")} on {AlertTemplate.Label("resource")}, {AlertTemplate.Value} times. Compare with the change log or the Git history; "
        + "an unplanned binding to cluster-admin or a rule with escalate, bind or impersonate is an intrusion until shown otherwise. Delivery tools belong on the allow-list.");

    private static AlertRule InteractiveSession(AlertOptions options) => new(
        "AuditInteractiveAccess",
        "warning",
        Query(
            EventWindow(options),
            options,
            [Answered, IsOneOf(Subresource, ["exec", "attach", "portforward", "proxy", "ephemeralcontainers"]), Present(User), .. NotAmong(options.SessionUsers)],
            CountRequestsBy((User, "user"), (Subresource, "subresource"), (TargetNamespace, "target_namespace")),
            "filter hits:>0"),
        $"{AlertTemplate.Label("user")} used {AlertTemplate.Label("subresource")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} opened {AlertTemplate.Value} {AlertTemplate.Label("subresource")} requests in namespace \"{AlertTemplate.Label("target_namespace")}\". "
        + "The command is in requestURI of the events. Ask the person; treat what the container could reach as exposed if nobody answers for it.");

    private static AlertRule AnonymousAllowed(AlertOptions options) => new(
        "AuditAnonymousAllowed",
        "critical",
        Query(
            EventWindow(options),
            options,
            [Answered, Is(User, "system:anonymous"), $"{Quote(Code)}:<400", Present(Resource)],
            CountRequestsBy((Resource, "resource")),
            "filter hits:>0"),
        $"Anonymous requests to {AlertTemplate.Label("resource")} succeed in {Cluster(options)}",
        $"{AlertTemplate.Value} requests without credentials were answered. Some RoleBinding names system:anonymous or system:unauthenticated: find it "
        + "(annotation authorization.k8s.io/reason of the events names it), remove it, and see from sourceIPs who used it.");

    private static AlertRule AuthenticationFailures(AlertOptions options) => new(
        "AuditAuthenticationFailures",
        "warning",
        Query(
            options.BurstWindow,
            options,
            [Is(Code, "401")],
            CountRequestsBy(("sourceIPs", "source_ips")),
            $"filter hits:>{Number(options.AuthenticationFailures)}"),
        $"Failed logins from {AlertTemplate.Label("source_ips")} in {Cluster(options)}",
        $"{AlertTemplate.Value} requests with bad or expired credentials in {Duration(options.BurstWindow)}. An expired token of a workload repeats at steady pace with one userAgent; "
        + "guessing varies. Only the last address is trustworthy. Such events exist only when the policy keeps the stage ResponseStarted.");

    private static AlertRule ForbiddenBurst(AlertOptions options) => new(
        "AuditForbiddenBurst",
        "warning",
        Query(
            options.BurstWindow,
            options,
            [Answered, Is(Code, "403"), Present(User)],
            CountRequestsBy((User, "user")),
            $"filter hits:>{Number(options.ForbiddenRequests)}"),
        $"{AlertTemplate.Label("user")} is refused again and again in {Cluster(options)}",
        $"{AlertTemplate.Value} forbidden requests in {Duration(options.BurstWindow)}. A workload that lost a role repeats one verb on one resource; someone exploring tries many. "
        + "Look at verb and objectRef of the events before granting anything.");

    private static AlertRule FailureRatio(AlertOptions options)
    {
        // 404 and 409 are everyday controller traffic and do not count as failures. A 401 exists in ResponseStarted only.
        var failed = $"({IsOneOf(Code, ["401", "403"])} or {Quote(Code)}:>=500)";
        return new AlertRule(
            "AuditFailureRatio",
            "warning",
            Query(
                options.BurstWindow,
                options,
                [$"({Completed} or {Is(Code, "401")})"],
                $"stats count() if {failed} as failed, count() as total",
                $"filter total:>{Number(options.FailureRatioMinimum)}",
                "math failed / total as ratio",
                $"filter ratio:>{options.FailureRatio.ToString("0.######", CultureInfo.InvariantCulture)}",
                "fields ratio"),
            $"{AlertTemplate.Percentage} of API requests fail in {Cluster(options)}",
            $"The share of 401, 403 and 5xx responses over {Duration(options.BurstWindow)} is {AlertTemplate.Percentage}. Group the events by {Code} and user: 5xx points at the API server, "
            + "etcd or a webhook, 401 at expired credentials, 403 at a removed role or at probing.");
    }

    // Without "by", stats answers 0 for a silent cluster; with "by" it would answer nothing, and no alert could ever fire.
    private static AlertRule PipelineSilent(AlertOptions options) => new(
        "AuditPipelineSilent",
        "critical",
        Query(options.SilentAfter, options, [], "stats count() as hits", "filter hits:<1"),
        $"No audit events from {Cluster(options)} for {Duration(options.SilentAfter)}",
        "An API server is never quiet, so the trail is broken or was cut. Check in this order: Fluent Bit pods on the control plane (fluentbit_output_retries_failed_total, "
        + "fluentbit_output_dropped_records_total), the audit log file on a node, apiserver_audit_error_total, the policy in force, VictoriaLogs ingestion and disk.");

    private static string[] SecretReads =>
        [Answered, Is(Resource, "secrets"), IsOneOf("verb", ["get", "list", "watch"]), $"{Quote(Code)}:<400"];

    private static string Cluster(AlertOptions options) => AlertTemplate.Literal(options.Cluster);

    private static string[] NotAmong(ImmutableArray<string> users) => users.IsEmpty ? [] : [Not(IsOneOf(User, users))];

    // Twice the interval: an event that arrives late is still seen by the next evaluation.
    private static TimeSpan EventWindow(AlertOptions options) => options.Interval * 2;

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string CountRequestsBy(params (string Field, string Label)[] groups)
    {
        var renames = groups.Where(group => group.Field != group.Label).Select(group => $"{Quote(group.Field)} as {group.Label}").ToList();
        var stats = $"stats by ({string.Join(", ", groups.Select(group => Quote(group.Field)))}) count_uniq(auditID) as hits";
        return renames.Count == 0 ? stats : $"{stats} | rename {string.Join(", ", renames)}";
    }

    private static string Query(TimeSpan window, AlertOptions options, string[] filters, params string[] pipes) =>
        string.Join(" | ", [string.Join(' ', [$"_time:{Duration(window)}", Stream(options.Cluster), .. filters]), .. pipes]);
}
