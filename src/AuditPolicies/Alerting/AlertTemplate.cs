namespace Comptroller.AuditPolicies.Alerting;

/// <summary>Text for annotations and labels, both of which vmalert runs through Go's text/template.</summary>
internal static class AlertTemplate
{
    /// <summary>User input that must come out as it went in, even when it contains <c>{{</c>.</summary>
    public static string Literal(string text) => text.Replace("{{", "{{\"{{\"}}", StringComparison.Ordinal);

    /// <summary>The value of a result label.</summary>
    public static string Label(string name) => $"{{{{ $labels.{name} }}}}";

    /// <summary>The value that made the alert fire.</summary>
    public const string Value = "{{ $value }}";

    /// <summary>That value without what extrapolation puts behind the point.</summary>
    public const string Rounded = "{{ printf \"%.0f\" $value }}";

    /// <summary>That value as a percentage.</summary>
    public const string Percentage = "{{ $value | humanizePercentage }}";
}
