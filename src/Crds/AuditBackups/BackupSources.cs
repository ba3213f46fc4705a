using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Crds.AuditBackups;

/// <summary>Something to back up.</summary>
[CelRule(
    "(has(self.nodeAuditLog) ? 1 : 0) + (has(self.pvc) ? 1 : 0) + (has(self.sqlite) ? 1 : 0) + (has(self.auditLog) ? 1 : 0) + (has(self.victoriaLogs) ? 1 : 0) + (has(self.kubernetesObjects) ? 1 : 0) == 1",
    "name the source by exactly one of nodeAuditLog, pvc, sqlite, auditLog, victoriaLogs and kubernetesObjects")]
public sealed record BackupSourceSpec
{
    /// <summary>Name that its files have in the backup, in front of their own.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(63, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>The directory of each control-plane node that kube-apiserver writes its audit log to.</summary>
    public NodeAuditLogSource? NodeAuditLog { get; init; }

    /// <summary>Files on a volume, such as the reports of a PolicyAuditSchedule.</summary>
    public ClaimSource? Pvc { get; init; }

    /// <summary>A SQLite database on a volume, such as the store of a DriftWatch or of a PolicyAuditSchedule: its copy of one moment, also while others write to it.</summary>
    public SqliteSource? Sqlite { get; init; }

    /// <summary>An audit log that `comptroller archive append` writes: its segments, chain and index are backed up at one moment.</summary>
    public AuditLogSource? AuditLog { get; init; }

    /// <summary>Events of VictoriaLogs, one file a day. Its files are called victorialogs whatever the name of the source is.</summary>
    public VictoriaLogsSource? VictoriaLogs { get; init; }

    /// <summary>
    /// The custom resources of this program in all namespaces, and what they name: of Secrets only that they exist. Its file is called estate
    /// whatever the name of the source is.
    /// </summary>
    public KubernetesObjectsSource? KubernetesObjects { get; init; }
}

/// <summary>Events of VictoriaLogs.</summary>
public sealed record VictoriaLogsSource
{
    /// <summary>Its address, such as http://victoria-logs:9428.</summary>
    [Required, JsonPropertyName("url")]
    [RegularExpression("^https?://[^/@?#\\s]+(/[-A-Za-z0-9._/]*)?$"), StringLength(255)]
    public string Url { get; init => field = value ?? ""; } = "";

    /// <summary>Networks that it is in; a NetworkPolicy knows no names.</summary>
    [Required, JsonPropertyName("networkCIDRs")]
    [SetList, Items(16, Min = 1, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> NetworkCidrs { get; init => field = value ?? []; } = [];

    /// <summary>LogsQL filter without pipes.</summary>
    [StringLength(1024, MinimumLength = 1)]
    public string Query { get; init => field = value ?? "*"; } = "*";

    /// <summary>Events at or after this time; the beginning of the day before each run when absent.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? Since { get; init; }

    /// <summary>Events before this time; the time of each run when absent.</summary>
    [JsonConverter(typeof(TimestampConverter))]
    public DateTimeOffset? Until { get; init; }

    /// <summary>A bearer token for it.</summary>
    public SecretKeyReference? TokenSecretRef { get; init; }
}

/// <summary>
/// The custom resources of this program. Reading those of all namespaces takes a ClusterRole, which a resource in one namespace must not be able to
/// hand out: whoever administers the cluster applies deploy/estate-backup, and names its service account here.
/// </summary>
public sealed record KubernetesObjectsSource
{
    /// <summary>Existing service account that may list them. Its token is mounted into backup pods, and into no others.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ServiceAccountName { get; init => field = value ?? ""; } = "";

    /// <summary>Networks that the API server is in; its ports are 443 and 6443.</summary>
    [Required, JsonPropertyName("apiServerCIDRs")]
    [SetList, Items(16, Min = 1, MaxLength = 64, MinLength = 3, Pattern = "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
    public IReadOnlyList<string> ApiServerCidrs { get; init => field = value ?? []; } = [];
}

/// <summary>
/// The directory of each control-plane node that kube-apiserver writes its audit log to. One pod runs on each node, mounts the directory
/// read-only, and backs it up under the stream of the node, which is the stream's name with "." and the node's name behind it.
/// </summary>
public sealed record NodeAuditLogSource
{
    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public NodeAuditLogSource(int nodes = 1, int runAsUser = 65534) => (Nodes, RunAsUser) = (nodes, runAsUser);

    /// <summary>The directory.</summary>
    [RegularExpression("^/[-A-Za-z0-9._/]+$"), StringLength(255, MinimumLength = 2)]
    public string Path { get; init => field = value ?? "/var/log/kubernetes/audit"; } = "/var/log/kubernetes/audit";

    /// <summary>
    /// How many nodes the node selector finds. A run has succeeded when so many different nodes were backed up; it says so when one is missing.
    /// </summary>
    [Range(1, 16)]
    public int Nodes { get; init; }

    /// <summary>
    /// User and group of the pods, which must be allowed to read the files: the user that kube-apiserver runs as, 65534 in hardened clusters.
    /// Never root.
    /// </summary>
    [Range(1, 2_147_483_647)]
    public int RunAsUser { get; init; }

    /// <summary>Labels of the nodes; node-role.kubernetes.io/control-plane with an empty value when absent.</summary>
    [Entries(16, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string>? NodeSelector { get; init; }
}

/// <summary>
/// A SQLite database on a volume. Whoever writes to it and the backup must share a node, as they do on a volume that is ReadWriteOnce: writers and readers of a write-ahead log
/// find each other in memory.
/// </summary>
public sealed record SqliteSource
{
    /// <summary>The PersistentVolumeClaim; it is mounted read-only.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>The database on it, such as drift.db.</summary>
    [Required, RegularExpression("^[-A-Za-z0-9_][-A-Za-z0-9._]*(/[-A-Za-z0-9_][-A-Za-z0-9._]*)*$"), StringLength(255, MinimumLength = 1)]
    public string Path { get; init => field = value ?? ""; } = "";

    /// <summary>Scratch space of the node for the copy: twice the database where its writer may have ended without closing it.</summary>
    [RegularExpression("^[1-9][0-9]{0,6}(Mi|Gi|Ti)$"), StringLength(16)]
    public string ScratchSize { get; init => field = value ?? "2Gi"; } = "2Gi";
}

/// <summary>Files on a volume. A database in use is none: name it as sqlite.</summary>
public sealed record ClaimSource
{
    /// <summary>The PersistentVolumeClaim; it is mounted read-only.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Directory or file on it, such as reports; all of it when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9_][-A-Za-z0-9._]*(/[-A-Za-z0-9_][-A-Za-z0-9._]*)*$"), StringLength(255, MinimumLength = 1)]
    public string? Path { get; init; }
}

/// <summary>An audit log of this program on a volume.</summary>
public sealed record AuditLogSource
{
    /// <summary>The PersistentVolumeClaim; it is mounted read-only.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Directory of the log on it; the volume's own when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9_][-A-Za-z0-9._]*(/[-A-Za-z0-9_][-A-Za-z0-9._]*)*$"), StringLength(255, MinimumLength = 1)]
    public string? Directory { get; init; }
}
