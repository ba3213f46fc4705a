using System.Net;
using System.Text;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;

namespace Comptroller.Drift.Reports;

/// <summary>A scan as one page without scripts or foreign parts, to attach and to archive.</summary>
public static class HtmlReport
{
    private const string Style = "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color:#1b1f24}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d8dee4;vertical-align:top}"
        + "code{font:12px ui-monospace,monospace;overflow-wrap:anywhere}.critical{color:#a40e26}.high{color:#bc4c00}.medium{color:#7d4e00}.low{color:#57606a}";

    public static string Of(ScanReport report, DateTimeOffset time)
    {
        var html = new StringBuilder();
        html.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Drift</title><style>").Append(Style).Append("</style></head>\n<body><h1>Drift</h1>\n");
        html.Append("<p>").Append(Text(TextReport.Summary(report))).Append("; ").Append(time.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture)).Append("</p>\n");
        if (report.Findings.Length > 0)
        {
            html.Append("<table><thead><tr><th>Severity</th><th>Kind</th><th>Resource</th><th>Attribute</th><th>Terraform</th><th>Now</th></tr></thead><tbody>\n");
            foreach (var finding in report.Findings)
            {
                html.Append("<tr><td class=\"").Append(finding.Severity.Name()).Append("\">").Append(finding.Severity.Name()).Append("</td><td>").Append(finding.Kind.Name()).Append("</td><td><code>")
                    .Append(Text(finding.Title)).Append("</code></td><td><code>").Append(Text(finding.Attribute)).Append("</code></td><td><code>").Append(Text(TextReport.Short(finding.Old)))
                    .Append("</code></td><td><code>").Append(Text(TextReport.Short(finding.New))).Append("</code></td></tr>\n");
            }

            html.Append("</tbody></table>\n");
        }

        return html.Append("</body></html>\n").ToString();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
