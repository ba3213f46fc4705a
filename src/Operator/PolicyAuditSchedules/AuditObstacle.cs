using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Operator.PolicyAuditSchedules.Runs;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>What keeps runs from starting, found before a run or told by the kubelet about a pod that does not start. Pure.</summary>
/// <param name="Reason">CamelCase, the reason of <c>Ready</c>.</param>
/// <param name="Message">What and how to mend it.</param>
/// <param name="HoldsRuns">True when no run is started meanwhile.</param>
internal sealed record AuditObstacle(string Reason, string Message, bool HoldsRuns = false)
{
    public static AuditObstacle? Of(PolicyAuditScheduleSpec spec, PolicyAuditInputs inputs, IReadOnlyCollection<ObservedPod> pods)
    {
        if (inputs.Credentials.IsMissing)
        {
            var credentials = spec.Falcon.CredentialsSecretRef;
            return new AuditObstacle(
                PolicyAuditConditions.CredentialsMissing,
                $"Secret {credentials.Name} does not exist: create it with the keys {credentials.ClientIdKey} and {credentials.ClientSecretKey}. Nothing is started until then",
                HoldsRuns: true);
        }

        if (inputs.Grading.IsMissing)
        {
            return new AuditObstacle(
                PolicyAuditConditions.GradingMissing,
                $"ConfigMap {spec.GradingConfigMapRef!.Name} does not exist: create it, or remove spec.gradingConfigMapRef. Nothing is started until then",
                HoldsRuns: true);
        }

        if (pods.Select(pod => pod.Wait).OfType<ContainerWait>().FirstOrDefault(wait => !IsPassing(wait.Reason)) is { } wait)
        {
            return wait.Reason == "CreateContainerConfigError"
                ? new AuditObstacle(PolicyAuditConditions.CredentialsMissing, $"a pod cannot start: {wait.Message}. It starts by itself once the Secret has the key")
                : new AuditObstacle(wait.Reason, $"a pod cannot start: {(wait.Message.Length > 0 ? wait.Message : wait.Reason)}");
        }

        return spec is { Mode: AuditModes.Daemon, Suspend: false } && !pods.Any(pod => pod.IsReady)
            ? new AuditObstacle("DaemonNotReady", "no pod of the daemon is ready") : null;
    }

    private static bool IsPassing(string reason) => reason is "ContainerCreating" or "PodInitializing" or "";
}
