using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>
/// The name under which a cluster's events are stored and searched. It travels through Fluent Bit's modify filter, which splits at spaces
/// and expands <c>${...}</c>, so only letters, digits, dots, hyphens and underscores are accepted.
/// </summary>
internal static partial class ClusterName
{
    public static IEnumerable<OptionError> Check(string name)
    {
        if (!Pattern().IsMatch(name))
        {
            yield return new OptionError("cluster", $"\"{name}\" must be 1 to 63 letters, digits, '.', '-' or '_', starting and ending with a letter or digit");
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
