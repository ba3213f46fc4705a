using System.Collections.Immutable;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Rules;

/// <summary>What nobody wants to hear of. Every list that is given must match; one that is empty matches all.</summary>
public sealed record IgnoreRule
{
    private static readonly string[] TagAttributes = ["tags", "tags_all", "labels"];

    public required string Name { get; init; }

    public ImmutableArray<Wildcard> Types { get; init; } = [];

    /// <summary>Addresses with module path, such as <c>module.legacy.*</c>.</summary>
    public ImmutableArray<Wildcard> Addresses { get; init; } = [];

    public ImmutableArray<Wildcard> Attributes { get; init; } = [];

    /// <summary>People, roles or principals.</summary>
    public ImmutableArray<Wildcard> Actors { get; init; } = [];

    public ImmutableArray<FindingKind> Kinds { get; init; } = [];

    /// <summary>Tags or labels of the resource, as <c>key=value</c> or <c>key</c>.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Until when it counts; null for ever.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool Matches(Finding finding, DateTimeOffset now) =>
        (Until is null || now < Until)
        && Any(Types, finding.Type)
        && Any(Addresses, finding.Title)
        && Any(Attributes, finding.Attribute)
        && (Actors.IsEmpty || (finding.Event?.Actor is { } actor && Actors.Any(pattern => Is(pattern, actor))))
        && (Kinds.IsEmpty || Kinds.Contains(finding.Kind))
        && (Tags.IsEmpty || HasTags(finding));

    private static bool Any(ImmutableArray<Wildcard> patterns, string text) => patterns.IsEmpty || patterns.Any(pattern => pattern.Matches(text));

    internal static bool Is(Wildcard pattern, Actor actor) =>
        (actor.Name.Length > 0 && pattern.MatchesAnyCase(actor.Name)) || (actor.Role.Length > 0 && pattern.MatchesAnyCase(actor.Role))
        || (actor.Principal.Length > 0 && pattern.MatchesAnyCase(actor.Principal));

    private bool HasTags(Finding finding)
    {
        if (finding.Resource is null)
        {
            return false;
        }

        using var attributes = finding.Resource.ReadAttributes();
        return Tags.All(wanted =>
        {
            var equals = wanted.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? wanted : wanted[..equals];
            return TagAttributes.Select(name => attributes.RootElement.Member(name).Member(key)).Any(value =>
                value.ValueKind == System.Text.Json.JsonValueKind.String && (equals < 0 || value.GetString() == wanted[(equals + 1)..]));
        });
    }
}
