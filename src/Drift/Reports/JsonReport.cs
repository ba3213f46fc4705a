using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;

namespace Comptroller.Drift.Reports;

/// <summary>A scan as JSON, for programs.</summary>
public static class JsonReport
{
    public static void Write(ScanReport report, DateTimeOffset time, Stream output)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
        writer.WriteStartObject();
        writer.WriteString("timestamp", time);
        writer.WriteStartObject("summary");
        foreach (var kind in Enum.GetValues<FindingKind>())
        {
            writer.WriteNumber(kind.Name(), report.Findings.Count(finding => finding.Kind == kind));
        }

        writer.WriteNumber("drifted_resources", report.Drifted);
        writer.WriteNumber("compared_resources", report.Compared);
        writer.WriteNumber("managed_resources", report.Managed);
        if (report.Coverage is { } coverage)
        {
            writer.WriteNumber("coverage_percent", Math.Round(coverage * 100, 1));
        }

        writer.WriteEndObject();
        writer.WriteStartObject("suppressed");
        foreach (var (reason, count) in report.Suppressed)
        {
            writer.WriteNumber(reason, count);
        }

        writer.WriteEndObject();
        writer.WriteStartArray("drift");
        foreach (var finding in report.Findings)
        {
            Finding(writer, finding);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>One finding.</summary>
    public static void Finding(Utf8JsonWriter writer, Finding finding)
    {
        writer.WriteStartObject();
        writer.WriteString("id", DriftKey.Of(finding).Value);
        writer.WriteString("kind", finding.Kind.Name());
        writer.WriteString("severity", finding.Severity.Name());
        writer.WriteString("provider", finding.Provider?.Name() ?? "other");
        writer.WriteString("resource_type", finding.Type);
        writer.WriteString("resource_id", finding.ResourceId);
        if (finding.Resource is { } resource)
        {
            writer.WriteString("address", resource.Address);
            writer.WriteString("state", resource.Source);
        }

        writer.WriteString("attribute", finding.Attribute);
        Value(writer, "old", finding.Old);
        Value(writer, "new", finding.New);
        writer.WriteStartArray("rules");
        foreach (var rule in finding.Rules)
        {
            writer.WriteStringValue(rule);
        }

        writer.WriteEndArray();
        if (finding.Suppression is { } suppression)
        {
            writer.WriteString("suppressed_by", suppression);
        }

        if (finding.Event is { } change)
        {
            writer.WriteStartObject("event");
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("name", change.Name), ("actor", change.Actor.Name), ("actor_type", change.Actor.Type), ("role", change.Actor.Role), ("account", change.Account),
                ("region", change.Region), ("source_ip", change.SourceAddress), ("user_agent", change.UserAgent), ("request_id", change.RequestId)])
            {
                if (value.Length > 0)
                {
                    writer.WriteString(name, value);
                }
            }

            if (change.Time is { } time)
            {
                writer.WriteString("time", time);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void Value(Utf8JsonWriter writer, string name, JsonElement value)
    {
        if (value.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null))
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }
}
