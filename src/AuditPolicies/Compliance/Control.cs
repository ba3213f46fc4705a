using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>One requirement of a standard.</summary>
/// <param name="Id">As the standard numbers it.</param>
/// <param name="Requirement">What it asks of audit records, in our words.</param>
/// <param name="Check">Judges it.</param>
public sealed record Control(string Id, string Requirement, Check Check);

/// <summary>The controls of one standard that are about API audit records; its other controls are somebody else's.</summary>
/// <param name="Name">As <c>spec.compliance.standards</c> spells it.</param>
/// <param name="Title">What it is called.</param>
/// <param name="Edition">Whose numbers the controls have.</param>
/// <param name="Controls">In the order of the standard.</param>
public sealed record Standard(string Name, string Title, string Edition, ImmutableArray<Control> Controls)
{
    /// <summary>Every standard that is known, in the order of reports.</summary>
    public static ImmutableArray<Standard> All { get; } =
    [
        Standards.Cis.Value, Standards.Stig.Value, Standards.NsaCisa.Value, Standards.PciDss.Value, Standards.Soc2.Value, Standards.Iso27001.Value,
        Standards.Nist80053.Value,
    ];

    /// <summary>The standard of that exact name, or null.</summary>
    public static Standard? Find(string name) => All.FirstOrDefault(standard => standard.Name == name);
}
