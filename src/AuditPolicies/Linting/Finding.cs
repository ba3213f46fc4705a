namespace Comptroller.AuditPolicies.Linting;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; nothing is lost.</summary>
    Info,

    /// <summary>Events or secrets are lost or leaked, or a rule does not do what it says.</summary>
    Warning,

    /// <summary>The API server would not start.</summary>
    Error,
}

/// <summary>One thing a reviewer would say about a policy that loads.</summary>
/// <param name="Id">Stable name of the lint, such as <c>unreachable-rule</c>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="RuleIndex">0-based index of the rule concerned; null when it is the policy as a whole.</param>
/// <param name="Message">What was found and where.</param>
/// <param name="Explanation">Why it matters.</param>
/// <param name="Fix">The way out.</param>
public sealed record Finding(string Id, Severity Severity, int? RuleIndex, string Message, string Explanation, string Fix)
{
    /// <summary>Field of the policy or resource that the finding is about when it is about no rule: <c>omitStages</c>, <c>log</c>; "" when it is about all of it.</summary>
    public string Field { get; init; } = "";
}
