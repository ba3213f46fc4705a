using System.Text;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Compliance;

/// <summary>A report as text: for machines and for auditors.</summary>
public static class ReportFiles
{
    private const string Scope =
        "Judged is what this resource renders. Whether it is in force on the nodes and whether events arrive is not part of it. "
        + "Pass and Fail come from asking the policy about requests and from the settings; Manual names what to show.";

    /// <summary>The report for machines.</summary>
    /// <param name="report">The report.</param>
    /// <param name="subject">What is judged, such as <c>audit/production</c>.</param>
    /// <param name="policyHash">Hash of the policy that was asked.</param>
    public static JsonObject Json(ComplianceReport report, string subject, string policyHash) => new()
    {
        ["subject"] = subject,
        ["policyHash"] = policyHash,
        ["scope"] = Scope,
        ["standards"] = new JsonArray([.. report.Standards.Select(verdict => (JsonNode)new JsonObject
        {
            ["name"] = verdict.Standard.Name,
            ["title"] = verdict.Standard.Title,
            ["edition"] = verdict.Standard.Edition,
            ["pass"] = verdict.Count(ControlResult.Pass),
            ["fail"] = verdict.Count(ControlResult.Fail),
            ["manual"] = verdict.Count(ControlResult.Manual),
            ["controls"] = new JsonArray([.. verdict.Controls.Select(control => (JsonNode)new JsonObject
            {
                ["id"] = control.Control.Id,
                ["requirement"] = control.Control.Requirement,
                ["result"] = control.Judgement.Result.ToString(),
                ["reason"] = control.Judgement.Reason,
                ["evidence"] = new JsonArray([.. control.Judgement.Evidence.Select(line => (JsonNode)line)]),
            })]),
        })]),
        ["conflicts"] = new JsonArray([.. report.Conflicts.Select(conflict => (JsonNode)new JsonObject
        {
            ["between"] = conflict.Between,
            ["about"] = conflict.About,
            ["here"] = conflict.Here,
        })]),
    };

    /// <inheritdoc cref="Json"/>
    /// <summary>The report for people: what fails first, the evidence last.</summary>
    public static string Markdown(ComplianceReport report, string subject, string policyHash)
    {
        var text = new StringBuilder();
        text.Append($"# Compliance of {subject}\n\nPolicy `{policyHash}`. {Scope}\n\n| Standard | Edition | Pass | Fail | Manual |\n|---|---|---|---|---|\n");
        foreach (var verdict in report.Standards)
        {
            text.Append($"| {verdict.Standard.Title} | {verdict.Standard.Edition} | {verdict.Count(ControlResult.Pass)} | {verdict.Count(ControlResult.Fail)} | {verdict.Count(ControlResult.Manual)} |\n");
        }

        foreach (var conflict in report.Conflicts)
        {
            text.Append($"\n## {conflict.Between} disagree\n\n{conflict.About}\n\n{conflict.Here}\n");
        }

        foreach (var verdict in report.Standards)
        {
            text.Append($"\n## {verdict.Standard.Title}\n\n| Control | Asks | Result | Reason |\n|---|---|---|---|\n");
            foreach (var control in verdict.Controls.OrderByDescending(control => control.Judgement.Result))
            {
                text.Append($"| {control.Control.Id} | {Cell(control.Control.Requirement)} | {control.Judgement.Result} | {Cell(control.Judgement.Reason)} |\n");
            }

            foreach (var control in verdict.Controls.Where(control => !control.Judgement.Evidence.IsEmpty))
            {
                text.Append($"\n{control.Control.Id}:\n\n");
                foreach (var line in control.Judgement.Evidence)
                {
                    text.Append($"- {Cell(line)}\n");
                }
            }
        }

        return text.ToString();
    }

    // User names and rule names come from the resource; a bar or a line break in one must not make a new cell or row.
    private static string Cell(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
