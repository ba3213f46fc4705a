using System.Text.Json.Nodes;
using Comptroller.Archive.Objects;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.Workloads;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups.Rendering;

/// <summary>A destination as pods see it: what it is called, what lets in, and where it is in the network. Pure.</summary>
/// <param name="Arguments">Options of the verbs.</param>
/// <param name="Environment">Variables with what lets in.</param>
/// <param name="Volumes">The store itself, or a file with what lets in.</param>
/// <param name="Endpoint">Its address where one was given.</param>
/// <param name="ServiceAccount">Service account that the cloud lets in; null for credentials.</param>
/// <param name="MetadataServers">Addresses of the node that say who a pod is, for that service account.</param>
internal sealed record BackupStore(
    IReadOnlyList<string> Arguments, IReadOnlyList<JsonObject> Environment, IReadOnlyList<PodVolume> Volumes, Uri? Endpoint, string? ServiceAccount, IReadOnlyList<string> MetadataServers)
{
    public const string KeyFolder = "/etc/comptroller/keys";

    private const string StoreFolder = "/store";
    private const string PodIdentityAgent = "169.254.170.23/32";
    private const string MetadataServer = "169.254.169.254/32";

    /// <summary>The destination of a spec without <see cref="Errors"/>.</summary>
    public static BackupStore Of(BackupDestination destination) => destination switch
    {
        { S3: { } s3 } => Bucket($"s3://{s3.Bucket}", s3.Prefix, s3.Endpoint, s3.AllowHttp, ["--region", s3.Region]) with
        {
            Environment = s3.CredentialsSecretRef is not { } credentials ? [] :
            [
                HardenedPod.FromSecret("AWS_ACCESS_KEY_ID", credentials.Name, credentials.AccessKeyIdKey),
                HardenedPod.FromSecret("AWS_SECRET_ACCESS_KEY", credentials.Name, credentials.SecretAccessKeyKey),
            ],
            ServiceAccount = s3.ServiceAccountName,
            MetadataServers = s3.ServiceAccountName is null ? [] : [PodIdentityAgent],
        },
        { AzureBlob: { } azure } => Bucket($"azure://{azure.Account}/{azure.Container}", azure.Prefix, azure.Endpoint, azure.AllowHttp, []) with
        {
            Environment =
            [
                .. azure.AccountKeySecretRef is { } key ? [HardenedPod.FromSecret("AZURE_STORAGE_KEY", key.Name, key.Key)] : Array.Empty<JsonObject>(),
                .. azure.SasTokenSecretRef is { } token ? [HardenedPod.FromSecret("AZURE_STORAGE_SAS_TOKEN", token.Name, token.Key)] : Array.Empty<JsonObject>(),
            ],
            ServiceAccount = azure.ServiceAccountName,
        },
        { Gcs: { } gcs } => Bucket($"gs://{gcs.Bucket}", gcs.Prefix, gcs.Endpoint, gcs.AllowHttp, []) with
        {
            Environment = gcs.KeySecretRef is null ? [] : [HardenedPod.Variable("GOOGLE_APPLICATION_CREDENTIALS", $"{KeyFolder}/google.pem")],
            Volumes = gcs.KeySecretRef is { } file ? [Key("google", file)] : [],
            ServiceAccount = gcs.ServiceAccountName,
            MetadataServers = gcs.ServiceAccountName is null ? [] : [MetadataServer],
        },
        _ => new BackupStore(
            ["--store", destination.Pvc!.Path is { } path ? $"{StoreFolder}/{path}" : StoreFolder], [], [PodVolume.Claim("store", StoreFolder, destination.Pvc.ClaimName)], null, null, []),
    };

    /// <summary>One file of a Secret, and none of its other keys: those are none of the pod's business.</summary>
    public static PodVolume Key(string name, SecretKeyReference secret) =>
        PodVolume.Secret($"key-{name}", $"{KeyFolder}/{name}.pem", secret.Name, [(secret.Key, $"{name}.pem")]) with { SubPath = $"{name}.pem" };

    // CEL says the same where the CRD is as new as this binary, and `render` and `validate` have no CEL.
    public static IEnumerable<string> Errors(BackupDestination destination)
    {
        var (s3, azure, gcs) = (destination.S3, destination.AzureBlob, destination.Gcs);
        if (Count(s3, azure, gcs, destination.Pvc) != 1)
        {
            yield return "spec.destination: name the destination by exactly one of s3, azureBlob, gcs and pvc";
            yield break;
        }

        if (s3 is not null && Count(s3.CredentialsSecretRef, s3.ServiceAccountName) != 1)
        {
            yield return "spec.destination.s3: let the pods in by exactly one of credentialsSecretRef and serviceAccountName";
        }

        if (azure is not null && Count(azure.AccountKeySecretRef, azure.SasTokenSecretRef, azure.ServiceAccountName) != 1)
        {
            yield return "spec.destination.azureBlob: let the pods in by exactly one of accountKeySecretRef, sasTokenSecretRef and serviceAccountName";
        }

        if (gcs is not null && Count(gcs.KeySecretRef, gcs.ServiceAccountName) != 1)
        {
            yield return "spec.destination.gcs: let the pods in by exactly one of keySecretRef and serviceAccountName";
        }

        var (name, endpoint, plain) = s3 is not null ? ("s3", s3.Endpoint, s3.AllowHttp) : azure is not null ? ("azureBlob", azure.Endpoint, azure.AllowHttp) : ("gcs", gcs?.Endpoint, gcs?.AllowHttp ?? false);
        if (endpoint is not null && Problem(endpoint, plain) is { } problem)
        {
            yield return $"spec.destination.{name}.endpoint: {problem}";
        }
    }

    private static BackupStore Bucket(string place, string? prefix, string? endpoint, bool allowHttp, string[] more) => new(
        ["--store", prefix is null ? place : $"{place}/{prefix}", .. more, .. endpoint is null ? Array.Empty<string>() : ["--endpoint", endpoint], .. allowHttp ? ["--allow-http"] : Array.Empty<string>()],
        [], [], endpoint is null ? null : new Uri(endpoint), null, []);

    private static int Count(params object?[] choices) => choices.Count(choice => choice is not null);

    private static string? Problem(string endpoint, bool allowHttp)
    {
        try
        {
            EndpointGuard.Check(endpoint, allowHttp);
            return null;
        }
        catch (FormatException e)
        {
            return allowHttp ? e.Message : $"{e.Message} (allowHTTP)";
        }
    }
}
