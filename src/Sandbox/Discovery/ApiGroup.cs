using Comptroller.Sandbox.Resources;

namespace Comptroller.Sandbox.Discovery;

/// <summary>A named API group and its versions, the preferred one first.</summary>
internal sealed record ApiGroup(string Name, IReadOnlyList<string> Versions)
{
    /// <summary>In the order in which their first kind is served.</summary>
    public static List<ApiGroup> Of(IEnumerable<ServedResource> all) => [.. all.Where(resource => resource.Group.Length > 0).GroupBy(resource => resource.Group)
        .Select(kinds => new ApiGroup(kinds.Key, [.. kinds.Select(kind => kind.Version).Distinct().OrderDescending(VersionPriority.Comparer)]))];
}

/// <summary>Kubernetes' order of versions: v2 over v1 over v1beta2 over v1beta1 over v1alpha1 over anything else, which is ordered by name.</summary>
internal static class VersionPriority
{
    private static readonly string[] Stages = ["alpha", "beta"];

    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    private static int Compare(string left, string right)
    {
        var (a, b) = (Parse(left), Parse(right));
        return (a, b) switch
        {
            (null, null) => -string.CompareOrdinal(left, right),
            (null, _) => -1,
            (_, null) => 1,
            _ => a.Value.CompareTo(b.Value),
        };
    }

    /// <summary>Stage (2 is stable), major version, number of the alpha or beta.</summary>
    private static (int Stage, int Major, int Minor)? Parse(string version)
    {
        if (version.Length < 2 || version[0] != 'v')
        {
            return null;
        }
        var rest = version[1..];
        for (var stage = 0; stage < Stages.Length; stage++)
        {
            var at = rest.IndexOf(Stages[stage], StringComparison.Ordinal);
            if (at > 0 && int.TryParse(rest[..at], out var major) && int.TryParse(rest[(at + Stages[stage].Length)..], out var minor))
            {
                return (stage, major, minor);
            }
        }
        return int.TryParse(rest, out var stable) ? (2, stable, 0) : null;
    }
}
