namespace Comptroller.AuditPolicies.Profiles.Edition1;

/// <summary>Profiles and add-ons, version 1.</summary>
internal static class Edition
{
    public static ProfileEdition Value { get; } = new()
    {
        Version = 1,
        Profiles = [Minimal.Value, Baseline.Value, Strict.Value, Forensic.Value],
        AddOns = [.. AddOns.All],
    };
}
