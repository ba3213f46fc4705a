using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Sandbox.Try;

/// <summary>One resource as the table shows it, whatever its kind.</summary>
/// <param name="Found">What the operator found, in lines.</param>
/// <param name="IsObserved">True when the status speaks of the newest generation.</param>
internal sealed record ResourceRow(
    string Kind, ObjectKey Key, bool IsObserved, IReadOnlyList<Condition> Conditions, IReadOnlyList<string> Found, IReadOnlyList<InventoryEntry> Inventory)
{
    public Condition? Ready => Conditions.FirstOrDefault(condition => condition.Type == Comptroller.Kubernetes.Runtime.Conditions.Ready);

    public static ResourceRow Of(AuditPolicy resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status.Findings is null or { Total: 0 } ? []
            : [$"{resource.Status.Findings.Total}, worst {resource.Status.Findings.Worst}", .. (resource.Status.Findings.Items ?? []).Select(item => item.Id)],
        resource.Status.Inventory ?? []);

    public static ResourceRow Of(PolicyAuditSchedule resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status.Audit is not { } audit ? []
            : [$"score {audit.Score} %, {audit.Hosts} hosts", .. (audit.Policies ?? []).Select(each => $"{each.Type} {each.Passed} passed, {each.Failed} failed")],
        resource.Status.Inventory ?? []);
}
