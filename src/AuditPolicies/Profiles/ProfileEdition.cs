using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Profiles;

/// <summary>
/// One version of all profiles and add-ons. A published edition never changes, because a policy that pins it must stay what it is; an
/// improvement is a new edition.
/// </summary>
public sealed record ProfileEdition
{
    /// <summary>The <c>profileVersion</c> that pins this edition.</summary>
    public required int Version { get; init; }

    public required ImmutableArray<Profile> Profiles { get; init; }

    public required ImmutableArray<AddOn> AddOns { get; init; }

    /// <summary>Every edition, oldest first.</summary>
    public static ImmutableArray<ProfileEdition> All { get; } = [Edition1.Edition.Value];

    /// <summary>What a policy gets that pins none.</summary>
    public static ProfileEdition Latest => All[^1];

    /// <summary>The edition of that version, or null.</summary>
    public static ProfileEdition? Find(int version) => All.FirstOrDefault(edition => edition.Version == version);

    /// <summary>The profile of that exact name, or null.</summary>
    public Profile? Profile(string name) => Profiles.FirstOrDefault(profile => profile.Name == name);

    /// <summary>The add-on of that exact name, or null.</summary>
    public AddOn? AddOn(string name) => AddOns.FirstOrDefault(addOn => addOn.Name == name);
}
