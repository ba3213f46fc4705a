using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Profiles;

/// <summary>Where a rule of a composed policy was written.</summary>
public enum RuleSource
{
    /// <summary>In the resource itself.</summary>
    Own,
    Profile,
    AddOn,
}

/// <summary>The author of one rule.</summary>
/// <param name="Source">Whose rule it is.</param>
/// <param name="Name">Of the profile or add-on; empty for own rules.</param>
/// <param name="Index">0-based index among the rules of that source.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RuleOrigin(RuleSource Source, string Name, int Index)
{
    /// <summary>For people, with the field to change: <c>spec.rules[2]</c>, <c>rule 3 of profile Baseline</c>; counted from 0.</summary>
    public override string ToString() => Source switch
    {
        RuleSource.Own => string.Create(CultureInfo.InvariantCulture, $"spec.rules[{Index}]"),
        RuleSource.Profile => string.Create(CultureInfo.InvariantCulture, $"rule {Index} of profile {Name}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"rule {Index} of add-on {Name}"),
    };
}

/// <summary>A profile with its add-ons in the order in which kube-apiserver tries the rules.</summary>
/// <param name="Rules">The rules that follow the own ones.</param>
/// <param name="Origins">Whose each of them is, index by index.</param>
public sealed record ComposedRules(ImmutableArray<ProfileRule> Rules, ImmutableArray<RuleOrigin> Origins)
{
    /// <summary>A policy of these rules alone, omitting what an AuditPolicy omits unless it says otherwise.</summary>
    public Policy Policy => new()
    {
        Rules = [.. Rules.Select(rule => rule.Rule)],
        OmitStages = Stages.RequestReceived,
        OmitManagedFields = true,
    };

    /// <summary>
    /// Guards, then add-ons in the order of the edition (so that the order in which they were asked for cannot matter), then the remainder.
    /// </summary>
    public static ComposedRules Of(ProfileEdition edition, Profile profile, IReadOnlyCollection<string> addOns)
    {
        var parts = new List<(ProfileRule Rule, RuleOrigin Origin)>();
        parts.AddRange(profile.Guards.Select((rule, index) => (rule, new RuleOrigin(RuleSource.Profile, profile.Name, index))));
        foreach (var addOn in edition.AddOns.Where(addOn => addOns.Contains(addOn.Name)))
        {
            parts.AddRange(addOn.Rules.Select((rule, index) => (rule, new RuleOrigin(RuleSource.AddOn, addOn.Name, index))));
        }

        parts.AddRange(profile.Remainder.Select((rule, index) => (rule, new RuleOrigin(RuleSource.Profile, profile.Name, profile.Guards.Length + index))));
        return new ComposedRules([.. parts.Select(part => part.Rule)], [.. parts.Select(part => part.Origin)]);
    }
}
