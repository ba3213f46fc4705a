namespace Comptroller.AuditPolicies.Delivery;

/// <summary>What is known of one claim, in the words of a condition.</summary>
/// <param name="Status"><c>True</c>, <c>False</c>, or <c>Unknown</c> when it could not be checked: never a pass.</param>
/// <param name="Reason">CamelCase.</param>
/// <param name="Message">For people. The same finding gives the same words, or each look would cost a write.</param>
public sealed record Verdict(string Status, string Reason, string Message)
{
    internal static Verdict True(string reason, string message) => new("True", reason, message);

    internal static Verdict False(string reason, string message) => new("False", reason, message);

    internal static Verdict Unknown(string reason, string message) => new("Unknown", reason, message);
}
