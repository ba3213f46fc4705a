using System.Globalization;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Linting.Repairs;

/// <summary>One change to a policy as it is written, small enough to be made in a file without disturbing what stands around it.</summary>
/// <param name="Path">The field, list or rule, such as <c>rules[3].verbs</c>.</param>
public abstract record PolicyEdit(string Path)
{
    private const string Rules = "rules[";

    /// <summary>Another value.</summary>
    public sealed record SetText(string Path, string Text) : PolicyEdit(Path);

    /// <summary>Without the field or rule.</summary>
    public sealed record Drop(string Path) : PolicyEdit(Path);

    /// <summary>A new rule before the one of the path.</summary>
    /// <param name="Path">The rule that follows it.</param>
    /// <param name="Rule">The new rule.</param>
    /// <param name="Reason">For whoever reads the file.</param>
    public sealed record InsertRule(string Path, PolicyRule Rule, string Reason) : PolicyEdit(Path);

    /// <summary>One more value at the end of a list; a list that is not there is made.</summary>
    public sealed record AddValue(string Path, string Value) : PolicyEdit(Path);

    /// <summary>A list without a value, however often it stands there.</summary>
    public sealed record DropValue(string Path, string Value) : PolicyEdit(Path);

    /// <summary>A list with another value in the place of one.</summary>
    public sealed record ReplaceValue(string Path, string Value, string By) : PolicyEdit(Path);

    /// <summary>0-based index of the rule concerned; null for a field of the policy.</summary>
    public int? RuleIndex => Path.StartsWith(Rules, StringComparison.Ordinal)
        ? int.Parse(Path.AsSpan(Rules.Length, Path.IndexOf(']', StringComparison.Ordinal) - Rules.Length), CultureInfo.InvariantCulture)
        : null;

    /// <summary>Whether later rules have another index afterwards.</summary>
    internal bool MovesRules => Path.StartsWith(Rules, StringComparison.Ordinal) && Path.EndsWith(']');
}
