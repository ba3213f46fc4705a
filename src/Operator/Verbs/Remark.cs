using Comptroller.AuditPolicies.Linting;

namespace Comptroller.Operator.Verbs;

/// <summary>Something to say about a file, at a line.</summary>
/// <param name="Severity"><c>error</c>, <c>warning</c> or <c>info</c>.</param>
/// <param name="Id">The check: <c>schema</c>, <c>semantics</c>, or the finding's own id.</param>
/// <param name="Path">Field, such as <c>spec.rules[3].level</c>; empty for the whole object.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Fix">What to do about it; empty when the message says it.</param>
internal sealed record Remark(string Severity, string Id, string Path, string Message, string Fix = "")
{
    /// <summary>Why it matters; empty when the message says it.</summary>
    public string Why { get; init; } = "";

    /// <summary>0-based index of the rule concerned among all rules of the policy.</summary>
    public int? Rule { get; init; }

    /// <summary>A finding at the field where it stands.</summary>
    public static Remark Of(Finding finding, string path, string message) => new(finding.Severity.ToString().ToLowerInvariant(), finding.Id, path, message, finding.Fix)
    {
        Why = finding.Explanation,
        Rule = finding.RuleIndex,
    };

    /// <summary>An error of a plan, which starts with its field.</summary>
    public static Remark OfError(string error) =>
        error.Split(": ", 2) is [var path, var message] ? new Remark("error", "semantics", path, message) : new Remark("error", "semantics", "", error);
}
