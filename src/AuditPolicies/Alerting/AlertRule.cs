namespace Comptroller.AuditPolicies.Alerting;

/// <summary>One alert over audit events, in the language of one engine.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Expression">LogsQL with one stats result, or PromQL; anything it returns raises the alert.</param>
/// <param name="Summary">One line, a Go template.</param>
/// <param name="Description">What happened, a Go template.</param>
public sealed record AlertRule(AlertKind Kind, string Expression, string Summary, string Description);
