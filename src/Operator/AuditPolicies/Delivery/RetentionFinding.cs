using Comptroller.AuditPolicies.Delivery;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>A retention shorter than asked, once it was measured, as one of <c>status.findings</c>. The same measurement gives the same status.</summary>
internal static class RetentionFinding
{
    public const string Id = "retention-too-short";

    private const int Shown = 5;

    /// <summary>The finding as a status tells it; null when it tells none.</summary>
    public static FindingStatus? In(AuditPolicyStatus status) => status.Findings?.Items?.FirstOrDefault(item => item.Id == Id);

    /// <summary>The same object when there is nothing new to say.</summary>
    /// <param name="status">With the findings of the plan, or those of the plan and of an earlier measurement.</param>
    /// <param name="resource">A resource whose spec was planned without errors.</param>
    /// <param name="retained">What was measured; null when nobody asks.</param>
    public static AuditPolicyStatus Tell(AuditPolicyStatus status, AuditPolicy resource, Verdict? retained)
    {
        var told = In(status);
        var found = retained is { Status: "False" }
            ? new FindingStatus { Id = Id, Severity = Severities.Warning, Message = RenderConditions.Bounded(retained.Message) }
            : null;
        if (told == found || status.Findings is null)
        {
            return status;
        }

        // What the earlier one had pushed out of the few that are shown is known to the plan alone.
        var planned = told is null ? status.Findings : AuditPolicyConditions.FindingsOf(AuditPolicyPlan.Make(resource));
        return status with { Findings = found is null ? planned : With(planned, found) };
    }

    // The first of its severity, so that it is always among those shown: it loses events of every rule.
    private static FindingsStatus With(FindingsStatus planned, FindingStatus found)
    {
        var items = planned.Items ?? [];
        return planned with
        {
            Total = planned.Total + 1,
            Warnings = planned.Warnings + 1,
            Worst = planned.Worst == Severities.Error ? planned.Worst : Severities.Warning,
            Items =
            [
                .. items.Where(item => item.Severity == Severities.Error).Take(Shown - 1),
                found,
                .. items.Where(item => item.Severity != Severities.Error).Take(Shown - 1 - items.Count(item => item.Severity == Severities.Error)),
            ],
        };
    }
}
