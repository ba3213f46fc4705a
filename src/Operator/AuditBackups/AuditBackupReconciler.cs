using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditBackups.Rendering;
using Comptroller.Operator.AuditBackups.Runs;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.AuditBackups;

/// <summary>
/// Renders an AuditBackup, starts what was asked for, and tells what runs handed back. All decisions are in <see cref="AuditBackupPlan"/>,
/// <see cref="BackupRuns"/> and <see cref="AuditBackupConditions"/>; this shell only reads, sends and writes.
/// </summary>
internal sealed class AuditBackupReconciler(
    Applier applier, StatusWriter statuses, EventRecorder events, IKubeClient client, OwnImage image, DependencyLookup lookup, RunCaches runs,
    AuditTrail trail, TimeProvider time)
    : IReconciler<AuditBackup>, IFailureReporter<AuditBackup>, IForgetter
{
    /// <summary>How soon to look again for a result that a pod may still hand back.</summary>
    private static readonly TimeSpan ResultPause = TimeSpan.FromSeconds(5);

    private static readonly BackupTask[] Tasks = Enum.GetValues<BackupTask>();

    private static readonly ResourceType<JsonObject> Jobs = KubernetesTypes.UntypedOf(ObservedJob.Type);

    private static ResourceType<AuditBackup> Type => ResourceTypes.AuditBackups;

    public async Task<Outcome> ReconcileAsync(AuditBackup resource, CancellationToken cancellationToken)
    {
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            return Outcome.Done;
        }

        var inputs = new AuditBackupInputs { Image = await image.FindAsync(cancellationToken), Missing = await MissingAsync(resource, cancellationToken) };
        var plan = AuditBackupPlan.Make(resource, inputs);
        if (!plan.Errors.IsEmpty)
        {
            throw new TerminalException(ConditionReason.InvalidSpec, string.Join("; ", plan.Errors));
        }

        var report = await applier.ApplyAsync(Type, resource, plan.Objects, resource.Status.Inventory ?? [], cancellationToken);
        report.ThrowIfFailed();

        var now = time.GetUtcNow();
        var jobs = runs.JobsOf(resource, [.. Tasks.Select(task => BackupObjects.CronJobName(resource.Metadata, task))]);
        var pods = runs.PodsOf(resource, jobs);
        var pod = new BackupPod(resource.Metadata, resource.Spec, inputs);
        var status = resource.Status;
        var news = new List<(BackupTask Task, BackupRunStatus Run)>();
        var ended = Tasks.SelectMany(task => EndedRun.Of(jobs.Where(job => TaskOf(job) == task), pods, now).Select(run => (Task: task, Run: run)));
        foreach (var (task, run) in BackupRuns.Ledger(status).News(ended, each => each.Run.Id, each => each.Run.EndTime))
        {
            status = BackupRuns.AddTo(status, task, run, pod.PodsOf(task));
            news.Add((task, BackupRuns.Of(task, run, pod.PodsOf(task))));
        }

        status = await StartAsync(resource, status, plan, held: resource.Spec.Suspend || inputs.HoldsRuns, canRestore: !inputs.HoldsRuns, jobs, cancellationToken);
        var obstacle = BackupObstacle.Of(inputs, pods);
        status = AuditBackupConditions.Rendered(resource, status, plan, report, obstacle, now);
        // A run on a cache that lags behind our own last write has no news: the write that is not repeated has told them (rule L7).
        var told = await WriteAsync(resource, status, cancellationToken) is not null;
        if (report.Changes is { Length: > 0 } changes)
        {
            events.Normal(Type, resource.Metadata, ConditionReason.Succeeded, "Render", changes);
            await trail.ChangedAsync(Type, resource.Metadata, changes, cancellationToken);
        }

        foreach (var (task, run) in told ? news : [])
        {
            Tell(resource, task, run);
        }

        // A result may still be on its way when a Job that the status does not know has ended, and so may the caches be.
        var awaited = !runs.HaveSynced || jobs.Any(job => job.End is not null && EndedRun.Of(job, pods, now) is null);
        var pause = awaited ? ResultPause
            : obstacle is not null || report.Of(ApplyAction.Conflict).Any() ? plan.RetryInterval
            : plan.Interval;
        var change = AuditBackupConditions.NextChange(resource.Spec, status, plan, now) - now + TimeSpan.FromSeconds(1);
        return Outcome.After(change < pause ? change : pause);
    }

    public async Task ReportFailureAsync(ObjectMeta metadata, AuditBackup? resource, Exception failure, CancellationToken cancellationToken)
    {
        var subject = resource ?? new AuditBackup { Metadata = metadata };
        var status = AuditBackupConditions.Failed(subject, failure, (failure as ApplyFailedException)?.Report.Inventory, time.GetUtcNow());
        // Said once: a restart among a thousand stalled resources must not write a thousand events (rule W3).
        if (await WriteAsync(subject, status, cancellationToken) is not null)
        {
            events.Warning(Type, metadata, failure is TerminalException terminal ? terminal.Reason : ConditionReason.Failed, "Render", failure.Message);
        }
    }

    public void Forget(ObjectMeta metadata)
    {
        applier.Forget(metadata.Uid ?? "");
        statuses.Forget(metadata.Uid ?? "");
    }

    private static BackupTask? TaskOf(ObservedJob job) =>
        Enum.TryParse<BackupTask>(job.Metadata.Labels?.GetValueOrDefault(BackupPod.TaskLabel), ignoreCase: true, out var task) ? task : null;

    private async Task<ImmutableArray<NeededObject>> MissingAsync(AuditBackup resource, CancellationToken cancellationToken)
    {
        var missing = ImmutableArray.CreateBuilder<NeededObject>();
        foreach (var needed in NeededObject.Of(resource.Spec).DistinctBy(each => (each.IsSecret, each.Name)))
        {
            var found = needed.IsSecret
                ? await lookup.SecretAsync(resource.Metadata.Namespace, needed.Name, cancellationToken)
                : await lookup.VolumeClaimAsync(resource.Metadata.Namespace, needed.Name, cancellationToken);
            if (found.IsMissing)
            {
                missing.Add(needed);
            }
        }

        return missing.ToImmutable();
    }

    /// <summary>
    /// Starts what annotations ask for: a backup and, once it is complete, its verification; one restore. What must wait is left unhandled: for a
    /// resource that is resumed, for something that is missing, or for the run before it.
    /// </summary>
    private async Task<AuditBackupStatus> StartAsync(
        AuditBackup resource, AuditBackupStatus status, AuditBackupPlan plan, bool held, bool canRestore, IReadOnlyList<ObservedJob> jobs, CancellationToken cancellationToken)
    {
        var metadata = resource.Metadata;
        if (!runs.HaveSynced)
        {
            return status;
        }

        if (!held && RenderConditions.RequestedAt(metadata, status.LastHandledReconcileAt) is { } request && request != status.LastHandledReconcileAt
            && await CreateAsync(plan.BackupNow!, BackupTask.Backup, JobObjects.RequestedName(metadata, request), "BackupRequested", ChangeFilter.RequestedAt))
        {
            status = status with { LastHandledReconcileAt = request };
        }

        if (!held && status.LastHandledReconcileAt is { } handled && status.LastRun is { Outcome: BackupOutcomes.Succeeded } made
            && made.Name == JobObjects.RequestedName(metadata, handled) && !(status.LastVerification?.EndTime >= made.EndTime))
        {
            await CreateAsync(plan.Verify!, BackupTask.Verify, JobObjects.RequestedName(metadata, handled, "proof"), "VerificationRequested", annotation: null);
        }

        if (RestoreRequest.TextOf(metadata) is { } text && text != status.LastHandledRestore)
        {
            if (RestoreRequest.Read(resource.Spec, text, out var error) is not { } restore)
            {
                await trail.RequestedAsync("restore_requested", Type, metadata, RestoreRequest.Annotation, "refused", cancellationToken);
                events.Warning(Type, metadata, "RestoreRefused", "Restore", error!);
                var name = RestoreRequest.NameOf(metadata, text);
                return status with
                {
                    LastHandledRestore = text,
                    LastRestore = new BackupRestoreStatus { Name = name, Outcome = BackupOutcomes.Failed, EndTime = Seconds(time.GetUtcNow()), Message = RenderConditions.Bounded(error!) },
                };
            }

            if (canRestore && await StartJobAsync(plan.Restore(restore), RestoreRequest.NameOf(metadata, text), BackupTask.Restore, "RestoreRequested", RestoreRequest.Annotation))
            {
                status = status with { LastHandledRestore = text };
            }
        }

        return status;

        Task<bool> CreateAsync(DesiredObject cronJob, BackupTask task, string name, string reason, string? annotation) =>
            StartJobAsync(JobObjects.Requested(cronJob, metadata, Type, name), name, task, reason, annotation);

        async Task<bool> StartJobAsync(JsonObject job, string name, BackupTask task, string reason, string? annotation)
        {
            if (jobs.Any(known => known.Metadata.Name == name))
            {
                return true;
            }

            // Two backups at once go one behind the other, and the second is for nothing.
            if (jobs.Any(known => TaskOf(known) == task && known.End is null))
            {
                return false;
            }

            if (annotation is not null)
            {
                // Before it is done: what is not on record is not done.
                await trail.RequestedAsync($"{BackupPod.Name(task)}_requested", Type, metadata, annotation, "accepted", cancellationToken);
            }

            try
            {
                await client.CreateAsync(Jobs, metadata.Namespace, job, OperatorHost.Product, cancellationToken);
                events.Normal(Type, metadata, reason, task.ToString(), $"Job {name} started as requested");
            }
            catch (KubeApiException e) when (e.IsAlreadyExists)
            {
                // Started by a run that ended before its status was written.
            }

            return true;
        }
    }

    private void Tell(AuditBackup resource, BackupTask task, BackupRunStatus run)
    {
        if (run.Outcome == BackupOutcomes.Failed)
        {
            events.Warning(Type, resource.Metadata, $"{task}Failed", task.ToString(), $"{run.Name}: {run.Message}");
        }
        else if (run.Outcome is BackupOutcomes.Held or BackupOutcomes.Paused)
        {
            events.Normal(Type, resource.Metadata, $"{task}{run.Outcome}", task.ToString(), $"{run.Name}: {run.Message}");
        }
        else if (run is BackupRestoreStatus restored)
        {
            events.Normal(Type, resource.Metadata, "Restored", task.ToString(), $"{run.Name}: backup {restored.Number}, {restored.RestoredFiles} files in {restored.Directory} of claim {resource.Spec.Restore?.ClaimName}");
        }
    }

    // The API keeps whole seconds; more would make every comparison with what it returns fail.
    private static DateTimeOffset Seconds(DateTimeOffset now) => now.AddTicks(-(now.Ticks % TimeSpan.TicksPerSecond));

    private Task<ObjectMeta?> WriteAsync(AuditBackup resource, AuditBackupStatus status, CancellationToken cancellationToken) =>
        statuses.WriteAsync(Type, resource, resource.Status, status, CrdsJson.Default.AuditBackupStatus, cancellationToken);
}
