using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Testing;

/// <summary>Cases that post an alert.</summary>
internal static class AlertCases
{
    private static readonly string[] Bodies = ["alert", "body", "raw", "raw_body"];

    public static async Task<JsonElement> RunAsync(JsonElement input, CancellationToken cancellationToken)
    {
        var builder = new StateIndexBuilder();
        if (input.Member("state").ValueKind == JsonValueKind.Object)
        {
            await StateReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(input.Member("state").GetRawText())), "state", builder, cancellationToken);
        }

        var understood = new List<Understanding>();
        var status = Post(input, understood);
        var events = understood.SelectMany(each => each.Events).ToList();
        var repeat = input.Member("repeat") is { ValueKind: JsonValueKind.Number } times ? times.GetInt32() : 1;
        // Without a state there is nothing to judge by.
        var state = input.Member("state").ValueKind == JsonValueKind.Object ? builder.Build() : null;
        var rules = Rules(input);
        var findings = state is null ? [] : events.SelectMany(change => Judge.Of(change, state, rules, change.Time ?? DateTimeOffset.UnixEpoch).Findings)
            .Where(finding => finding.Suppression is null).DistinctBy(DriftKey.Of).ToList();
        return Shapes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("http_status", status);
            writer.WriteString("outcome", understood.Count == 0 ? "refused" : understood[0].Reason.Label());
            writer.WritePropertyName("event");
            if (events.Count == 0)
            {
                writer.WriteNullValue();
            }
            else
            {
                Event(writer, events[0]);
            }

            writer.WriteStartArray("events");
            events.ForEach(change => Event(writer, change));
            writer.WriteEndArray();
            writer.WriteStartArray("drifts");
            findings.Where(finding => finding.Kind != FindingKind.Unmanaged).ToList().ForEach(finding => Drift(writer, finding, repeat));
            writer.WriteEndArray();
            writer.WriteStartArray("unmanaged");
            findings.Where(finding => finding.Kind == FindingKind.Unmanaged).ToList().ForEach(finding => Drift(writer, finding, repeat));
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    /// <summary>The rules of a case.</summary>
    public static RuleBook Rules(JsonElement input) => input.Member("drift_rules") is not { ValueKind: JsonValueKind.Array } rules ? RuleBook.Default : RuleBook.Default with
    {
        Rules =
        [
            .. rules.EnumerateArray().Select(rule => new DriftRule(
                rule.Text("name"), Wildcards(rule.Member("resource_types")), Wildcards(rule.Member("watched_attributes")), Severities.Parse(rule.Text("severity")) ?? Severity.Medium)),
        ],
    };

    public static void Value(Utf8JsonWriter writer, string name, JsonElement value)
    {
        writer.WritePropertyName(name);
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static int Post(JsonElement input, List<Understanding> understood)
    {
        if (input.Text("method") is { Length: > 0 } method && method != "POST")
        {
            return 405;
        }

        var alert = Bodies.Select(name => input.Member(name)).FirstOrDefault(value => value.ValueKind != JsonValueKind.Undefined);
        try
        {
            AuditRecords.Read(Encoding.UTF8.GetBytes(alert.ValueKind == JsonValueKind.String ? alert.GetString()! : alert.ValueKind == JsonValueKind.Undefined ? "" : alert.GetRawText()), understood);
            return 202;
        }
        catch (FormatException)
        {
            return 400;
        }
    }

    private static ImmutableArray<Wildcard> Wildcards(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(each => new Wildcard(each.GetString() ?? ""))] : [];

    private static void Event(Utf8JsonWriter writer, ChangeEvent change)
    {
        writer.WriteStartObject();
        writer.WriteString("provider", change.Provider.Name());
        writer.WriteString("event_name", change.Name);
        writer.WriteString("resource_type", change.Type);
        Ids(writer, change);
        writer.WriteString("user_name", change.Actor.Name);
        writer.WriteString("user_type", change.Actor.Type);
        writer.WriteString("role", change.Actor.Role);
        writer.WriteString("account_id", change.Account);
        writer.WriteString("source_ip", change.SourceAddress);
        writer.WriteString("user_agent", change.UserAgent);
        writer.WriteString("region", change.Region);
        writer.WriteString("timestamp", Time(change));
        writer.WriteStartObject("changes");
        foreach (var each in change.Changes.DistinctBy(each => each.Name))
        {
            Value(writer, each.Name, each.Value);
        }

        writer.WriteEndObject();
        writer.WriteStartObject("metadata");
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("project_id", change.Provider == Provider.Gcp ? change.Account : ""), ("subscription_id", change.Provider == Provider.Azure ? change.Account : ""),
            ("resource_group", change.ResourceGroup), ("region", change.Region), ("zone", change.Zone), ("request_id", change.RequestId)])
        {
            if (value.Length > 0)
            {
                writer.WriteString(name, value);
            }
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void Drift(Utf8JsonWriter writer, Finding finding, int occurrences)
    {
        var change = finding.Event!;
        writer.WriteStartObject();
        writer.WriteString("kind", finding.Kind.Name());
        writer.WriteString("change_type", finding.Kind.Name());
        writer.WriteString("resource_type", finding.Type);
        if (finding.Resource is null)
        {
            Ids(writer, change);
        }
        else
        {
            writer.WriteString("resource_id", finding.ResourceId);
            writer.WriteString("resource_name", finding.Resource.Name);
            writer.WriteString("address", finding.Address);
        }

        writer.WriteString("attribute", finding.Attribute);
        Value(writer, "old", finding.Old);
        Value(writer, "new", finding.New);
        writer.WriteString("severity", finding.Severity.Name());
        writer.WriteString("timestamp", Time(change));
        writer.WriteString("user", change.Actor.Name);
        writer.WriteString("user_name", change.Actor.Name);
        writer.WriteString("event_name", change.Name);
        writer.WriteNumber("occurrences", occurrences);
        writer.WriteStartArray("matched_rules");
        foreach (var rule in finding.Rules)
        {
            writer.WriteStringValue(rule);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // A resource has several names; the one that a case uses must be among them.
    private static void Ids(Utf8JsonWriter writer, ChangeEvent change)
    {
        writer.WriteString("resource_id", change.Id);
        writer.WriteStartArray("resource_ids");
        foreach (var id in change.Ids)
        {
            writer.WriteStringValue(id);
        }

        writer.WriteEndArray();
    }

    private static string Time(ChangeEvent change) => change.Time?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
