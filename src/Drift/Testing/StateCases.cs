using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Testing;

/// <summary>Cases about reading states.</summary>
internal static class StateCases
{
    public static async Task<JsonElement> RunAsync(JsonElement input, CancellationToken cancellationToken)
    {
        var builder = new StateIndexBuilder();
        var header = await ReadAsync(input, builder, cancellationToken);
        var index = builder.Build();
        return Shapes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("resource_count", index.Count);
            writer.WriteStartObject("lookup");
            foreach (var name in input.Member("lookup") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray() : default)
            {
                writer.WriteBoolean(name.GetString()!, index.Named(name.GetString()!, null).Concat(index.Named(name.GetString()!, Provider.Azure)).Any());
            }

            writer.WriteEndObject();
            writer.WriteStartObject("metadata");
            writer.WriteNumber("version", header.Version!.Value);
            writer.WriteString("terraform_version", header.TerraformVersion);
            writer.WriteNumber("serial", header.Serial);
            writer.WriteString("lineage", header.Lineage);
            writer.WriteEndObject();
            writer.WriteStartArray("addresses");
            foreach (var resource in index.Resources)
            {
                writer.WriteStringValue(resource.Address);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>Reads the state of a case: as JSON, or raw as text.</summary>
    public static Task<StateHeader> ReadAsync(JsonElement input, StateIndexBuilder into, CancellationToken cancellationToken)
    {
        var raw = input.Member("raw");
        var text = raw.ValueKind == JsonValueKind.String ? raw.GetString()! : input.Member("state").GetRawText();
        return StateReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), "state", into, cancellationToken);
    }
}
