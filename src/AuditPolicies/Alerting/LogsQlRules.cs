using System.Collections.Immutable;
using static Comptroller.AuditPolicies.Alerting.LogsQl;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>
/// The alerts of one cluster as questions to VictoriaLogs. Every expression selects the cluster's own stream, ends in exactly one number
/// per row (vmalert turns each number into an alert of its own) and renames dotted fields to labels a template can name. Requests are
/// counted once by their audit ID or by the one stage that every request of the kind reaches.
/// </summary>
public static class LogsQlRules
{
    private const string User = "user.username";
    private const string Code = "responseStatus.code";
    private const string Resource = "objectRef.resource";
    private const string ApiGroup = "objectRef.apiGroup";
    private const string Subresource = "objectRef.subresource";
    private const string TargetNamespace = "objectRef.namespace";

    /// <summary>How many windows the usual volume is averaged over.</summary>
    private const int VolumeWindows = 12;

    // Long-running requests are seen when they start, not hours later when they end.
    private static readonly string Answered = IsOneOf("stage", ["ResponseStarted", "ResponseComplete"]);

    private static readonly string Completed = Is("stage", "ResponseComplete");

    private static readonly string Writes = IsOneOf("verb", ["create", "update", "patch", "delete", "deletecollection"]);

    private static readonly string Succeeded = $"{Quote(Code)}:<300";

    /// <summary>The rules in the order of the group.</summary>
    public static IEnumerable<AlertRule> For(AlertOptions options) => All(options).Where(rule => !options.Disabled.Contains(rule.Kind.Name, StringComparer.Ordinal));

    private static IEnumerable<AlertRule> All(AlertOptions options)
    {
        yield return SecretReadByPerson(options);
        yield return SecretReadByServiceAccount(options);
        yield return RbacChanged(options);
        yield return EscalationGranted(options);
        yield return EscalationAttempted(options);
        yield return Impersonation(options);
        yield return InteractiveAccess(options);
        yield return AnonymousAllowed(options);
        yield return ControlsChanged(options);
        yield return AuthenticationFailures(options);
        yield return ForbiddenBurst(options);
        yield return FailureRatio(options);
        yield return VolumeAnomaly(options);
        yield return PipelineSilent(options);
    }

    private static AlertRule SecretReadByPerson(AlertOptions options) => new(
        AlertKind.SecretReadByPerson,
        EveryEvent(options, [.. SecretReads, Present(User), $"({Is(User, Known.Administrator)} or {Not(Like(User, "^system:"))})", .. NotAmong(options.SecretReaders)], (User, "user"), (TargetNamespace, "target_namespace")),
        $"{AlertTemplate.Label("user")} read secrets in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} read secrets in namespace \"{AlertTemplate.Label("target_namespace")}\" {AlertTemplate.Value} times (no namespace: across all).");

    private static AlertRule SecretReadByServiceAccount(AlertOptions options) => new(
        AlertKind.SecretReadByServiceAccount,
        EveryEvent(
            options,
            [.. SecretReads, Like(User, "^system:serviceaccount:"), .. NotAmong([.. Known.ControllersReadingSecrets, .. options.SecretReaders])],
            (User, "user"),
            (TargetNamespace, "target_namespace")),
        $"{AlertTemplate.Label("user")} read secrets in {Cluster(options)}",
        $"The service account {AlertTemplate.Label("user")} read secrets in namespace \"{AlertTemplate.Label("target_namespace")}\" {AlertTemplate.Value} times and is not on the allow-list.");

    private static AlertRule RbacChanged(AlertOptions options) => new(
        AlertKind.RbacChanged,
        EveryEvent(options, [.. RbacWrites(options), Writes], (User, "user"), (Resource, "resource"), ("verb", "verb")),
        $"{AlertTemplate.Label("user")} changed {AlertTemplate.Label("resource")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")}: {AlertTemplate.Label("verb")} on {AlertTemplate.Label("resource")}, {AlertTemplate.Value} times.");

    // The verbs stand in the body, so a policy that records roles at Metadata shows bindings and roles to nobody here. Arrays are stored as
    // their JSON text: the rules of a role, and a JSON patch as a whole.
    private static AlertRule EscalationGranted(AlertOptions options) => new(
        AlertKind.EscalationGranted,
        EveryEvent(
            options,
            [
                .. RbacWrites(options),
                IsOneOf("verb", ["create", "update", "patch"]),
                $"({Like("requestObject.rules", Known.EscalatingRules)} or {Like("requestObject", Known.EscalatingPatch)} or {Is("requestObject.roleRef.name", "cluster-admin")})",
            ],
            (User, "user"),
            (Resource, "resource"),
            ("objectRef.name", "name")),
        $"{AlertTemplate.Label("user")} opened a way to more permissions in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} wrote {AlertTemplate.Label("resource")} \"{AlertTemplate.Label("name")}\", which allows escalate, bind or impersonate, or every verb on roles, or binds cluster-admin.");

    private static AlertRule EscalationAttempted(AlertOptions options) => new(
        AlertKind.EscalationAttempted,
        EveryEvent(options, [Answered, Is(Code, "403"), Like("responseStatus.message", Known.EscalationRefused)], (User, "user"), (Resource, "resource")),
        $"{AlertTemplate.Label("user")} tried to gain permissions in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} was refused {AlertTemplate.Value} times while granting permissions it does not hold, or while impersonating somebody it may not ({AlertTemplate.Label("resource")}).");

    private static AlertRule Impersonation(AlertOptions options) => new(
        AlertKind.Impersonation,
        EveryEvent(options, [Answered, Present("impersonatedUser.username"), .. NotAmong(options.Impersonators)], (User, "user"), ("impersonatedUser.username", "impersonated_user")),
        $"{AlertTemplate.Label("user")} acted as {AlertTemplate.Label("impersonated_user")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} sent {AlertTemplate.Value} requests as {AlertTemplate.Label("impersonated_user")}.");

    private static AlertRule InteractiveAccess(AlertOptions options) => new(
        AlertKind.InteractiveAccess,
        EveryEvent(
            options,
            [Answered, IsOneOf(Subresource, Known.InteractiveSubresources), Present(User), .. NotAmong(options.SessionUsers)],
            (User, "user"),
            (Subresource, "subresource"),
            (TargetNamespace, "target_namespace")),
        $"{AlertTemplate.Label("user")} used {AlertTemplate.Label("subresource")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")} opened {AlertTemplate.Value} {AlertTemplate.Label("subresource")} requests in namespace \"{AlertTemplate.Label("target_namespace")}\".");

    private static AlertRule AnonymousAllowed(AlertOptions options) => new(
        AlertKind.AnonymousAllowed,
        EveryEvent(options, [Answered, Is(User, "system:anonymous"), $"{Quote(Code)}:<400", Present(Resource)], (Resource, "resource")),
        $"Anonymous requests to {AlertTemplate.Label("resource")} succeed in {Cluster(options)}",
        $"{AlertTemplate.Value} requests without credentials were answered.");

    private static AlertRule ControlsChanged(AlertOptions options) => new(
        AlertKind.ControlsChanged,
        EveryEvent(
            options,
            [
                Completed,
                Writes,
                Succeeded,
                Not(Present(Subresource)),
                $"({Not(Is(User, Known.NamespaceController))} ({IsOneOf(ApiGroup, ["admissionregistration.k8s.io", "apiregistration.k8s.io"])} or {Is(ApiGroup, "comptroller.dev")} {Is(Resource, "auditpolicies")})"
                    + $" or {Is(ApiGroup, "operator.victoriametrics.com")} {Is(Resource, "vmrules")} ({Is("objectRef.name", options.Name)} or {AllAtOnce(options)}))",
                .. NotAmong([.. Known.WritingControls(options.OperatorUser), .. options.ControlEditors]),
            ],
            (User, "user"),
            (Resource, "resource"),
            ("objectRef.name", "name"),
            ("verb", "verb")),
        $"{AlertTemplate.Label("user")} changed {AlertTemplate.Label("resource")} {AlertTemplate.Label("name")} in {Cluster(options)}",
        $"{AlertTemplate.Label("user")}: {AlertTemplate.Label("verb")} of {AlertTemplate.Label("resource")} \"{AlertTemplate.Label("name")}\", {AlertTemplate.Value} times. It decides what is recorded, reported or admitted.");

    // What is deleted with all others has no name in the event.
    private static string AllAtOnce(AlertOptions options) => $"{Is("verb", "deletecollection")} {Is(TargetNamespace, options.Namespace)}";

    // Not by sourceIPs: all but its last address are the caller's words (X-Forwarded-For), and another one in each request would make groups of one.
    private static AlertRule AuthenticationFailures(AlertOptions options) => new(
        AlertKind.AuthenticationFailures,
        Query(options.BurstWindow, options, [Is(Code, "401")], "stats count_uniq(auditID) as hits", $"filter hits:>{Number(options.Thresholds.AuthenticationFailures)}"),
        $"Failed logins in {Cluster(options)}",
        $"{AlertTemplate.Value} requests with bad or expired credentials in {Duration(options.BurstWindow)}, from all addresses together.");

    private static AlertRule ForbiddenBurst(AlertOptions options) => new(
        AlertKind.ForbiddenBurst,
        Query(options.BurstWindow, options, [Answered, Is(Code, "403"), Present(User)], CountRequestsBy((User, "user")), $"filter hits:>{Number(options.Thresholds.ForbiddenRequests)}"),
        $"{AlertTemplate.Label("user")} is refused again and again in {Cluster(options)}",
        $"{AlertTemplate.Value} forbidden requests in {Duration(options.BurstWindow)}.");

    private static AlertRule FailureRatio(AlertOptions options)
    {
        // 404 and 409 are everyday controller traffic and do not count as failures. A 401 exists in ResponseStarted only.
        var failed = $"{Quote(Code)}:>=400 {Not(IsOneOf(Code, ["404", "409"]))}";
        return new AlertRule(
            AlertKind.FailureRatio,
            Query(
                options.BurstWindow,
                options,
                [$"({Completed} or {Is(Code, "401")})"],
                $"stats count() if ({failed}) as failed, count() as total",
                $"filter total:>{Number(options.Thresholds.FailureMinimum)}",
                "math failed / total as ratio",
                $"filter ratio:>{Number(options.Thresholds.FailurePercent / 100.0)}",
                "fields ratio"),
            $"{AlertTemplate.Percentage} of API requests fail in {Cluster(options)}",
            $"The share of 4xx (without 404 and 409) and 5xx responses over {Duration(options.BurstWindow)} is {AlertTemplate.Percentage}.");
    }

    private static AlertRule VolumeAnomaly(AlertOptions options)
    {
        var (window, factor, minimum) = (options.BurstWindow, options.Thresholds.VolumeFactor, Number(options.Thresholds.VolumeMinimum));
        return new AlertRule(
            AlertKind.VolumeAnomaly,
            Query(
                window * (VolumeWindows + 1),
                options,
                [Completed],
                // The oldest window must hold something, or every new cluster would raise this for its first hour. Silence has its own alert.
                $"stats count() if (_time:{Duration(window)}) as recent, count() if (_time:{Duration(window)} offset {Duration(window * VolumeWindows)}) as oldest, count() as total",
                "filter oldest:>0 recent:>0",
                $"math (total - recent) / {Number(VolumeWindows)} as usual",
                $"filter (recent:>={minimum} or usual:>={minimum})",
                "math recent / usual as ratio",
                $"filter (ratio:>{Number(factor)} or ratio:<{Number(1.0 / factor)})",
                "fields ratio"),
            $"Unusual number of API requests in {Cluster(options)}",
            $"The last {Duration(window)} had {AlertTemplate.Value} times the requests that the {Duration(window * VolumeWindows)} before had on average.");
    }

    // Without "by", stats answers 0 for a silent cluster; with "by" it would answer nothing, and no alert could ever fire.
    private static AlertRule PipelineSilent(AlertOptions options) => new(
        AlertKind.PipelineSilent,
        Query(options.SilentAfter, options, [], "stats count() as hits", "filter hits:<1"),
        $"No audit events from {Cluster(options)} for {Duration(options.SilentAfter)}",
        $"VictoriaLogs holds no event of {Cluster(options)} from the last {Duration(options.SilentAfter)}.");

    private static string[] SecretReads => [Answered, Is(Resource, "secrets"), IsOneOf("verb", ["get", "list", "watch"]), $"{Quote(Code)}:<400"];

    private static string[] RbacWrites(AlertOptions options) =>
        [Completed, Is(ApiGroup, "rbac.authorization.k8s.io"), Succeeded, .. NotAmong([.. Known.WritingRoles, .. options.RoleEditors])];

    private static string Cluster(AlertOptions options) => AlertTemplate.Literal(options.Cluster);

    private static string[] NotAmong(ImmutableArray<string> users) => users.IsEmpty ? [] : [Not(IsOneOf(User, users))];

    private static string EveryEvent(AlertOptions options, string[] filters, params (string Field, string Label)[] groups) =>
        Query(options.EventWindow, options, filters, CountRequestsBy(groups), "filter hits:>0");

    private static string CountRequestsBy(params (string Field, string Label)[] groups)
    {
        var renames = groups.Where(group => group.Field != group.Label).Select(group => $"{Quote(group.Field)} as {group.Label}").ToList();
        var stats = $"stats by ({string.Join(", ", groups.Select(group => Quote(group.Field)))}) count_uniq(auditID) as hits";
        return renames.Count == 0 ? stats : $"{stats} | rename {string.Join(", ", renames)}";
    }

    private static string Query(TimeSpan window, AlertOptions options, string[] filters, params string[] pipes) =>
        string.Join(" | ", [string.Join(' ', [$"_time:{Duration(window)}", Stream(options.Cluster), .. filters]), .. pipes]);
}
