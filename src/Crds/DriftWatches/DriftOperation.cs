using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.DriftWatches;

/// <summary>Where drifts are kept.</summary>
[ExcludeEachOther("sqlite", "postgres")]
public sealed record DriftStore
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftStore(int retentionDays = 90) => RetentionDays = retentionDays;

    /// <summary>A SQLite file on a volume: one pod.</summary>
    public AuditStorage? Sqlite { get; init; }

    /// <summary>A PostgreSQL database, which several pods share.</summary>
    public DriftPostgres? Postgres { get; init; }

    /// <summary>Days to keep resolved drifts.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; init; }
}

/// <summary>A PostgreSQL database.</summary>
public sealed record DriftPostgres
{
    /// <summary>Secret key with the connection string, such as Host=db;Database=drift;Username=drift;Password=...</summary>
    [Required]
    public DriftSecretKey ConnectionSecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>Port of the server, for the NetworkPolicy.</summary>
    [Range(1, 65535)]
    public int Port { get; init; }

    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftPostgres(int port = 5432) => Port = port;
}

/// <summary>Has the number of pods follow their load.</summary>
[CelRule("self.minReplicas <= self.maxReplicas", "minReplicas must not be more than maxReplicas", FieldPath = ".minReplicas")]
public sealed record DriftAutoscaling
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftAutoscaling(int minReplicas = 2, int maxReplicas = 5, int cpuPercent = 70, int memoryPercent = 75) =>
        (MinReplicas, MaxReplicas, CpuPercent, MemoryPercent) = (minReplicas, maxReplicas, cpuPercent, memoryPercent);

    /// <summary>Fewest pods.</summary>
    [Range(1, 20)]
    public int MinReplicas { get; init; }

    /// <summary>Most pods.</summary>
    [Range(1, 20)]
    public int MaxReplicas { get; init; }

    /// <summary>Processor time that is aimed at, in percent of what is set aside.</summary>
    [Range(1, 100)]
    public int CpuPercent { get; init; }

    /// <summary>Memory that is aimed at, in percent of what is set aside.</summary>
    [Range(1, 100)]
    public int MemoryPercent { get; init; }
}

/// <summary>Who may ask the API, and how often.</summary>
public sealed record DriftApi
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftApi(int requestsPerSecond = 20, int burst = 60) => (RequestsPerSecond, Burst) = (requestsPerSecond, burst);

    /// <summary>Secret key with an administrator's API key. With it other keys are made, listed and revoked. Without keys and JWT everybody whom the network lets through may ask.</summary>
    public DriftSecretKey? AdminKeySecretRef { get; init; }

    /// <summary>Bearer tokens of an identity provider.</summary>
    public DriftJwt? Jwt { get; init; }

    /// <summary>Requests a second of one identity. Probes, metrics and intake are not counted.</summary>
    [Range(1, 10_000)]
    public int RequestsPerSecond { get; init; }

    /// <summary>Requests that one identity may send at once after a pause.</summary>
    [Range(1, 100_000)]
    public int Burst { get; init; }

    /// <summary>Networks of proxies whose X-Forwarded-For is believed.</summary>
    [SetList, Items(32, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> TrustedProxies { get; init => field = value ?? []; } = [];
}

/// <summary>JSON Web Tokens that are accepted.</summary>
public sealed record DriftJwt
{
    /// <summary>Secret key with the secret that tokens are signed with (HS256), at least 32 bytes.</summary>
    [Required]
    public DriftSecretKey SecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>The issuer that a token must name.</summary>
    [StringLength(256, MinimumLength = 1)]
    public string Issuer { get; init => field = value ?? "comptroller"; } = "comptroller";

    /// <summary>The audience that a token must name; any when absent.</summary>
    [StringLength(256, MinimumLength = 1)]
    public string? Audience { get; init; }
}

/// <summary>Somebody who is told of drifts.</summary>
public sealed record DriftNotification
{
    /// <summary>Its name, in metrics and among the dead letters.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>How to tell.</summary>
    [Required, AllowedValues("Slack", "Discord", "Teams", "Webhook", "Alertmanager")]
    public string Type { get; init => field = value ?? ""; } = "";

    /// <summary>Secret key with the address. Addresses of chats are secrets: who knows one may write there.</summary>
    [Required]
    [JsonPropertyName("urlSecretRef")]
    public DriftSecretKey UrlSecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>Secret key with the secret that a Webhook's body is signed with.</summary>
    public DriftSecretKey? SigningSecretRef { get; init; }

    /// <summary>Drifts below it are not told.</summary>
    [AllowedValues("Critical", "High", "Medium", "Low")]
    public string MinSeverity { get; init => field = value ?? "Medium"; } = "Medium";
}

/// <summary>The container.</summary>
public sealed record DriftPod
{
    /// <summary>Image to run instead of the operator's own.</summary>
    [RegularExpression(@"^[^\s]+$"), StringLength(512, MinimumLength = 1)]
    public string? Image { get; init; }

    /// <summary>Resources of the container.</summary>
    public AuditResources Resources { get; init => field = value ?? new(); } = new();
}

/// <summary>Who may reach the pods and what they may reach, as a NetworkPolicy.</summary>
public sealed record DriftNetwork
{
    /// <summary>Namespaces that may send events, ask the API and scrape, by name; with the operator's own namespace. All when empty.</summary>
    [SetList, Items(32, MaxLength = 63, MinLength = 1, Pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public IReadOnlyList<string> FromNamespaces { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Networks with states, notifications and databases, on any port. Without them: every public address on 443, and the ports that
    /// addresses in this spec name. Private ones, and with them the cluster, stay out of reach unless they are written here.
    /// </summary>
    [JsonPropertyName("toCIDRs")]
    [SetList, Items(64, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> ToCidrs { get; init => field = value ?? []; } = [];

    /// <summary>Namespaces with states, notifications and databases, by name, on any port.</summary>
    [SetList, Items(32, MaxLength = 63, MinLength = 1, Pattern = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    public IReadOnlyList<string> ToNamespaces { get; init => field = value ?? []; } = [];

    /// <summary>Namespace of the cluster's DNS.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string DnsNamespace { get; init => field = value ?? "kube-system"; } = "kube-system";
}

/// <summary>Alert rules over what the operator and the pods export of one DriftWatch.</summary>
public sealed record DriftAlerts
{
    /// <summary>Rules with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftAlerts(bool enabled = true) => Enabled = enabled;

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>Labels of the VMRule object, by which the VMAlert that queries metrics selects its rules.</summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>Names of alerts to leave out, such as "DriftWatchStreams".</summary>
    [SetList, Items(32, MaxLength = 63, MinLength = 1)]
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
