using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>What must be recorded for an alert to be able to fire, whichever engine evaluates it: one event of one such request is enough.</summary>
/// <param name="Kind">The alert.</param>
/// <param name="What">Names the requests: <c>reads of Secrets by people</c>.</param>
/// <param name="Probes">The requests; none means that any request will do.</param>
internal sealed record AlertNeed(AlertKind Kind, string What, params ImmutableArray<Probe> Probes)
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const Stages Answered = Stages.ResponseStarted | Stages.ResponseComplete;

    private static readonly string[] Reads = ["get", "list", "watch"];
    private static readonly string[] Grants = ["create", "update", "patch"];
    private static readonly string[] Writes = [.. Grants, "delete", "deletecollection"];

    private static readonly Identity Anonymous = new("system:anonymous", ["system:unauthenticated"]);

    // Any request of everyday: what nothing but a rule of its own would record is not what such an alert is for.
    private static readonly ImmutableArray<Probe> Everyday =
    [
        new("", "pods", [.. Reads, .. Writes]), new("", "services", [.. Reads, .. Writes]), new("", "configmaps", [.. Reads, .. Writes]), new("", "secrets", [.. Reads, .. Writes]),
        new("", "namespaces", [.. Reads, .. Writes]), new("apps", "deployments", [.. Reads, .. Writes]), new(Rbac, "clusterrolebindings", [.. Reads, .. Writes]),
        new("example.com", "widgets", [.. Reads, .. Writes]), new("", "pods/exec", "get", "create"), new("", "serviceaccounts/token", "create"),
    ];

    private static readonly ImmutableArray<Identity> Callers = [Probe.Person, Probe.ServiceAccount, Probe.ControllerManager, Probe.Node];

    /// <summary>One for each alert that is about events; silence needs none.</summary>
    public static ImmutableArray<AlertNeed> All { get; } =
    [
        new(AlertKind.SecretReadByPerson, "reads of Secrets by people", new Probe("", "secrets", Reads))
        {
            By = [Probe.Person],
            Includes = request => (request.User == Known.Administrator || !request.User!.StartsWith("system:", StringComparison.Ordinal)) && !request.Groups.Any(IsOfMachines),
        },
        new(AlertKind.SecretReadByServiceAccount, "reads of Secrets by service accounts", new Probe("", "secrets", Reads))
        {
            By = [Probe.ServiceAccount],
            Includes = request => request.User!.StartsWith("system:serviceaccount:", StringComparison.Ordinal),
        },
        new(
            AlertKind.RbacChanged, "changes of roles and bindings",
            new Probe(Rbac, "roles", Writes), new Probe(Rbac, "rolebindings", Writes), new Probe(Rbac, "clusterroles", Writes), new Probe(Rbac, "clusterrolebindings", Writes))
        {
            Stages = Stages.ResponseComplete,
        },
        new(
            AlertKind.EscalationGranted, "the content of roles and bindings that are written",
            new Probe(Rbac, "roles", Grants), new Probe(Rbac, "rolebindings", Grants), new Probe(Rbac, "clusterroles", Grants), new Probe(Rbac, "clusterrolebindings", Grants))
        {
            Level = Level.Request,
            Stages = Stages.ResponseComplete,
        },
        new(AlertKind.EscalationAttempted, "refused requests", Everyday),
        new(AlertKind.Impersonation, "requests in somebody else's name", Everyday),
        new(
            AlertKind.InteractiveAccess, "sessions in workloads",
            [.. new[] { "pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy", "nodes/proxy" }.Select(resource => new Probe("", resource, "get", "create")), new("", "pods/ephemeralcontainers", "update", "patch")]),
        new(AlertKind.AnonymousAllowed, "anonymous requests", Everyday) { By = [Anonymous], Includes = request => request.User == Anonymous.User },
        new(
            AlertKind.ControlsChanged, "changes of webhooks, API services, audit policies and alert rules",
            new Probe("admissionregistration.k8s.io", "mutatingwebhookconfigurations", Writes), new Probe("admissionregistration.k8s.io", "validatingwebhookconfigurations", Writes),
            new Probe("admissionregistration.k8s.io", "validatingadmissionpolicies", Writes), new Probe("apiregistration.k8s.io", "apiservices", Writes),
            new Probe("comptroller.dev", "auditpolicies", Writes), new Probe("operator.victoriametrics.com", "vmrules", Writes))
        {
            Stages = Stages.ResponseComplete,
        },
        new(AlertKind.AuthenticationFailures, "failed logins (401)", new Probe("", "pods", "list"), new Probe("", "secrets", "get")) { By = [Probe.Nobody], Includes = _ => false },
        new(AlertKind.ForbiddenBurst, "refused requests", Everyday),
        new(AlertKind.FailureRatio, "answers to requests", Everyday) { By = [.. Callers, Probe.Nobody], Stages = Answered },
        new(AlertKind.VolumeAnomaly, "completed requests", Everyday) { Stages = Stages.ResponseComplete },
    ];

    public Level Level { get; init; } = Level.Metadata;

    /// <summary>One of these stages must be written.</summary>
    public Stages Stages { get; private init; } = Answered;

    /// <summary>One caller of each kind that the alert is about.</summary>
    private ImmutableArray<Identity> By { get; init; } = Callers;

    /// <summary>Whether a request of a user that was made to fit a rule is by such a caller.</summary>
    private Func<AuditRequest, bool> Includes { get; init; } = _ => true;

    /// <summary>Why the alert cannot fire, for people.</summary>
    public string Reason => $"it needs {What}{(Level > Level.Metadata ? $" at level {Level} or more" : "")}, in stage {string.Join(" or ", StageNames.Of(Stages))}, and the policy keeps none";

    /// <summary>Those that cannot fire among some alerts.</summary>
    /// <param name="policy">What is recorded.</param>
    /// <param name="evaluator">Of the policy.</param>
    /// <param name="alerts">Names of alerts.</param>
    public static IEnumerable<AlertNeed> Unmet(Policy policy, PolicyEvaluator evaluator, IReadOnlyCollection<string> alerts) =>
        All.Where(need => alerts.Contains(need.Kind.Name) && !need.IsMet(policy, evaluator));

    /// <summary>Whether the policy keeps any such event: of callers of every kind, else of whoever the rules that would do name.</summary>
    public bool IsMet(Policy policy, PolicyEvaluator evaluator) =>
        By.Any(caller => Probes.Any(probe => probe.By(caller).Any(request => IsKept(request, evaluator.Decide(request)))))
        || policy.Rules.Where(rule => rule.Level >= Level && (Stages & ~(policy.OmitStages | rule.OmitStages)) != Stages.None).Any(rule =>
            Probes.SelectMany(probe => probe.Fitting(rule)).SelectMany(Asked).Any(request => IsKept(request, evaluator.Decide(request))));

    private IEnumerable<AuditRequest> Asked(AuditRequest request) =>
        By.Select(caller => request with { User = caller.User, Groups = caller.Groups }).Concat(request.User is not null && Includes(request) ? [request] : []);

    private static bool IsOfMachines(string group) => group == "system:nodes" || group.StartsWith("system:serviceaccounts", StringComparison.Ordinal);

    private bool IsKept(AuditRequest request, Decision decision) =>
        decision.Level >= Level && (request.EmittedStages & Stages & ~decision.OmitStages) != Stages.None;
}
