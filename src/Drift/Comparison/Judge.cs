using System.Collections.Immutable;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Comparison;

/// <summary>Holds an event against a state. Pure: the same event and state give the same findings.</summary>
public static class Judge
{
    /// <summary>Judges one change.</summary>
    /// <param name="change">What happened.</param>
    /// <param name="state">What should be.</param>
    /// <param name="rules">What matters.</param>
    /// <param name="now">For ignore rules and windows; the event's own time counts where it has one.</param>
    public static Judgement Of(ChangeEvent change, StateIndex state, RuleBook rules, DateTimeOffset now)
    {
        if (!state.Covers(change.Provider))
        {
            return new Judgement([], Outcome.OutOfScope, []);
        }

        var match = state.Find(change);
        switch (match.Kind)
        {
            case MatchKind.Ambiguous:
                return new Judgement([], Outcome.Ambiguous, []);
            case MatchKind.None when change.Action == ChangeAction.Delete:
                return new Judgement([], Outcome.Gone, [Settlement.Of(Unmanaged(change), $"deleted by {change.Name}")]);
            case MatchKind.None:
                return Drift([Unmanaged(change)], rules, now, []);
        }

        var resource = match.Resource!;
        if (match.Kind == MatchKind.Same && change.Action == ChangeAction.Delete)
        {
            return Drift([About(change, resource) with { Kind = FindingKind.Deleted, Attribute = Finding.DeletedResource, New = Shapes.Text(change.Name) }], rules, now, []);
        }

        using var attributes = resource.ReadAttributes();
        var comparison = new AttributeComparison(change, resource, attributes.RootElement, match.Kind == MatchKind.Parent);
        var (found, isComplete) = comparison.Run();
        if (found.Count > 0)
        {
            return Drift([.. found], rules, now, comparison.Settled);
        }

        // A resource that a state has was made by Terraform; being told of its making later changes nothing.
        var isOwnCreation = match.Kind == MatchKind.Same && change.Action == ChangeAction.Create;
        return isComplete || isOwnCreation || EventTables.Reads(change.Name)
            ? new Judgement([], Outcome.Agrees, comparison.Settled)
            : Drift([About(change, resource) with { Attribute = Finding.WholeResource, New = Shapes.Text(change.Name) }], rules, now, comparison.Settled);
    }

    internal static Finding About(ChangeEvent change, StateResource resource) => new()
    {
        Kind = FindingKind.Modified,
        Provider = change.Provider,
        Type = resource.Type,
        ResourceId = resource.Id,
        Resource = resource,
        Attribute = Finding.WholeResource,
        Event = change,
    };

    private static Finding Unmanaged(ChangeEvent change) => new()
    {
        Kind = FindingKind.Unmanaged,
        Provider = change.Provider,
        Type = change.Type,
        ResourceId = change.Id,
        Attribute = Finding.UnmanagedResource,
        New = Shapes.Text(change.Name),
        Event = change,
    };

    private static Judgement Drift(ImmutableArray<Finding> findings, RuleBook rules, DateTimeOffset now, ImmutableArray<Settlement> settled) =>
        new([.. findings.Select(finding => Redaction.Of(rules.Apply(finding, now)))], Outcome.Drift, settled);
}
