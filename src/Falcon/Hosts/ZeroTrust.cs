using System.Runtime.InteropServices;
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
