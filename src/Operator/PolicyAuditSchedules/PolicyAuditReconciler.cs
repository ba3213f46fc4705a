using Comptroller.Crds;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;
using Comptroller.Operator.PolicyAuditSchedules.Runs;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules;

/// <summary>
/// Renders a PolicyAuditSchedule, starts runs that were asked for, and tells what runs handed back. All decisions are in
/// <see cref="PolicyAuditPlan"/>, <see cref="AuditRun"/> and <see cref="PolicyAuditConditions"/>; this shell only reads, sends and writes.
/// </summary>
internal sealed class PolicyAuditReconciler(
    Applier applier, StatusWriter statuses, EventRecorder events, IKubeClient client, OwnImage image, DependencyLookup lookup, RunCaches runs, DaemonResults daemons,
    AuditTrail trail, TimeProvider time)
    : IReconciler<PolicyAuditSchedule>, IFailureReporter<PolicyAuditSchedule>, IForgetter
{
    /// <summary>How soon to look again for a result that a pod may still hand back.</summary>
    private static readonly TimeSpan ResultPause = TimeSpan.FromSeconds(5);

    /// <summary>How soon to ask a daemon again: nothing else tells that a run of it has ended.</summary>
    private static readonly TimeSpan DaemonPause = TimeSpan.FromSeconds(30);

    private static readonly ResourceType<System.Text.Json.Nodes.JsonObject> Jobs = KubernetesTypes.UntypedOf(ObservedJob.Type);

    public async Task<Outcome> ReconcileAsync(PolicyAuditSchedule resource, CancellationToken cancellationToken)
    {
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            return Outcome.Done;
        }

        var inputs = new PolicyAuditInputs
        {
            Image = await image.FindAsync(cancellationToken),
            Credentials = await lookup.SecretAsync(resource.Metadata.Namespace, resource.Spec.Falcon.CredentialsSecretRef.Name, cancellationToken),
            Grading = resource.Spec.GradingConfigMapRef is { } grading
                ? await lookup.ConfigMapAsync(resource.Metadata.Namespace, grading.Name, cancellationToken) : Dependency.Unknown,
        };
        var request = RenderConditions.RequestedAt(resource.Metadata, resource.Status.LastHandledReconcileAt);
        var held = resource.Spec.Suspend || inputs.HoldsRuns;
        var (now, daemon) = (time.GetUtcNow(), resource.Spec.Mode == AuditModes.Daemon);
        // The Jobs that audit; not those that clean up.
        var jobs = runs.JobsOf(resource, AuditJobObjects.CronJobName(resource.Metadata, AuditTask.Audit));
        IReadOnlyList<ObservedPod> pods = [.. runs.PodsOf(resource, jobs), .. daemon ? runs.PodsOf(resource, AuditDaemonObjects.Name(resource.Metadata)) : []];
        var news = daemon ? AuditRun.News(await daemons.AskAsync(pods, cancellationToken), resource.Status)
            : AuditRun.News(jobs, pods, resource.Status, now);
        var status = news.Aggregate(resource.Status, (known, run) => run.AddTo(known));
        inputs = inputs with { Request = held ? resource.Status.LastHandledReconcileAt : request, Now = now };
        var plan = PolicyAuditPlan.Make(resource with { Status = status }, inputs);
        if (!plan.Errors.IsEmpty)
        {
            throw new TerminalException(ConditionReason.InvalidSpec, string.Join("; ", plan.Errors));
        }

        var report = await applier.ApplyAsync(ResourceTypes.PolicyAuditSchedules, resource, plan.Objects, resource.Status.Inventory ?? [], cancellationToken);
        report.ThrowIfFailed();

        if (request != resource.Status.LastHandledReconcileAt && await StartAsync(resource, plan, held, jobs, request!, cancellationToken))
        {
            status = status with { LastHandledReconcileAt = request };
        }

        var obstacle = AuditObstacle.Of(resource.Spec, inputs, pods);
        status = PolicyAuditConditions.Rendered(resource, status, plan, report, obstacle, now);
        // A run on a cache that lags behind our own last write has no news: the write that is not repeated has told them (rule L7).
        var told = await WriteAsync(resource, status, cancellationToken) is not null;
        if (report.Changes is { Length: > 0 } changes)
        {
            events.Normal(ResourceTypes.PolicyAuditSchedules, resource.Metadata, ConditionReason.Succeeded, "Render", changes);
            await trail.ChangedAsync(ResourceTypes.PolicyAuditSchedules, resource.Metadata, changes, cancellationToken);
        }

        foreach (var run in news.Where(run => told && run.Status.Outcome != AuditOutcomes.Complete))
        {
            events.Warning(ResourceTypes.PolicyAuditSchedules, resource.Metadata, $"Audit{run.Status.Outcome}", "Audit", $"{run.Status.Name}: {run.Status.Message}");
        }

        // A result may still be on its way when a Job that the status does not know has ended, and so may the caches be.
        var awaited = !runs.HaveSynced || jobs.Any(job => job.End is not null && AuditRun.Of(job, pods, now) is null);
        var pause = awaited ? ResultPause
            : obstacle is not null || report.Of(ApplyAction.Conflict).Any() ? plan.RetryInterval
            : plan.Interval;
        pause = daemon && DaemonPause < pause ? DaemonPause : pause;
        var change = PolicyAuditConditions.NextChange(status, plan.Timetable!, now) - now + TimeSpan.FromSeconds(1);
        return Outcome.After(change < pause ? change : pause);
    }

    public async Task ReportFailureAsync(ObjectMeta metadata, PolicyAuditSchedule? resource, Exception failure, CancellationToken cancellationToken)
    {
        var subject = resource ?? new PolicyAuditSchedule { Metadata = metadata };
        var status = PolicyAuditConditions.Failed(subject, failure, (failure as ApplyFailedException)?.Report.Inventory, time.GetUtcNow());
        // Said once: a restart among a thousand stalled resources must not write a thousand events (rule W3).
        if (await WriteAsync(subject, status, cancellationToken) is not null)
        {
            events.Warning(
                ResourceTypes.PolicyAuditSchedules, metadata, failure is TerminalException terminal ? terminal.Reason : ConditionReason.Failed, "Render", failure.Message);
        }
    }

    public void Forget(ObjectMeta metadata)
    {
        applier.Forget(metadata.Uid ?? "");
        statuses.Forget(metadata.Uid ?? "");
    }

    /// <summary>
    /// Starts the run that an annotation asks for. False while it must wait: for a resource that is resumed, for something that is missing, or
    /// for the run before it, whose volume it needs.
    /// </summary>
    private async Task<bool> StartAsync(
        PolicyAuditSchedule resource, PolicyAuditPlan plan, bool held, IReadOnlyCollection<ObservedJob> jobs, string request, CancellationToken cancellationToken)
    {
        if (plan.Audit is not { } audit)
        {
            // The daemon that was just applied has been started for it.
            return !held;
        }

        var name = JobObjects.RequestedName(resource.Metadata, request);
        if (jobs.Any(job => job.Metadata.Name == name))
        {
            return true;
        }

        if (held || !runs.HaveSynced || jobs.Any(job => job.End is null))
        {
            return false;
        }

        var type = ResourceTypes.PolicyAuditSchedules;
        // Before it is done: what is not on record is not done.
        await trail.RequestedAsync("audit_requested", type, resource.Metadata, ChangeFilter.RequestedAt, "accepted", cancellationToken);
        try
        {
            await client.CreateAsync(Jobs, resource.Metadata.Namespace, JobObjects.Requested(audit, resource.Metadata, type, name), OperatorHost.Product, cancellationToken);
            events.Normal(type, resource.Metadata, "AuditRequested", "Audit", $"Job {name} started as requested");
        }
        catch (KubeApiException e) when (e.IsAlreadyExists)
        {
            // Started by a run that ended before its status was written.
        }

        return true;
    }

    private Task<ObjectMeta?> WriteAsync(PolicyAuditSchedule resource, PolicyAuditScheduleStatus status, CancellationToken cancellationToken) =>
        statuses.WriteAsync(ResourceTypes.PolicyAuditSchedules, resource, resource.Status, status, CrdsJson.Default.PolicyAuditScheduleStatus, cancellationToken);
}
