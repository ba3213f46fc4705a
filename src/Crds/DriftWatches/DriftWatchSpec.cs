using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.DriftWatches;

/// <summary>What a DriftWatch asks for.</summary>
[CelRule(
    "!has(self.autoscaling) || (has(self.store) && has(self.store.postgres))",
    "several replicas need store.postgres: a SQLite file has one writer",
    FieldPath = ".autoscaling")]
[CelRule(
    "!has(self.replicas) || self.replicas <= 1 || (has(self.store) && has(self.store.postgres))",
    "several replicas need store.postgres: a SQLite file has one writer",
    FieldPath = ".replicas")]
[ExcludeEachOther("replicas", "autoscaling")]
public sealed record DriftWatchSpec
{
    /// <summary>Stops the watch: no pod runs, events are refused at the Service, and everything that was found stays.</summary>
    public bool Suspend { get; init; }

    /// <summary>How often the rendered objects are compared with this spec and repaired, even when nothing changed; 10s to 24h.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string Interval { get; init => field = value ?? "10m"; } = "10m";

    /// <summary>How long to wait before looking again at something that is in the way, such as a missing Secret; 1s to 24h. 1m when absent.</summary>
    [Duration(AtLeast = "1s", AtMost = "24h")]
    public string? RetryInterval { get; init; }

    /// <summary>How audit events come in.</summary>
    public DriftIntake Intake { get; init => field = value ?? new(); } = new();

    /// <summary>Terraform and OpenTofu states that say what should be.</summary>
    [Required, ListMapKey("name"), Items(64, Min = 1)]
    public IReadOnlyList<DriftState> States { get; init => field = value ?? []; } = [];

    /// <summary>How often states are looked at for a newer version, from 10s to 24h. What has not changed is not read again.</summary>
    [Duration(AtLeast = "10s", AtMost = "24h")]
    public string StateRefresh { get; init => field = value ?? "5m"; } = "5m";

    /// <summary>How long Terraform is given to write its state after a change before the change counts as drift; 0s to 1h.</summary>
    [Duration(AtMost = "1h")]
    public string GracePeriod { get; init => field = value ?? "1m"; } = "1m";

    /// <summary>Full comparisons of states with the cloud, which catch what no event told. None when absent.</summary>
    public DriftComparison? Comparison { get; init; }

    /// <summary>Drifts that are known and quiet as long as they stay as they are: what `drift scan --write-baseline` wrote. None when absent.</summary>
    public DriftFile? Baseline { get; init; }

    /// <summary>How severe which drift is. A rule that matches decides alone; of several the highest. Without one the severity follows what was done.</summary>
    [ListMapKey("name"), Items(256)]
    public IReadOnlyList<DriftSeverityRule> Rules { get; init => field = value ?? []; } = [];

    /// <summary>Drifts that nobody wants to hear of. They are kept as suppressed, with the rule's name.</summary>
    [ListMapKey("name"), Items(256)]
    public IReadOnlyList<DriftIgnoreRule> Ignore { get; init => field = value ?? []; } = [];

    /// <summary>Times at which changes are expected.</summary>
    [ListMapKey("name"), Items(64)]
    public IReadOnlyList<DriftWindow> Windows { get; init => field = value ?? []; } = [];

    /// <summary>How Terraform's own changes are recognised.</summary>
    public DriftAutomation Automation { get; init => field = value ?? new(); } = new();

    /// <summary>Where drifts are kept: SQLite on a volume of its own unless PostgreSQL is named.</summary>
    public DriftStore Store { get; init => field = value ?? new(); } = new();

    /// <summary>Pods, from 1 to 20; 1 when absent. More than one needs PostgreSQL.</summary>
    [Range(1, 20)]
    public int? Replicas { get; init; }

    /// <summary>Has the number of pods follow their load; needs PostgreSQL.</summary>
    public DriftAutoscaling? Autoscaling { get; init; }

    /// <summary>Who may ask the API, and how often.</summary>
    public DriftApi Api { get; init => field = value ?? new(); } = new();

    /// <summary>Who is told of drifts.</summary>
    public DriftNotifications Notifications { get; init => field = value ?? new(); } = new();

    /// <summary>With what states are read from clouds.</summary>
    public DriftCredentials Credentials { get; init => field = value ?? new(); } = new();

    /// <summary>The container.</summary>
    public DriftPod Pod { get; init => field = value ?? new(); } = new();

    /// <summary>What the pods may connect to, and who may connect to them.</summary>
    public DriftNetwork Network { get; init => field = value ?? new(); } = new();

    /// <summary>Alert rules, as a VMRule.</summary>
    public DriftAlerts Alerts { get; init => field = value ?? new(); } = new();
}

/// <summary>How audit events come in.</summary>
public sealed record DriftIntake
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftIntake(int port = 8080, int queue = 4096) => (Port, Queue) = (port, queue);

    /// <summary>Port of the Service and of the pods: intake, API, probes and metrics.</summary>
    [Range(1024, 65535)]
    public int Port { get; init; }

    /// <summary>Requests that may wait for the store before senders are told to come back.</summary>
    [Range(1, 1_000_000)]
    public int Queue { get; init; }

    /// <summary>The bearer token that senders must have. Without it, and without tls.clientCASecretRef, everybody whom the network lets through may send.</summary>
    public DriftSecretKey? TokenSecretRef { get; init; }

    /// <summary>Serves HTTPS.</summary>
    public DriftTls? Tls { get; init; }

    /// <summary>Clouds whose Falco rules are rendered. There is no Falco plugin for Azure's activity log: Azure posts by Event Grid or diagnostic settings.</summary>
    [SetList, Items(2, Allowed = ["AWS", "GCP"])]
    public IReadOnlyList<string> FalcoRules { get; init => field = value ?? Defaults; } = Defaults;

    private static readonly IReadOnlyList<string> Defaults = ["AWS", "GCP"];
}

/// <summary>Serves HTTPS.</summary>
public sealed record DriftTls
{
    /// <summary>Secret of type kubernetes.io/tls with tls.crt and tls.key, as cert-manager writes it. The certificate names the Service: NAME-drift.NAMESPACE.svc.</summary>
    [Required]
    public LocalReference SecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>Secret key with the certificate authority (PEM) that senders' certificates must come from: mutual TLS, as Falco's http_output speaks it.</summary>
    [JsonPropertyName("clientCASecretRef")]
    public DriftSecretKey? ClientCaSecretRef { get; init; }
}

/// <summary>A key of a Secret in the namespace of the resource.</summary>
public sealed record DriftSecretKey
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The key.</summary>
    [Required, RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";
}

/// <summary>How severe which drift is. Patterns may hold *.</summary>
public sealed record DriftSeverityRule
{
    /// <summary>Its name, which drifts carry.</summary>
    [Required, RegularExpression(DriftNames.Pattern), StringLength(63, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Terraform types, such as aws_security_group*.</summary>
    [Required, SetList, Items(64, Min = 1, MaxLength = 128, MinLength = 1)]
    public IReadOnlyList<string> Types { get; init => field = value ?? []; } = [];

    /// <summary>Attributes; all when empty.</summary>
    [SetList, Items(64, MaxLength = 256, MinLength = 1)]
    public IReadOnlyList<string> Attributes { get; init => field = value ?? []; } = [];

    /// <summary>The severity.</summary>
    [Required, AllowedValues("Critical", "High", "Medium", "Low")]
    public string Severity { get; init => field = value ?? ""; } = "";
}

/// <summary>A drift that nobody wants to hear of: every list that is given must match. Patterns may hold *.</summary>
[CelRule(
    "['types', 'addresses', 'attributes', 'actors', 'tags', 'kinds'].exists(f, (f == 'types' && has(self.types)) || (f == 'addresses' && has(self.addresses)) || (f == 'attributes' && has(self.attributes)) || (f == 'actors' && has(self.actors)) || (f == 'tags' && has(self.tags)) || (f == 'kinds' && has(self.kinds)))",
    "this ignores everything: say what, by types, addresses, attributes, actors, tags or kinds")]
public sealed record DriftIgnoreRule
{
    /// <summary>Its name, which suppressed drifts carry.</summary>
    [Required, RegularExpression(DriftNames.Pattern), StringLength(63, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Terraform types.</summary>
    [SetList, Items(64, MaxLength = 128, MinLength = 1)]
    public IReadOnlyList<string> Types { get; init => field = value ?? []; } = [];

    /// <summary>Addresses with module path, such as module.edge.aws_lb.*.</summary>
    [SetList, Items(64, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>Attributes.</summary>
    [SetList, Items(64, MaxLength = 256, MinLength = 1)]
    public IReadOnlyList<string> Attributes { get; init => field = value ?? []; } = [];

    /// <summary>People and roles.</summary>
    [SetList, Items(64, MaxLength = 256, MinLength = 1)]
    public IReadOnlyList<string> Actors { get; init => field = value ?? []; } = [];

    /// <summary>Tags of the resource in its state, as key or key=value.</summary>
    [SetList, Items(64, MaxLength = 512, MinLength = 1)]
    public IReadOnlyList<string> Tags { get; init => field = value ?? []; } = [];

    /// <summary>Kinds of drift.</summary>
    [SetList, Items(3, Allowed = ["Modified", "Deleted", "Unmanaged"])]
    public IReadOnlyList<string> Kinds { get; init => field = value ?? []; } = [];

    /// <summary>Until when it holds, such as 2026-12-31T00:00:00Z; for ever when absent.</summary>
    [RegularExpression(DriftNames.Time), StringLength(20)]
    public string? Until { get; init; }
}

/// <summary>A time at which changes are expected, in UTC: once from a time to another, or on days of the week between two times of day.</summary>
[CelRule(
    "(has(self.from) && has(self.to)) != (has(self.start) && has(self.end)) && has(self.from) == has(self.to) && has(self.start) == has(self.end)",
    "a window has either from and to, or start and end")]
[CelRule("!has(self.days) || has(self.start)", "days belong to a window with start and end", FieldPath = ".days")]
public sealed record DriftWindow
{
    /// <summary>Its name, which suppressed drifts carry.</summary>
    [Required, RegularExpression(DriftNames.Pattern), StringLength(63, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>When it begins, such as 2026-12-31T00:00:00Z.</summary>
    [RegularExpression(DriftNames.Time), StringLength(20)]
    public string? From { get; init; }

    /// <summary>When it ends.</summary>
    [RegularExpression(DriftNames.Time), StringLength(20)]
    public string? To { get; init; }

    /// <summary>Days on which it begins; every day when empty.</summary>
    [SetList, Items(7, Allowed = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])]
    public IReadOnlyList<string> Days { get; init => field = value ?? []; } = [];

    /// <summary>Time of day at which it begins, such as 22:00.</summary>
    [RegularExpression("^([01][0-9]|2[0-3]):[0-5][0-9]$"), StringLength(5)]
    public string? Start { get; init; }

    /// <summary>Time of day at which it ends; of the next day when it is before start.</summary>
    [RegularExpression("^([01][0-9]|2[0-3]):[0-5][0-9]$"), StringLength(5)]
    public string? End { get; init; }
}

/// <summary>How Terraform's own changes are recognised. They are kept as suppressed and tell nobody.</summary>
public sealed record DriftAutomation
{
    /// <summary>Patterns of the roles and users that run Terraform; the built-in ones when absent.</summary>
    [SetList, Items(64, MaxLength = 256, MinLength = 1)]
    public IReadOnlyList<string>? Actors { get; init; }

    /// <summary>Patterns of Terraform's user agents; the built-in ones when absent.</summary>
    [SetList, Items(64, MaxLength = 256, MinLength = 1)]
    public IReadOnlyList<string>? UserAgents { get; init; }

    /// <summary>Asks for both, since anybody can choose a user agent.</summary>
    public bool RequireBoth { get; init; }
}

/// <summary>Forms that several fields share.</summary>
internal static class DriftNames
{
    public const string Pattern = "^[a-zA-Z0-9]([-a-zA-Z0-9_. ]*[a-zA-Z0-9])?$";
    public const string Time = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$";
}
