using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;

namespace Comptroller.Crds;

/// <summary>Where the events go, and how.</summary>
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

    /// <summary>The VictoriaLogs that stores the events.</summary>
    [Required]
    public VictoriaLogs VictoriaLogs { get; init => field = value ?? new(); } = new();
}

/// <summary>How Fluent Bit reads and buffers the log.</summary>
public sealed record FluentBit
{
    /// <summary>
    /// The file that kube-apiserver writes. The path is exact: a glob would read rotated files again. Talos mounts only
    /// /var/log/audit/kube into kube-apiserver, so there the directory cannot change.
    /// </summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string LogPath { get; init => field = value ?? Paths.TalosAuditLog; } = Paths.TalosAuditLog;

    /// <summary>Directory on the node for the read position and the buffer. It must survive a restart of the pod.</summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string StatePath { get; init => field = value ?? Paths.FluentBitState; } = Paths.FluentBitState;

    /// <summary>
    /// Most disk space that unsent events may take on a node, in units of 1000: k, M or G. When it is full the oldest events are
    /// dropped.
    /// </summary>
    [RegularExpression("^[1-9][0-9]{0,5}[kMG]$"), StringLength(7)]
    public string BufferLimit { get; init => field = value ?? "2G"; } = "2G";
}

/// <summary>A VictoriaLogs, or anything that takes JSON lines the same way.</summary>
[CelRule(
    "!has(self.tls) || self.endpoint.startsWith('https://')",
    "tls has no effect on a plain endpoint: use an https:// endpoint, or remove tls",
    FieldPath = ".tls")]
[CelRule(
    "!has(self.basicAuth) || self.endpoint.startsWith('https://')",
    "basicAuth needs an https:// endpoint: over http the password would travel in the clear",
    FieldPath = ".endpoint")]
public sealed record VictoriaLogs
{
    internal const string EndpointPattern =
        @"^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$";

    /// <summary>
    /// Address as http(s)://host[:port][/prefix], without query and without credentials. The rendered configuration adds
    /// /insert/jsonline to it.
    /// </summary>
    [Required, RegularExpression(EndpointPattern)]
    [StringLength(512)]
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>Tenant account, sent as the header AccountID.</summary>
    [JsonPropertyName("accountID")]
    [Range(0d, 4294967295d)]
    public long AccountId { get; init; }

    /// <summary>Tenant project, sent as the header ProjectID.</summary>
    [JsonPropertyName("projectID")]
    [Range(0d, 4294967295d)]
    public long ProjectId { get; init; }

    /// <summary>User name and password for HTTP basic authentication.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>How the certificate of an https endpoint is checked. It is always checked.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>HTTP basic authentication.</summary>
public sealed record BasicAuth
{
    /// <summary>User name.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._@-]+$"), StringLength(253, MinimumLength = 1)]
    public string Username { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// The Secret that holds the password. The operator never reads it: the rendered configuration names the environment variable
    /// VICTORIALOGS_PASSWORD, which the Fluent Bit pod takes from this Secret.
    /// </summary>
    [Required]
    public SecretKeyReference PasswordSecretRef { get; init => field = value ?? new(); } = new();
}

/// <summary>Checking of a server's certificate.</summary>
public sealed record ClientTls
{
    /// <summary>File in the Fluent Bit pod with the certificates to trust, in PEM. The trust store of the image when absent.</summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string? CaFile { get; init; }

    /// <summary>Name that the certificate must carry, when it differs from the host of the endpoint.</summary>
    [RegularExpression("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"), StringLength(253)]
    public string? ServerName { get; init; }
}

/// <summary>One key of a Secret in the namespace of the resource.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key within the Secret.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._-]+$"), StringLength(253, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";
}

/// <summary>Paths on a node.</summary>
internal static class Paths
{
    /// <summary>An absolute path without globs, spaces or anything a configuration file could read as syntax.</summary>
    public const string Absolute = "^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$";

    /// <summary>Where Talos lets kube-apiserver write, since at least 1.8.</summary>
    public const string TalosAuditLog = "/var/log/audit/kube/kube-apiserver.log";
    public const string FluentBitState = "/var/lib/fluent-bit-audit";
}
