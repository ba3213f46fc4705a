using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>Alert rules over the shipped events.</summary>
public sealed record Alerts
{
    /// <summary>Rules with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public Alerts(bool enabled = true) => Enabled = enabled;

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>
    /// LogsQL asks VictoriaLogs for the events themselves and tells who did what where. PromQL asks a Prometheus or VictoriaMetrics for
    /// counters that Fluent Bit then keeps of the events, and tells that it happened and how often: for a vmalert that asks no
    /// VictoriaLogs. The counters are served at port 2021 of the Fluent Bit pods, which must be scraped.
    /// </summary>
    [AllowedValues(AlertLanguages.LogsQl, AlertLanguages.PromQl)]
    public string Language { get; init => field = value ?? AlertLanguages.LogsQl; } = AlertLanguages.LogsQl;

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>
    /// How far evaluation stays behind the clock, so that events still on their way are counted: longer than shipping takes, at
    /// most 1h.
    /// </summary>
    [Duration(AtMost = "1h")]
    public string EvalDelay { get; init => field = value ?? "15s"; } = "15s";

    /// <summary>
    /// Labels of the VMRule object, by which a VMAlert selects its rules. With LogsQL that is the VMAlert that queries VictoriaLogs; it
    /// cannot be the one that queries metrics.
    /// </summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>
    /// User names that may read Secrets without raising an alert, compared exactly, such as
    /// "system:serviceaccount:flux-system:kustomize-controller". List service accounts one by one: a stolen token is the common
    /// case, so none is exempt by its kind but the controllers of kube-controller-manager.
    /// </summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> SecretReaders { get; init => field = value ?? []; } = [];

    /// <summary>User names that may change roles and bindings without raising an alert, such as a delivery tool.</summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> RoleEditors { get; init => field = value ?? []; } = [];

    /// <summary>User names that may exec, attach, forward ports and proxy without raising an alert, such as a backup tool.</summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> SessionUsers { get; init => field = value ?? []; } = [];

    /// <summary>User names that may impersonate others without raising an alert, such as a proxy that authenticates on its own.</summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> Impersonators { get; init => field = value ?? []; } = [];

    /// <summary>
    /// User names that may change audit policies, admission webhooks, API services and these rules without raising an alert, such as a
    /// delivery tool.
    /// </summary>
    [SetList, Items(256, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> ControlEditors { get; init => field = value ?? []; } = [];

    /// <summary>From how much on something is reported.</summary>
    public AlertThresholds Thresholds { get; init => field = value ?? new(); } = new();

    /// <summary>Names of alerts to leave out, such as "AuditSecretReadByServiceAccount".</summary>
    [SetList, Items(32, MaxLength = 63, MinLength = 1)]
    public IReadOnlyList<string> Disabled { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Page with what to do about each alert, http or https. It becomes the annotation runbook_url, with "#" and the name of the alert in
    /// lower case added. The annotation runbook says it in words either way.
    /// </summary>
    [JsonPropertyName("runbookURL")]
    [RegularExpression("^https?://[^#@\\s]+$"), StringLength(512)]
    public string? RunbookUrl { get; init; }

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}

/// <summary>Names of the languages.</summary>
public static class AlertLanguages
{
    public const string LogsQl = "LogsQL";
    public const string PromQl = "PromQL";
}

/// <summary>From how much on something is reported. What is only a matter of yes or no has no threshold.</summary>
public sealed record AlertThresholds
{
    /// <summary>Thresholds with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public AlertThresholds(
        int authenticationFailures = 10, int forbiddenRequests = 10, int failurePercent = 10, int failureMinimum = 200, int volumeFactor = 5, int volumeMinimum = 500)
    {
        AuthenticationFailures = authenticationFailures;
        ForbiddenRequests = forbiddenRequests;
        FailurePercent = failurePercent;
        FailureMinimum = failureMinimum;
        VolumeFactor = volumeFactor;
        VolumeMinimum = volumeMinimum;
    }

    /// <summary>Window over which bursts, failures and volume are counted, from 10s to 24h; at least twice the interval.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string BurstWindow { get; init => field = value ?? "5m"; } = "5m";

    /// <summary>How long a cluster may send no event, from 10s to 24h; at least twice the interval.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string SilentAfter { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>More failed logins (401) than this per window are reported, whatever addresses they come from.</summary>
    [Range(0, 1_000_000)]
    public int AuthenticationFailures { get; init; }

    /// <summary>More refused requests (403) than this per window and user are reported; with PromQL, per window.</summary>
    [Range(0, 1_000_000)]
    public int ForbiddenRequests { get; init; }

    /// <summary>A larger share of failed requests (4xx without 404 and 409, and 5xx) is reported, in percent.</summary>
    [Range(1, 99)]
    public int FailurePercent { get; init; }

    /// <summary>The share is not judged below this many requests per window.</summary>
    [Range(0, 1_000_000_000)]
    public int FailureMinimum { get; init; }

    /// <summary>A window with this many times more, or fewer, requests than the twelve windows before it had on average is reported.</summary>
    [Range(2, 1000)]
    public int VolumeFactor { get; init; }

    /// <summary>Volume is not judged while both the window and that average are below this many requests.</summary>
    [Range(1, 1_000_000_000)]
    public int VolumeMinimum { get; init; }
}
