using Comptroller.Crds;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditPolicies.Delivery;

namespace Comptroller.Operator.AuditPolicies;

/// <summary>
/// Renders an AuditPolicy and keeps what it rendered. All decisions are in <see cref="AuditPolicyPlan"/> and
/// <see cref="AuditPolicyConditions"/>; this shell only sends and writes. Deletion needs no finalizer: everything rendered has the
/// resource as owner and goes with it.
/// </summary>
internal sealed class AuditPolicyReconciler(Applier applier, StatusWriter statuses, EventRecorder events, DeliveryCheck delivery, AuditTrail trail, string user, TimeProvider time)
    : IReconciler<AuditPolicy>, IFailureReporter<AuditPolicy>, IForgetter
{
    public async Task<Outcome> ReconcileAsync(AuditPolicy resource, CancellationToken cancellationToken)
    {
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            return Outcome.Done;
        }

        if (resource.Spec.Suspend)
        {
            await WriteAsync(resource, AuditPolicyConditions.Suspended(resource, time.GetUtcNow()), cancellationToken);
            return Outcome.Done;
        }

        if (AuditPolicyConditions.AreCurrent(resource) && !LacksWhatIsServedNow(resource) && applier.IsAsLeft(resource, resource.Status.Inventory ?? []))
        {
            var asRendered = AuditPolicyPlan.IntervalOf(resource.Spec);
            await TellAsync(resource, resource.Status, asRendered, cancellationToken);
            return Outcome.After(asRendered);
        }

        var plan = AuditPolicyPlan.Make(resource, user);
        if (!plan.Errors.IsEmpty)
        {
            throw new TerminalException(ConditionReason.InvalidSpec, string.Join("; ", plan.Errors));
        }

        var report = await applier.ApplyAsync(ResourceTypes.AuditPolicies, resource, [.. plan.Objects], resource.Status.Inventory ?? [], cancellationToken);
        report.ThrowIfFailed();
        var status = AuditPolicyConditions.Rendered(resource, plan, report, time.GetUtcNow());
        await TellAsync(resource, status, plan.Interval, cancellationToken);
        if (report.Changes is { Length: > 0 } changes)
        {
            events.Normal(ResourceTypes.AuditPolicies, resource.Metadata, ConditionReason.Succeeded, "Render", changes);
            await trail.ChangedAsync(ResourceTypes.AuditPolicies, resource.Metadata, changes, cancellationToken);
        }

        return Outcome.After(report.Of(ApplyAction.Conflict).Any() ? plan.RetryInterval : plan.Interval);
    }

    public async Task ReportFailureAsync(ObjectMeta metadata, AuditPolicy? resource, Exception failure, CancellationToken cancellationToken)
    {
        var subject = resource ?? new AuditPolicy { Metadata = metadata };
        var status = AuditPolicyConditions.Failed(subject, failure, (failure as ApplyFailedException)?.Report.Inventory, time.GetUtcNow());
        // Said once: a restart among a thousand stalled resources must not write a thousand events (rule W3).
        if (await WriteAsync(subject, status, cancellationToken) is not null)
        {
            events.Warning(ResourceTypes.AuditPolicies, metadata, failure is TerminalException terminal ? terminal.Reason : ConditionReason.Failed, "Render", failure.Message);
        }
    }

    public void Forget(ObjectMeta metadata)
    {
        applier.Forget(metadata.Uid ?? "");
        statuses.Forget(metadata.Uid ?? "");
    }

    private void Review(ObjectMeta metadata, Condition news)
    {
        if (news.Status == "True")
        {
            events.Normal(ResourceTypes.AuditPolicies, metadata, news.Reason, "Review", news.Message);
        }
        else
        {
            events.Warning(ResourceTypes.AuditPolicies, metadata, news.Reason, "Review", news.Message);
        }
    }

    /// <summary>Writes a status together with what is known by now of delivery; one write for both (rule W5), and none when neither is new.</summary>
    private async Task TellAsync(AuditPolicy resource, AuditPolicyStatus status, TimeSpan interval, CancellationToken cancellationToken)
    {
        var told = DeliveryConditions.Tell(status, resource, await delivery.LookAsync(resource, status, interval, cancellationToken), time.GetUtcNow());
        // A run on a cache that lags behind our own last write has no news: the write that is not repeated has told them (rule L7).
        if (!ReferenceEquals(told, resource.Status) && await WriteAsync(resource, told, cancellationToken) is not null
            && AuditPolicyConditions.NewsOfReview(resource.Status, told) is { } news)
        {
            Review(resource.Metadata, news);
        }
    }

    /// <summary>True when the CRD of an optional kind has appeared since the resource was rendered without it.</summary>
    private bool LacksWhatIsServedNow(AuditPolicy resource) => ComplianceOptions.ReportTypes(resource.Spec.Compliance).Any(type =>
        applier.IsServed(type) && !(resource.Status.Inventory ?? []).Any(entry => entry.Group == type.Group && entry.Kind == type.Kind));

    private Task<ObjectMeta?> WriteAsync(AuditPolicy resource, AuditPolicyStatus status, CancellationToken cancellationToken) =>
        statuses.WriteAsync(ResourceTypes.AuditPolicies, resource, resource.Status, status, CrdsJson.Default.AuditPolicyStatus, cancellationToken);
}
