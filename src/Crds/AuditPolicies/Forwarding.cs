using System.ComponentModel.DataAnnotations;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>Where the events go, and how.</summary>
[CelRule(
    "has(self.victoriaLogs) || has(self.loki) || has(self.elasticsearch) || has(self.openTelemetry) || has(self.s3)",
    "name at least one place for the events to go to: victoriaLogs, loki, elasticsearch, openTelemetry or s3")]
public sealed record Forwarding
{
    /// <summary>
    /// Name of the cluster whose API server writes the events. It becomes the stream field "cluster" of every event and the
    /// filter of every alert rule, so it must differ between clusters that share one VictoriaLogs.
    /// </summary>
    [Required, RegularExpression("^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string Cluster { get; init => field = value ?? ""; } = "";

    /// <summary>How Fluent Bit reads and buffers the log on each control-plane node.</summary>
    public FluentBit FluentBit { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// Formats of the rendered Fluent Bit configuration. The Helm values hold it as Yaml when that is among them. Classic is the older
    /// format, which Fluent Bit gives up at the end of 2026.
    /// </summary>
    [SetList, Items(2, Min = 1, Allowed = [ForwardingFormats.Yaml, ForwardingFormats.Classic])]
    public IReadOnlyList<string> Formats { get; init => field = value ?? ForwardingFormats.Default; } = ForwardingFormats.Default;

    /// <summary>The VictoriaLogs that stores the events. Alerts query it.</summary>
    public VictoriaLogs? VictoriaLogs { get; init; }

    /// <summary>A Grafana Loki that stores the events.</summary>
    public Loki? Loki { get; init; }

    /// <summary>An Elasticsearch or OpenSearch that stores the events.</summary>
    public Elasticsearch? Elasticsearch { get; init; }

    /// <summary>An OpenTelemetry collector that takes the events as log records.</summary>
    public OpenTelemetry? OpenTelemetry { get; init; }

    /// <summary>A bucket that keeps the events for years, as compressed files. It answers no queries.</summary>
    public S3? S3 { get; init; }

    /// <summary>What is taken out of the events before they leave the node. The log file on the node keeps everything.</summary>
    public Redaction? Redaction { get; init; }
}

/// <summary>Names of the formats.</summary>
public static class ForwardingFormats
{
    public const string Yaml = "Yaml";
    public const string Classic = "Classic";

    internal static readonly IReadOnlyList<string> Default = [Yaml];
}

/// <summary>How Fluent Bit reads and buffers the log.</summary>
public sealed record FluentBit
{
    /// <summary>
    /// The file that kube-apiserver writes, by default the one of the target. The path is exact: a glob would read rotated files again.
    /// Only the name can differ: the directory is /var/log/audit/kube on Talos, where kube-apiserver can write to no other,
    /// /var/log/kubernetes/audit with kubeadm, /var/lib/rancher/k3s/server/logs on k3s and /var/lib/rancher/rke2/server/logs on RKE2.
    /// </summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string? LogPath { get; init; }

    /// <summary>Directory on the node for the read position and the buffer. It must survive a restart of the pod.</summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string StatePath { get; init => field = value ?? Paths.FluentBitState; } = Paths.FluentBitState;

    /// <summary>
    /// Most disk space that unsent events may take on a node for each sink, in units of 1000: k, M or G. When it is full the oldest
    /// events are dropped.
    /// </summary>
    [RegularExpression("^[1-9][0-9]{0,5}[kMG]$"), StringLength(7)]
    public string BufferLimit { get; init => field = value ?? "2G"; } = "2G";
}

/// <summary>What is taken out of the events before they leave the node.</summary>
public sealed record Redaction
{
    /// <summary>Resources whose request and response bodies are removed.</summary>
    [AtomicList, Items(64)]
    public IReadOnlyList<RedactedBodies> Bodies { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Keys of annotations whose values are masked: annotations of the event, and of objects in bodies at any depth, such as
    /// "kubectl.kubernetes.io/last-applied-configuration".
    /// </summary>
    [SetList, Items(64, MaxLength = 317, MinLength = 1, Pattern = "^[A-Za-z0-9][-A-Za-z0-9_./]*$")]
    public IReadOnlyList<string> Annotations { get; init => field = value ?? []; } = [];

    /// <summary>Keys of the extra information of users, impersonated ones too, whose values are masked.</summary>
    [SetList, Items(64, MaxLength = 317, MinLength = 1, Pattern = "^[A-Za-z0-9][-A-Za-z0-9_./]*$")]
    public IReadOnlyList<string> UserExtra { get; init => field = value ?? []; } = [];
}

/// <summary>Resources of one API group.</summary>
public sealed record RedactedBodies
{
    /// <summary>API group without version; "" is the core group, "*" every group.</summary>
    [RegularExpression(@"^([*]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)?$"), StringLength(253)]
    public string Group { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// Resources such as "secrets", which includes their subresources, or one subresource such as "serviceaccounts/token". Every
    /// resource of the group when empty.
    /// </summary>
    [SetList, Items(64, MaxLength = 127, MinLength = 1, Pattern = "^([*]|[a-z0-9][a-z0-9.-]*(/[a-z0-9-]+)?)$")]
    public IReadOnlyList<string> Resources { get; init => field = value ?? []; } = [];
}

/// <summary>Paths on a node.</summary>
internal static class Paths
{
    /// <summary>An absolute path without globs, spaces or anything a configuration file could read as syntax.</summary>
    public const string Absolute = "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";

    public const string FluentBitState = "/var/lib/fluent-bit-audit";
}
