using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>What keeps runs of an AuditBackup from starting. Pure.</summary>
internal static class BackupObstacle
{
    public const string ClaimMissing = "ClaimMissing";

    /// <summary>Null when nothing is known to.</summary>
    public static Obstacle? Of(AuditBackupInputs inputs, IReadOnlyCollection<ObservedPod> pods)
    {
        if (inputs.Missing.FirstOrDefault(each => each.IsSecret) is { } secret)
        {
            return new Obstacle(
                Obstacle.CredentialsMissing,
                $"Secret {secret.Name} of {secret.Field} does not exist: create it with {secret.Keys}. Nothing is started until then", HoldsRuns: true);
        }

        return inputs.Missing is [var claim, ..]
            ? new Obstacle(ClaimMissing, $"PersistentVolumeClaim {claim.Name} of {claim.Field} does not exist: create it. Pods wait for it")
            : Obstacle.OfPods(pods);
    }
}
