using System.Collections.Immutable;

namespace Comptroller.Falcon.Reports;

/// <summary>The published JSON Schemas of the reports.</summary>
public static class ReportSchemas
{
    public static readonly ImmutableArray<string> Names = ["policy-audit", "host-summary", "host-details", "metrics"];

    /// <summary>Draft-07, as text.</summary>
    public static string Text(string report)
    {
        using var stream = typeof(ReportSchemas).Assembly.GetManifestResourceStream($"{report}.schema.json")
            ?? throw new ArgumentException($"no schema of {report}", nameof(report));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
