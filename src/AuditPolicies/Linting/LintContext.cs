using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What a lint may look at.</summary>
public sealed class LintContext(Policy policy)
{
    public Policy Policy { get; } = policy;

    /// <summary>Decides probe requests, for lints about what a policy does rather than how it is written.</summary>
    public PolicyEvaluator Evaluator { get; } = new(policy);

    /// <summary>Version of the API server the policy is meant for; null when unknown.</summary>
    public KubernetesVersion? Target { get; init; }

    /// <summary>Log rotation asked for together with the policy; null when the distribution's is kept.</summary>
    public LogSettings? Log { get; init; }

    /// <summary>The rules with their 0-based indexes.</summary>
    public IEnumerable<(PolicyRule Rule, int Index)> Rules => Policy.Rules.Select((rule, index) => (rule, index));

    /// <summary>The rules that record something.</summary>
    public IEnumerable<(PolicyRule Rule, int Index)> RecordingRules => Rules.Where(entry => entry.Rule.Level != Level.None);

    /// <summary>The rule that decides a request, null when none does.</summary>
    public PolicyRule? Deciding(Decision decision) => decision.MatchedRule < 0 ? null : Policy.Rules[decision.MatchedRule];
}
