using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What keeps the daemon running and has it scraped. Pure.</summary>
internal static class AuditDaemonObjects
{
    public static string Name(ObjectMeta owner) => $"{owner.Name}-daemon";

    public static DesiredObject Deployment(AuditPod pod) => DaemonObjects.Deployment(
        pod.Owner, Name(pod.Owner), AuditPod.Labels(pod.Owner.Name, AuditTask.Daemon), Selector(pod.Owner),
        runs: !pod.Spec.Suspend && !pod.Inputs.HoldsRuns, pod.Template(AuditTask.Daemon));

    public static DesiredObject PodScrape(ObjectMeta owner) => DaemonObjects.PodScrape(owner, Name(owner), Selector(owner));

    private static JsonObject Selector(ObjectMeta owner) => new() { [AuditPod.ScheduleLabel] = owner.Name, [AuditPod.TaskLabel] = AuditPod.Name(AuditTask.Daemon) };
}
