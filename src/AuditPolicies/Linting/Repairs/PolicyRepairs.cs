using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>What mends one finding.</summary>
public sealed record Repair(Finding Finding, ImmutableArray<PolicyEdit> Edits)
{
    internal bool Widens { get; init; }
}

/// <summary>
/// Mends what can be mended without asking. Whatever was recorded stays recorded, except the stage RequestReceived, which says nothing that a
/// later one does not, and at no lower level; only contents of secrets are recorded with less.
/// </summary>
public static class PolicyRepairs
{
    private static readonly ImmutableDictionary<string, Mending> Mendings = PolicyLinter.Lints
        .Where(lint => lint.Mending is not null)
        .ToImmutableDictionary(lint => lint.Id, lint => lint.Mending!, StringComparer.Ordinal);

    /// <summary>
    /// The next repairs, none of which touches a rule that another one touches. To be repeated with the mended policy until there are none:
    /// one repair can make another possible.
    /// </summary>
    /// <param name="context">The policy under review.</param>
    /// <param name="editable">How many rules, from the first, stand in the document that is to be mended; all when null.</param>
    public static ImmutableArray<Repair> Next(LintContext context, int? editable = null)
    {
        var possible = new List<Repair>();
        // -1 stands for the fields of the policy itself.
        var touched = new HashSet<int>();
        foreach (var finding in PolicyLinter.Lint(context))
        {
            if (Mendings.TryGetValue(finding.Id, out var mending)
                && mending.Edits(context, finding).ToImmutableArray() is { IsEmpty: false } edits
                && edits.All(edit => !(edit.RuleIndex >= editable) && !touched.Contains(edit.RuleIndex ?? -1)))
            {
                touched.UnionWith(edits.Select(edit => edit.RuleIndex ?? -1));
                possible.Add(new Repair(finding, edits) { Widens = mending.Widens });
            }
        }

        // Last: which rules lose their requests to a widened one shows only when nothing else moves.
        var others = possible.Where(repair => !repair.Widens).ToImmutableArray();
        return others.IsEmpty ? Harmless(context, [.. possible]) : others;
    }

    // A rule that matches more may leave nothing to a later one that works today, or take requests that it records better.
    private static ImmutableArray<Repair> Harmless(LintContext context, ImmutableArray<Repair> widening)
    {
        var rules = PolicyEdits.Apply(context.Policy, widening.SelectMany(repair => repair.Edits)).Rules;
        widening = widening.RemoveAll(repair => Widening.Lowers(context, repair.Finding.RuleIndex!.Value, rules[repair.Finding.RuleIndex!.Value]));
        while (!widening.IsEmpty)
        {
            var mended = new LintContext(PolicyEdits.Apply(context.Policy, widening.SelectMany(repair => repair.Edits)));
            var thieves = Enumerable.Range(0, context.Policy.Rules.Length)
                .Where(rule => context.Reachability[rule].Reach == Reach.Reachable && mended.Reachability[rule].Reach != Reach.Reachable)
                .SelectMany(rule => mended.Reachability[rule].DecidedBy)
                .ToHashSet();
            if (thieves.Count == 0)
            {
                break;
            }

            var honest = widening.RemoveAll(repair => thieves.Contains(repair.Finding.RuleIndex!.Value));
            widening = honest.Length < widening.Length ? honest : [];
        }

        return widening;
    }
}
