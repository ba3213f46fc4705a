using Comptroller.Crds.DriftWatches;

namespace Comptroller.Operator.DriftWatches;

/// <summary>What a spec names and does not make. Pure.</summary>
internal static class DriftDependencies
{
    private const string Secret = "Secret";

    public static IReadOnlyList<DriftDependency> Of(DriftWatchSpec spec) => [.. All(spec).DistinctBy(each => (each.Kind, each.Name))];

    private static IEnumerable<DriftDependency> All(DriftWatchSpec spec)
    {
        foreach (var (secret, field) in Secrets(spec))
        {
            if (secret is { Length: > 0 })
            {
                yield return new DriftDependency(Secret, secret, field);
            }
        }

        foreach (var state in spec.States)
        {
            if (state.File is { } file)
            {
                yield return Of(file, $"spec.states[{state.Name}].file");
            }
            else if (state.Kubernetes is { } backend)
            {
                yield return new DriftDependency(Secret, $"tfstate-{backend.Workspace}-{backend.SecretSuffix}", $"spec.states[{state.Name}].kubernetes");
            }
        }

        if (spec.Comparison is { } comparison)
        {
            yield return Of(comparison.Plan, "spec.comparison.plan");
        }

        if (spec.Baseline is { } baseline)
        {
            yield return Of(baseline, "spec.baseline");
        }

        if (spec.Store.Sqlite?.ClaimName is { } claim)
        {
            yield return new DriftDependency("PersistentVolumeClaim", claim, "spec.store.sqlite.claimName");
        }
    }

    private static IEnumerable<(string? Name, string Field)> Secrets(DriftWatchSpec spec) =>
    [
        (spec.Intake.TokenSecretRef?.Name, "spec.intake.tokenSecretRef"),
        (spec.Intake.Tls?.SecretRef.Name, "spec.intake.tls.secretRef"),
        (spec.Intake.Tls?.ClientCaSecretRef?.Name, "spec.intake.tls.clientCASecretRef"),
        (spec.Store.Postgres?.ConnectionSecretRef.Name, "spec.store.postgres.connectionSecretRef"),
        (spec.Credentials.AwsSecretRef?.Name, "spec.credentials.awsSecretRef"),
        (spec.Credentials.GcpSecretRef?.Name, "spec.credentials.gcpSecretRef"),
        (spec.Credentials.AzureSecretRef?.Name, "spec.credentials.azureSecretRef"),
        (spec.Api.AdminTokenSecretRef?.Name, "spec.api.adminTokenSecretRef"),
        .. (spec.Api.Jwt?.SecretRefs ?? []).Select(secret => ((string?)secret.Name, "spec.api.jwt.secretRefs")),
        (spec.Api.Jwt?.KeysSecretRef?.Name, "spec.api.jwt.keysSecretRef"),
        .. spec.States.Select(state => (state.Azurerm?.CredentialsSecretRef?.Name, $"spec.states[{state.Name}].azurerm.credentialsSecretRef")),
        .. spec.States.Select(state => (state.Http?.TokenSecretRef?.Name ?? state.Http?.BasicAuth?.PasswordSecretRef.Name, $"spec.states[{state.Name}].http")),
        .. spec.Notifications.Channels.SelectMany(channel => new[]
        {
            (channel.UrlSecretRef.Name, $"spec.notifications.channels[{channel.Name}].urlSecretRef"),
            (channel.SigningSecretRef?.Name, $"spec.notifications.channels[{channel.Name}].signingSecretRef"),
            (channel.TokenSecretRef?.Name, $"spec.notifications.channels[{channel.Name}].tokenSecretRef"),
        }),
    ];

    private static DriftDependency Of(DriftFile file, string field) =>
        file.ConfigMap is { } map ? new DriftDependency("ConfigMap", map, $"{field}.configMap")
        : file.Secret is { } secret ? new DriftDependency(Secret, secret, $"{field}.secret")
        : new DriftDependency("PersistentVolumeClaim", file.Claim ?? "", $"{field}.claim");
}
