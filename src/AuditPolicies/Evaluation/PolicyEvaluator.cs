using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>
/// Decides like kube-apiserver 1.36 (k8s.io/apiserver/pkg/audit/policy): the first rule whose selectors all hold wins. Safe for concurrent
/// use; a decision allocates nothing.
/// </summary>
public sealed class PolicyEvaluator
{
    // Below, asking every rule is quicker than looking up every value of the request.
    private const int IndexedFrom = 8;

    private readonly RuleMatcher[] _matchers;
    private readonly RuleIndex? _index;
    private readonly Decision[] _decisions;
    private readonly Decision _unmatched;

    public PolicyEvaluator(Policy policy)
    {
        _matchers = [.. policy.Rules.Select(rule => new RuleMatcher(rule))];
        _index = _matchers.Length < IndexedFrom ? null : new RuleIndex(policy.Rules, _matchers);
        _decisions = [.. policy.Rules.Select((rule, index) => new Decision(
            rule.Level,
            policy.OmitStages | rule.OmitStages,
            rule.OmitManagedFields ?? policy.OmitManagedFields,
            index))];
        _unmatched = new Decision(Level.None, policy.OmitStages, policy.OmitManagedFields, -1);
    }

    /// <summary>The decision of the first matching rule.</summary>
    public Decision Decide(AuditRequest request)
    {
        if (_index is not null)
        {
            var first = _index.First(request);
            return first < 0 ? _unmatched : _decisions[first];
        }

        for (var i = 0; i < _matchers.Length; i++)
        {
            if (_matchers[i].Matches(request))
            {
                return _decisions[i];
            }
        }

        return _unmatched;
    }

    /// <summary>Whether one rule's selectors hold, whichever rule decides.</summary>
    public bool Matches(int rule, AuditRequest request) => _matchers[rule].Matches(request);

    /// <summary>0-based indexes of every rule whose selectors hold, the deciding one first.</summary>
    public ImmutableArray<int> AllMatchingRules(AuditRequest request) =>
        [.. Enumerable.Range(0, _matchers.Length).Where(index => Matches(index, request))];
}
