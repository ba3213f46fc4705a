using System.Text.Encodings.Web;
using System.Text.Json;

namespace Comptroller.Archive.Health;

/// <summary>How well something is; the worst component decides for all.</summary>
public enum HealthStatus
{
    Healthy,
    Warning,
    Critical,
}

/// <summary>The document of the utilities that this program replaces: same members in the same order, times in UTC.</summary>
public sealed record HealthReport(HealthStatus Status, DateTimeOffset Timestamp, long UptimeSeconds, HealthCheck[] Checks, HealthSummary Summary, HealthMetadata Metadata)
{
    // A path or a message is escaped where JSON asks for it, and nowhere else.
    private static readonly HealthJson Json = new(new JsonSerializerOptions(HealthJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Indented by two, as tools that were written for the old document may compare text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json.HealthReport) + "\n";
}

/// <summary>One component. Its figures are those that have always had their names.</summary>
public sealed record HealthCheck(string Component, HealthStatus Status, string Message, Dictionary<string, object?> Metrics);

public sealed record HealthSummary(int TotalChecks, int Healthy, int Warning, int Critical);

public sealed record HealthMetadata(string AuditFile, DateTimeOffset? LastEventTime);
