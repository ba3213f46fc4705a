using System.Text.Json;
using System.Text.Json.Serialization;

namespace Comptroller.Archive.Health;

/// <summary>How well something is; the worst component decides for all.</summary>
[JsonConverter(typeof(HealthStatusConverter))]
public enum HealthStatus
{
    Healthy,
    Warning,
    Critical,
}

/// <summary>The document of the utilities that this program replaces: same members in the same order, times in UTC.</summary>
public sealed record HealthReport(HealthStatus Status, DateTimeOffset Timestamp, long UptimeSeconds, HealthCheck[] Checks, HealthSummary Summary, HealthMetadata Metadata)
{
    /// <summary>Indented by two, as tools that were written for the old document may compare text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, HealthJson.Default.HealthReport) + "\n";
}

/// <summary>One component. Its figures are those that have always had their names.</summary>
public sealed record HealthCheck(string Component, HealthStatus Status, string Message, Dictionary<string, object?> Metrics);

public sealed record HealthSummary(int TotalChecks, int Healthy, int Warning, int Critical);

public sealed record HealthMetadata(string AuditFile, DateTimeOffset? LastEventTime);

internal sealed class HealthStatusConverter() : JsonStringEnumConverter<HealthStatus>(JsonNamingPolicy.SnakeCaseLower);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(double))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class HealthJson : JsonSerializerContext;
