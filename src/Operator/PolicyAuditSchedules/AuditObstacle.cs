using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What keeps audits from starting. Pure.</summary>
internal static class AuditObstacle
{
    /// <summary>Null when nothing is known to.</summary>
    public static Obstacle? Of(PolicyAuditScheduleSpec spec, PolicyAuditInputs inputs, IReadOnlyCollection<ObservedPod> pods)
    {
        if (inputs.Credentials.IsMissing)
        {
            var credentials = spec.Falcon.CredentialsSecretRef;
            return new Obstacle(
                Obstacle.CredentialsMissing,
                $"Secret {credentials.Name} does not exist: create it with the keys {credentials.ClientIdKey} and {credentials.ClientSecretKey}. Nothing is started until then",
                HoldsRuns: true);
        }

        if (inputs.Grading.IsMissing)
        {
            return new Obstacle(
                PolicyAuditConditions.GradingMissing,
                $"ConfigMap {spec.GradingConfigMapRef!.Name} does not exist: create it, or remove spec.gradingConfigMapRef. Nothing is started until then",
                HoldsRuns: true);
        }

        return Obstacle.OfPods(pods)
            ?? (spec is { Mode: AuditModes.Daemon, Suspend: false } && !pods.Any(pod => pod.IsReady) ? new Obstacle("DaemonNotReady", "no pod of the daemon is ready") : null);
    }
}
