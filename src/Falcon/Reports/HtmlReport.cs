using System.Globalization;
using System.Net;
using System.Text;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Reports;

/// <summary>A page for people that opens without a network: the score and where it goes, what fails most, and where hosts stand.</summary>
public static class HtmlReport
{
    private const int MostSettings = 20;

    private static readonly (HostStatus Status, string Color)[] Colors =
    [
        (HostStatus.Passed, "#2e7d32"), (HostStatus.Failed, "#c62828"), (HostStatus.Ungradable, "#f9a825"),
        (HostStatus.NoPolicyAssigned, "#6d4c41"), (HostStatus.NotGraded, "#757575"), (HostStatus.NotApplicable, "#cfd8dc"),
    ];

    /// <summary>The page.</summary>
    /// <param name="outcome">The run.</param>
    /// <param name="runs">Earlier runs and this one, oldest first.</param>
    public static string Render(AuditOutcome outcome, IReadOnlyList<StoredRun> runs)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Falcon policy audit</title>
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; }
            h1, h2 { font-weight: 600; } table { border-collapse: collapse; width: 100%; }
            th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #ddd; } td.n, th.n { text-align: right; }
            .score { font-size: 3rem; } .bar { fill: #c62828; } .line { fill: none; stroke: #1565c0; stroke-width: 2; } .legend span { margin-right: 1rem; }
            </style></head><body>
            <h1>Falcon policy audit</h1>
            <p><span class="score">{{outcome.Run.Policies.Score:0.00}} %</span> of checks passed. Run of {{outcome.Run.Started.UtcDateTime:yyyy-MM-dd HH:mm}} UTC, {{outcome.Run.Result.ToString().ToLowerInvariant()}};
            customer {{Text(outcome.Run.Cid)}}; {{outcome.Run.Hosts.AllPassed}} of {{outcome.Run.Hosts.Total}} hosts passed, {{outcome.Run.Hosts.AnyFailed}} failed.{{(outcome.Trust is null ? "" : $" {outcome.Trust}.")}}</p>
            """);
        Trend(page, runs);
        Types(page, outcome);
        Settings(page, outcome);
        Hosts(page, outcome);
        return page.Append("</body></html>\n").ToString();
    }

    private static void Trend(StringBuilder page, IReadOnlyList<StoredRun> runs)
    {
        var scores = runs.Where(run => run.Succeeded).ToList();
        page.Append("<h2>Score of past runs</h2>");
        if (scores.Count < 2)
        {
            page.Append("<p>A trend needs two runs.</p>");
            return;
        }

        var points = string.Join(' ', scores.Select((run, index) => string.Create(
            CultureInfo.InvariantCulture, $"{40 + (index * 820.0 / (scores.Count - 1)):0.#},{210 - (run.Policies.Score * 2):0.#}")));
        page.Append(CultureInfo.InvariantCulture, $"""
            <svg viewBox="0 0 880 230" role="img" aria-label="score of {scores.Count} runs"><line x1="40" y1="210" x2="860" y2="210" stroke="#999"/>
            <line x1="40" y1="10" x2="40" y2="210" stroke="#999"/><text x="4" y="16">100</text><text x="16" y="214">0</text><polyline class="line" points="{points}"/></svg>
            """);
    }

    private static void Types(StringBuilder page, AuditOutcome outcome)
    {
        page.Append("<h2>Policies</h2><table><tr><th>Type</th><th class=n>Score</th><th class=n>Passed</th><th class=n>Failed</th><th class=n>Ungradable</th><th>Remark</th></tr>");
        foreach (var type in outcome.Types)
        {
            var sum = type.Summary;
            page.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{Text(type.Type.DisplayName)}<td class=n>{(type.Fetched ? $"{sum.Score:0.00} %" : "not known")}<td class=n>{sum.Passed}<td class=n>{sum.Failed}<td class=n>{sum.Ungradable}<td>{Text(type.Error?.Message)}</tr>");
        }

        page.Append("</table>");
    }

    private static void Settings(StringBuilder page, AuditOutcome outcome)
    {
        var failing = outcome.Types
            .SelectMany(type => type.Grades.SelectMany(grade => grade.Checks.Where(check => !check.Passed).Select(check => (type.Type.DisplayName, check.SettingName))))
            .CountBy(each => each)
            .OrderByDescending(each => each.Value).ThenBy(each => each.Key.SettingName, StringComparer.Ordinal)
            .Take(MostSettings)
            .ToList();
        page.Append("<h2>Settings that fail most</h2>");
        if (failing.Count == 0)
        {
            page.Append("<p>None.</p>");
            return;
        }

        page.Append("<table><tr><th>Setting</th><th>Type</th><th class=n>Policies</th><th></th></tr>");
        foreach (var ((type, setting), count) in failing)
        {
            page.Append(CultureInfo.InvariantCulture,
                $"<tr><td>{Text(setting)}<td>{Text(type)}<td class=n>{count}<td><svg width=\"200\" height=\"12\"><rect class=\"bar\" width=\"{200.0 * count / failing[0].Value:0}\" height=\"12\"/></svg></tr>");
        }

        page.Append("</table>");
    }

    private static void Hosts(StringBuilder page, AuditOutcome outcome)
    {
        page.Append("<h2>Hosts by status</h2><table>");
        foreach (var type in outcome.Audited)
        {
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Text(type.DisplayName)}<td><svg width=\"600\" height=\"16\">");
            double x = 0;
            foreach (var (status, color) in Colors)
            {
                var hosts = Count(outcome, type, status);
                var width = outcome.Run.Hosts.Total == 0 ? 0 : 600.0 * hosts / outcome.Run.Hosts.Total;
                page.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" width=\"{width:0.##}\" height=\"16\" fill=\"{color}\"><title>{status.Text()}: {hosts}</title></rect>");
                x += width;
            }

            page.Append(CultureInfo.InvariantCulture, $"</svg><td class=n>{Count(outcome, type, HostStatus.Failed)} failed</tr>");
        }

        page.Append("</table><p class=\"legend\">");
        foreach (var (status, color) in Colors)
        {
            page.Append(CultureInfo.InvariantCulture, $"<span><svg width=\"12\" height=\"12\"><rect width=\"12\" height=\"12\" fill=\"{color}\"/></svg> {status.Text()}</span>");
        }

        page.Append("</p>");
    }

    private static long Count(AuditOutcome outcome, PolicyType type, HostStatus status) =>
        outcome.Statuses.Where(standing => standing.Key[type] == status).Sum(standing => standing.Value);

    private static string Text(string? text) => WebUtility.HtmlEncode(text ?? "");
}
