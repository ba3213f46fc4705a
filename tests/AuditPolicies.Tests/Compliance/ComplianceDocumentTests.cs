using System.Text;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Compliance;

/// <summary>
/// docs/spec/compliance.md lists every control with what each profile makes of it. COMPTROLLER_UPDATE_GOLDENS=1 writes that part anew.
/// </summary>
public sealed class ComplianceDocumentTests
{
    [Fact]
    public void The_document_holds_every_control_with_what_profiles_make_of_it() =>
        WrittenDocument.ShouldEndWith("compliance.md", nameof(ComplianceDocumentTests), Controls());

    private static string Controls()
    {
        var profiles = ProfileEdition.Latest.Profiles.Select(profile => profile.Name).ToList();
        var postures = profiles.Select(Postures.OfProfile).ToList();
        var text = new StringBuilder();
        foreach (var standard in Standard.All)
        {
            text.Append($"\n## {standard.Title}, {standard.Edition}\n\n`{standard.Name}`\n\n| Control | Asks | {string.Join(" | ", profiles)} |\n|---|---|{string.Concat(profiles.Select(_ => "---|"))}\n");
            foreach (var control in standard.Controls)
            {
                text.Append($"| {control.Id} | {control.Requirement} | {string.Join(" | ", postures.Select(posture => control.Check(posture).Result))} |\n");
            }
        }

        return text.ToString();
    }
}
