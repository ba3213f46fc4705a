using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>
/// Whether the API servers run the policy that was rendered, as far as their pods show it: by the annotation
/// <c>comptroller.dev/policy-hash</c>, or by the hash in the name of the policy file, which is how it is rendered for kubeadm. Talos shows
/// neither; there the flags can still contradict.
/// </summary>
public static partial class AppliedVerdict
{
    public const string HashMatches = "HashMatches";
    public const string HashDiffers = "HashDiffers";
    public const string FlagsDiffer = "FlagsDiffer";
    public const string NotConfigured = "NotConfigured";
    public const string HashNotShown = "HashNotShown";
    public const string NoApiServerPods = "NoApiServerPods";

    public const string Annotation = "comptroller.dev/policy-hash";

    private static readonly string[] WorstFirst = ["False", "Unknown", "True"];

    /// <param name="hash">Hash of the rendered policy, 64 hex digits.</param>
    /// <param name="log">Rotation that was asked for; null or absent values are not compared.</param>
    /// <param name="logPaths">The files that may be the one that is shipped, one for each distribution; empty when nothing is.</param>
    /// <param name="pods">What runs.</param>
    public static Verdict Of(string hash, LogSettings? log, ImmutableArray<string> logPaths, ImmutableArray<ApiServerPod> pods)
    {
        if (pods.IsEmpty)
        {
            return Verdict.Unknown(NoApiServerPods, "kube-system shows no pod kube-apiserver-*: the control plane is managed by somebody else, or its API servers are no static pods");
        }

        var each = pods.Select(pod => (pod.Name, Verdict: Of(hash, log, logPaths, pod))).ToList();
        var worst = WorstFirst.Select(status => each.FindAll(one => one.Verdict.Status == status)).First(found => found.Count > 0);
        var (name, verdict) = worst[0];
        return verdict with { Message = string.Create(CultureInfo.InvariantCulture, $"{worst.Count} of {each.Count} API servers, such as {name}: {verdict.Message}") };
    }

    private static Verdict Of(string hash, LogSettings? log, ImmutableArray<string> logPaths, ApiServerPod pod)
    {
        if (!pod.Flags.TryGetValue("audit-policy-file", out var policyFile))
        {
            return Verdict.False(NotConfigured, "runs without --audit-policy-file, so it records nothing: apply what is rendered to its node");
        }

        if (!pod.Flags.TryGetValue("audit-log-path", out var path))
        {
            return Verdict.False(NotConfigured, "runs without --audit-log-path, so it writes no file that could be shipped");
        }

        if (!logPaths.IsEmpty && !logPaths.Contains(path))
        {
            return Verdict.False(FlagsDiffer, $"writes to {Shown(path)}, and Fluent Bit reads {string.Join(" or ", logPaths)}: set spec.targets and spec.forwarding.fluentBit.logPath");
        }

        foreach (var (flag, asked) in Asked(log))
        {
            if (!pod.Flags.TryGetValue(flag, out var runs) || runs != asked)
            {
                return Verdict.False(FlagsDiffer, $"runs with --{flag}={Shown(runs ?? "(its default)")}, and spec.log asks for {asked}");
            }
        }

        var shown = pod.Annotations.GetValueOrDefault(Annotation) is { Length: >= 12 } annotation ? annotation : FileHash().Match(policyFile) is { Success: true } match ? match.Groups["hash"].Value : null;
        return shown is null
            ? Verdict.Unknown(HashNotShown, $"has the flags that were asked for, but shows no hash of the policy it loaded: compare the file itself, or annotate the static pod with {Annotation}")
            : hash.StartsWith(shown, StringComparison.Ordinal)
                ? Verdict.True(HashMatches, "runs this policy")
                : Verdict.False(HashDiffers, $"runs policy {shown[..12]}, and {hash[..12]} is rendered: apply it to its node");
    }

    private static IEnumerable<(string Flag, string Value)> Asked(LogSettings? log)
    {
        foreach (var (flag, value) in new[] { ("audit-log-maxage", log?.MaxAgeDays), ("audit-log-maxbackup", log?.MaxBackups), ("audit-log-maxsize", log?.MaxSizeMegabytes),
            ("audit-log-truncate-max-event-size", log?.Truncate?.MaxEventBytes), ("audit-log-truncate-max-batch-size", log?.Truncate?.MaxBatchBytes) })
        {
            if (value is { } number)
            {
                yield return (flag, number.ToString(CultureInfo.InvariantCulture));
            }
        }

        foreach (var (flag, value) in new[] { ("audit-log-compress", log?.Compress), ("audit-log-truncate-enabled", log?.Truncate?.Enabled) })
        {
            if (value is { } known)
            {
                yield return (flag, known ? "true" : "false");
            }
        }
    }

    // Whoever writes static pods writes their flags too; the status stays short.
    private static string Shown(string text) => text.Length <= 100 ? text : text[..100];

    [GeneratedRegex(@"-(?<hash>[0-9a-f]{12,64})\.ya?ml\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileHash();
}
