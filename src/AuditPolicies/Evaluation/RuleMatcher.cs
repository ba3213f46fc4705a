using System.Collections.Frozen;
using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Evaluation;

/// <summary>One rule prepared for matching: long lists become sets, resource names and paths are taken apart once.</summary>
internal sealed class RuleMatcher
{
    private readonly TextSet _users;
    private readonly TextSet _userGroups;
    private readonly TextSet _verbs;
    private readonly TextSet _namespaces;
    private readonly EntryMatcher[] _entries;
    private readonly string[] _paths;
    private readonly bool _selectsResources;

    public RuleMatcher(PolicyRule rule)
    {
        _users = new TextSet(rule.Users);
        _userGroups = new TextSet(rule.UserGroups);
        _verbs = new TextSet(rule.Verbs);
        _namespaces = new TextSet(rule.Namespaces);
        _entries = [.. rule.Resources.Select(entry => new EntryMatcher(entry))];
        _paths = [.. rule.NonResourceUrls];
        _selectsResources = rule.SelectsResources;
    }

    public bool Matches(AuditRequest request)
    {
        if (!_users.IsEmpty && (request.User is null || !_users.Contains(request.User)))
        {
            return false;
        }

        if (!_userGroups.IsEmpty && (request.User is null || !_userGroups.ContainsAny(request.Groups)))
        {
            return false;
        }

        if (!_verbs.IsEmpty && !_verbs.Contains(request.Verb))
        {
            return false;
        }

        if (_selectsResources)
        {
            return request.IsResourceRequest && MatchesResource(request);
        }

        return _paths.Length == 0 || (!request.IsResourceRequest && MatchesAnyPath(request.Path));
    }

    private bool MatchesResource(AuditRequest request)
    {
        if (!_namespaces.IsEmpty && !_namespaces.Contains(request.Namespace))
        {
            return false;
        }

        foreach (var entry in _entries)
        {
            if (entry.Matches(request))
            {
                return true;
            }
        }

        return _entries.Length == 0;
    }

    private bool MatchesAnyPath(string path)
    {
        foreach (var spec in _paths)
        {
            if (MatchesPath(spec, path))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A trailing * is a plain string prefix: /healthz* covers /healthzfoo, and /healthz/* does not cover /healthz.</summary>
    public static bool MatchesPath(string spec, string path) =>
        spec == path || (spec.EndsWith('*') && path.AsSpan().StartsWith(spec.AsSpan().TrimEnd('*'), StringComparison.Ordinal));

    private sealed class EntryMatcher(GroupResources entry)
    {
        private readonly string _group = entry.Group;
        private readonly ResourcePattern[] _resources = [.. entry.Resources.Select(text => new ResourcePattern(text))];
        private readonly TextSet _names = new(entry.ResourceNames);

        public bool Matches(AuditRequest request)
        {
            if (_group != request.ApiGroup && _group != "*")
            {
                return false;
            }

            if (_resources.Length == 0)
            {
                return true;
            }

            if (!_names.IsEmpty && !_names.Contains(request.Name))
            {
                return false;
            }

            foreach (var resource in _resources)
            {
                if (resource.Matches(request.Resource, request.Subresource))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>A list of exact strings; few are scanned, many are hashed.</summary>
    private readonly struct TextSet(ImmutableArray<string> values)
    {
        private const int ScanLimit = 6;

        private readonly string[] _values = [.. values];
        private readonly FrozenSet<string>? _set = values.Length > ScanLimit ? values.ToFrozenSet(StringComparer.Ordinal) : null;

        public bool IsEmpty => _values.Length == 0;

        public bool Contains(string value)
        {
            if (_set is not null)
            {
                return _set.Contains(value);
            }

            foreach (var known in _values)
            {
                if (known == value)
                {
                    return true;
                }
            }

            return false;
        }

        // By index: enumerating an IReadOnlyList allocates its enumerator.
        public bool ContainsAny(IReadOnlyList<string> candidates)
        {
            for (var i = 0; i < candidates.Count; i++)
            {
                if (Contains(candidates[i]))
                {
                    return true;
                }
            }

            return false;
        }
    }
}
