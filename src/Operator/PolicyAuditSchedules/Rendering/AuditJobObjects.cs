using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>What starts runs in CronJob mode. Pure.</summary>
internal static class AuditJobObjects
{
    public static string CronJobName(ObjectMeta owner, AuditTask task) => $"{owner.Name}-{AuditPod.Name(task)}";

    public static DesiredObject CronJob(AuditPod pod, AuditTask task, string schedule, JobLimits limits) => JobObjects.CronJob(
        pod.Owner, CronJobName(pod.Owner, task), AuditPod.Labels(pod.Owner.Name, task),
        new JobTiming(schedule, pod.Spec.TimeZone, pod.Spec.Suspend || pod.Inputs.HoldsRuns, limits), pod.Spec.Jobs, pod.Template(task));
}
