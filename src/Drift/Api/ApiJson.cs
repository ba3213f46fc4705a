using System.Globalization;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api;

/// <summary>How things are written in answers, streams and messages.</summary>
internal static class ApiJson
{
    /// <summary>A drift, with the names that callers of the replaced tool know and those that it lacked.</summary>
    /// <param name="json">Gets it.</param>
    /// <param name="drift">The drift.</param>
    /// <param name="last">Who was seen at it last; null when nobody was.</param>
    /// <param name="actors">Everybody who was seen at it; null to leave them out.</param>
    public static void Write(Utf8JsonWriter json, DriftRecord drift, DriftActor? last, IReadOnlyList<DriftActor>? actors = null)
    {
        json.WriteStartObject();
        WriteMembers(json, drift, last, actors);
        json.WriteEndObject();
    }

    public static void WriteMembers(Utf8JsonWriter json, DriftRecord drift, DriftActor? last, IReadOnlyList<DriftActor>? actors = null)
    {
        json.WriteString("id", drift.Id);
        json.WriteString("kind", drift.Kind.Name());
        json.WriteString("alert_type", drift.Kind == FindingKind.Unmanaged ? "unmanaged" : "drift");
        json.WriteString("status", drift.Status.Name());
        json.WriteString("severity", drift.Severity.Name());
        json.WriteString("provider", drift.Provider);
        json.WriteString("resource_type", drift.Type);
        json.WriteString("resource_name", NameOf(drift));
        json.WriteString("resource_id", drift.ResourceId);
        json.WriteString("address", drift.Address);
        json.WriteString("state", drift.State);
        json.WriteString("attribute", drift.Attribute);
        Value(json, "old_value", drift.Old);
        Value(json, "new_value", drift.New);
        json.WriteStartArray("matched_rules");
        foreach (var rule in drift.Rules.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            json.WriteStringValue(rule);
        }

        json.WriteEndArray();
        WriteIdentity(json, drift.Actor, last);
        json.WriteString("region", last?.Region ?? "");
        json.WriteString("source_ip", last?.SourceAddress ?? "");
        json.WriteString("user_agent", last?.UserAgent ?? "");
        json.WriteString("request_id", last?.Request ?? "");
        json.WriteString("event_name", drift.Event);
        json.WriteNumber("occurrences", drift.Occurrences);
        Time(json, "timestamp", drift.LastSeen);
        Time(json, "first_seen", drift.FirstSeen);
        Time(json, "last_seen", drift.LastSeen);
        Time(json, "resolved_at", drift.ResolvedAt);
        json.WriteString("reason", drift.Reason);
        json.WriteString("decided_by", drift.DecidedBy);
        json.WriteString("comment", drift.Comment);
        Time(json, "until", drift.Until);
        if (actors is not null)
        {
            json.WriteStartArray("actors");
            foreach (var actor in actors)
            {
                Write(json, actor);
            }

            json.WriteEndArray();
        }
    }

    public static void Write(Utf8JsonWriter json, DriftActor actor)
    {
        json.WriteStartObject();
        json.WriteString("name", actor.Name);
        json.WriteString("principal", actor.Principal);
        json.WriteString("principal_id", actor.PrincipalId);
        json.WriteString("account_id", actor.Account);
        json.WriteString("role", actor.Role);
        json.WriteString("type", actor.Type);
        json.WriteString("source_ip", actor.SourceAddress);
        json.WriteString("user_agent", actor.UserAgent);
        json.WriteString("region", actor.Region);
        json.WriteString("request_id", actor.Request);
        json.WriteNumber("occurrences", actor.Occurrences);
        Time(json, "first_seen", actor.FirstSeen);
        Time(json, "last_seen", actor.LastSeen);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, DriftChange change)
    {
        json.WriteStartObject();
        WriteMembers(json, change);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, ListedChange change)
    {
        json.WriteStartObject();
        WriteMembers(json, change.Change);
        json.WriteString("provider", change.Provider);
        json.WriteString("resource_type", change.Type);
        json.WriteString("resource_id", change.ResourceId);
        json.WriteString("address", change.Address);
        json.WriteString("attribute", change.Attribute);
        json.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter json, DriftChange change)
    {
        json.WriteString("id", change.Number.ToString(CultureInfo.InvariantCulture));
        json.WriteString("change", change.Name);
        json.WriteString("drift", change.Drift);
        Time(json, "timestamp", change.At);
        json.WriteString("from", change.From?.Name());
        json.WriteString("to", change.To.Name());
        json.WriteString("severity", change.Severity.Name());
        json.WriteString("by", change.By);
        json.WriteString("comment", change.Comment);
        Value(json, "value", change.Value);
    }

    // The names are those of the replaced tool. The human is UserName; the role that was assumed stands apart.
    private static void WriteIdentity(Utf8JsonWriter json, string name, DriftActor? last)
    {
        // A comparison may have been the last to see a drift; then who did it is who was seen before.
        json.WriteStartObject("user_identity");
        json.WriteString("Type", last?.Type ?? "");
        json.WriteString("PrincipalID", last?.PrincipalId ?? "");
        json.WriteString("ARN", last?.Principal.StartsWith("arn:", StringComparison.Ordinal) ?? false ? last.Principal : "");
        json.WriteString("AccountID", last?.Account ?? "");
        json.WriteString("UserName", name.Length > 0 ? name : last?.Name ?? "");
        json.WriteString("Role", last?.Role ?? "");
        json.WriteEndObject();
    }

    public static void Time(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, At(at));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>RFC 3339 in UTC.</summary>
    public static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The Terraform name; the id where no state has it.</summary>
    public static string NameOf(DriftRecord drift)
    {
        var dot = drift.Address.LastIndexOf($"{drift.Type}.", StringComparison.Ordinal);
        return dot < 0 ? drift.ResourceId : drift.Address[(dot + drift.Type.Length + 1)..];
    }

    public static void Value(Utf8JsonWriter json, string name, string? value)
    {
        json.WritePropertyName(name);
        if (value is null)
        {
            json.WriteNullValue();
        }
        else
        {
            // What stores keep was written by a JSON writer of ours.
            json.WriteRawValue(value, skipInputValidation: true);
        }
    }
}
