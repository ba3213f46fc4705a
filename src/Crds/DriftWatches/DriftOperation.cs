using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

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
    public DriftApi(int requestsPerMinute = 600, int burst = 100, int streams = 500) => (RequestsPerMinute, Burst, Streams) = (requestsPerMinute, burst, streams);

    /// <summary>Secret key with a token that may do everything; the first API keys are made with it.</summary>
    public DriftSecretKey? AdminTokenSecretRef { get; init; }

    /// <summary>What callers without credentials may do once there is any way to have some. Nothing when empty.</summary>
    [SetList, Items(3, Allowed = ["Read", "Write", "Intake"])]
    public IReadOnlyList<string> Anonymous { get; init => field = value ?? []; } = [];

    /// <summary>Tokens of an identity provider.</summary>
    public DriftJwt? Jwt { get; init; }

    /// <summary>Requests a minute of one caller; 0 for no limit. Probes, metrics and events are not counted.</summary>
    [Range(0, 10_000_000)]
    public int RequestsPerMinute { get; init; }

    /// <summary>Requests that one caller may send at once after a pause.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; init; }

    /// <summary>Clients of the streams at a time, in each pod.</summary>
    [Range(1, 100_000)]
    public int Streams { get; init; }

    /// <summary>Networks of proxies whose X-Forwarded-For is believed.</summary>
    [SetList, Items(32, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> TrustedProxies { get; init => field = value ?? []; } = [];

    /// <summary>Origins of web pages that may ask, such as https://drift.example.com.</summary>
    [SetList, Items(16, MaxLength = 256, MinLength = 8, Pattern = "^https?://[^/*@\\s?#]+$")]
    public IReadOnlyList<string> CorsOrigins { get; init => field = value ?? []; } = [];
}

/// <summary>JSON Web Tokens that are accepted.</summary>
[CelRule("(has(self.secretRefs) && size(self.secretRefs) > 0) || has(self.keysSecretRef)", "name the keys by secretRefs or keysSecretRef")]
public sealed record DriftJwt
{
    /// <summary>The issuer that a token must name.</summary>
    [Required, StringLength(256, MinimumLength = 1)]
    public string Issuer { get; init => field = value ?? ""; } = "";

    /// <summary>The audience that a token must name.</summary>
    [Required, StringLength(256, MinimumLength = 1)]
    public string Audience { get; init => field = value ?? ""; } = "";

    /// <summary>Secret keys with what tokens are signed with (HS256), at least 32 bytes each: one, and those that are being rotated out.</summary>
    [AtomicList, Items(4)]
    public IReadOnlyList<DriftSecretKey> SecretRefs { get; init => field = value ?? []; } = [];

    /// <summary>Secret key with public keys as a JWKS document (RS256, ES256).</summary>
    public DriftSecretKey? KeysSecretRef { get; init; }

    /// <summary>The claim that lists scopes.</summary>
    [StringLength(128, MinimumLength = 1)]
    public string ScopeClaim { get; init => field = value ?? "scope"; } = "scope";
}

/// <summary>Who is told of drifts.</summary>
public sealed record DriftNotifications
{
    /// <summary>Drifts of so long a time are one message; 0s to 1h.</summary>
    [Duration(AtMost = "1h")]
    public string GroupWindow { get; init => field = value ?? "30s"; } = "30s";

    /// <summary>How long a message is tried before it is a dead letter, from 1m to 24h.</summary>
    [Duration(AtLeast = "1m", AtMost = "24h")]
    public string GiveUpAfter { get; init => field = value ?? "1h"; } = "1h";

    /// <summary>Where to.</summary>
    [ListMapKey("name"), Items(16)]
    public IReadOnlyList<DriftChannel> Channels { get; init => field = value ?? []; } = [];
}

/// <summary>Somebody who is told of drifts.</summary>
[CelRule("!has(self.signingSecretRef) || self.type == 'Webhook'", "only a Webhook is signed", FieldPath = ".signingSecretRef")]
public sealed record DriftChannel
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftChannel(bool resolved = true) => Resolved = resolved;

    /// <summary>Its name, in metrics and among the dead letters.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(40, MinimumLength = 1)]
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

    /// <summary>Secret key with a bearer token for the receiver.</summary>
    public DriftSecretKey? TokenSecretRef { get; init; }

    /// <summary>The least severity that is told.</summary>
    [AllowedValues("Critical", "High", "Medium", "Low")]
    public string Severity { get; init => field = value ?? "Low"; } = "Low";

    /// <summary>Terraform types that are told, with *; all when empty.</summary>
    [SetList, Items(64, MaxLength = 128, MinLength = 1)]
    public IReadOnlyList<string> Types { get; init => field = value ?? []; } = [];

    /// <summary>Whether the end of a drift is told too.</summary>
    public bool Resolved { get; init; }
}

/// <summary>The container.</summary>
public sealed record DriftPod
{
    /// <summary>Image to run instead of the operator's own.</summary>
    [RegularExpression(@"^[^\s]+$"), StringLength(512, MinimumLength = 1)]
    public string? Image { get; init; }

    /// <summary>Resources of the container.</summary>
    public ContainerResources Resources { get; init => field = value ?? new(); } = new();
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
    public DriftAlerts(bool enabled = true, int eventLagMinutes = 15, int silentHours = 24, int newDrifts = 10) =>
        (Enabled, EventLagMinutes, SilentHours, NewDrifts) = (enabled, eventLagMinutes, silentHours, newDrifts);

    /// <summary>Whether a VMRule is rendered.</summary>
    public bool Enabled { get; init; }

    /// <summary>How often the rules are evaluated, from 10s to 1h.</summary>
    [Duration(AtLeast = "10s", AtMost = "1h")]
    public string Interval { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>Labels of the VMRule object, by which the VMAlert that queries metrics selects its rules.</summary>
    [Entries(32, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> Labels { get; init => field = value ?? None; } = None;

    /// <summary>Events that are judged so long after the change are reported. Clouds take their time: CloudTrail delivers to S3 within 15 minutes.</summary>
    [Range(1, 1440)]
    public int EventLagMinutes { get; init; }

    /// <summary>No event for so long is reported: the way from the cloud may be broken.</summary>
    [Range(1, 720)]
    public int SilentHours { get; init; }

    /// <summary>More newly open drifts than this within an hour are reported.</summary>
    [Range(1, 100_000)]
    public int NewDrifts { get; init; }

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
