using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.AuditPolicies;

/// <summary>A VictoriaLogs, or anything that takes JSON lines the same way.</summary>
[TlsNeedsHttps]
[CredentialsNeedHttps("bearerTokenSecretRef")]
[ExcludeEachOther("basicAuth", "bearerTokenSecretRef")]
public sealed record VictoriaLogs
{
    /// <summary>
    /// Address as http(s)://host[:port][/prefix], without query and without credentials. The rendered configuration adds
    /// /insert/jsonline to it.
    /// </summary>
    [Required, RegularExpression(Endpoints.Http), StringLength(512)]
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>Tenant account, sent as the header AccountID.</summary>
    [JsonPropertyName("accountID")]
    [Range(0d, 4294967295d)]
    public long AccountId { get; init; }

    /// <summary>Tenant project, sent as the header ProjectID.</summary>
    [JsonPropertyName("projectID")]
    [Range(0d, 4294967295d)]
    public long ProjectId { get; init; }

    /// <summary>
    /// Fields that VictoriaLogs shall not store, with "*" at the end for a prefix. A policy that records bodies can exceed the limit of
    /// 1000 fields an event, and such events are dropped.
    /// </summary>
    [SetList, Items(64, MaxLength = 128, MinLength = 1, Pattern = "^[-A-Za-z0-9_./]+[*]?$")]
    public IReadOnlyList<string> IgnoreFields { get; init => field = value ?? []; } = [];

    /// <summary>User name and password for HTTP basic authentication.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>Token sent as "Authorization: Bearer". Only Fluent Bit reads the Secret.</summary>
    public SecretKeyReference? BearerTokenSecretRef { get; init; }

    /// <summary>How the certificate of an https endpoint is checked. It is always checked.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>A Grafana Loki.</summary>
[TlsNeedsHttps]
[CredentialsNeedHttps("bearerTokenSecretRef")]
[ExcludeEachOther("basicAuth", "bearerTokenSecretRef")]
public sealed record Loki
{
    /// <summary>Address as http(s)://host[:port][/prefix]. The rendered configuration adds /loki/api/v1/push to it.</summary>
    [Required, RegularExpression(Endpoints.Http), StringLength(512)]
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>Tenant, sent as X-Scope-OrgID. Leave it out where Loki has one tenant.</summary>
    [JsonPropertyName("tenantID")]
    [RegularExpression("^[A-Za-z0-9._|-]+$"), StringLength(150, MinimumLength = 1)]
    public string? TenantId { get; init; }

    /// <summary>User name and password for HTTP basic authentication.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>Token sent as "Authorization: Bearer". Only Fluent Bit reads the Secret.</summary>
    public SecretKeyReference? BearerTokenSecretRef { get; init; }

    /// <summary>How the certificate of an https endpoint is checked. It is always checked.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>An Elasticsearch or OpenSearch.</summary>
[TlsNeedsHttps]
[CredentialsNeedHttps("apiKeySecretRef")]
[ExcludeEachOther("basicAuth", "apiKeySecretRef")]
public sealed record Elasticsearch
{
    /// <summary>Address as http(s)://host[:port][/prefix]. The rendered configuration adds /_bulk to it.</summary>
    [Required, RegularExpression(Endpoints.Http), StringLength(512)]
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>Start of the index names; a hyphen and the day follow.</summary>
    [RegularExpression("^[a-z0-9][a-z0-9._-]*$"), StringLength(100, MinimumLength = 1)]
    public string Index { get; init => field = value ?? "kubernetes-audit"; } = "kubernetes-audit";

    /// <summary>User name and password for HTTP basic authentication.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>API key, in base64. Only Fluent Bit reads the Secret.</summary>
    public SecretKeyReference? ApiKeySecretRef { get; init; }

    /// <summary>How the certificate of an https endpoint is checked. It is always checked.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>An OpenTelemetry collector, by OTLP over HTTP.</summary>
[TlsNeedsHttps]
[CredentialsNeedHttps("bearerTokenSecretRef")]
[ExcludeEachOther("basicAuth", "bearerTokenSecretRef")]
public sealed record OpenTelemetry
{
    /// <summary>Address as http(s)://host[:port][/prefix]. The rendered configuration adds /v1/logs to it.</summary>
    [Required, RegularExpression(Endpoints.Http), StringLength(512)]
    public string Endpoint { get; init => field = value ?? ""; } = "";

    /// <summary>User name and password for HTTP basic authentication.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>Token sent as "Authorization: Bearer". Only Fluent Bit reads the Secret.</summary>
    public SecretKeyReference? BearerTokenSecretRef { get; init; }

    /// <summary>How the certificate of an https endpoint is checked. It is always checked.</summary>
    public ClientTls? Tls { get; init; }
}

/// <summary>A bucket of Amazon S3 or of a store like it.</summary>
[CelRule(
    "has(self.accessKeyIDSecretRef) == has(self.secretAccessKeySecretRef)",
    "accessKeyIDSecretRef and secretAccessKeySecretRef go together",
    FieldPath = ".accessKeyIDSecretRef")]
public sealed record S3
{
    /// <summary>Name of the bucket.</summary>
    [Required, RegularExpression("^[a-z0-9][a-z0-9.-]*[a-z0-9]$"), StringLength(63, MinimumLength = 3)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>Region of the bucket.</summary>
    [Required, RegularExpression("^[a-z0-9-]+$"), StringLength(63, MinimumLength = 1)]
    public string Region { get; init => field = value ?? ""; } = "";

    /// <summary>Address of a store that is not Amazon's, as http(s)://host[:port].</summary>
    [RegularExpression(Endpoints.HttpHost), StringLength(512)]
    public string? Endpoint { get; init; }

    /// <summary>Start of the object names; cluster, day and hour follow.</summary>
    [RegularExpression("^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"), StringLength(255, MinimumLength = 1)]
    public string KeyPrefix { get; init => field = value ?? "kubernetes-audit"; } = "kubernetes-audit";

    /// <summary>Storage class of the objects, such as GLACIER_IR. That of the bucket when absent.</summary>
    [RegularExpression("^[A-Z_]+$"), StringLength(32, MinimumLength = 1)]
    public string? StorageClass { get; init; }

    /// <summary>IAM role to assume.</summary>
    [JsonPropertyName("roleARN")]
    [RegularExpression("^arn:[a-z0-9-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$"), StringLength(2048)]
    public string? RoleArn { get; init; }

    /// <summary>
    /// Access key, as the environment variable AWS_ACCESS_KEY_ID of the Fluent Bit pod. Leave both keys out where node or pod have an
    /// identity of their own.
    /// </summary>
    [JsonPropertyName("accessKeyIDSecretRef")]
    public SecretKeyReference? AccessKeyIdSecretRef { get; init; }

    /// <summary>Secret key, as the environment variable AWS_SECRET_ACCESS_KEY of the Fluent Bit pod.</summary>
    public SecretKeyReference? SecretAccessKeySecretRef { get; init; }
}

/// <summary>HTTP basic authentication.</summary>
public sealed record BasicAuth
{
    /// <summary>User name.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._@-]+$"), StringLength(253, MinimumLength = 1)]
    public string Username { get; init => field = value ?? ""; } = "";

    /// <summary>
    /// The Secret that holds the password. The operator never reads it: the rendered configuration names an environment variable such
    /// as VICTORIALOGS_PASSWORD, which the Fluent Bit pod takes from this Secret.
    /// </summary>
    [Required]
    public SecretKeyReference PasswordSecretRef { get; init => field = value ?? new(); } = new();
}

/// <summary>Checking of a server's certificate.</summary>
[ExcludeEachOther("caFile", "caSecretRef")]
public sealed record ClientTls
{
    /// <summary>File in the Fluent Bit pod with the certificates to trust, in PEM. The trust store of the image when absent.</summary>
    [RegularExpression(Paths.Absolute), StringLength(255)]
    public string? CaFile { get; init; }

    /// <summary>The Secret with the certificates to trust, in PEM; the Fluent Bit pod mounts it.</summary>
    public SecretKeyReference? CaSecretRef { get; init; }

    /// <summary>A Secret of type kubernetes.io/tls with the certificate that Fluent Bit shows; its pod mounts it.</summary>
    public SecretName? ClientCertificateSecretRef { get; init; }

    /// <summary>Name that the certificate must carry, when it differs from the host of the endpoint.</summary>
    [RegularExpression("^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"), StringLength(253)]
    public string? ServerName { get; init; }
}

/// <summary>A Secret in the namespace of the resource.</summary>
public sealed record SecretName
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>Addresses of sinks.</summary>
internal static class Endpoints
{
    /// <summary>Scheme, host and port only.</summary>
    public const string HttpHost = @"^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$";

    /// <summary>With a path as prefix; no query, no credentials.</summary>
    public const string Http = @"^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$";
}

/// <summary>TLS settings stand beside an https address.</summary>
internal sealed class TlsNeedsHttpsAttribute : CelRuleAttribute
{
    public TlsNeedsHttpsAttribute()
        : base("!has(self.tls) || self.endpoint.startsWith('https://')", "tls has no effect on a plain endpoint: use an https:// endpoint, or remove tls") => FieldPath = ".tls";
}

/// <summary>A password or token goes to an https address only.</summary>
internal sealed class CredentialsNeedHttpsAttribute : CelRuleAttribute
{
    public CredentialsNeedHttpsAttribute(string token)
        : base(
            $"!(has(self.basicAuth) || has(self.{token})) || self.endpoint.startsWith('https://')",
            "credentials need an https:// endpoint: over http they would travel in the clear") => FieldPath = ".endpoint";
}
