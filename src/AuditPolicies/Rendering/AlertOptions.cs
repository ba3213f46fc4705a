using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>Which alerts one cluster's audit events raise, and where the rule object lives.</summary>
public sealed partial record AlertOptions
{
    // vmalert puts these on an alert itself, or the renderer does; "namespace" would hide alerts from Alertmanager configurations, which
    // the operator binds to their own namespace by that label.
    private static readonly string[] ReservedLabels = ["alertname", "alertgroup", "cluster", "namespace", "severity", "stats_result", "__name__"];

    /// <summary>Name of the VMRule object.</summary>
    public required string Name { get; init; }

    /// <summary>Namespace of the VMRule object.</summary>
    public required string Namespace { get; init; }

    /// <summary>The cluster as Fluent Bit stamps it on every event.</summary>
    public required string Cluster { get; init; }

    /// <summary>Labels of the object, by which the VMAlert that talks to VictoriaLogs selects it.</summary>
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

    /// <summary>Time between evaluations.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an event may take from the API server into VictoriaLogs; evaluation looks that far back.</summary>
    public TimeSpan EvaluationDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Window of the rules that count bursts; at least two intervals, so that nothing falls between two evaluations.</summary>
    public TimeSpan BurstWindow { get => Max(field, Interval * 2); init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a cluster may send nothing; at least two intervals.</summary>
    public TimeSpan SilentAfter { get => Max(field, Interval * 2); init; } = TimeSpan.FromMinutes(10);

    /// <summary>More 401 responses than this per source address and <see cref="BurstWindow"/> are reported.</summary>
    public int AuthenticationFailures { get; init; } = 10;

    /// <summary>More 403 responses than this per user and <see cref="BurstWindow"/> are reported.</summary>
    public int ForbiddenRequests { get; init; } = 10;

    /// <summary>A larger share of 401, 403 and 5xx responses is reported, between 0 and 1.</summary>
    public double FailureRatio { get; init; } = 0.1;

    /// <summary>The share is not judged below this many requests per <see cref="BurstWindow"/>.</summary>
    public int FailureRatioMinimum { get; init; } = 200;

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

        foreach (var (field, users) in new[] { ("secretReaders", SecretReaders), ("roleEditors", RoleEditors), ("sessionUsers", SessionUsers) })
        {
            if (users.IndexOf("") is var empty and >= 0)
            {
                yield return new OptionError($"{field}[{empty}]", "must not be empty");
            }
        }

        foreach (var (field, span) in new[] { ("interval", Interval), ("burstWindow", BurstWindow), ("silentAfter", SilentAfter) })
        {
            if (span < TimeSpan.FromSeconds(10) || span > TimeSpan.FromDays(1))
            {
                yield return new OptionError(field, $"{span} must lie between 10 seconds and one day");
            }
        }

        if (EvaluationDelay < TimeSpan.Zero || EvaluationDelay > TimeSpan.FromHours(1))
        {
            yield return new OptionError("evaluationDelay", $"{EvaluationDelay} must lie between 0 and one hour");
        }

        if (AuthenticationFailures < 0 || ForbiddenRequests < 0 || FailureRatioMinimum < 0)
        {
            yield return new OptionError("thresholds", "counts must not be negative");
        }

        if (FailureRatio is not (> 0 and < 1))
        {
            yield return new OptionError("failureRatio", $"{FailureRatio} must lie between 0 and 1");
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    [GeneratedRegex(@"\A[A-Za-z_][A-Za-z0-9_]*\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelName();
}
