namespace Comptroller.Drift.Rules;

/// <summary>How much a drift matters.</summary>
public enum Severity
{
    Low,
    Medium,
    High,
    Critical,
}

/// <summary>How severities are written.</summary>
public static class Severities
{
    public const string Names = "low, medium, high, critical";

    public static string Name(this Severity severity) => severity switch
    {
        Severity.Low => "low",
        Severity.Medium => "medium",
        Severity.High => "high",
        _ => "critical",
    };

    /// <summary>Reads a name; null when it is none.</summary>
    public static Severity? Parse(string name) => name.ToUpperInvariant() switch
    {
        "LOW" => Severity.Low,
        "MEDIUM" => Severity.Medium,
        "HIGH" => Severity.High,
        "CRITICAL" => Severity.Critical,
        _ => null,
    };
}
