using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>
/// What a rule that matches more than it did takes from those behind it. Judged by selectors, so that no request can be overlooked; a doubt
/// counts as taken, and the repair is left to a person.
/// </summary>
internal static class Widening
{
    /// <summary>Whether some request that a later rule records would be recorded with less.</summary>
    /// <param name="context">The policy as it is.</param>
    /// <param name="index">The rule that is mended.</param>
    /// <param name="mended">What becomes of it.</param>
    public static bool Lowers(LintContext context, int index, PolicyRule mended)
    {
        var policy = context.Policy;
        if (Gained(policy.Rules[index], mended) is not { } gained)
        {
            return false;
        }

        // Nothing decides behind a catch-all.
        var end = context.CatchAll < 0 ? policy.Rules.Length : context.CatchAll + 1;
        return Enumerable.Range(0, end).Skip(index + 1).Any(later =>
            RecordsMore(policy, policy.Rules[later], mended) && context.Reachability[later].Reach != Reach.Unreachable && Meet(gained, policy.Rules[later]));
    }

    private static bool RecordsMore(Policy policy, PolicyRule rule, PolicyRule than) =>
        rule.Level > than.Level
        || (rule.Level == than.Level && rule.Level > Level.Metadata && (than.OmitManagedFields ?? policy.OmitManagedFields) && !(rule.OmitManagedFields ?? policy.OmitManagedFields));

    // The mended rule without the verbs and resources it had before; null when it only lost values.
    private static PolicyRule? Gained(PolicyRule before, PolicyRule after)
    {
        if (!before.Verbs.SequenceEqual(after.Verbs) && !after.Verbs.IsEmpty)
        {
            var verbs = after.Verbs.Except(before.Verbs, StringComparer.Ordinal).ToImmutableArray();
            return verbs.IsEmpty ? null : after with { Verbs = verbs };
        }

        var entries = after.Resources
            .Zip(before.Resources, (now, then) => now with { Resources = [.. now.Resources.Except(then.Resources, StringComparer.Ordinal)] })
            .Where(entry => !entry.Resources.IsEmpty)
            .ToImmutableArray();
        var areSame = after.Resources.Zip(before.Resources).All(pair => pair.First.Resources.SequenceEqual(pair.Second.Resources));
        return areSame ? after : entries.IsEmpty ? null : after with { Resources = entries };
    }

    // A caller may be in any groups, and prefixes of paths may overlap in any way.
    private static bool Meet(PolicyRule a, PolicyRule b) =>
        Share(a.Users, b.Users)
        && Share(a.Verbs, b.Verbs)
        && Share(a.Namespaces, b.Namespaces)
        && !(a.SelectsResources && !b.NonResourceUrls.IsEmpty)
        && !(b.SelectsResources && !a.NonResourceUrls.IsEmpty)
        && (a.Resources.IsEmpty || b.Resources.IsEmpty || a.Resources.Any(left => b.Resources.Any(right => Meet(left, right))));

    private static bool Meet(GroupResources a, GroupResources b) =>
        (a.Group == "*" || b.Group == "*" || a.Group == b.Group)
        && (a.Resources.IsEmpty || b.Resources.IsEmpty
            || (a.Resources.Any(left => b.Resources.Any(right => Meet(left, right))) && Share(a.ResourceNames, b.ResourceNames)));

    private static bool Meet(string a, string b)
    {
        if (a == "*" || b == "*" || a == b)
        {
            return true;
        }

        var (left, right) = (Split(a), Split(b));
        return Agree(left.Resource, right.Resource) && Agree(left.Subresource, right.Subresource);
    }

    private static (string Resource, string Subresource) Split(string pattern) =>
        pattern.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? (pattern[..slash], pattern[(slash + 1)..]) : (pattern, "");

    private static bool Agree(string a, string b) => a == "*" || b == "*" || a == b;

    // An empty list selects everything.
    private static bool Share(ImmutableArray<string> a, ImmutableArray<string> b) =>
        a.IsEmpty || b.IsEmpty || a.Intersect(b, StringComparer.Ordinal).Any();
}
