using System.Collections.Immutable;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>One control and what became of it.</summary>
public sealed record ControlVerdict(Control Control, Judgement Judgement);

/// <summary>A standard and what became of its controls.</summary>
public sealed record StandardVerdict(Standard Standard, ImmutableArray<ControlVerdict> Controls)
{
    public int Count(ControlResult result) => Controls.Count(control => control.Judgement.Result == result);

    /// <summary>Ids of the controls with that result, in the order of the standard.</summary>
    public IEnumerable<string> Ids(ControlResult result) => Controls.Where(control => control.Judgement.Result == result).Select(control => control.Control.Id);
}

/// <summary>Two controls of which one asks for what the other forbids.</summary>
/// <param name="Between">Both, with their standards.</param>
/// <param name="About">What they disagree on.</param>
/// <param name="Here">What this policy does about it.</param>
public sealed record Conflict(string Between, string About, string Here);

/// <summary>Standards put to one posture. Equal postures give equal reports: there is no time in it.</summary>
public sealed record ComplianceReport(ImmutableArray<StandardVerdict> Standards, ImmutableArray<Conflict> Conflicts)
{
    public static ComplianceReport Of(Posture posture, IEnumerable<Standard> standards)
    {
        ImmutableArray<StandardVerdict> verdicts =
            [.. standards.Select(standard => new StandardVerdict(standard, [.. standard.Controls.Select(control => new ControlVerdict(control, control.Check(posture)))]))];
        return new ComplianceReport(verdicts, [.. Conflicting(posture, verdicts)]);
    }

    // Neither is bent to fit the other: who must meet both has to write an exception, and wants to know where.
    private static IEnumerable<Conflict> Conflicting(Posture posture, ImmutableArray<StandardVerdict> verdicts)
    {
        if (!verdicts.Any(verdict => verdict.Standard == Compliance.Standards.Cis.Value) || !verdicts.Any(verdict => verdict.Standard == Compliance.Standards.Stig.Value))
        {
            yield break;
        }

        var withoutContent = Checks.All(Recording.SecretsWithoutContent, Recording.NothingConfidential)(posture).Result == ControlResult.Pass;
        var withResponse = Recording.ContentOfChanges(posture).Result == ControlResult.Pass;
        yield return new Conflict(
            "CIS 3.2.2 and STIG V-242403",
            "The check published for V-242403 looks for RequestResponse for everything; CIS 3.2.2 forbids more than Metadata for Secrets, ConfigMaps and token reviews, because their content would stand in the log.",
            (withoutContent, withResponse) switch
            {
                (true, true) => "Both are met as far as they can be: what is confidential at Metadata, every other change at RequestResponse. Against the letter of V-242403, write down Secrets, ConfigMaps and token reviews as an exception.",
                (true, false) => "CIS is followed: what is confidential is at Metadata, and other changes are recorded with less than RequestResponse, so V-242403 fails as published. Profile Forensic meets it but for what is confidential.",
                (false, true) => "STIG is followed to the letter: the content of Secrets, ConfigMaps or tokens is recorded, so CIS 3.2.2 fails and everyone who can read the log can read them.",
                _ => "Neither is followed: content of Secrets, ConfigMaps or tokens is recorded, and other changes are not recorded at RequestResponse.",
            });
    }
}
