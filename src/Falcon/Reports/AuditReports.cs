using System.Text.Json;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.Store;

namespace Comptroller.Falcon.Reports;

/// <summary>The reports of a run: policy-audit, host-summary, host-details, and a page for people. Hosts are written as they are read.</summary>
public sealed class AuditReports(string directory, bool compress, ReportMetadata metadata)
{
    // Two runs a day for six weeks, or a week of the two-hourly default.
    private const int TrendRuns = 90;

    /// <summary>What was written.</summary>
    public List<WrittenReport> Written { get; } = [];

    /// <param name="outcome">The run.</param>
    /// <param name="run">Its hosts.</param>
    /// <param name="named">Called once all reports have their names; when it fails they lose them again.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task WriteAsync(AuditOutcome outcome, RunWriter run, Func<Task> named, CancellationToken cancellationToken)
    {
        var about = metadata with { Timestamp = outcome.Run.Started, Cid = outcome.Run.Cid, Grading = outcome.Options.Grading, Types = outcome.Audited };
        ReportFile.DeleteLeftovers(directory);
        await using var policies = Open("policy-audit", outcome);
        await using var summary = Open("host-summary", outcome);
        await using var details = Open("host-details", outcome);
        await using var page = ReportFile.Open(directory, "report", outcome.Run.Started, compress: false, ".html");
        PolicyAudit(policies.Json, about, outcome);
        Start(summary.Json, about, "host-summary");
        HostSummary(summary.Json, outcome);
        summary.Json.WriteStartArray("hosts");
        Start(details.Json, about with { Filters = new ReportFilters(outcome.Audited, null, null, outcome.Options.ProductTypes) }, "host-details");
        Details(details.Json, outcome);
        details.Json.WriteStartArray("hosts");
        var names = outcome.Types.SelectMany(type => type.Grades.Select(grade => ((type.Type, grade.Id), grade.Name))).DistinctBy(entry => entry.Item1).ToDictionary(entry => entry.Item1, entry => entry.Name);
        await foreach (var host in run.HostsAsync(outcome.Audited, cancellationToken))
        {
            summary.Json.WriteStringValue(host.Host.DeviceId);
            Host(details.Json, host, outcome, names);
            await summary.FlushWhenFullAsync(cancellationToken);
            await details.FlushWhenFullAsync(cancellationToken);
        }

        foreach (var file in (ReportFile[])[summary, details])
        {
            file.Json.WriteEndArray();
            file.Json.WriteEndObject();
        }

        ReportFile[] reports = [policies, summary, details, page];
        await page.WriteAsync(HtmlReport.Render(outcome, [.. await run.RunsAsync(TrendRuns - 1, cancellationToken), outcome.Run]), cancellationToken);
        // All are whole before the first gets its name.
        foreach (var report in reports)
        {
            await report.FinishAsync(cancellationToken);
        }

        // Named first: a process that is killed in between leaves reports of a run that does not count, never one that counts without its reports.
        var published = reports.Select(report => report.Publish()).ToList();
        try
        {
            await named();
        }
        catch
        {
            published.ForEach(report => File.Delete(report.Path));
            throw;
        }

        Written.AddRange(published);
    }

    private ReportFile Open(string type, AuditOutcome outcome) => ReportFile.Open(directory, type, outcome.Run.Started, compress);

    private static void Start(Utf8JsonWriter json, ReportMetadata about, string type)
    {
        json.WriteStartObject();
        about.WriteTo(json, type);
    }

    private static void PolicyAudit(Utf8JsonWriter json, ReportMetadata about, AuditOutcome outcome)
    {
        Start(json, about, "policy-audit");
        var sum = outcome.Run.Policies;
        json.WriteStartObject("summary");
        json.WriteString("result", outcome.Run.Result.ToString().ToLowerInvariant());
        Counts(json, sum);
        json.WriteNumber("pass_rate", sum.Total == 0 ? 0 : Math.Round(sum.Passed / (double)sum.Total, 4));
        json.WriteNumber("overall_score", sum.Score);
        outcome.Trust?.WriteTo(json);
        json.WriteEndObject();
        json.WriteStartObject("policies");
        foreach (var type in outcome.Types)
        {
            json.WriteStartObject(type.Type.Name);
            json.WriteBoolean("fetch_success", type.Fetched);
            json.WriteBoolean("grade_success", type.Fetched);
            json.WriteNumber("policies_count", type.Grades.Count);
            json.WriteNumber("passed_policies", type.Summary.Passed);
            json.WriteNumber("failed_policies", type.Summary.Failed);
            json.WriteNumber("ungradable_policies", type.Summary.Ungradable);
            json.WriteNumber("score_percentage", type.Summary.Score);
            // What belongs to a policy and is kept elsewhere: one that is missing fails its policy.
            if (type.Type == PolicyType.Firewall || type.Type == PolicyType.DeviceControl)
            {
                json.WriteNumber(type.Type == PolicyType.Firewall ? "containers_count" : "settings_count", type.Policies.Count(policy => policy.Settings is not null));
            }

            json.WriteBoolean("permission_error", type.MissingScope);
            json.WriteString("assist_message", type.Error?.Message);
            Grades(json, type.Grades);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Details(Utf8JsonWriter json, AuditOutcome outcome)
    {
        json.WriteStartObject("summary");
        Counts(json, outcome.Run.Policies);
        json.WriteNumber("overall_score", outcome.Run.Policies.Score);
        Counts(json, outcome.Run.Hosts);
        json.WriteEndObject();
        json.WriteStartObject("policies");
        foreach (var type in outcome.Types)
        {
            json.WriteStartObject(type.Type.Key);
            json.WriteBoolean("fetch_success", type.Fetched);
            Counts(json, type.Summary);
            json.WriteNumber("score_percentage", type.Summary.Score);
            Grades(json, type.Grades);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Host(Utf8JsonWriter json, StoredHost row, AuditOutcome outcome, Dictionary<(PolicyType, string), string?> names)
    {
        var host = row.Host;
        json.WriteStartObject();
        json.WriteString("device_id", host.DeviceId);
        json.WriteString("hostname", host.Hostname);
        json.WriteString("platform", host.Platform);
        json.WriteStartObject("policy_status");
        foreach (var type in outcome.Audited)
        {
            json.WriteStartObject(type.Key);
            json.WriteString("status", row.Verdict.Statuses[type].Text());
            if (type == PolicyType.ScheduledScan)
            {
                json.WriteString("last_compliant_scan", row.LastCompliantScan);
            }
            else
            {
                var policy = host.PolicyOf(type);
                json.WriteString("policy_id", policy);
                json.WriteString("policy_name", policy is null ? null : names.GetValueOrDefault((type, policy)));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteBoolean("all_policies_passed", row.Verdict.AllPassed);
        json.WriteBoolean("any_policy_failed", row.Verdict.AnyFailed);
        json.WriteStartObject("host_record");
        json.WriteString("product_type_desc", host.ProductType);
        json.WriteString("os_version", host.OsVersion);
        json.WriteString("agent_version", host.AgentVersion);
        json.WriteString("last_seen", host.LastSeen);
        Texts(json, "groups", host.Groups);
        Texts(json, "tags", host.Tags);
        json.WriteEndObject();
        if (row.Trust is { } trust)
        {
            json.WriteStartObject("zero_trust");
            Score("sensor_config", trust.SensorConfig);
            Score("os", trust.Os);
            Score("overall", trust.Overall);
            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Score(string name, int? value)
        {
            if (value is { } score)
            {
                json.WriteNumber(name, score);
            }
        }
    }

    private static void Grades(Utf8JsonWriter json, IReadOnlyList<PolicyGrade> grades)
    {
        json.WriteStartArray("graded_policies");
        foreach (var grade in grades)
        {
            GradeJson.Write(json, grade);
        }

        json.WriteEndArray();
    }

    private static void HostSummary(Utf8JsonWriter json, AuditOutcome outcome)
    {
        json.WriteStartObject("summary");
        Counts(json, outcome.Run.Hosts);
        outcome.Trust?.WriteTo(json);
        json.WriteEndObject();
    }

    private static void Counts(Utf8JsonWriter json, PolicySummary sum)
    {
        json.WriteNumber("total_policies", sum.Total);
        json.WriteNumber("passed_policies", sum.Passed);
        json.WriteNumber("failed_policies", sum.Failed);
        json.WriteNumber("ungradable_policies", sum.Ungradable);
    }

    private static void Counts(Utf8JsonWriter json, HostCounts hosts)
    {
        json.WriteNumber("total_hosts", hosts.Total);
        json.WriteNumber("hosts_all_passed", hosts.AllPassed);
        json.WriteNumber("hosts_any_failed", hosts.AnyFailed);
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
