using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Rendering;

namespace Comptroller.AuditPolicies.Alerting;

/// <summary>Which alerts one cluster's audit events raise, and where the rule object lives.</summary>
public sealed partial record AlertOptions
{
    /// <summary>The account of an operator that runs where its manifests put it.</summary>
    public const string DefaultOperatorUser = "system:serviceaccount:comptroller-system:comptroller";

    // Fluent Bit tries again after 5 minutes at the latest, so what happened in an outage of 4 minutes is still seen when it arrives.
    private static readonly TimeSpan LatestArrival = TimeSpan.FromMinutes(10);

    // vmalert puts these on an alert itself, or the renderer does; "namespace" would hide alerts from Alertmanager configurations, which
    // the operator binds to their own namespace by that label.
    private static readonly string[] ReservedLabels = ["alertname", "alertgroup", "cluster", "namespace", "severity", "stats_result", "__name__"];

    /// <summary>Name of the VMRule object.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of the VMRule object.</summary>
    public required string Namespace { get; init; }

    /// <summary>The cluster as Fluent Bit stamps it on every event.</summary>
    public required string Cluster { get; init; }

    /// <summary>What the rules are written in.</summary>
    public AlertLanguage Language { get; init; }

    /// <summary>Labels of the object, by which the VMAlert that talks to the right datasource selects it.</summary>
    public ImmutableSortedDictionary<string, string> ObjectLabels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Labels on every alert, for routing.</summary>
    public ImmutableSortedDictionary<string, string> AlertLabels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// Users whose secret reads are expected, service accounts one by one: a stolen token is the common case, so none is exempt by its kind
    /// but the controllers of kube-controller-manager.
    /// </summary>
    public ImmutableArray<string> SecretReaders { get; init; } = [];

    /// <summary>Users whose changes of roles and bindings are expected, such as a delivery tool.</summary>
    public ImmutableArray<string> RoleEditors { get; init; } = [];

    /// <summary>Users whose exec, attach, port-forward and proxy requests are expected, such as a backup tool.</summary>
    public ImmutableArray<string> SessionUsers { get; init; } = [];

    /// <summary>Users who may impersonate others, such as a cluster proxy that authenticates on its own.</summary>
    public ImmutableArray<string> Impersonators { get; init; } = [];

    /// <summary>Users whose changes of audit policies, webhooks and API services are expected, such as a delivery tool.</summary>
    public ImmutableArray<string> ControlEditors { get; init; } = [];

    /// <summary>The operator's own account, which writes the rule object.</summary>
    public string OperatorUser { get; init; } = DefaultOperatorUser;

    /// <summary>Time between evaluations.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an event may take from the API server into VictoriaLogs; evaluation looks that far back.</summary>
    public TimeSpan EvaluationDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From how much on something is reported.</summary>
    public AlertThresholds Thresholds { get; init; } = new();

    /// <summary>Page with what to do about each alert, to which <c>#</c> and the alert's name in lower case are added; null for none.</summary>
    public Uri? RunbookBase { get; init; }

    /// <summary>Names of alerts that are left out.</summary>
    public ImmutableArray<string> Disabled { get; init; } = [];

    /// <summary>Window of the rules that count bursts; at least two intervals, so that nothing falls between two evaluations.</summary>
    internal TimeSpan BurstWindow => Max(Thresholds.BurstWindow, Interval * 2);

    /// <summary>How long a cluster may send nothing; at least two intervals.</summary>
    internal TimeSpan SilentAfter => Max(Thresholds.SilentAfter, Interval * 2);

    /// <summary>
    /// Window of the rules that report every event, by the time at which it happened: long enough for one that arrives after an outage, and at
    /// least two intervals. An alert stays for as long, and further events of the same kind do not raise it again.
    /// </summary>
    internal TimeSpan EventWindow => Max(LatestArrival, Interval * 2);

    /// <summary>Everything that cannot be rendered; empty when all is well.</summary>
    public IEnumerable<OptionError> Check()
    {
        foreach (var error in ClusterName.Check(Cluster))
        {
            yield return error;
        }

        foreach (var (name, value) in AlertLabels)
        {
            if (!LabelName().IsMatch(name) || ReservedLabels.Contains(name, StringComparer.Ordinal))
            {
                yield return new OptionError($"alertLabels.{name}", "must be a label name of letters, digits and '_', and none of " + string.Join(", ", ReservedLabels));
            }
        }

        foreach (var (field, users) in new[]
        {
            ("secretReaders", SecretReaders), ("roleEditors", RoleEditors), ("sessionUsers", SessionUsers),
            ("impersonators", Impersonators), ("controlEditors", ControlEditors),
        })
        {
            if (users.IndexOf("") is var empty and >= 0)
            {
                yield return new OptionError($"{field}[{empty}]", "must not be empty");
            }
        }

        if (Interval < TimeSpan.FromSeconds(10) || Interval > TimeSpan.FromHours(12))
        {
            yield return new OptionError("interval", $"{Interval} must lie between 10 seconds and 12 hours");
        }

        if (EvaluationDelay < TimeSpan.Zero || EvaluationDelay > TimeSpan.FromHours(1))
        {
            yield return new OptionError("evaluationDelay", $"{EvaluationDelay} must lie between 0 and one hour");
        }

        foreach (var error in Thresholds.Check())
        {
            yield return error;
        }

        foreach (var unknown in Disabled.Except(AlertKind.All.Select(kind => kind.Name), StringComparer.Ordinal))
        {
            yield return new OptionError("disabled", $"there is no alert \"{unknown}\"; there are {string.Join(", ", AlertKind.All.Select(kind => kind.Name))}");
        }

        if (RunbookBase is { } page && (!page.IsAbsoluteUri || page.Scheme is not ("http" or "https") || page.UserInfo.Length > 0 || page.Fragment.Length > 0))
        {
            yield return new OptionError("runbookBase", "must be an http or https address without credentials and fragment");
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelName();
}
