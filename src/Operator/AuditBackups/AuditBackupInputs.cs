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
        if (spec.Destination.S3?.CredentialsSecretRef is { } credentials)
        {
            yield return new(true, credentials.Name, "spec.destination.s3.credentialsSecretRef", $"{credentials.AccessKeyIdKey} and {credentials.SecretAccessKeyKey}");
        }

        if (spec.Encryption is { } encryption)
        {
            yield return new(true, encryption.PublicKeySecretRef.Name, "spec.encryption.publicKeySecretRef", encryption.PublicKeySecretRef.Key);
            if (encryption.PrivateKeySecretRef is { } key)
            {
                yield return new(true, key.Name, "spec.encryption.privateKeySecretRef", key.Key);
            }
        }

        foreach (var (source, index) in spec.Sources.Select((source, index) => (source, index)))
        {
            if ((source.Pvc?.ClaimName ?? source.AuditLog?.ClaimName) is { } claim)
            {
                yield return new(false, claim, $"spec.sources[{index}]", "");
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
