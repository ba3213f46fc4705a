using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;

namespace Comptroller.Drift.Reports;

/// <summary>A scan as SARIF 2.1.0, for code scanning: the location is the address of the resource.</summary>
public static class SarifReport
{
    private static readonly (FindingKind Kind, string Text)[] Rules =
    [
        (FindingKind.Modified, "A resource differs from what Terraform set"),
        (FindingKind.Deleted, "A resource that Terraform manages is gone"),
        (FindingKind.Unmanaged, "A resource is in no Terraform state"),
    ];

    public static void Write(ScanReport report, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        writer.WriteStartObject();
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "comptroller drift");
        writer.WriteStartArray("rules");
        foreach (var (kind, text) in Rules)
        {
            writer.WriteStartObject();
            writer.WriteString("id", $"drift/{kind.Name()}");
            writer.WriteStartObject("shortDescription");
            writer.WriteString("text", text);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteStartArray("results");
        foreach (var finding in report.Findings)
        {
            Result(writer, finding);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Result(Utf8JsonWriter writer, Finding finding)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId", $"drift/{finding.Kind.Name()}");
        writer.WriteString("level", finding.Severity switch
        {
            Severity.Low => "note",
            Severity.Medium => "warning",
            _ => "error",
        });
        writer.WriteStartObject("message");
        writer.WriteString("text", TextReport.Sentence(finding));
        writer.WriteEndObject();
        writer.WriteStartArray("locations");
        writer.WriteStartObject();
        writer.WriteStartArray("logicalLocations");
        writer.WriteStartObject();
        writer.WriteString("fullyQualifiedName", finding.Title);
        writer.WriteString("kind", "resource");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("partialFingerprints");
        writer.WriteString("drift/v1", DriftKey.Of(finding).Value);
        writer.WriteEndObject();
        writer.WriteStartObject("properties");
        // GitHub sorts by this.
        writer.WriteString("security-severity", finding.Severity switch
        {
            Severity.Critical => "9.5",
            Severity.High => "8.0",
            Severity.Medium => "5.0",
            _ => "2.0",
        });
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
