using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>
/// The API server's validation of a decoded policy (k8s.io/apiserver/pkg/apis/audit/validation), in its order and words. What it does not
/// check (verbs, users, namespaces, resource names, unreachable rules) is the linter's business.
/// </summary>
internal static partial class PolicyValidator
{
    private const int MaxSubdomainLength = 253;

    private const string SubdomainPattern = @"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

    private const string SubdomainMessage =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is '" + SubdomainPattern + "')";

    private static readonly string[] Levels = Enum.GetNames<Level>();

    /// <param name="policy">The decoded policy.</param>
    /// <param name="knowsAnyGroup">Whether this version takes group <c>*</c> for a wildcard and not for a misspelt name.</param>
    public static IEnumerable<PolicyError> Validate(PolicyDraft policy, bool knowsAnyGroup) =>
        OmitStages(policy.OmitStages, null, "omitStages").Concat(policy.Rules.SelectMany((rule, index) => Validate(rule, index, knowsAnyGroup)));

    private static IEnumerable<PolicyError> Validate(RuleDraft rule, int index, bool knowsAnyGroup)
    {
        var path = $"rules[{index}]";
        var errors = Level(rule.Level, index, path + ".level")
            .Concat(NonResourceUrls(rule.NonResourceUrls, index, path + ".nonResourceURLs"))
            .Concat(Resources(rule.Resources, index, path + ".resources", knowsAnyGroup))
            .Concat(OmitStages(rule.OmitStages, index, path + ".omitStages"));
        if (!rule.NonResourceUrls.IsEmpty && (!rule.Resources.IsEmpty || !rule.Namespaces.IsEmpty))
        {
            errors = errors.Append(Invalid(
                index,
                path + ".nonResourceURLs",
                GoText.Json(rule.NonResourceUrls),
                "rules cannot apply to both regular resources and non-resource URLs"));
        }

        return errors;
    }

    private static IEnumerable<PolicyError> Level(string level, int index, string path)
    {
        if (level.Length == 0)
        {
            yield return new PolicyError(index, path, $"{path}: Required value");
        }
        else if (!Levels.Contains(level, StringComparer.Ordinal))
        {
            var supported = string.Join(", ", Levels.Select(GoText.Quote));
            yield return new PolicyError(index, path, $"{path}: Unsupported value: {GoText.Json(level)}: supported values: {supported}");
        }
    }

    private static IEnumerable<PolicyError> NonResourceUrls(ImmutableArray<string> urls, int index, string path)
    {
        for (var i = 0; i < urls.Length; i++)
        {
            var url = urls[i];
            if (url == "*")
            {
                continue;
            }

            if (!url.StartsWith('/'))
            {
                yield return Invalid(index, $"{path}[{i}]", GoText.Quote(url), "non-resource URL rules must begin with a '/' character");
            }

            if (url.Length > 0 && url.AsSpan(0, url.Length - 1).Contains('*'))
            {
                yield return Invalid(index, $"{path}[{i}]", GoText.Quote(url), "non-resource URL wildcards '*' must be the final character of the rule");
            }
        }
    }

    // The API server's paths carry no index of the entry; ours are the same so that the texts can be compared.
    private static IEnumerable<PolicyError> Resources(ImmutableArray<GroupResources> entries, int index, string path, bool knowsAnyGroup)
    {
        foreach (var entry in entries)
        {
            var faults = entry.Group.Length == 0 || (entry.Group == "*" && knowsAnyGroup) ? [] : SubdomainFaults(entry.Group).ToList();
            if (faults.Count > 0)
            {
                yield return Invalid(index, path + ".group", GoText.Quote(entry.Group), string.Join(',', faults));
            }

            if (!entry.ResourceNames.IsEmpty && entry.Resources.IsEmpty)
            {
                yield return Invalid(index, path + ".resourceNames", GoText.Json(entry.ResourceNames), "using resourceNames requires at least one resource");
            }
        }
    }

    private static IEnumerable<PolicyError> OmitStages(ImmutableArray<string> stages, int? index, string path)
    {
        for (var i = 0; i < stages.Length; i++)
        {
            if (StageNames.Parse(stages[i]) is null)
            {
                yield return Invalid(index, $"{path}[{i}]", GoText.Quote(stages[i]), $"allowed stages are {string.Join(',', StageNames.All)}");
            }
        }
    }

    private static IEnumerable<string> SubdomainFaults(string value)
    {
        if (Encoding.UTF8.GetByteCount(value) > MaxSubdomainLength)
        {
            yield return $"must be no more than {MaxSubdomainLength} characters";
        }

        if (!Subdomain().IsMatch(value))
        {
            yield return SubdomainMessage;
        }
    }

    private static PolicyError Invalid(int? index, string path, string value, string detail) =>
        new(index, path, $"{path}: Invalid value: {value}: {detail}");

    // No backtracking: the pattern is quadratic on a long run of hyphens otherwise.
    [GeneratedRegex(@"\A(?:" + SubdomainPattern + @")\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Subdomain();
}
