using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.PolicyAuditSchedules;

/// <summary>Alert rules over what the operator exports of one PolicyAuditSchedule.</summary>
public sealed record PolicyAuditAlerts
{
    /// <summary>Rules with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public PolicyAuditAlerts(bool enabled = true, int failedRuns = 2, int scoreDrop = 5, int throttledPercent = 20, int apiErrorPercent = 5)
    {
        Enabled = enabled;
        FailedRuns = failedRuns;
        ScoreDrop = scoreDrop;
        ThrottledPercent = throttledPercent;
        ApiErrorPercent = apiErrorPercent;
    }

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>Labels of the VMRule object, by which the VMAlert that queries metrics selects its rules.</summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>This many failed runs in a row are reported.</summary>
    [Range(1, 100)]
    public int FailedRuns { get; init; }

    /// <summary>A score this many points below the best of the last 24 hours is reported.</summary>
    [Range(1, 100)]
    public int ScoreDrop { get; init; }

    /// <summary>A larger share of requests that were refused with 429, in percent of those of the run, is reported.</summary>
    [Range(1, 100)]
    public int ThrottledPercent { get; init; }

    /// <summary>A larger share of failed requests, in percent of those of the run, is reported.</summary>
    [Range(1, 100)]
    public int ApiErrorPercent { get; init; }

    /// <summary>Names of alerts to leave out, such as "PolicyAuditThrottled".</summary>
    [SetList, Items(16, MaxLength = 63, MinLength = 1)]
    public IReadOnlyList<string> Disabled { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Page with what to do about each alert, http or https. It becomes the annotation runbook_url, with "#" and the name of the alert in
    /// lower case added.
    /// </summary>
    [JsonPropertyName("runbookURL")]
    [RegularExpression("^https?://[^#@\\s]+$"), StringLength(512)]
    public string? RunbookUrl { get; init; }

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
