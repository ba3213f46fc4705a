using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Comptroller.Drift.Events;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Lifecycle;

/// <summary>
/// Finds drifts of several clouds that belong together: by the same user, or of one category of resources, within a window of time. Somebody
/// who opens a firewall in one cloud and makes a key in another shows up in no log of either.
/// </summary>
public static class Correlator
{
    /// <summary>The window of the replaced tool.</summary>
    public static readonly TimeSpan DefaultWindow = TimeSpan.FromMinutes(10);

    // A guess by what things are is worth less than a name.
    private const double CategoryWeight = 0.7;

    private static readonly ImmutableArray<(string Name, ImmutableArray<Wildcard> Types)> Categories =
        [.. EventTables.Lines("categories.txt").Select(line => line.Split(' ')).Select(words => (words[0], words[1..].Select(word => new Wildcard(word)).ToImmutableArray()))];

    /// <summary>What a Terraform type is for; empty for what is in no category.</summary>
    public static string CategoryOf(string type) => Categories.FirstOrDefault(category => category.Types.Any(pattern => pattern.Matches(type))).Name ?? "";

    /// <summary>Finds them, the newest first. A category that holds no other drifts than a user does tells nothing new and is left out.</summary>
    /// <param name="drifts">In any order.</param>
    /// <param name="window">How far the first and the last of one group may be apart, by when they were first seen.</param>
    public static ImmutableArray<Correlation> Of(IEnumerable<DriftRecord> drifts, TimeSpan window)
    {
        var inOrder = drifts.OrderBy(drift => drift.FirstSeen).ThenBy(drift => drift.Number).ToList();
        var byUser = Groups(inOrder, CorrelationReason.User, drift => drift.Actor.ToLowerInvariant(), window).ToList();
        var explained = byUser.Select(Members).ToHashSet(StringComparer.Ordinal);
        var byCategory = Groups(inOrder, CorrelationReason.Category, drift => CategoryOf(drift.Type), window).Where(each => !explained.Contains(Members(each)));
        return [.. byUser.Concat(byCategory).OrderByDescending(each => each.Last).ThenByDescending(each => each.Score).ThenBy(each => each.Id, StringComparer.Ordinal)];
    }

    private static IEnumerable<Correlation> Groups(List<DriftRecord> inOrder, CorrelationReason reason, Func<DriftRecord, string> keyOf, TimeSpan window) =>
        from same in inOrder.GroupBy(keyOf, StringComparer.Ordinal)
        where same.Key.Length > 0
        from together in Split(same, window)
        let providers = together.Select(drift => drift.Provider).Distinct(StringComparer.Ordinal).Count()
        where providers > 1
        select new Correlation(IdOf(reason, same.Key, together[0]), reason, reason == CorrelationReason.User ? together[^1].Actor : same.Key, Score(reason, providers, together.Length), together);

    private static IEnumerable<ImmutableArray<DriftRecord>> Split(IEnumerable<DriftRecord> inOrder, TimeSpan window)
    {
        var together = ImmutableArray.CreateBuilder<DriftRecord>();
        foreach (var drift in inOrder)
        {
            if (together.Count > 0 && drift.FirstSeen - together[0].FirstSeen > window)
            {
                yield return together.DrainToImmutable();
            }

            together.Add(drift);
        }

        yield return together.DrainToImmutable();
    }

    // Weights of the replaced tool.
    private static double Score(CorrelationReason reason, int providers, int drifts) =>
        Math.Round(Math.Min(1, (0.3 * providers) + (drifts > 1 ? 0.2 : 0) + (drifts > 3 ? 0.1 : 0)) * (reason == CorrelationReason.Category ? CategoryWeight : 1), 2);

    private static string Members(Correlation correlation) => string.Join(',', correlation.Drifts.Select(drift => drift.Id));

    private static string IdOf(CorrelationReason reason, string key, DriftRecord first) => string.Create(
        CultureInfo.InvariantCulture,
        $"corr-{first.FirstSeen.UtcDateTime:yyyyMMdd-HHmmss}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{reason.Name()}\n{key}\n{first.Id}")).AsSpan(0, 4))}");
}
