using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>
/// What is judged: what one resource renders. Whether that is in force on the nodes, and whether events arrive, are other questions with
/// conditions of their own.
/// </summary>
public sealed class Posture(Policy policy)
{
    // Standards ask much the same; with a thousand rules asking again is what takes the time.
    private readonly Dictionary<Expectation, Judgement> _answers = new(ReferenceEqualityComparer.Instance);

    private readonly PolicyEvaluator _whoever = new(policy with { Rules = [.. policy.Rules.Select(Whoever)] });

    private ImmutableArray<AlertNeed>? _dead;

    public Policy Policy { get; } = policy;

    /// <summary>Answers what the policy does with a request; controls ask it instead of reading the rules.</summary>
    public PolicyEvaluator Evaluator { get; } = new(policy);

    /// <summary>Names a rule for people, from its 0-based index.</summary>
    public Func<int, string> RuleName { get; init; } = index => $"rules[{index}]";

    /// <summary>The log on the nodes, one entry for each kind of control plane that is rendered for.</summary>
    public ImmutableArray<NodeLog> NodeLogs { get; init; } = [];

    /// <summary>Where the events are sent to be searched, such as VictoriaLogs.</summary>
    public ImmutableArray<string> Stores { get; init; } = [];

    /// <summary>Where the events are sent to be kept, such as S3; null for nowhere.</summary>
    public string? Archive { get; init; }

    /// <summary>Names of the alerts that are rendered.</summary>
    public ImmutableArray<string> Alerts { get; init; } = [];

    /// <summary>Those of <see cref="Alerts"/> that can never fire, because the policy does not record what they are about.</summary>
    internal ImmutableArray<AlertNeed> DeadAlerts => _dead ??= [.. AlertNeed.Unmet(Policy, Evaluator, Alerts)];

    /// <summary>Days that the store is asked to keep events, where somebody checks that it does; null when nobody does.</summary>
    public int? RetentionDays { get; init; }

    /// <summary>Whether a rule is about such requests at all, whoever makes them and wherever; most rules are not, and fitting requests to them is dear.</summary>
    internal bool Names(int rule, Probe probe) => probe.By(Probe.Person).Any(request => _whoever.Matches(rule, request));

    internal Judgement Answer(Expectation expectation, Func<Judgement> ask)
    {
        if (!_answers.TryGetValue(expectation, out var answer))
        {
            _answers.Add(expectation, answer = ask());
        }

        return answer;
    }

    private static PolicyRule Whoever(PolicyRule rule) => rule with
    {
        Users = [],
        UserGroups = [],
        Namespaces = [],
        Resources = [.. rule.Resources.Select(entry => entry with { ResourceNames = [] })],
    };
}

/// <summary>The audit log of one kind of control plane.</summary>
/// <param name="Target">Its name, such as Talos.</param>
/// <param name="Path">The file.</param>
/// <param name="Settings">Rotation in force: what is asked for, else what the distribution sets or the rendering adds.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct NodeLog(string Target, string Path, LogSettings Settings);
