namespace Comptroller.Crds.Schema;

/// <summary>A CEL rule that the API server checks on every write, over the object or value it stands on.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true)]
public class CelRuleAttribute(string rule, string message) : Attribute
{
    /// <summary>CEL; <c>self</c> is the value, and optional fields are guarded by <c>has()</c>.</summary>
    public string Rule { get; } = rule;

    /// <summary>What is wrong and the way out, on one line.</summary>
    public string Message { get; } = message;

    /// <summary><c>FieldValueInvalid</c> (default), <c>FieldValueForbidden</c>, <c>FieldValueRequired</c> or <c>FieldValueDuplicate</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The field to blame, relative to <c>self</c>, such as <c>.alerts.enabled</c>.</summary>
    public string? FieldPath { get; init; }
}

/// <summary>Two fields of which one may be set.</summary>
public sealed class ExcludeEachOtherAttribute : CelRuleAttribute
{
    public ExcludeEachOtherAttribute(string first, string second)
        : base($"!(has(self.{first}) && has(self.{second}))", $"{first} and {second} exclude each other") => FieldPath = $".{second}";
}

/// <summary>May be set once and never changed.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImmutableAttribute : Attribute;
