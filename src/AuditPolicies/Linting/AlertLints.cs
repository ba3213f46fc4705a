using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting;

/// <summary>What the alerts that are rendered together with a policy ask of it.</summary>
internal static class AlertLints
{
    public static IEnumerable<Finding> AlertCannotFire(LintContext context) => AlertNeed.Unmet(context.Policy, context.Evaluator, context.Alerts).Select(need => new Finding(
        "alert-cannot-fire",
        // Without content the change itself is still recorded and has an alert of its own; a policy without bodies is a sound choice.
        (need with { Level = Level.Metadata }).IsMet(context.Policy, context.Evaluator) ? Severity.Info : Severity.Warning,
        null,
        $"{need.Kind.Name} can never fire: {need.Reason}",
        "An alert that is installed and cannot fire is taken for proof that nothing happened.",
        $"Record {need.What}{(need.Level > Level.Metadata ? $" at level {need.Level}" : "")}, or name {need.Kind.Name} in spec.alerts.disabled.")
    {
        Field = "alerts",
    });
}
