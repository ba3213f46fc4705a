using System.Collections.Immutable;
using Comptroller.AuditPolicies.Rendering.Shipping;
using static Comptroller.AuditPolicies.Alerting.LogsQl;
using static Comptroller.AuditPolicies.Alerting.PromQl;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>
/// The alerts of one cluster as questions to counters that Fluent Bit keeps, for teams whose vmalert asks no VictoriaLogs. They tell that
/// something happened and the events tell who did it. Two say less than those over the events: refusals are counted for the cluster and not for each
/// caller, and of escalations only bindings to cluster-admin are seen, because Fluent Bit matches no lists.
/// </summary>
public static class PromQlRules
{
    private const string User = "user.username";
    private const string Group = "objectRef.apiGroup";
    private const string Resource = "objectRef.resource";

    /// <summary>How many windows the usual volume is averaged over.</summary>
    private const int VolumeWindows = 12;

    private const string Succeeded = "code=~\"2..\"";
    private const string Allowed = "code=~\"[123]..\"";
    private const string Completed = "stage=\"ResponseComplete\"";

    private static readonly EventCounter Events = new("events_total", "Audit events");

    private static readonly string[] Changes = ["create", "update", "patch", "delete", "deletecollection"];

    /// <summary>What Fluent Bit must count for <see cref="For"/>.</summary>
    public static ImmutableArray<EventCounter> Counters(AlertOptions options) =>
        [Events, .. Acts(options).Where(act => IsWanted(act.Kind, options)).SelectMany(act => act.Counters)];

    /// <summary>The rules in the order of the group.</summary>
    public static IEnumerable<AlertRule> For(AlertOptions options) =>
        Acts(options).Select(act => Rule(act, options))
            .Append(AuthenticationFailures(options)).Append(ForbiddenBurst(options)).Append(FailureRatio(options)).Append(VolumeAnomaly(options)).Append(PipelineSilent(options))
            .Where(rule => IsWanted(rule.Kind, options));

    private static bool IsWanted(AlertKind kind, AlertOptions options) => !options.Disabled.Contains(kind.Name, StringComparer.Ordinal);

    // A failed login has no user, and every pattern over users lets it pass; its code, 401, keeps it out.
    private static IEnumerable<Act> Acts(AlertOptions options)
    {
        yield return new Act(
            AlertKind.SecretReadByPerson,
            new("secret_read_by_person_total", "Reads of Secrets by people")
            {
                Except = [new FieldPattern(User, $@"\A(?!{FieldPattern.Literal(Known.Administrator)}\z)system:"), .. Users(options.SecretReaders), .. Reads],
                Only = FieldPattern.Among(Resource, ["secrets"]),
            },
            Allowed,
            "Somebody read secrets",
            "Look for objectRef.resource secrets and verbs get, list and watch, by users whose name does not start with \"system:\", or is \"system:admin\".");
        yield return new Act(
            AlertKind.SecretReadByServiceAccount,
            new("secret_read_by_service_account_total", "Reads of Secrets by service accounts")
            {
                Except = [FieldPattern.NotStartingWith(User, "system:serviceaccount:"), .. Users([.. Known.ControllersReadingSecrets, .. options.SecretReaders]), .. Reads],
                Only = FieldPattern.Among(Resource, ["secrets"]),
            },
            Allowed,
            "A service account read secrets",
            "Look for objectRef.resource secrets and verbs get, list and watch, by service accounts that are not on the allow-list.");
        yield return new Act(
            AlertKind.RbacChanged,
            new("rbac_changed_total", "Changes of roles and bindings")
            {
                Except = [.. Users([.. Known.WritingRoles, .. options.RoleEditors]), FieldPattern.NotAmong("verb", Changes)],
                Only = FieldPattern.Among(Group, ["rbac.authorization.k8s.io"]),
            },
            Succeeded,
            "Roles or bindings were changed",
            "Look for objectRef.apiGroup rbac.authorization.k8s.io and verbs that write.");
        yield return new Act(
            AlertKind.EscalationGranted,
            new("escalation_granted_total", "Bindings to cluster-admin")
            {
                Except =
                [
                    .. Users([.. Known.WritingRoles, .. options.RoleEditors]),
                    FieldPattern.NotAmong(Group, ["rbac.authorization.k8s.io"]),
                    FieldPattern.NotAmong("verb", ["create", "update", "patch"]),
                ],
                Only = FieldPattern.Among("requestObject.roleRef.name", ["cluster-admin"]),
            },
            Succeeded,
            "Somebody bound cluster-admin",
            "Look for requestObject.roleRef.name cluster-admin. Roles with escalate, bind or impersonate are not seen here: the rules over VictoriaLogs do.");
        yield return new Act(
            AlertKind.EscalationAttempted,
            new("escalation_attempted_total", "Refused grants and impersonations") { Only = new FieldPattern("responseStatus.message", Known.EscalationRefused) },
            "code=\"403\"",
            "Somebody tried to gain permissions",
            "Look for responseStatus.code 403 whose responseStatus.message says \"not currently held\" or \"cannot impersonate\".");
        yield return new Act(
            AlertKind.Impersonation,
            new("impersonation_total", "Requests in somebody else's name") { Except = [.. Users(options.Impersonators)], Only = FieldPattern.Present("impersonatedUser.username") },
            "code!=\"\"",
            "Somebody acted as another",
            "Look for events with impersonatedUser.username.");
        yield return new Act(
            AlertKind.InteractiveAccess,
            new("interactive_access_total", "Sessions in running workloads")
            {
                Except = [.. Users(options.SessionUsers)],
                Only = FieldPattern.Among("objectRef.subresource", Known.InteractiveSubresources),
            },
            "code!~\"|401\"",
            "Somebody used exec, attach, port-forward, proxy or a debug container",
            "Look for these in objectRef.subresource: " + string.Join(", ", Known.InteractiveSubresources) + ".");
        yield return new Act(
            AlertKind.AnonymousAllowed,
            new("anonymous_allowed_total", "Requests for resources without credentials") { Except = [FieldPattern.NotAmong(User, ["system:anonymous"])], Only = FieldPattern.Present(Resource) },
            Allowed,
            "Anonymous requests succeed",
            "Look for user.username system:anonymous with responseStatus.code below 400 and an objectRef.resource.");
        yield return new Act(
            AlertKind.ControlsChanged,
            new("controls_changed_total", "Changes of what is recorded, reported or admitted")
            {
                Except = [.. Users([Known.NamespaceController, .. Known.WritingControls(options.OperatorUser), .. options.ControlEditors]), FieldPattern.NotAmong("verb", Changes)],
                Only = new FieldPattern("requestURI", Controls(options.Name)),
            },
            Succeeded,
            "What is recorded, reported or admitted was changed",
            "Look for writes to the groups admissionregistration.k8s.io and apiregistration.k8s.io, to auditpolicies and to these rules, also deletecollection of all vmrules of their namespace.")
        {
            // A counter of its own, since the address is the one at which other rules are created, and Fluent Bit asks for one pattern only.
            Also = new("rules_deleted_at_once_total", "Deletions of all rules with these among them")
            {
                Except = [.. Users([.. Known.WritingControls(options.OperatorUser), .. options.ControlEditors]), FieldPattern.NotAmong("verb", ["deletecollection"])],
                Only = new FieldPattern("requestURI", AllRules(options.Namespace)),
            },
        };
    }

    private static AlertRule Rule(Act act, AlertOptions options) => new(
        act.Kind,
        string.Join(" or ", act.Counters.Select(counter => Moved(Series(counter.Metric, options.Cluster, act.Codes), options.EventWindow))),
        $"{act.Summary} in {Cluster(options)}",
        $"At least once in the last {Duration(options.EventWindow)}. {act.Description}");

    private static AlertRule AuthenticationFailures(AlertOptions options) => new(
        AlertKind.AuthenticationFailures,
        $"{Growth(All(options, "code=\"401\""), options.BurstWindow)} > {Number(options.Thresholds.AuthenticationFailures)}",
        $"Failed logins in {Cluster(options)}",
        $"{AlertTemplate.Rounded} requests with bad or expired credentials in {Duration(options.BurstWindow)}, from all addresses together.");

    private static AlertRule ForbiddenBurst(AlertOptions options) => new(
        AlertKind.ForbiddenBurst,
        $"{Growth(All(options, Completed, "code=\"403\""), options.BurstWindow)} > {Number(options.Thresholds.ForbiddenRequests)}",
        $"Requests are refused again and again in {Cluster(options)}",
        $"{AlertTemplate.Rounded} forbidden requests in {Duration(options.BurstWindow)}, of all users together.");

    private static AlertRule FailureRatio(AlertOptions options)
    {
        var window = options.BurstWindow;
        // 404 and 409 are everyday controller traffic and do not count as failures. A 401 exists in ResponseStarted only.
        var logins = Growth(All(options, "code=\"401\"", "stage!=\"ResponseComplete\""), window);
        var failed = $"({Growth(All(options, Completed, "code=~\"[45]..\"", "code!~\"404|409\""), window)} + {logins})";
        var total = $"({Growth(All(options, Completed), window)} + {logins})";
        return new AlertRule(
            AlertKind.FailureRatio,
            $"{failed} / {total} > {Number(options.Thresholds.FailurePercent / 100.0)} and {total} > {Number(options.Thresholds.FailureMinimum)}",
            $"{AlertTemplate.Percentage} of API requests fail in {Cluster(options)}",
            $"The share of 4xx (without 404 and 409) and 5xx responses over {Duration(window)} is {AlertTemplate.Percentage}.");
    }

    private static AlertRule VolumeAnomaly(AlertOptions options)
    {
        var (window, factor, minimum) = (options.BurstWindow, options.Thresholds.VolumeFactor, Number(options.Thresholds.VolumeMinimum));
        var series = All(options, Completed);
        var recent = $"sum(increase({series}[{Duration(window)}]))";
        var usual = $"(sum(increase({series}[{Duration(window * VolumeWindows)}] offset {Duration(window)})) / {Number(VolumeWindows)})";
        // The oldest window must hold something, or every new cluster would raise this for its first hour. Silence has its own alert.
        var oldest = $"sum(increase({series}[{Duration(window)}] offset {Duration(window * VolumeWindows)}))";
        return new AlertRule(
            AlertKind.VolumeAnomaly,
            $"({recent} / {usual} > {Number(factor)} or {recent} / {usual} < {Number(1.0 / factor)}) and ({recent} >= {minimum} or {usual} >= {minimum}) and {recent} > 0 and {oldest} > 0",
            $"Unusual number of API requests in {Cluster(options)}",
            $"The last {Duration(window)} had {AlertTemplate.Value} times the requests that the {Duration(window * VolumeWindows)} before had on average.");
    }

    private static AlertRule PipelineSilent(AlertOptions options) => new(
        AlertKind.PipelineSilent,
        $"{Growth(All(options), options.SilentAfter)} < 1",
        $"No audit events from {Cluster(options)} for {Duration(options.SilentAfter)}",
        $"Fluent Bit counted no event of {Cluster(options)} in the last {Duration(options.SilentAfter)}, or its counters are not scraped.");

    private static string All(AlertOptions options, params IEnumerable<string> matchers) => Series(Events.Metric, options.Cluster, matchers);

    private static IEnumerable<FieldPattern> Reads => [FieldPattern.NotAmong("verb", ["get", "list", "watch"])];

    private static IEnumerable<FieldPattern> Users(ImmutableArray<string> names) => names.IsEmpty ? [] : [FieldPattern.Among(User, names)];

    // The address, because it is the one text that tells group, resource and subresource at once.
    private static string Controls(string ownRules) =>
        @"\A/apis/(?:(?:admissionregistration|apiregistration)\.k8s\.io/[^/?]+/[^/?]+(?:/[^/?]+)?"
        + @"|comptroller\.dev/[^/?]+/namespaces/[^/?]+/auditpolicies(?:/[^/?]+)?"
        + $@"|operator\.victoriametrics\.com/[^/?]+/namespaces/[^/?]+/vmrules/{FieldPattern.Literal(ownRules)})(?:\z|\?)";

    private static string AllRules(string @namespace) =>
        $@"\A/apis/operator\.victoriametrics\.com/[^/?]+/namespaces/{FieldPattern.Literal(@namespace)}/vmrules(?:\z|\?)";

    private static string Cluster(AlertOptions options) => AlertTemplate.Literal(options.Cluster);

    /// <summary>Something that is worth an alert whenever it happens.</summary>
    /// <param name="Kind">What it is about.</param>
    /// <param name="Counter">Which events count.</param>
    /// <param name="Codes">Which of them by their response, which Fluent Bit cannot match because it is a number.</param>
    /// <param name="Summary">What happened; the cluster follows.</param>
    /// <param name="Description">How to find it among the events.</param>
    private sealed record Act(AlertKind Kind, EventCounter Counter, string Codes, string Summary, string Description)
    {
        /// <summary>Further events that count; null for none.</summary>
        public EventCounter? Also { get; init; }

        public IEnumerable<EventCounter> Counters => new[] { Counter, Also }.OfType<EventCounter>();
    }
}
