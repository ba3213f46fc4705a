namespace Comptroller.AuditPolicies.Alerting;

/// <summary>What there is to be alerted on, whichever engine evaluates it. The names are an interface: teams route, silence and leave out by them.</summary>
/// <param name="Name">Alert name.</param>
/// <param name="Severity"><c>critical</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Runbook">What to do, in the order in which to do it.</param>
public sealed record AlertKind(string Name, string Severity, string Runbook)
{
    public static AlertKind SecretReadByPerson { get; } = new(
        "AuditSecretReadByPerson", "warning",
        "Ask the person. If nobody knows of it, revoke the credentials, rotate the secrets read (objectRef.name of the events) and look for what was done with them. "
        + "Expected readers belong on spec.alerts.secretReaders.");

    public static AlertKind SecretReadByServiceAccount { get; } = new(
        "AuditSecretReadByServiceAccount", "info",
        "Check whether the workload needs them. Compare sourceIPs of the events with the pod's address: another address means a stolen token, so delete the token and rotate the secrets. "
        + "Expected readers belong on spec.alerts.secretReaders.");

    public static AlertKind RbacChanged { get; } = new(
        "AuditRbacChanged", "warning",
        "Compare with the change log or the Git history; an unplanned binding to cluster-admin or a rule with escalate, bind or impersonate is an intrusion until shown otherwise. "
        + "Delivery tools belong on spec.alerts.roleEditors.");

    public static AlertKind EscalationGranted { get; } = new(
        "AuditEscalationGranted", "critical",
        "Someone may now give themselves any permission. Read requestObject of the events; if the change was not planned, remove the role or binding, then see what its subjects did since, and by whose credentials it was made.");

    public static AlertKind EscalationAttempted { get; } = new(
        "AuditEscalationAttempted", "critical",
        "The API server refused, so nothing was gained. Ask the person; a workload that does this is misconfigured or taken over: look at its image, its pod's address and at all it asked for in the last day.");

    public static AlertKind Impersonation { get; } = new(
        "AuditImpersonation", "warning",
        "The request ran with somebody else's permissions. Ask why; impersonated names and groups are in impersonatedUser of the events. Proxies that authenticate for others belong on spec.alerts.impersonators.");

    public static AlertKind InteractiveAccess { get; } = new(
        "AuditInteractiveAccess", "warning",
        "The command is in the address of the request: _msg of the events in VictoriaLogs, requestURI elsewhere. Ask the person; treat what the container could reach as exposed if nobody answers for it. Tools that work by exec belong on spec.alerts.sessionUsers.");

    public static AlertKind AnonymousAllowed { get; } = new(
        "AuditAnonymousAllowed", "critical",
        "Some binding names system:anonymous or system:unauthenticated: the annotation authorization.k8s.io/reason of the events names it. Remove it, and see from sourceIPs who used it.");

    public static AlertKind ControlsChanged { get; } = new(
        "AuditControlsChanged", "critical",
        "What is recorded, reported or let in was changed. Compare with the change log; undo what was not planned, and read the trail of the time in between with that in mind. "
        + "Delivery tools, and cert-manager's cainjector, belong on spec.alerts.controlEditors.");

    public static AlertKind AuthenticationFailures { get; } = new(
        "AuditAuthenticationFailures", "warning",
        "An expired token of a workload repeats at steady pace with one userAgent; guessing varies. Only the last address of sourceIPs is trustworthy. Block it, or renew the credentials. "
        + "Such events exist only while the policy keeps the stage ResponseStarted.");

    public static AlertKind ForbiddenBurst { get; } = new(
        "AuditForbiddenBurst", "warning",
        "A workload that lost a role repeats one verb on one resource; someone exploring tries many. Look at verb and objectRef of the events before granting anything.");

    public static AlertKind FailureRatio { get; } = new(
        "AuditFailureRatio", "warning",
        "Group the events by responseStatus.code and user.username: 5xx points at the API server, etcd or a webhook, 401 at expired credentials, 403 at a removed role or at probing, 429 at a caller without limits.");

    public static AlertKind VolumeAnomaly { get; } = new(
        "AuditVolumeAnomaly", "warning",
        "Compare callers, verbs and resources with an hour ago: `top 20 by (\"user.username\", verb, \"objectRef.resource\")`. More is a runaway controller, a rollout, or someone collecting data; "
        + "less is a policy that records less, a node whose log does not arrive, or a cluster that lost its callers.");

    public static AlertKind PipelineSilent { get; } = new(
        "AuditPipelineSilent", "critical",
        "An API server is never quiet, so the trail is broken or was cut. Check in this order: Fluent Bit pods on the control plane (fluentbit_output_retries_failed_total, "
        + "fluentbit_output_dropped_records_total), the audit log file on a node, apiserver_audit_error_total, the policy in force, VictoriaLogs ingestion and disk.");

    /// <summary>In the order of the rule group.</summary>
    public static IReadOnlyList<AlertKind> All { get; } =
    [
        SecretReadByPerson, SecretReadByServiceAccount, RbacChanged, EscalationGranted, EscalationAttempted, Impersonation, InteractiveAccess,
        AnonymousAllowed, ControlsChanged, AuthenticationFailures, ForbiddenBurst, FailureRatio, VolumeAnomaly, PipelineSilent,
    ];
}
