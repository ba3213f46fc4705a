using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>
/// Finds the first matching rule of a long policy without asking them all: each rule is filed under the one of its selectors that the fewest
/// other rules share, and a request looks only where its own values are. Looking allocates nothing.
/// </summary>
internal sealed class RuleIndex
{
    private static readonly Func<PolicyRule, IReadOnlyCollection<string>?>[] Selectors =
    [
        rule => Listed(rule.Users),
        rule => Listed(rule.UserGroups),
        rule => Listed(rule.Namespaces),
        Groups,
        Resources,
        rule => Paths(rule.NonResourceUrls),
        rule => Listed(rule.Verbs),
    ];

    private readonly RuleMatcher[] _matchers;
    private readonly Dictionary<string, int[]>[] _filed;
    private readonly int[] _unfiled;

    public RuleIndex(ImmutableArray<PolicyRule> rules, RuleMatcher[] matchers)
    {
        _matchers = matchers;
        var keys = rules.Select(rule => Array.ConvertAll(Selectors, selector => selector(rule))).ToArray();
        var shared = CountKeys(keys);
        var filed = Array.ConvertAll(Selectors, _ => new Dictionary<string, List<int>>(StringComparer.Ordinal));
        var unfiled = new List<int>();
        for (var rule = 0; rule < rules.Length; rule++)
        {
            var best = BestSelector(keys[rule], shared);
            if (best < 0)
            {
                unfiled.Add(rule);
                continue;
            }

            foreach (var key in keys[rule][best]!)
            {
                if (!filed[best].TryGetValue(key, out var list))
                {
                    filed[best].Add(key, list = []);
                }

                list.Add(rule);
            }
        }

        _filed = Array.ConvertAll(filed, lists => lists.ToDictionary(entry => entry.Key, entry => entry.Value.ToArray(), StringComparer.Ordinal));
        _unfiled = [.. unfiled];
    }

    /// <summary>0-based index of the first matching rule, -1 when none matches.</summary>
    public int First(AuditRequest request)
    {
        var first = Among(_unfiled, request, _matchers.Length);
        first = Under(0, request.User, request, first);
        for (var i = 0; i < request.Groups.Count; i++)
        {
            first = Under(1, request.Groups[i], request, first);
        }

        if (request.IsResourceRequest)
        {
            first = Under(2, request.Namespace, request, first);
            first = Under(3, request.ApiGroup, request, first);
            first = Under(4, Parent(request.Resource), request, first);
        }
        else if (_filed[5].Count > 0 && _filed[5].GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(FirstSegment(request.Path), out var rules))
        {
            first = Among(rules, request, first);
        }

        first = Under(6, request.Verb, request, first);
        return first == _matchers.Length ? -1 : first;
    }

    private int Under(int selector, string? key, AuditRequest request, int best) =>
        key is not null && _filed[selector].TryGetValue(key, out var rules) ? Among(rules, request, best) : best;

    private int Among(int[] rules, AuditRequest request, int best)
    {
        foreach (var rule in rules)
        {
            if (rule >= best)
            {
                break;
            }

            if (_matchers[rule].Matches(request))
            {
                return rule;
            }
        }

        return best;
    }

    private static Dictionary<string, int>[] CountKeys(IReadOnlyCollection<string>?[][] keys)
    {
        var shared = Array.ConvertAll(Selectors, _ => new Dictionary<string, int>(StringComparer.Ordinal));
        foreach (var ofRule in keys)
        {
            for (var selector = 0; selector < ofRule.Length; selector++)
            {
                foreach (var key in ofRule[selector] ?? [])
                {
                    shared[selector][key] = shared[selector].GetValueOrDefault(key) + 1;
                }
            }
        }

        return shared;
    }

    // The longest list that a request would have to walk counts; a rule may stand in many short ones.
    private static int BestSelector(IReadOnlyCollection<string>?[] keys, Dictionary<string, int>[] shared)
    {
        var (best, least) = (-1, int.MaxValue);
        for (var selector = 0; selector < keys.Length; selector++)
        {
            if (keys[selector] is { } own && own.Max(key => shared[selector][key]) is var longest && longest < least)
            {
                (best, least) = (selector, longest);
            }
        }

        return best;
    }

    private static HashSet<string>? Listed(ImmutableArray<string> values) => values.IsEmpty ? null : new HashSet<string>(values, StringComparer.Ordinal);

    private static HashSet<string>? Groups(PolicyRule rule) =>
        rule.Resources.IsEmpty || rule.Resources.Any(entry => entry.Group == "*") ? null : rule.Resources.Select(entry => entry.Group).ToHashSet(StringComparer.Ordinal);

    private static HashSet<string>? Resources(PolicyRule rule) =>
        rule.Resources.IsEmpty || rule.Resources.Any(entry => entry.Resources.IsEmpty || entry.Resources.Any(name => name.StartsWith('*')))
            ? null
            : rule.Resources.SelectMany(entry => entry.Resources).Select(Parent).ToHashSet(StringComparer.Ordinal);

    // No API server sends a resource with a slash in it, but a test may, and the rule "pods/log" then matches it.
    private static string Parent(string resource) => resource.IndexOf('/', StringComparison.Ordinal) is >= 0 and var slash ? resource[..slash] : resource;

    // A prefix that ends inside its first segment can match under any number of segments.
    private static HashSet<string>? Paths(ImmutableArray<string> urls) =>
        urls.IsEmpty || urls.Any(url => url.EndsWith('*') && !url.TrimEnd('*').AsSpan(url.StartsWith('/') ? 1 : 0).Contains('/'))
            ? null
            : urls.Select(url => FirstSegment(url).ToString()).ToHashSet(StringComparer.Ordinal);

    private static ReadOnlySpan<char> FirstSegment(string path)
    {
        var rest = path.AsSpan(path.StartsWith('/') ? 1 : 0);
        return rest.IndexOf('/') is >= 0 and var end ? rest[..end] : rest;
    }
}
