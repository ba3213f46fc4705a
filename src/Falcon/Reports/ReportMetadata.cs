using System.Globalization;
using System.Text.Json;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Reports;

/// <summary>What every report says of itself.</summary>
public sealed record ReportMetadata
{
    public string Version { get; init; } = typeof(ReportMetadata).Assembly.GetName().Version?.ToString(3) ?? "";

    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>The command that made it, secrets hidden.</summary>
    public string Command { get; init; } = "";

    public string Cid { get; init; } = "";

    public string DatabaseType { get; init; } = "";

    public GradingFiles? Grading { get; init; }

    public IReadOnlyList<PolicyType> Types { get; init; } = [];

    /// <summary>Null in reports that are about everything.</summary>
    public ReportFilters? Filters { get; init; }

    /// <summary>Writes the field <c>metadata</c> into an object that the caller opened.</summary>
    public void WriteTo(Utf8JsonWriter json, string reportType)
    {
        json.WriteStartObject("metadata");
        json.WriteString("version", Version);
        json.WriteString("timestamp", Time(Timestamp));
        json.WriteString("report_type", reportType);
        json.WriteString("command", Command);
        json.WriteString("cid", Cid);
        json.WriteString("database_type", DatabaseType);
        if (Grading is not null)
        {
            json.WriteStartObject("grading");
            foreach (var type in Types)
            {
                json.WriteStartObject(type.Key);
                json.WriteString("source", Grading[type].Source);
                json.WriteString("version", Grading[type].Version);
                json.WriteString("sha256", Grading[type].Digest);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (Filters is not null)
        {
            json.WritePropertyName("filters");
            Filters.WriteTo(json);
        }

        json.WriteEndObject();
    }

    internal static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
