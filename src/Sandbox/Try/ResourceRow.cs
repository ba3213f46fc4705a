using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.DriftWatches;
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

    /// <summary>When the next run of a schedule is due.</summary>
    public DateTimeOffset? NextRun { get; init; }

    /// <summary>Runs of a schedule that have ended; null for other kinds, and what is suspended.</summary>
    public long? Runs { get; init; }

    /// <summary>Open drifts of a watch; null for other kinds.</summary>
    public long? OpenDrifts { get; init; }

    /// <param name="open">Whether a drift is to be open.</param>
    public string? WhyNotDrifted(bool open) => OpenDrifts is null || OpenDrifts > 0 == open ? null : $"{OpenDrifts} drifts are open, and {(open ? "one" : "none")} should be";

    public string? WhyNotReady() => Ready is not { } ready ? "the operator has not looked at it"
        : !IsObserved ? "the operator has not looked at its newest generation"
        : ready.Status == "True" ? null
        : $"is not Ready: {ready.Reason}: {ready.Message}";

    /// <param name="runs">Runs that must have ended.</param>
    public string? WhyNotRun(long runs) => Runs is null || (Runs >= runs && Found.Count > 0) ? null : $"{Runs} of {runs} runs have ended: {Ready?.Message}";

    public static ResourceRow Of(AuditPolicy resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status.Findings is null or { Total: 0 } ? []
            : [$"{resource.Status.Findings.Total}, worst {resource.Status.Findings.Worst}", .. (resource.Status.Findings.Items ?? []).Select(item => item.Id)],
        resource.Status.Inventory ?? []);

    public static ResourceRow Of(AuditBackup resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status is not { LastBackup: { } backup, LastVerification: { } proof } ? []
            : [$"backup {backup.Number}, {backup.Files} files, {backup.Bytes} bytes, ratio {backup.Ratio}", $"backup {proof.Number} proved: {proof.RestoredFiles} files restored"],
        resource.Status.Inventory ?? [])
    {
        NextRun = resource.Status.NextRunTime,
        Runs = resource.Spec.Suspend ? null : resource.Status.Runs,
    };

    public static ResourceRow Of(PolicyAuditSchedule resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status.Audit is not { } audit ? []
            : [$"score {audit.Score} %, {audit.Hosts} hosts", .. (audit.Policies ?? []).Select(each => $"{each.Type} {each.Passed} passed, {each.Failed} failed")],
        resource.Status.Inventory ?? [])
    {
        NextRun = resource.Status.NextRunTime,
        Runs = resource.Status.Runs,
    };

    public static ResourceRow Of(DriftWatch resource) => new(
        resource.Kind, ObjectKey.Of(resource), resource.Status.ObservedGeneration == resource.Metadata.Generation, resource.Status.Conditions ?? [],
        resource.Status.Drifts is not { } drifts ? []
            : [$"open drifts: {drifts.Summary}", $"{drifts.Resolved} resolved", .. (resource.Status.States ?? []).Select(state => $"state {state.Name}, serial {state.Serial}, {state.Resources} resources")],
        resource.Status.Inventory ?? [])
    {
        OpenDrifts = resource.Status.Drifts?.Open ?? 0,
    };
}
