using System.Collections.Immutable;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Rules;

/// <summary>
/// Who changes things on behalf of Terraform. A user agent can be chosen by anybody who has credentials: whoever fears that sets
/// <see cref="RequireBoth"/>, so that the identity must be one of the pipeline as well.
/// </summary>
public sealed record IacIdentities
{
    /// <summary>Names, roles or principals.</summary>
    public ImmutableArray<Wildcard> Actors { get; init; } = [.. ((ReadOnlySpan<string>)["*terraform*", "*opentofu*", "*atlantis*", "*spacelift*"]).ToArray().Select(each => new Wildcard(each))];

    public ImmutableArray<Wildcard> UserAgents { get; init; } = [.. ((ReadOnlySpan<string>)["*Terraform/*", "*OpenTofu/*", "*HashiCorp/*", "*hashicorp-terraform*"]).ToArray().Select(each => new Wildcard(each))];

    /// <summary>Actor and user agent must match, not one of them.</summary>
    public bool RequireBoth { get; init; }

    public bool Match(ChangeEvent change)
    {
        var isAgent = false;
        foreach (var pattern in change.UserAgent.Length > 0 ? UserAgents : [])
        {
            isAgent |= pattern.MatchesAnyCase(change.UserAgent);
        }

        if (isAgent != RequireBoth)
        {
            return isAgent;
        }

        foreach (var pattern in Actors)
        {
            if (IgnoreRule.Is(pattern, change.Actor))
            {
                return true;
            }
        }

        return false;
    }
}
