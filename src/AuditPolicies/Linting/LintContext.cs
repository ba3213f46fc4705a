using System.Collections.Immutable;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What a lint may look at.</summary>
public sealed class LintContext
{
    private const int NamesShown = 8;

    private readonly Lazy<ImmutableArray<Reachability>> _reachability;
    private readonly Lazy<string> _unmentioned;

    public LintContext(Policy policy)
    {
        Policy = policy;
        Evaluator = new PolicyEvaluator(policy);
        CatchAll = Enumerable.Range(0, policy.Rules.Length).FirstOrDefault(index => policy.Rules[index].MatchesEverything, -1);
        _unmentioned = new Lazy<string>(() => FindUnmentioned(policy));
        _reachability = new Lazy<ImmutableArray<Reachability>>(() => [.. Enumerable.Range(0, policy.Rules.Length).Select(index => Linting.Reachability.Of(this, index))]);
    }

    public Policy Policy { get; }

    /// <summary>Decides probe requests, for lints about what a policy does rather than how it is written.</summary>
    public PolicyEvaluator Evaluator { get; }

    /// <summary>Version of the API server the policy is meant for; null when unknown.</summary>
    public KubernetesVersion? Target { get; init; }

    /// <summary>Log rotation asked for together with the policy; null when the distribution's is kept.</summary>
    public LogSettings? Log { get; init; }

    /// <summary>Whether the events are sent to VictoriaLogs, which drops long lines.</summary>
    public bool ShipsToVictoriaLogs { get; init; }

    /// <summary>Names of the alerts that are to be raised from the events; none when nobody asks.</summary>
    public ImmutableArray<string> Alerts { get; init; } = [];

    /// <summary>What the API server ignores in the document, such as unknown fields.</summary>
    public ImmutableArray<PolicyWarning> Warnings { get; init; } = [];

    /// <summary>0-based index of the first rule that matches every request; -1 when there is none.</summary>
    internal int CatchAll { get; }

    /// <summary>Per rule, whether it ever decides a request.</summary>
    internal ImmutableArray<Reachability> Reachability => _reachability.Value;

    /// <summary>A letter that no selector contains: no value equals it, and no prefix of a path ends within it.</summary>
    internal string UnmentionedText => _unmentioned.Value;

    /// <summary>The rules with their 0-based indexes.</summary>
    public IEnumerable<(PolicyRule Rule, int Index)> Rules => Policy.Rules.Select((rule, index) => (rule, index));

    /// <summary>The rules that record something.</summary>
    public IEnumerable<(PolicyRule Rule, int Index)> RecordingRules => Rules.Where(entry => entry.Rule.Level != Level.None);

    /// <summary>Whether a rule leaves a trace of every request, at every stage that says something.</summary>
    public bool RecordsFully(PolicyRule rule) => rule.Level != Level.None && ((Policy.OmitStages | rule.OmitStages) & ~Stages.RequestReceived) == Stages.None;

    /// <summary>The rule that decides a request, null when none does.</summary>
    public PolicyRule? Deciding(Decision decision) => decision.MatchedRule < 0 ? null : Policy.Rules[decision.MatchedRule];

    /// <summary>For messages: the first few rules by name.</summary>
    internal static string Names(IReadOnlyList<int> rules) =>
        string.Join(", ", rules.Take(NamesShown).Select(index => $"rules[{index}]")) + (rules.Count > NamesShown ? $" and {rules.Count - NamesShown} more" : "");

    private static string FindUnmentioned(Policy policy)
    {
        var used = policy.Rules
            .SelectMany(rule => rule.Users.Concat(rule.UserGroups).Concat(rule.Verbs).Concat(rule.Namespaces).Concat(rule.NonResourceUrls)
                .Concat(rule.Resources.SelectMany(entry => entry.Resources.Concat(entry.ResourceNames).Append(entry.Group))))
            .SelectMany(text => text)
            .ToHashSet();
        return Enumerable.Range('\u2200', char.MaxValue).Select(code => (char)code).First(letter => !used.Contains(letter)).ToString();
    }
}
