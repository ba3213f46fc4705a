using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Model;

/// <summary>
/// A valid audit.k8s.io/v1 Policy. The API server ignores <c>metadata</c>, so it is not kept.
/// Lists are never default; an empty list means the same as an absent one.
/// </summary>
public sealed record Policy
{
    public const string ApiVersion = "audit.k8s.io/v1";
    public const string Kind = "Policy";

    /// <summary>At least one rule; the first that matches decides.</summary>
    public required ImmutableArray<PolicyRule> Rules { get; init; }

    /// <summary>Stages omitted for every request; a rule can add to them but not take away.</summary>
    public Stages OmitStages { get; init; }

    /// <summary>Whether managedFields are cut from bodies where the matching rule does not say otherwise.</summary>
    public bool OmitManagedFields { get; init; }

    /// <summary>Whether any rule records requests with their content, which makes events as large as objects.</summary>
    public bool RecordsBodies => Rules.Any(rule => rule.Level > Level.Metadata);
}

/// <summary>One rule: selectors that must all hold, and what is recorded when they do.</summary>
public sealed record PolicyRule
{
    public required Level Level { get; init; }

    /// <summary>Exact user names. Present: a request without a user (failed authentication) never matches.</summary>
    public ImmutableArray<string> Users { get; init; } = [];

    /// <summary>The user must be in at least one of these groups.</summary>
    public ImmutableArray<string> UserGroups { get; init; } = [];

    /// <summary>Exact verbs; there is no wildcard.</summary>
    public ImmutableArray<string> Verbs { get; init; } = [];

    /// <summary>Resources, any of which may match. Present: only resource requests match.</summary>
    public ImmutableArray<GroupResources> Resources { get; init; } = [];

    /// <summary>Exact namespaces, "" meaning cluster-scoped and all-namespace requests. Present: only resource requests match.</summary>
    public ImmutableArray<string> Namespaces { get; init; } = [];

    /// <summary>Paths, <c>*</c> allowed as last character only. Present: only non-resource requests match.</summary>
    public ImmutableArray<string> NonResourceUrls { get; init; } = [];

    /// <summary>Stages omitted in addition to the policy's.</summary>
    public Stages OmitStages { get; init; }

    /// <summary>Null: the policy's value holds.</summary>
    public bool? OmitManagedFields { get; init; }

    /// <summary>Whether the rule has a selector that only resource requests satisfy.</summary>
    public bool SelectsResources => !Resources.IsEmpty || !Namespaces.IsEmpty;

    /// <summary>Whether the rule matches every request there is.</summary>
    public bool MatchesEverything =>
        Users.IsEmpty && UserGroups.IsEmpty && Verbs.IsEmpty && !SelectsResources && NonResourceUrls.IsEmpty;
}

/// <summary>Resources of one API group.</summary>
public sealed record GroupResources
{
    /// <summary>Group name without version; "" is the core group, <c>*</c> any group (Kubernetes 1.36 and newer).</summary>
    public string Group { get; init; } = "";

    /// <summary><c>pods</c>, <c>pods/log</c>, <c>pods/*</c>, <c>*/scale</c> or <c>*</c>; empty means the whole group with its subresources.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary>Object names; requests without a name (list, create, deletecollection) do not match then.</summary>
    public ImmutableArray<string> ResourceNames { get; init; } = [];
}
