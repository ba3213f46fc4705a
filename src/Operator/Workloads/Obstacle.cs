namespace Comptroller.Operator.Workloads;

/// <summary>What keeps pods from starting, found beforehand or told by the kubelet about one that does not start. Pure.</summary>
/// <param name="Reason">CamelCase, the reason of <c>Ready</c>.</param>
/// <param name="Message">What and how to mend it.</param>
/// <param name="HoldsRuns">True when no run is started meanwhile.</param>
internal sealed record Obstacle(string Reason, string Message, bool HoldsRuns = false)
{
    public const string CredentialsMissing = "CredentialsMissing";

    /// <summary>The first pod that the kubelet cannot start; null when there is none.</summary>
    public static Obstacle? OfPods(IEnumerable<ObservedPod> pods) =>
        pods.Select(pod => pod.Wait).OfType<ContainerWait>().FirstOrDefault(wait => !IsPassing(wait.Reason)) is not { } wait ? null
        : wait.Reason == "CreateContainerConfigError"
            ? new Obstacle(CredentialsMissing, $"a pod cannot start: {wait.Message}. It starts by itself once the Secret has the key")
            : new Obstacle(wait.Reason, $"a pod cannot start: {(wait.Message.Length > 0 ? wait.Message : wait.Reason)}");

    private static bool IsPassing(string reason) => reason is "ContainerCreating" or "PodInitializing" or "";
}
