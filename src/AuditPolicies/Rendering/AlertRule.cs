namespace Comptroller.AuditPolicies.Rendering;

/// <summary>One alert over audit events.</summary>
/// <param name="Name">Alert name.</param>
/// <param name="Severity"><c>critical</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Expression">LogsQL with one stats result; any row it returns raises the alert.</param>
/// <param name="Summary">One line, a Go template.</param>
/// <param name="Description">What it means and what to do, a Go template.</param>
public sealed record AlertRule(string Name, string Severity, string Expression, string Summary, string Description);
