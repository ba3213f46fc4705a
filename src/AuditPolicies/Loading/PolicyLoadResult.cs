using System.Collections.Immutable;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Loading;

/// <summary>Whether an unknown field is a warning, as kube-apiserver has it, or an error, as Talos has it.</summary>
public enum UnknownFields
{
    /// <summary>kube-apiserver logs it and goes on without the field.</summary>
    Warn,

    /// <summary>Talos decodes strictly: it would keep the old policy and say so only in its own log.</summary>
    Reject,
}

/// <summary>One reason why a policy does not load.</summary>
/// <param name="RuleIndex">0-based index of the rule at fault, null when the fault is elsewhere.</param>
/// <param name="Field">Path of the field as the API server writes it, such as <c>rules[2].level</c>; "" for the whole document.</param>
/// <param name="Message">The API server's own text.</param>
public sealed record PolicyError(int? RuleIndex, string Field, string Message)
{
    /// <summary>The message, led by the field where the API server's text does not name it with its index.</summary>
    public override string ToString() =>
        Field.Length == 0 || Message.StartsWith(Field, StringComparison.Ordinal) ? Message : $"{Field}: {Message}";
}

/// <summary>Something the API server ignores but a person should know.</summary>
/// <param name="RuleIndex">0-based index of the rule concerned, null when the field is elsewhere.</param>
/// <param name="Field">Path of the ignored field.</param>
/// <param name="Message">The API server's own text, such as <c>unknown field "rules[0].resource"</c>.</param>
public sealed record PolicyWarning(int? RuleIndex, string Field, string Message);

/// <summary>The outcome of loading: a policy, or at least one error; warnings in either case.</summary>
public sealed record PolicyLoadResult
{
    /// <summary>The policy; null when there are errors.</summary>
    public Policy? Policy { get; init; }

    public ImmutableArray<PolicyError> Errors { get; init; } = [];

    public ImmutableArray<PolicyWarning> Warnings { get; init; } = [];

    /// <summary>All errors in the one line that kube-apiserver would print before it exits; "" when the policy loads.</summary>
    public string ErrorText => AggregateText(Errors.Select(error => error.Message));

    // As k8s.io/apimachinery's aggregate: equal messages once, brackets only around several.
    private static string AggregateText(IEnumerable<string> messages)
    {
        var distinct = messages.Distinct(StringComparer.Ordinal).ToList();
        return distinct.Count switch
        {
            0 => "",
            1 => distinct[0],
            _ => $"[{string.Join(", ", distinct)}]",
        };
    }
}
