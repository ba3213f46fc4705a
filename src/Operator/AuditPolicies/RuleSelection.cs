using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Profiles;
using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>The rules of a resource: its own, then those of the profile it names. Knows whose each of them is.</summary>
internal sealed record RuleSelection
{
    private readonly int _own;
    private readonly ComposedRules? _composed;

    private RuleSelection(int own, ComposedRules? composed) => (_own, _composed) = (own, composed);

    /// <summary>Why the selection cannot be made, each naming its field.</summary>
    public ImmutableArray<string> Errors { get; private init; } = [];

    /// <summary>The profile that is used and its version; null without a profile.</summary>
    public (string Name, int Version)? Profile { get; private init; }

    public static RuleSelection Of(AuditPolicySpec spec)
    {
        if (spec.Profile is null)
        {
            return new RuleSelection(spec.Rules.Count, null) { Errors = [.. ErrorsWithoutProfile(spec)] };
        }

        if ((spec.ProfileVersion is { } version ? ProfileEdition.Find(version) : ProfileEdition.Latest) is not { } edition)
        {
            return new RuleSelection(spec.Rules.Count, null)
            {
                Errors = [$"spec.profileVersion: {spec.ProfileVersion} is not known to this operator, which knows {string.Join(", ", ProfileEdition.All.Select(known => known.Version))}"],
            };
        }

        if (edition.Profile(spec.Profile) is not { } profile)
        {
            return new RuleSelection(spec.Rules.Count, null)
            {
                Errors = [$"spec.profile: \"{spec.Profile}\" is not a profile of version {edition.Version}; known: {string.Join(", ", edition.Profiles.Select(known => known.Name))}"],
            };
        }

        return new RuleSelection(spec.Rules.Count, ComposedRules.Of(edition, profile, [.. spec.AddOns]))
        {
            Profile = (profile.Name, edition.Version),
            Errors =
            [
                .. spec.AddOns.Where(name => edition.AddOn(name) is null).Select(name =>
                    $"spec.addOns: \"{name}\" is not an add-on of version {edition.Version}; known: {string.Join(", ", edition.AddOns.Select(known => known.Name))}"),
            ],
        };
    }

    /// <summary>The whole list, in the order in which kube-apiserver tries it.</summary>
    public JsonArray Document(AuditPolicySpec spec)
    {
        var rules = JsonSerializer.SerializeToNode(spec.Rules, CrdsJson.Default.IReadOnlyListAuditRule)!.AsArray();
        if (_composed is not null)
        {
            foreach (var rule in PolicyJson.Write(_composed.Policy)["rules"]!.AsArray())
            {
                rules.Add(rule!.DeepClone());
            }
        }

        return rules;
    }

    /// <summary>Whose rule that is.</summary>
    /// <param name="rule">0-based index in the whole list.</param>
    public RuleOrigin Origin(int rule) => rule < _own || _composed is null ? new RuleOrigin(RuleSource.Own, "", rule) : _composed.Origins[rule - _own];

    private static IEnumerable<string> ErrorsWithoutProfile(AuditPolicySpec spec)
    {
        if (spec.Rules.Count == 0)
        {
            yield return "spec.rules: there is nothing to record by; set spec.profile, spec.rules, or both";
        }

        if (spec.ProfileVersion is not null)
        {
            yield return "spec.profileVersion: a version of which profile? Set spec.profile";
        }

        if (spec.AddOns.Count > 0)
        {
            yield return "spec.addOns: add-ons extend a profile; set spec.profile";
        }
    }
}
