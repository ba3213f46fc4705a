using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>
/// Whether one rule matches at least everything another matches. Sound, not complete: what is called covered is covered; overlaps too
/// intricate to follow are called uncovered, so no living rule is ever reported dead.
/// </summary>
internal static class RuleCoverage
{
    // A rule is split into at most so many single-valued cases when several earlier rules may cover it together.
    private const int MaxCases = 512;

    // Comparisons up to which two lists are compared one by one; beyond, a set is cheaper than its making.
    private const int MaxScan = 1024;

    /// <summary>0-based indexes of the earlier rules that leave nothing for this one; empty when it can still match.</summary>
    public static ImmutableArray<int> CoveringRules(Policy policy, int index)
    {
        var rule = policy.Rules[index];
        var earlier = policy.Rules.AsSpan(0, index);
        if (FirstCovering(earlier, rule) is var single and >= 0)
        {
            return [single];
        }

        if (index < 2 || CountCases(rule) is <= 1 or > MaxCases)
        {
            return [];
        }

        var covering = new SortedSet<int>();
        foreach (var part in Cases(rule))
        {
            var found = FirstCovering(earlier, part);
            if (found < 0)
            {
                return [];
            }

            covering.Add(found);
        }

        return [.. covering];
    }

    private static int FirstCovering(ReadOnlySpan<PolicyRule> earlier, PolicyRule rule)
    {
        for (var i = 0; i < earlier.Length; i++)
        {
            if (Covers(earlier[i], rule))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether every request that <paramref name="inner"/> matches is matched by <paramref name="outer"/>.</summary>
    public static bool Covers(PolicyRule outer, PolicyRule inner)
    {
        if (!Includes(outer.Verbs, inner.Verbs) || !Includes(outer.UserGroups, inner.UserGroups) || !Includes(outer.Users, inner.Users))
        {
            return false;
        }

        if (outer.SelectsResources)
        {
            return inner.SelectsResources
                && Includes(outer.Namespaces, inner.Namespaces)
                && (outer.Resources.IsEmpty
                    || (!inner.Resources.IsEmpty && inner.Resources.All(entry => outer.Resources.Any(other => Covers(other, entry)))));
        }

        return outer.NonResourceUrls.IsEmpty
            || (!inner.SelectsResources
                && !inner.NonResourceUrls.IsEmpty
                && inner.NonResourceUrls.All(url => outer.NonResourceUrls.Any(other => CoversPath(other, url))));
    }

    private static bool Covers(GroupResources outer, GroupResources inner)
    {
        if (outer.Group != "*" && outer.Group != inner.Group)
        {
            return false;
        }

        if (outer.Resources.IsEmpty)
        {
            return true;
        }

        return Includes(outer.ResourceNames, inner.ResourceNames)
            && (inner.Resources.IsEmpty
                ? outer.Resources.Contains("*")
                : inner.Resources.All(name => outer.Resources.Any(other => CoversName(other, name))));
    }

    private static bool CoversName(string outer, string inner)
    {
        if (outer == "*" || outer == inner)
        {
            return true;
        }

        var slash = inner.IndexOf('/', StringComparison.Ordinal);
        if (slash != inner.LastIndexOf('/'))
        {
            return false;
        }

        var (resource, subresource) = slash < 0 ? (inner, "") : (inner[..slash], inner[(slash + 1)..]);
        return (resource != "*" && outer == resource + "/*")
            || (subresource.Length > 0 && subresource != "*" && outer == "*/" + subresource);
    }

    private static bool CoversPath(string outer, string inner) =>
        outer == inner
        || (outer.EndsWith('*') && inner.AsSpan().TrimEnd('*').StartsWith(outer.AsSpan().TrimEnd('*'), StringComparison.Ordinal));

    // An absent selector admits everything; a present one only what it lists.
    private static bool Includes(ImmutableArray<string> outer, ImmutableArray<string> inner)
    {
        if (outer.IsEmpty || inner.IsEmpty)
        {
            return outer.IsEmpty;
        }

        return (long)outer.Length * inner.Length <= MaxScan
            ? inner.All(value => outer.Contains(value))
            : outer.ToHashSet(StringComparer.Ordinal).IsSupersetOf(inner);
    }

    private static long CountCases(PolicyRule rule)
    {
        var entries = rule.Resources.IsEmpty ? 1L : rule.Resources.Sum(entry => Many(entry.Resources) * Many(entry.ResourceNames));
        return Many(rule.Users) * Many(rule.UserGroups) * Many(rule.Verbs) * Many(rule.Namespaces) * Many(rule.NonResourceUrls) * entries;

        static long Many(ImmutableArray<string> values) => Math.Max(1, values.Length);
    }

    private static IEnumerable<PolicyRule> Cases(PolicyRule rule) =>
        from user in Each(rule.Users)
        from userGroup in Each(rule.UserGroups)
        from verb in Each(rule.Verbs)
        from space in Each(rule.Namespaces)
        from url in Each(rule.NonResourceUrls)
        from entries in EachEntry(rule.Resources)
        select rule with { Users = user, UserGroups = userGroup, Verbs = verb, Namespaces = space, NonResourceUrls = url, Resources = entries };

    private static IEnumerable<ImmutableArray<string>> Each(ImmutableArray<string> values) =>
        values.IsEmpty ? [values] : values.Select(value => ImmutableArray.Create(value));

    private static IEnumerable<ImmutableArray<GroupResources>> EachEntry(ImmutableArray<GroupResources> entries) => entries.IsEmpty
        ? [entries]
        : from entry in entries
          from resource in Each(entry.Resources)
          from name in Each(entry.ResourceNames)
          select ImmutableArray.Create(entry with { Resources = resource, ResourceNames = name });
}
