using System.Collections.Immutable;
using System.Text.Json;

namespace Comptroller.Drift.Events;

/// <summary>
/// Reads operations of Azure Resource Manager: alerts with <c>azure.*</c> fields, activity log records of diagnostic settings, and
/// events of Event Grid.
/// </summary>
internal static class AzureEvents
{
    public const string FalcoSource = "azure_activity";

    /// <summary>An alert of Falco.</summary>
    public static Understanding Read(FieldSet fields, DateTimeOffset? alertTime) => Understand(
        fields.Text("azure.operationName") ?? "",
        fields.Text("azure.resourceId") ?? "",
        fields.Text("azure.status") ?? "",
        fields.Document("azure.requestProperties"),
        fields.Text("azure.caller") ?? "",
        new Surroundings(fields.Text("azure.resourceLocation"), fields.Text("azure.callerIpAddress"), fields.Text("azure.userAgent"), fields.Text("azure.correlationId"), alertTime),
        FalcoSource);

    /// <summary>A record of the activity log or the data of an Event Grid event.</summary>
    public static Understanding Read(JsonElement record, DateTimeOffset? eventTime)
    {
        var claims = record.Member("identity").Member("claims");
        claims = claims.ValueKind == JsonValueKind.Object ? claims : record.Member("claims");
        var caller = FirstText(
            record.Text("caller"),
            claims.Text("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"),
            claims.Text("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name"),
            claims.Text("name"),
            claims.Text("appid"));
        return Understand(
            record.Member("operationName").ValueKind == JsonValueKind.Object ? record.Member("operationName").Text("value") : record.Text("operationName"),
            FirstText(record.Text("resourceId"), record.Text("resourceUri")),
            FirstText(record.Text("resultType"), record.Text("status"), record.Member("status").Text("value")),
            Texts.Document(record.Member("properties").Member("requestbody")),
            caller,
            new Surroundings(
                record.Text("location"),
                FirstText(record.Text("callerIpAddress"), record.Member("httpRequest").Text("clientIpAddress")),
                "",
                record.Text("correlationId"),
                Texts.Time(FirstText(record.Text("time"), record.Text("eventTimestamp"))) ?? eventTime),
            "azure_record");
    }

    private sealed record Surroundings(string? Location, string? Address, string? Agent, string? Correlation, DateTimeOffset? Time);

    private static Understanding Understand(string operation, string resource, string status, JsonElement request, string caller, Surroundings around, string source)
    {
        if (operation.EndsWith("/read", StringComparison.OrdinalIgnoreCase))
        {
            return Understanding.Dropped(DropReason.ReadOnly, source);
        }

        var type = EventTables.AzureType(operation);
        // A write is told when it starts and again when it is done; only the second is a change.
        if (type is null || status.StartsWith("Start", StringComparison.OrdinalIgnoreCase))
        {
            return Understanding.Dropped(DropReason.Irrelevant, source);
        }

        if (status.StartsWith("Fail", StringComparison.OrdinalIgnoreCase) || status.StartsWith("Cancel", StringComparison.OrdinalIgnoreCase))
        {
            return Understanding.Dropped(DropReason.FailedCall, source);
        }

        if (resource.Length == 0)
        {
            return Understanding.Dropped(DropReason.NoId, source);
        }

        var path = resource.TrimEnd('/');
        // What takes long is told when it is accepted and again when it is done. Callers choose correlation ids, so the caller is part of the name:
        // nobody's change is taken for the end of somebody else's.
        var (correlation, time) = (around.Correlation ?? "", around.Time?.ToString("O") ?? "");
        var mark = EventMark.Of(
            correlation.Length == 0 || time.Length == 0 ? [] : [correlation, operation, path, status, time],
            correlation.Length == 0 ? [] : [correlation, operation.ToUpperInvariant(), path.ToUpperInvariant(), caller],
            isEnd: !status.StartsWith("Accept", StringComparison.OrdinalIgnoreCase),
            request);
        return Understanding.Of(
            [
                new ChangeEvent
                {
                    Provider = Provider.Azure,
                    Name = operation,
                    Type = type,
                    Ids = path.LastIndexOf('/') is > 0 and var slash ? [path, path[(slash + 1)..]] : [path],
                    Action = operation.EndsWith("/delete", StringComparison.OrdinalIgnoreCase) ? ChangeAction.Delete : ChangeAction.Update,
                    Changes = ImmutableArray<Change>.Empty,
                    Request = request,
                    Actor = caller.Length == 0 ? Actor.Unknown : new Actor(caller, "AzureAD", "", caller) { PrincipalId = caller },
                    Account = After(path, "subscriptions"),
                    ResourceGroup = After(path, "resourceGroups"),
                    Region = around.Location ?? "",
                    SourceAddress = around.Address ?? "",
                    UserAgent = around.Agent ?? "",
                    RequestId = around.Correlation ?? "",
                    Time = around.Time,
                    Mark = mark,
                },
            ],
            source);
    }

    private static string After(string path, string name)
    {
        var segments = path.Split('/');
        var at = Array.FindIndex(segments, segment => segment.Equals(name, StringComparison.OrdinalIgnoreCase));
        return at >= 0 && at + 1 < segments.Length ? segments[at + 1] : "";
    }

    private static string FirstText(params ReadOnlySpan<string> texts)
    {
        foreach (var text in texts)
        {
            if (text.Length > 0)
            {
                return text;
            }
        }

        return "";
    }
}
