using System.Collections.Immutable;
using Comptroller.Crds.AuditBackups;

namespace Comptroller.Operator.AuditBackups;

/// <summary>What rendering needs beside the resource. Of Secrets it holds no more than which do not exist.</summary>
internal sealed record AuditBackupInputs
{
    /// <summary>The operator's own image.</summary>
    public string Image { get; init; } = OwnImage.Default;

    /// <summary>What users bring and did not.</summary>
    public ImmutableArray<NeededObject> Missing { get; init; } = [];

    /// <summary>True when runs could only fail: nothing is started until the Secrets are there. A pod waits for its volume by itself.</summary>
    public bool HoldsRuns => Missing.Any(each => each.IsSecret);
}

/// <summary>Something that pods need and users bring.</summary>
/// <param name="IsSecret">A Secret; a PersistentVolumeClaim otherwise.</param>
/// <param name="Name">Its name.</param>
/// <param name="Field">Path of the field that names it, starting with <c>spec</c>.</param>
/// <param name="Keys">Keys that it must have, for people.</param>
internal sealed record NeededObject(bool IsSecret, string Name, string Field, string Keys)
{
    /// <summary>All that a spec names.</summary>
    public static IEnumerable<NeededObject> Of(AuditBackupSpec spec)
    {
        yield return new(true, spec.SigningKeySecretRef.Name, "spec.signingKeySecretRef", spec.SigningKeySecretRef.Key);
        var (s3, azure, gcs) = (spec.Destination.S3?.CredentialsSecretRef, spec.Destination.AzureBlob, spec.Destination.Gcs);
        if (s3 is not null)
        {
            yield return new(true, s3.Name, "spec.destination.s3.credentialsSecretRef", $"{s3.AccessKeyIdKey} and {s3.SecretAccessKeyKey}");
        }

        foreach (var (secret, field) in new[]
        {
            (azure?.AccountKeySecretRef, "spec.destination.azureBlob.accountKeySecretRef"), (azure?.SasTokenSecretRef, "spec.destination.azureBlob.sasTokenSecretRef"),
            (gcs?.KeySecretRef, "spec.destination.gcs.keySecretRef"), (spec.Encryption?.PublicKeySecretRef, "spec.encryption.publicKeySecretRef"),
            (spec.Encryption?.PrivateKeySecretRef, "spec.encryption.privateKeySecretRef"),
        })
        {
            if (secret is not null)
            {
                yield return new(true, secret.Name, field, secret.Key);
            }
        }

        foreach (var (source, index) in spec.Sources.Select((source, index) => (source, index)))
        {
            if (Rendering.BackupPod.ClaimOf(source) is { } claim)
            {
                yield return new(false, claim, $"spec.sources[{index}]", "");
            }

            if (source.VictoriaLogs?.TokenSecretRef is { } token)
            {
                yield return new(true, token.Name, $"spec.sources[{index}].victoriaLogs.tokenSecretRef", token.Key);
            }
        }

        if (spec.Destination.Pvc is { } destination)
        {
            yield return new(false, destination.ClaimName, "spec.destination.pvc", "");
        }

        if (spec.Restore is { } restore)
        {
            yield return new(false, restore.ClaimName, "spec.restore", "");
        }
    }
}
