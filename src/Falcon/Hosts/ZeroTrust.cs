using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Hosts;

/// <summary>Zero Trust scores of a host, 0 to 100. Shown, never graded.</summary>
/// <param name="SensorConfig">How well the sensor is set up; null when not assessed.</param>
/// <param name="Os">How well the operating system is set up; null when not assessed.</param>
/// <param name="Overall">Both together.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ZeroTrust(int? SensorConfig, int? Os, int? Overall)
{
    /// <summary>Reads an assessment; null when there is none.</summary>
    public static ZeroTrust? Read(JsonElement assessment) => assessment.Field("assessment") is { } scores
        ? new ZeroTrust(Score(scores, "sensor_config"), Score(scores, "os"), Score(scores, "overall"))
        : null;

    private static int? Score(JsonElement scores, string field) => scores.Field(field) is { ValueKind: JsonValueKind.Number } score ? (int)score.GetDouble() : null;
}

/// <summary>Zero Trust score of a whole customer: of every host that is assessed, audited or not.</summary>
/// <param name="Average">Average of the overall scores, 0 to 100.</param>
/// <param name="Assessed">Hosts that have one.</param>
/// <param name="Platforms">The same by platform.</param>
public sealed record TenantTrust(double Average, long Assessed, ImmutableArray<PlatformTrust> Platforms)
{
    /// <summary>Reads an answer; null when it has no score.</summary>
    public static TenantTrust? Read(JsonElement tenant) => Scores(tenant) is not ({ } average, { } assessed) ? null
        : new TenantTrust(average, assessed,
            [.. from platform in tenant.Items("platforms") let scores = Scores(platform) where scores is (not null, not null)
                select new PlatformTrust(platform.Text("name") ?? "", scores.Average!.Value, scores.Assessed!.Value)]);

    /// <summary>As <see cref="Read"/> reads it.</summary>
    public string ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            WriteFields(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Writes the field <c>zero_trust</c> into an object that the caller opened.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject("zero_trust");
        WriteFields(json);
        json.WriteEndObject();
    }

    private void WriteFields(Utf8JsonWriter json)
    {
        json.WriteNumber("average_overall_score", Average);
        json.WriteNumber("num_aids", Assessed);
        json.WriteStartArray("platforms");
        foreach (var platform in Platforms)
        {
            json.WriteStartObject();
            json.WriteString("name", platform.Name);
            json.WriteNumber("average_overall_score", platform.Average);
            json.WriteNumber("num_aids", platform.Assessed);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public override string ToString() => FormattableString.Invariant($"Zero Trust {Average:0.0} on average of {Assessed} assessed hosts of the tenant");

    private static (double? Average, long? Assessed) Scores(JsonElement scores) => (
        scores.Field("average_overall_score") is { ValueKind: JsonValueKind.Number } average ? average.GetDouble() : null,
        scores.Field("num_aids") is { ValueKind: JsonValueKind.Number } assessed ? (long)assessed.GetDouble() : null);
}

/// <summary>Zero Trust score of the hosts of one platform.</summary>
public sealed record PlatformTrust(string Name, double Average, long Assessed);
