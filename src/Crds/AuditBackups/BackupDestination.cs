using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.AuditBackups;

/// <summary>Where backups go.</summary>
[CelRule(
    "(has(self.s3) ? 1 : 0) + (has(self.azureBlob) ? 1 : 0) + (has(self.gcs) ? 1 : 0) + (has(self.pvc) ? 1 : 0) == 1",
    "name the destination by exactly one of s3, azureBlob, gcs and pvc")]
public sealed record BackupDestination
{
    /// <summary>A bucket of S3, or of a store that speaks S3.</summary>
    public S3Destination? S3 { get; init; }

    /// <summary>A container of Azure Blob Storage.</summary>
    public AzureDestination? AzureBlob { get; init; }

    /// <summary>A bucket of Google Cloud Storage.</summary>
    public GcsDestination? Gcs { get; init; }

    /// <summary>A volume. It is no second place unless its storage is one, and nothing on it can be locked.</summary>
    public ClaimDestination? Pvc { get; init; }
}

/// <summary>A bucket of S3, or of a store that speaks S3.</summary>
[CelRule(
    "has(self.credentialsSecretRef) != has(self.serviceAccountName)",
    "let the pods in by exactly one of credentialsSecretRef and serviceAccountName")]
[CelRule(
    "!has(self.allowHTTP) || !self.allowHTTP || (has(self.endpoint) && self.endpoint.startsWith('http://'))",
    "allowHTTP is for an endpoint that begins with http://",
    FieldPath = ".allowHTTP")]
public sealed record S3Destination
{
    /// <summary>The bucket.</summary>
    [Required, RegularExpression("^[a-z0-9][-a-z0-9.]*[a-z0-9]$"), StringLength(63, MinimumLength = 3)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>What the keys of all objects begin with; nothing when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9._]+(/[-A-Za-z0-9._]+)*$"), StringLength(255, MinimumLength = 1)]
    public string? Prefix { get; init; }

    /// <summary>Address of a store that speaks S3; AWS when absent.</summary>
    [RegularExpression("^https?://[^/@?#\\s]+/?$"), StringLength(255)]
    public string? Endpoint { get; init; }

    /// <summary>Region of the bucket.</summary>
    [RegularExpression("^[-a-z0-9]+$"), StringLength(63, MinimumLength = 1)]
    public string Region { get; init => field = value ?? "us-east-1"; } = "us-east-1";

    /// <summary>Accepts an endpoint without TLS, which shows every byte to the network. For trials.</summary>
    [JsonPropertyName("allowHTTP")]
    public bool AllowHttp { get; init; }

    /// <summary>Secret with the keys of an identity that may write and read, and delete only where there is retention.</summary>
    public S3Credentials? CredentialsSecretRef { get; init; }

    /// <summary>
    /// Existing service account that the cloud lets in by itself: IAM Roles for Service Accounts, or EKS Pod Identity. Its Kubernetes token is not
    /// mounted.
    /// </summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ServiceAccountName { get; init; }
}

/// <summary>A Secret with the keys of an S3 identity.</summary>
public sealed record S3Credentials
{
    /// <summary>Name of the Secret.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key of the access key's id.</summary>
    [JsonPropertyName("accessKeyIDKey")]
    [RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string AccessKeyIdKey { get; init => field = value ?? "access_key_id"; } = "access_key_id";

    /// <summary>Key of the secret access key.</summary>
    [RegularExpression("^[-._a-zA-Z0-9]+$"), StringLength(253, MinimumLength = 1)]
    public string SecretAccessKeyKey { get; init => field = value ?? "secret_access_key"; } = "secret_access_key";
}

/// <summary>A container of Azure Blob Storage.</summary>
[CelRule(
    "(has(self.accountKeySecretRef) ? 1 : 0) + (has(self.sasTokenSecretRef) ? 1 : 0) + (has(self.serviceAccountName) ? 1 : 0) == 1",
    "let the pods in by exactly one of accountKeySecretRef, sasTokenSecretRef and serviceAccountName")]
public sealed record AzureDestination
{
    /// <summary>The storage account.</summary>
    [Required, RegularExpression("^[a-z0-9]+$"), StringLength(24, MinimumLength = 3)]
    public string Account { get; init => field = value ?? ""; } = "";

    /// <summary>The container.</summary>
    [Required, RegularExpression("^[a-z0-9]+(-[a-z0-9]+)*$"), StringLength(63, MinimumLength = 3)]
    public string Container { get; init => field = value ?? ""; } = "";

    /// <summary>What the names of all blobs begin with; nothing when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9._]+(/[-A-Za-z0-9._]+)*$"), StringLength(255, MinimumLength = 1)]
    public string? Prefix { get; init; }

    /// <summary>Address of the service, such as that of another cloud or an emulator; Azure's own when absent.</summary>
    [RegularExpression("^https?://[^/@?#\\s]+(/[-a-z0-9]+)?/?$"), StringLength(255)]
    public string? Endpoint { get; init; }

    /// <summary>Accepts an endpoint without TLS, which shows every byte to the network. For trials.</summary>
    [JsonPropertyName("allowHTTP")]
    public bool AllowHttp { get; init; }

    /// <summary>The key of the account, which may do everything.</summary>
    public SecretKeyReference? AccountKeySecretRef { get; init; }

    /// <summary>A shared access signature, which may do as much as it says.</summary>
    public SecretKeyReference? SasTokenSecretRef { get; init; }

    /// <summary>Existing service account with workload identity. Its Kubernetes token is not mounted.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ServiceAccountName { get; init; }
}

/// <summary>A bucket of Google Cloud Storage.</summary>
[CelRule("has(self.keySecretRef) != has(self.serviceAccountName)", "let the pods in by exactly one of keySecretRef and serviceAccountName")]
public sealed record GcsDestination
{
    /// <summary>The bucket.</summary>
    [Required, RegularExpression("^[a-z0-9][-a-z0-9._]*[a-z0-9]$"), StringLength(63, MinimumLength = 3)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>What the names of all objects begin with; nothing when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9._]+(/[-A-Za-z0-9._]+)*$"), StringLength(255, MinimumLength = 1)]
    public string? Prefix { get; init; }

    /// <summary>Address of the service, such as that of an emulator; Google's own when absent.</summary>
    [RegularExpression("^https?://[^/@?#\\s]+/?$"), StringLength(255)]
    public string? Endpoint { get; init; }

    /// <summary>Accepts an endpoint without TLS, which shows every byte to the network. For trials.</summary>
    [JsonPropertyName("allowHTTP")]
    public bool AllowHttp { get; init; }

    /// <summary>The JSON key file of a service account of Google.</summary>
    public SecretKeyReference? KeySecretRef { get; init; }

    /// <summary>Existing service account with workload identity. Its Kubernetes token is not mounted.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ServiceAccountName { get; init; }
}

/// <summary>A volume that gets backups.</summary>
public sealed record ClaimDestination
{
    /// <summary>Existing PersistentVolumeClaim; it outlives this resource.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Directory on it; the volume's own when absent.</summary>
    [RegularExpression("^[-A-Za-z0-9_][-A-Za-z0-9._]*(/[-A-Za-z0-9_][-A-Za-z0-9._]*)*$"), StringLength(255, MinimumLength = 1)]
    public string? Path { get; init; }
}
