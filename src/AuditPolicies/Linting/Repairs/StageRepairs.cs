using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>Stages that are omitted to no good, or kept to none.</summary>
internal static class StageRepairs
{
    private const string Started = nameof(Stages.ResponseStarted);

    public static IEnumerable<PolicyEdit> KeepResponseStarted(LintContext context, Finding finding) =>
        finding.RuleIndex is not { } rule
            ? context.Policy.OmitStages.HasFlag(Stages.ResponseStarted) ? [new PolicyEdit.DropValue("omitStages", Started)] : []
            : context.Policy.Rules[rule] is { Level: not Level.None } own && own.OmitStages.HasFlag(Stages.ResponseStarted)
                ? [new PolicyEdit.DropValue($"rules[{rule}].omitStages", Started)]
                : [];

    // Where ResponseComplete is omitted, RequestReceived is the only trace of most requests.
    public static IEnumerable<PolicyEdit> OmitRequestReceived(LintContext context, Finding finding) =>
        context.RecordingRules.All(entry => !(context.Policy.OmitStages | entry.Rule.OmitStages).HasFlag(Stages.ResponseComplete))
            ? [new PolicyEdit.AddValue("omitStages", nameof(Stages.RequestReceived))]
            : [];
}
