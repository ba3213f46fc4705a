using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Comptroller.Crds.Schema;
using Comptroller.Crds.Workloads;

namespace Comptroller.Crds.DriftWatches;

/// <summary>One state, by exactly one of the places where Terraform keeps states.</summary>
[CelRule(
    "[has(self.file), has(self.s3), has(self.gcs), has(self.azurerm), has(self.http), has(self.kubernetes)].filter(x, x).size() == 1",
    "name exactly one of file, s3, gcs, azurerm, http and kubernetes")]
public sealed record DriftState
{
    /// <summary>Its name, in drifts and in the status.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), StringLength(40, MinimumLength = 1)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>A file in a ConfigMap, a Secret or a volume.</summary>
    public DriftFile? File { get; init; }

    /// <summary>An object in S3 or what speaks like it.</summary>
    public DriftS3State? S3 { get; init; }

    /// <summary>An object in Google Cloud Storage.</summary>
    public DriftGcsState? Gcs { get; init; }

    /// <summary>A blob in Azure Storage.</summary>
    public DriftAzurermState? Azurerm { get; init; }

    /// <summary>What a server answers, such as GitLab's managed state.</summary>
    public DriftHttpState? Http { get; init; }

    /// <summary>The Secret of Terraform's Kubernetes backend, in the namespace of this resource. It is mounted: no token for Kubernetes is needed.</summary>
    public DriftKubernetesState? Kubernetes { get; init; }
}

/// <summary>A file in a ConfigMap, a Secret or a volume of the namespace.</summary>
[CelRule("[has(self.configMap), has(self.secret), has(self.claim)].filter(x, x).size() == 1", "name exactly one of configMap, secret and claim")]
public sealed record DriftFile
{
    /// <summary>Name of a ConfigMap.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ConfigMap { get; init; }

    /// <summary>Name of a Secret.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? Secret { get; init; }

    /// <summary>Name of a PersistentVolumeClaim, mounted read-only.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? Claim { get; init; }

    /// <summary>Key of the ConfigMap or Secret, or path below the volume's root.</summary>
    [Required, RegularExpression("^[-._a-zA-Z0-9]+(/[-._a-zA-Z0-9]+)*$"), StringLength(512, MinimumLength = 1)]
    public string Path { get; init => field = value ?? ""; } = "";
}

/// <summary>An object in S3 or what speaks like it. ETags spare reading what has not changed.</summary>
public sealed record DriftS3State
{
    /// <summary>The bucket.</summary>
    [Required, RegularExpression("^[a-z0-9][-a-z0-9.]*[a-z0-9]$"), StringLength(63, MinimumLength = 3)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>The object's key; with workspaces the whole one, such as env:/prod/network.tfstate.</summary>
    [Required, RegularExpression(@"^[^\s?#]+$"), StringLength(1024, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>The bucket's region.</summary>
    [RegularExpression("^[a-z0-9-]+$"), StringLength(64, MinimumLength = 1)]
    public string Region { get; init => field = value ?? "us-east-1"; } = "us-east-1";

    /// <summary>Address of another store that speaks S3.</summary>
    [RegularExpression("^https?://[^@\\s?#]+$"), StringLength(512)]
    public string? Endpoint { get; init; }
}

/// <summary>An object in Google Cloud Storage.</summary>
public sealed record DriftGcsState
{
    /// <summary>The bucket.</summary>
    [Required, RegularExpression("^[a-z0-9][-_a-z0-9.]*[a-z0-9]$"), StringLength(222, MinimumLength = 3)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>Terraform's prefix.</summary>
    [RegularExpression(@"^[^\s?#]+$"), StringLength(1024, MinimumLength = 1)]
    public string? Prefix { get; init; }

    /// <summary>Terraform's workspace.</summary>
    [RegularExpression(@"^[^\s/?#]+$"), StringLength(90, MinimumLength = 1)]
    public string Workspace { get; init => field = value ?? "default"; } = "default";
}

/// <summary>A blob in Azure Storage.</summary>
public sealed record DriftAzurermState
{
    /// <summary>The storage account.</summary>
    [Required, RegularExpression("^[a-z0-9]+$"), StringLength(24, MinimumLength = 3)]
    public string StorageAccount { get; init => field = value ?? ""; } = "";

    /// <summary>The container.</summary>
    [Required, RegularExpression("^[a-z0-9$][-a-z0-9]*$"), StringLength(63, MinimumLength = 3)]
    public string Container { get; init => field = value ?? ""; } = "";

    /// <summary>The blob's name, which is Terraform's key.</summary>
    [Required, RegularExpression(@"^[^\s?#]+$"), StringLength(1024, MinimumLength = 1)]
    public string Key { get; init => field = value ?? ""; } = "";

    /// <summary>Secret key with the account's key or a shared access signature. Without it spec.credentials.azureSecretRef or workload identity asks for tokens.</summary>
    public DriftSecretKey? CredentialsSecretRef { get; init; }
}

/// <summary>What a server answers to GET.</summary>
[ExcludeEachOther("tokenSecretRef", "basicAuth")]
public sealed record DriftHttpState
{
    /// <summary>The address, without credentials.</summary>
    [Required, RegularExpression("^https?://[^@\\s#]+$"), StringLength(2048)]
    [JsonPropertyName("url")]
    public string Url { get; init => field = value ?? ""; } = "";

    /// <summary>A bearer token.</summary>
    public DriftSecretKey? TokenSecretRef { get; init; }

    /// <summary>User and password.</summary>
    public DriftBasicAuth? BasicAuth { get; init; }
}

/// <summary>User and password.</summary>
public sealed record DriftBasicAuth
{
    /// <summary>The user.</summary>
    [Required, RegularExpression(@"^[^\s:]+$"), StringLength(256, MinimumLength = 1)]
    public string User { get; init => field = value ?? ""; } = "";

    /// <summary>The password.</summary>
    [Required]
    public DriftSecretKey PasswordSecretRef { get; init => field = value ?? new(); } = new();
}

/// <summary>The Secret tfstate-WORKSPACE-SUFFIX.</summary>
public sealed record DriftKubernetesState
{
    /// <summary>Terraform's workspace.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(90, MinimumLength = 1)]
    public string Workspace { get; init => field = value ?? "default"; } = "default";

    /// <summary>Terraform's secret_suffix.</summary>
    [Required, RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(120, MinimumLength = 1)]
    public string SecretSuffix { get; init => field = value ?? ""; } = "";

    /// <summary>Secrets that a state may be split over: Terraform puts what does not fit into one into others, named like it with -part-1, -part-2 and so on behind.</summary>
    [Range(1, 16)]
    public int Parts { get; init; }

    /// <summary>A record with every default. Generated JSON code knows defaults that are not null from here only.</summary>
    [JsonConstructor]
    public DriftKubernetesState(int parts = 1) => Parts = parts;
}

/// <summary>
/// Full comparisons with what `terraform plan -refresh-only -json` or `terraform show -json` wrote: whoever may plan writes the file, and
/// the watch needs no permission in the cloud.
/// </summary>
public sealed record DriftComparison
{
    /// <summary>The plan.</summary>
    [Required]
    public DriftFile Plan { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// How often somebody renews the plan, from 1m to 24h. A new one is compared a minute after it was written, the one that is there at each start; when
    /// the last one is older than two of these, the watch is not Ready.
    /// </summary>
    [Duration(AtLeast = "1m", AtMost = "24h")]
    public string Interval { get; init => field = value ?? "1h"; } = "1h";
}

/// <summary>With what states are read from clouds. Read-only permissions on the states are enough.</summary>
public sealed record DriftCredentials
{
    /// <summary>An existing ServiceAccount of the namespace; excludes annotations.</summary>
    [RegularExpression("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$"), StringLength(253, MinimumLength = 1)]
    public string? ServiceAccountName { get; init; }

    /// <summary>
    /// Annotations of the ServiceAccount that is rendered: workload identity, such as eks.amazonaws.com/role-arn,
    /// iam.gke.io/gcp-service-account or azure.workload.identity/client-id. The cloud's webhook puts its own token into the pod.
    /// </summary>
    [Entries(16, maxLength: 512)]
    public IReadOnlyDictionary<string, string> ServiceAccountAnnotations { get; init => field = value ?? None; } = None;

    /// <summary>Labels of the pods that a webhook asks for, such as azure.workload.identity/use.</summary>
    [Entries(16, maxLength: 63, Pattern = "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$")]
    public IReadOnlyDictionary<string, string> PodLabels { get; init => field = value ?? None; } = None;

    /// <summary>Secret with aws_access_key_id and aws_secret_access_key, and aws_session_token when there is one.</summary>
    public LocalReference? AwsSecretRef { get; init; }

    /// <summary>
    /// Secret key with a Google service account's JSON key, or with the configuration of workload identity federation (external_account),
    /// whose credential_source.file is secrets/federation/token where tokenAudience is set.
    /// </summary>
    public DriftSecretKey? GcpSecretRef { get; init; }

    /// <summary>Mounts a token of the ServiceAccount for this audience, such as a provider of Google's workload identity federation; the API server takes no such token.</summary>
    [RegularExpression(@"^[^\s]+$"), StringLength(512, MinimumLength = 1)]
    public string? TokenAudience { get; init; }

    /// <summary>Secret with tenant_id, client_id and client_secret of a service principal.</summary>
    public LocalReference? AzureSecretRef { get; init; }

    private static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
