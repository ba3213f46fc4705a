using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Testing;

/// <summary>Cases that hold a state against a list of what is in a cloud.</summary>
internal static class ScanCases
{
    public static async Task<JsonElement> RunAsync(JsonElement input, CancellationToken cancellationToken)
    {
        var builder = new StateIndexBuilder();
        await StateCases.ReadAsync(input, builder, cancellationToken);
        var inventory = Inventory.Read(Inventory.ProviderOf(input.Text("provider"), "input"), input.Member("cloud"), null, "input");
        var report = InventoryComparison.Run(builder.Build(), inventory, AlertCases.Rules(input), DateTimeOffset.UnixEpoch);
        return Shapes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("unmanaged");
            foreach (var finding in report.Findings.Where(finding => finding.Kind == FindingKind.Unmanaged))
            {
                Named(writer, finding, $"{finding.Type}:{finding.ResourceId}", $"{finding.Type}.{finding.ResourceId}");
            }

            writer.WriteEndArray();
            writer.WriteStartArray("missing");
            foreach (var finding in report.Findings.Where(finding => finding.Kind == FindingKind.Deleted))
            {
                Named(writer, finding, $"{finding.Type}.{finding.Resource!.Name}:{finding.ResourceId}", finding.Address);
            }

            writer.WriteEndArray();
            writer.WriteStartArray("modified");
            foreach (var resource in report.Findings.Where(finding => finding.Kind == FindingKind.Modified).GroupBy(finding => finding.Resource!))
            {
                writer.WriteStartObject();
                writer.WriteString("id", resource.Key.Id);
                writer.WriteString("type", resource.Key.Type);
                writer.WriteStartArray("differences");
                foreach (var difference in resource)
                {
                    writer.WriteStartObject();
                    writer.WriteString("field", difference.Attribute);
                    AlertCases.Value(writer, "terraform_value", difference.Old);
                    AlertCases.Value(writer, "actual_value", difference.New);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    private static void Named(Utf8JsonWriter writer, Finding finding, params ReadOnlySpan<string> labels)
    {
        writer.WriteStartObject();
        foreach (var (field, value) in (ReadOnlySpan<(string, string)>)[("id", finding.ResourceId), ("resource_id", finding.ResourceId), ("type", finding.Type), ("resource_type", finding.Type), ("name", finding.Resource?.Name ?? "")])
        {
            writer.WriteString(field, value);
        }

        writer.WriteStartArray("labels");
        writer.WriteStringValue(finding.ResourceId);
        foreach (var label in labels)
        {
            writer.WriteStringValue(label);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
