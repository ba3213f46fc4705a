using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditBackups;

/// <summary>Alert rules over what the operator exports of one AuditBackup.</summary>
public sealed record AuditBackupAlerts
{
    /// <summary>Rules with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public AuditBackupAlerts(bool enabled = true, int stalePercent = 150, int suspendedDays = 7, int failedRuns = 2) =>
        (Enabled, StalePercent, SuspendedDays, FailedRuns) = (enabled, stalePercent, suspendedDays, failedRuns);

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>Labels of the VMRule object, by which the VMAlert that queries metrics selects its rules.</summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>A backup, or a proof of it, that is older than this share of the interval of its schedule, in percent, is reported, and does not protect.</summary>
    [Range(100, 1000)]
    public int StalePercent { get; init; }

    /// <summary>A resource that is suspended for so many days is reported.</summary>
    [Range(1, 365)]
    public int SuspendedDays { get; init; }

    /// <summary>This many failed backups in a row are reported.</summary>
    [Range(1, 100)]
    public int FailedRuns { get; init; }

    /// <summary>Names of alerts to leave out, such as "AuditBackupSuspendedTooLong".</summary>
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
