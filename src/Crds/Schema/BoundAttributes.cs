using System.Diagnostics.CodeAnalysis;

namespace Comptroller.Crds.Schema;

/// <summary>
/// Bounds of a list and of its items. Every list is bounded: an unbounded one makes the cost of CEL rules unbounded, and the
/// API server then refuses the whole CRD (rule D3).
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemsAttribute(int max) : Attribute
{
    /// <summary>Most items.</summary>
    public int Max { get; } = max;

    /// <summary>Fewest items.</summary>
    public int Min { get; init; }

    /// <summary>Longest item, in characters; for lists of strings.</summary>
    public int MaxLength { get; init; }

    /// <summary>Shortest item, in characters.</summary>
    public int MinLength { get; init; }

    /// <summary>Regular expression (RE2) of each item.</summary>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public string? Pattern { get; init; }

    /// <summary>The only values an item may have.</summary>
    public string[] Allowed { get; init; } = [];
}

/// <summary>Bounds of a map from strings to strings.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EntriesAttribute(int max, int maxLength) : Attribute
{
    /// <summary>Most entries.</summary>
    public int Max { get; } = max;

    /// <summary>Longest value, in characters.</summary>
    public int MaxLength { get; } = maxLength;

    /// <summary>Regular expression (RE2) of each value.</summary>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public string? Pattern { get; init; }
}

/// <summary>A string that holds a duration such as <c>1h30m</c>, as Flux writes them: no sign, and no unit below milliseconds.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DurationAttribute : Attribute
{
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public const string Pattern = @"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$";
    public const int MaxLength = 32;

    /// <summary>Shortest duration that is accepted, itself written so; null for any.</summary>
    public string? AtLeast { get; init; }

    /// <summary>Longest duration that is accepted; null for any.</summary>
    public string? AtMost { get; init; }
}
