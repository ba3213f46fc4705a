using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.PolicyAuditSchedules;

/// <summary>What a PolicyAuditSchedule asks for.</summary>
public sealed record PolicyAuditScheduleSpec
{
    /// <summary>Pauses the audits: no run starts, running ones end by themselves, and everything rendered stays.</summary>
    public bool Suspend { get; init; }

    /// <summary>How often the rendered objects are compared with this spec and repaired, even when nothing changed; 10s to 24h.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string Interval { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>How long to wait before looking again at something that is in the way, such as a missing Secret; 1s to 24h. 1m when absent.</summary>
    [Duration(AtLeast = "1s", AtMost = "24h")]
    public string? RetryInterval { get; init; }

    /// <summary>
    /// CronJob starts a pod for each run and needs nothing in between. Daemon keeps one pod that schedules its runs by itself, serves
    /// /health, /ready and /metrics, and is restarted when its configuration changes.
    /// </summary>
    [AllowedValues(AuditModes.CronJob, AuditModes.Daemon)]
    public string Mode { get; init => field = value ?? AuditModes.CronJob; } = AuditModes.CronJob;

    /// <summary>The tenant.</summary>
    [Required]
    public FalconAccess Falcon { get; init => field = value ?? new(); } = new();

    /// <summary>When to do what: five cron fields, or @hourly, @daily, @weekly, @monthly, @yearly.</summary>
    public AuditSchedules Schedules { get; init => field = value ?? new(); } = new();

    /// <summary>Time zone of the schedules, by its IANA name such as "Europe/Berlin".</summary>
    [RegularExpression("^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*$"), StringLength(64, MinimumLength = 1)]
    public string TimeZone { get; init => field = value ?? "Etc/UTC"; } = "Etc/UTC";

    /// <summary>Kinds of Falcon policies to audit.</summary>
    [SetList, Items(9, Min = 1, Allowed =
        ["prevention", "sensor-update", "content-update", "firewall", "device-control", "it-automation", "ods-scheduled-scan", "response", "sca"])]
    public IReadOnlyList<string> PolicyTypes { get; init => field = value ?? Defaults.PolicyTypes; } = Defaults.PolicyTypes;

    /// <summary>Kinds of hosts that count; all when empty.</summary>
    [SetList, Items(3, Allowed = ["Workstation", "Domain Controller", "Server"])]
    public IReadOnlyList<string> ProductTypes { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Zero Trust scores to fetch; they are shown, never graded, and need the scope Zero Trust Assessment. Tenant is one request for the
    /// average of the whole customer, told in the status. Hosts takes a request per 100 hosts too, for the reports.
    /// </summary>
    [AllowedValues(AuditTrust.None, AuditTrust.Tenant, AuditTrust.Hosts)]
    public string ZeroTrust { get; init => field = value ?? AuditTrust.None; } = AuditTrust.None;

    /// <summary>How fast the Falcon API may be called.</summary>
    public AuditRateLimit RateLimit { get; init => field = value ?? new(); } = new();

    /// <summary>Reports and how long they are kept.</summary>
    public AuditOutput Output { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// ConfigMap with grading files, by the names and in the format of the reference tool, such as prevention_policies_grading.json. Types
    /// without a file are graded by the built-in defaults.
    /// </summary>
    public LocalReference? GradingConfigMapRef { get; init; }

    /// <summary>The volume with the database and the reports.</summary>
    public AuditStorage Storage { get; init => field = value ?? new(); } = new();

    /// <summary>From what on the tenant counts as compliant.</summary>
    public AuditThresholds Thresholds { get; init => field = value ?? new(); } = new();

    /// <summary>How runs are started and kept. In Daemon mode only timeout, image and resources mean something.</summary>
    public JobSettings Jobs { get; init => field = value ?? new(); } = new();

    /// <summary>What the pods may connect to.</summary>
    public AuditNetwork Network { get; init => field = value ?? new(); } = new();

    /// <summary>Alert rules over the operator's metrics, as a VMRule.</summary>
    public PolicyAuditAlerts Alerts { get; init => field = value ?? new(); } = new();

    private static class Defaults
    {
        public static readonly IReadOnlyList<string> PolicyTypes = ["prevention", "sensor-update", "content-update", "firewall", "device-control", "it-automation"];
    }
}

/// <summary>Whose Zero Trust scores are fetched.</summary>
public static class AuditTrust
{
    public const string None = "None";
    public const string Tenant = "Tenant";
    public const string Hosts = "Hosts";
}

/// <summary>How audits run.</summary>
public static class AuditModes
{
    public const string CronJob = "CronJob";
    public const string Daemon = "Daemon";
}

/// <summary>A CrowdStrike Falcon tenant and the credentials of an API client of it.</summary>
[CelRule(
    "has(self.cloud) != has(self.baseURL)",
    "name the tenant's cloud by exactly one of cloud and baseURL",
    FieldPath = ".cloud")]
public sealed record FalconAccess
{
    /// <summary>The cloud that the tenant lives in.</summary>
    [AllowedValues("us-1", "us-2", "us-3", "eu-1", "us-gov-1", "us-gov-2")]
    public string? Cloud { get; init; }

    /// <summary>Address of the API instead of a cloud's name, such as that of a recording proxy. Plain http is for trials.</summary>
    [JsonPropertyName("baseURL")]
    [RegularExpression("^https?://[^/?#@\\s]+/?$"), StringLength(255)]
    public string? BaseUrl { get; init; }

    /// <summary>Customer id of a member tenant, for API clients of a parent tenant.</summary>
    [JsonPropertyName("memberCID")]
    [RegularExpression("^[0-9A-Fa-f]{32}(-[0-9A-Fa-f]{2})?$"), StringLength(35)]
    public string? MemberCid { get; init; }

    /// <summary>Secret in the namespace of this resource. Only the audit's pods read it: each run starts with what it holds then.</summary>
    [Required]
    public FalconCredentials CredentialsSecretRef { get; init => field = value ?? new(); } = new();
}

/// <summary>A Secret with the id and the secret of an API client.</summary>
public sealed record FalconCredentials
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key of the client's id.</summary>
    [JsonPropertyName("clientIDKey")]
    [RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string ClientIdKey { get; init => field = value ?? "client_id"; } = "client_id";

    /// <summary>Key of the client's secret.</summary>
    [RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string ClientSecretKey { get; init => field = value ?? "client_secret"; } = "client_secret";
}

/// <summary>When to do what.</summary>
public sealed record AuditSchedules
{
    private const string Cron = @"^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[-0-9A-Za-z*,/]+( +[-0-9A-Za-z*,/]+){4})$";

    /// <summary>Audits: fetch, grade, report.</summary>
    [RegularExpression(Cron), StringLength(128, MinimumLength = 1)]
    public string FetchAndGrade { get; init => field = value ?? "0 */2 * * *"; } = "0 */2 * * *";

    /// <summary>Deletes reports that are too old or too many, by output.maxAgeDays and output.maxFilesPerType.</summary>
    [RegularExpression(Cron), StringLength(128, MinimumLength = 1)]
    public string Cleanup { get; init => field = value ?? "0 2 * * *"; } = "0 2 * * *";

    /// <summary>
    /// Writes the daemon's metrics report. In CronJob mode nothing is rendered for it: there the operator exports the metrics of every run
    /// itself.
    /// </summary>
    [RegularExpression(Cron), StringLength(128, MinimumLength = 1)]
    public string? Metrics { get; init; }
}

/// <summary>How fast the Falcon API may be called. What is set here beats the profile.</summary>
public sealed record AuditRateLimit
{
    /// <summary>
    /// By the size of the tenant: Small below 1 000 hosts (10 requests a second, 500 a minute), Medium to 10 000 (15, 750), Large to
    /// 100 000 (20, 1 000), VeryLarge above (25, 1 200).
    /// </summary>
    [AllowedValues("Small", "Medium", "Large", "VeryLarge")]
    public string Profile { get; init => field = value ?? "Small"; } = "Small";

    /// <summary>Steady rate; the API's own limit is 100.</summary>
    [Range(1, 100)]
    public int? RequestsPerSecond { get; init; }

    /// <summary>Most requests in any 60 seconds; the API's own limit is 6 000.</summary>
    [Range(1, 6000)]
    public int? RequestsPerMinute { get; init; }

    /// <summary>Requests that may go out at once after a pause.</summary>
    [Range(1, 6000)]
    public int? BurstSize { get; init; }

    /// <summary>Attempts for one request, the first included.</summary>
    [Range(1, 20)]
    public int? RetryAttempts { get; init; }
}

/// <summary>Reports and how long they are kept.</summary>
public sealed record AuditOutput
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public AuditOutput(int maxAgeDays = 30, int maxFilesPerType = 100) => (MaxAgeDays, MaxFilesPerType) = (maxAgeDays, maxFilesPerType);

    /// <summary>Compresses reports with gzip.</summary>
    public bool Compress { get; init; }

    /// <summary>Days to keep a report.</summary>
    [Range(1, 3650)]
    public int MaxAgeDays { get; init; }

    /// <summary>Reports of one type to keep.</summary>
    [Range(1, 100_000)]
    public int MaxFilesPerType { get; init; }

    /// <summary>
    /// Kinds in which what the newest complete run found is written into the cluster, where it serves them: OpenReports is Report of
    /// openreports.io/v1alpha1, PolicyReport its forerunner of wgpolicyk8s.io/v1alpha2. None when absent.
    /// </summary>
    [SetList, Items(2, Allowed = [AuditPolicies.ReportKinds.OpenReports, AuditPolicies.ReportKinds.PolicyReport])]
    public IReadOnlyList<string> PolicyReports { get; init => field = value ?? []; } = [];
}

/// <summary>The volume with the database and the reports.</summary>
[CelRule(
    "!has(self.claimName) || !has(self.storageClassName)",
    "storageClassName belongs to a rendered volume claim: remove it, or remove claimName",
    FieldPath = ".storageClassName")]
public sealed record AuditStorage
{
    /// <summary>Existing PersistentVolumeClaim to use instead of rendering one. It outlives this resource; a rendered one is deleted with it.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ClaimName { get; init; }

    /// <summary>Size of the rendered claim. It can grow where the storage class allows it, never shrink.</summary>
    [RegularExpression("^[1-9][0-9]*(Mi|Gi|Ti)$"), StringLength(16)]
    public string Size { get; init => field = value ?? "10Gi"; } = "10Gi";

    /// <summary>Storage class of the rendered claim; the cluster's default when absent.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? StorageClassName { get; init; }

    /// <summary>
    /// Access mode of the rendered claim. ReadWriteOncePod makes audit and cleanup wait for each other and needs a CSI driver.
    /// </summary>
    [AllowedValues("ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany")]
    public string AccessMode { get; init => field = value ?? "ReadWriteOnce"; } = "ReadWriteOnce";
}

/// <summary>From what on the tenant counts as compliant.</summary>
public sealed record AuditThresholds
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public AuditThresholds(int minScore = 80) => MinScore = minScore;

    /// <summary>Least score in percent.</summary>
    [Range(0, 100)]
    public int MinScore { get; init; }
}

/// <summary>What the pods may connect to, as a NetworkPolicy. Policies know addresses, not names: that it is the Falcon cloud is up to TLS.</summary>
public sealed record AuditNetwork
{
    /// <summary>
    /// Networks of the Falcon cloud, reached on port 443. Every public address when empty; private ones, and with them the cluster, stay
    /// out of reach. With baseURL, the networks that hold it, on its port.
    /// </summary>
    [JsonPropertyName("falconCIDRs")]
    [SetList, Items(64, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> FalconCidrs { get; init => field = value ?? []; } = [];

    /// <summary>Namespace of the cluster's DNS.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string DnsNamespace { get; init => field = value ?? "kube-system"; } = "kube-system";
}
