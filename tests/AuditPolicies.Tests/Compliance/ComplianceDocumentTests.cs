using System.Runtime.CompilerServices;
using System.Text;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Profiles;

namespace Comptroller.AuditPolicies.Tests.Compliance;

/// <summary>
/// docs/spec/compliance.md lists every control with what each profile makes of it. COMPTROLLER_UPDATE_GOLDENS=1 writes that part anew.
/// </summary>
public sealed class ComplianceDocumentTests
{
    private const string Marker = "<!-- From here on written by ComplianceDocumentTests: COMPTROLLER_UPDATE_GOLDENS=1 -->\n";

    [Fact]
    public void The_document_holds_every_control_with_what_profiles_make_of_it()
    {
        var path = DocumentPath();
        var text = File.ReadAllText(path);
        var start = text.IndexOf(Marker, StringComparison.Ordinal) + Marker.Length;
        start.ShouldBeGreaterThan(Marker.Length);
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(path, text[..start] + Controls());
        }

        File.ReadAllText(path)[start..].ShouldBe(Controls());
    }

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

    private static string DocumentPath([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "spec", "compliance.md"));
}
