using System.Collections.Immutable;
using System.Globalization;
using Comptroller.Crds;
using Comptroller.Crds.DriftWatches;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>
/// Renders a DriftWatch, asks its pods what they know, and tells. All decisions are in <see cref="DriftWatchPlan"/> and
/// <see cref="DriftWatchConditions"/>; this shell only reads, sends and writes.
/// </summary>
internal sealed class DriftWatchReconciler(
    Applier applier, StatusWriter statuses, EventRecorder events, OwnImage image, DependencyLookup lookup, RunCaches runs, DriftReports reports, string operatorNamespace,
    AuditTrail trail, TimeProvider time)
    : IReconciler<DriftWatch>, IFailureReporter<DriftWatch>, IForgetter
{
    /// <summary>How soon to ask pods again: nothing else tells that a drift has opened.</summary>
    private static readonly TimeSpan AskPause = TimeSpan.FromSeconds(10);

    /// <summary>How soon to ask a pod that runs and has not answered yet.</summary>
    private static readonly TimeSpan StartPause = TimeSpan.FromSeconds(2);

    public async Task<Outcome> ReconcileAsync(DriftWatch resource, CancellationToken cancellationToken)
    {
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            return Outcome.Done;
        }

        var request = RenderConditions.RequestedAt(resource.Metadata, resource.Status.LastHandledReconcileAt);
        var inputs = new DriftWatchInputs
        {
            Image = await image.FindAsync(cancellationToken),
            OperatorNamespace = operatorNamespace,
            // A suspended watch has no pod that could do what is asked for: the request waits.
            Request = resource.Spec.Suspend ? resource.Status.LastHandledReconcileAt : request,
        };
        var plan = DriftWatchPlan.Make(resource, inputs);
        if (!plan.Errors.IsEmpty)
        {
            throw new TerminalException(ConditionReason.InvalidSpec, string.Join("; ", plan.Errors));
        }

        if (inputs.Request is not null && inputs.Request != resource.Status.LastHandledReconcileAt)
        {
            // Before it is done: what is not on record is not done.
            await trail.RequestedAsync("scan_requested", ResourceTypes.DriftWatches, resource.Metadata, ChangeFilter.RequestedAt, "accepted", cancellationToken);
        }

        var applied = await applier.ApplyAsync(ResourceTypes.DriftWatches, resource, plan.Objects, resource.Status.Inventory ?? [], cancellationToken);
        applied.ThrowIfFailed();

        var pods = runs.PodsOf(resource, DriftObjects.Name(resource.Metadata));
        var report = resource.Spec.Suspend ? null : await reports.AskAsync(resource, pods, cancellationToken);
        // A pod that works has all that it needs: asking the API server for it every few seconds would tell nothing.
        inputs = report is { Unready: null } ? inputs : inputs with { Missing = await MissingAsync(resource, cancellationToken) };
        var status = resource.Status with
        {
            Endpoint = DriftObjects.Endpoint(resource.Metadata, resource.Spec),
            ReadyReplicas = pods.Count(pod => pod.IsReady),
            LastHandledReconcileAt = inputs.Request,
        };
        status = report is null ? status : DriftWatchConditions.Told(resource, status, report);
        var obstacle = DriftWatchConditions.Obstacle(resource.Spec, inputs, pods, report);
        status = DriftWatchConditions.Rendered(resource, status, applied, obstacle, report, time.GetUtcNow());
        // A run on a cache that lags behind our own last write has no news of drifts: the write that is not repeated has told them (rule L7).
        var told = await WriteAsync(resource, status, cancellationToken) is not null;
        Tell(resource, applied, told ? report : null);
        if (applied.Changes is { Length: > 0 } changes)
        {
            await trail.ChangedAsync(ResourceTypes.DriftWatches, resource.Metadata, changes, cancellationToken);
        }

        var isStarting = report is null && pods.Any(pod => pod.IsRunning);
        var pause = isStarting ? StartPause
            : obstacle is not null || applied.Of(ApplyAction.Conflict).Any() ? plan.RetryInterval
            : plan.Interval;
        return Outcome.After(!resource.Spec.Suspend && AskPause < pause ? AskPause : pause);
    }

    public async Task ReportFailureAsync(ObjectMeta metadata, DriftWatch? resource, Exception failure, CancellationToken cancellationToken)
    {
        var subject = resource ?? new DriftWatch { Metadata = metadata };
        var status = DriftWatchConditions.Failed(subject, failure, (failure as ApplyFailedException)?.Report.Inventory, time.GetUtcNow());
        // Said once: a restart among a thousand stalled resources must not write a thousand events (rule W3).
        if (await WriteAsync(subject, status, cancellationToken) is not null)
        {
            events.Warning(ResourceTypes.DriftWatches, metadata, failure is TerminalException terminal ? terminal.Reason : ConditionReason.Failed, "Render", failure.Message);
        }
    }

    public void Forget(ObjectMeta metadata)
    {
        applier.Forget(metadata.Uid ?? "");
        statuses.Forget(metadata.Uid ?? "");
    }

    private async Task<ImmutableArray<DriftDependency>> MissingAsync(DriftWatch resource, CancellationToken cancellationToken)
    {
        var missing = ImmutableArray.CreateBuilder<DriftDependency>();
        foreach (var needed in DriftDependencies.Of(resource.Spec))
        {
            var found = needed.Kind switch
            {
                "Secret" => await lookup.SecretAsync(resource.Metadata.Namespace, needed.Name, cancellationToken),
                "ConfigMap" => await lookup.ConfigMapAsync(resource.Metadata.Namespace, needed.Name, cancellationToken),
                _ => await lookup.VolumeClaimAsync(resource.Metadata.Namespace, needed.Name, cancellationToken),
            };
            if (found.IsMissing)
            {
                missing.Add(needed);
            }
        }

        return missing.ToImmutable();
    }

    /// <summary>Events on what was rendered, and on drifts that have opened or are over. The status is what was known before.</summary>
    private void Tell(DriftWatch resource, ApplyReport applied, DriftWatchReport? report)
    {
        if (applied.Changes is { Length: > 0 } changes)
        {
            events.Normal(ResourceTypes.DriftWatches, resource.Metadata, ConditionReason.Succeeded, "Render", changes);
        }

        var (before, now) = (resource.Status.Drifts?.Open ?? 0, report?.Drifts.Open ?? resource.Status.Drifts?.Open ?? 0);
        if (now > before)
        {
            var newest = string.Join("; ", report!.Recent.Take((int)Math.Min(now - before, 3)).Select(drift =>
                $"{drift.Severity} {drift.Resource}: {drift.Attribute}{(drift.Actor.Length > 0 ? $", by {drift.Actor}" : "")}"));
            events.Warning(ResourceTypes.DriftWatches, resource.Metadata, "DriftOpened", "Watch", string.Create(CultureInfo.InvariantCulture, $"{now - before} opened, {now} open: {newest}"));
        }
        else if (now < before)
        {
            events.Normal(ResourceTypes.DriftWatches, resource.Metadata, "DriftResolved", "Watch", string.Create(CultureInfo.InvariantCulture, $"{before - now} over, {now} open"));
        }
    }

    private Task<ObjectMeta?> WriteAsync(DriftWatch resource, DriftWatchStatus status, CancellationToken cancellationToken) =>
        statuses.WriteAsync(ResourceTypes.DriftWatches, resource, resource.Status, status, CrdsJson.Default.DriftWatchStatus, cancellationToken);
}
