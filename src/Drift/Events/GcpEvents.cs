using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Comptroller.Drift.Events;

/// <summary>Reads calls of Google Cloud: alerts of Falco's gcpaudit plugin and entries of Cloud Audit Logs.</summary>
internal static partial class GcpEvents
{
    public const string FalcoSource = "gcp_auditlog";

    /// <summary>An alert of Falco, with the plugin's field names or those of the log itself.</summary>
    public static Understanding Read(FieldSet fields, DateTimeOffset? alertTime) => Understand(
        fields.Text("gcp.methodName") ?? "",
        fields.Text("gcp.resourceName", "gcp.resource.name") ?? "",
        fields.Text("gcp.status.code") is { } status && status != "0",
        fields.Document("gcp.request"),
        new ChangeEvent
        {
            Provider = Provider.Gcp,
            Name = "",
            Type = "",
            Ids = [""],
            Actor = Identity(fields.Text("gcp.user", "gcp.authenticationInfo.principalEmail")),
            Account = fields.Text("gcp.projectId", "gcp.resource.labels.project_id") ?? "",
            Zone = fields.Text("gcp.resource.labels.zone", "gcp.location") ?? "",
            SourceAddress = fields.Text("gcp.callerIP") ?? "",
            UserAgent = fields.Text("gcp.userAgent") ?? "",
            Time = fields.Time("gcp.time") ?? alertTime,
        },
        FalcoSource);

    /// <summary>An entry of Cloud Audit Logs.</summary>
    public static Understanding Read(JsonElement entry)
    {
        var payload = entry.Member("protoPayload");
        var labels = entry.Member("resource").Member("labels");
        var metadata = payload.Member("requestMetadata");
        // What takes long is logged twice: when it begins, with the request, and when it is done, mostly without. The second would be a change of which only the call is known.
        var operation = entry.Member("operation");
        var (isFirst, isLast) = (Texts.Of(operation.Member("first")) == "true", Texts.Of(operation.Member("last")) == "true");
        if (isLast && !isFirst && payload.Member("request").ValueKind == JsonValueKind.Undefined)
        {
            return Understanding.Dropped(DropReason.Irrelevant, "gcp_audit");
        }

        var (method, resource, inserted) = (payload.Text("methodName"), payload.Text("resourceName"), entry.Text("insertId"));

        return Understand(
            method,
            resource,
            payload.Member("status").Text("code") is { Length: > 0 } code && code != "0",
            payload.Member("request"),
            new ChangeEvent
            {
                Provider = Provider.Gcp,
                Name = "",
                Type = "",
                Ids = [""],
                Actor = Identity(payload.Member("authenticationInfo").Text("principalEmail")),
                Account = labels.Text("project_id"),
                Zone = labels.Text("zone") is { Length: > 0 } zone ? zone : labels.Text("location"),
                SourceAddress = metadata.Text("callerIp"),
                UserAgent = metadata.Text("callerSuppliedUserAgent"),
                RequestId = inserted,
                Time = Texts.Time(entry.Text("timestamp")),
                Mark = EventMark.Of(
                    inserted.Length == 0 ? [] : [inserted, method, entry.Text("timestamp")],
                    isFirst == isLast || operation.Text("id").Length == 0 ? [] : [operation.Text("id"), method, resource],
                    isLast,
                    payload.Member("request")),
            },
            "gcp_audit");
    }

    private static Understanding Understand(string methodName, string resource, bool failed, JsonElement request, ChangeEvent frame, string source)
    {
        var method = ApiVersion().Replace(methodName, "");
        var type = EventTables.GcpType(method);
        if (type is null)
        {
            return Understanding.Dropped(ReadingMethod().IsMatch(method) ? DropReason.ReadOnly : DropReason.Irrelevant, source);
        }

        if (failed)
        {
            return Understanding.Dropped(DropReason.FailedCall, source);
        }

        if (resource.Length == 0)
        {
            return Understanding.Dropped(DropReason.NoId, source);
        }

        // Some services put their address before the path: //storage.googleapis.com/projects/…
        var path = resource.StartsWith("//", StringComparison.Ordinal) ? resource[(resource.IndexOf('/', 2) + 1)..] : resource.TrimStart('/');
        var segments = path.Split('/');
        var project = segments is ["projects", { Length: > 0 } named, ..] ? named : "";
        var zoneAt = Array.IndexOf(segments, "zones");
        var zone = zoneAt >= 0 && zoneAt + 1 < segments.Length ? segments[zoneAt + 1] : frame.Zone;
        var parameters = new Parameters(request, null, "");
        var changes = EventTables.GcpChanges(method).Select(each => each.Read(parameters.First, request)).OfType<Change>().ToImmutableArray();
        return Understanding.Of(
            [
                frame with
                {
                    Name = method,
                    Type = type,
                    Ids = segments.Length > 1 ? [path, segments[^1]] : [path],
                    // Buckets belong to no project that their path would name.
                    Account = project is "" or "_" && frame.Account.Length > 0 ? frame.Account : project,
                    Zone = zone,
                    Region = zone.Split('-') is { Length: >= 3 } parts ? string.Join('-', parts[..^1]) : zone.Contains('-', StringComparison.Ordinal) ? zone : "",
                    Changes = changes,
                    Request = request,
                    Action = ActionOf(method),
                },
            ],
            source);
    }

    // Google calls everybody who acts a principal; the log does not tell people and service accounts apart but by their address.
    private static Actor Identity(string? email) => string.IsNullOrEmpty(email) ? Actor.Unknown : new Actor(email, "ServiceAccount", "", email) { PrincipalId = email };

    private static ChangeAction ActionOf(string method)
    {
        var verb = method[(method.LastIndexOf('.') + 1)..];
        return method == "dns.changes.create" ? ChangeAction.Update
            : verb is "delete" || verb.StartsWith("Delete", StringComparison.Ordinal) || verb.StartsWith("Drop", StringComparison.Ordinal) ? ChangeAction.Delete
            : verb is "insert" or "create" || verb.StartsWith("Create", StringComparison.Ordinal) || verb.StartsWith("Insert", StringComparison.Ordinal) ? ChangeAction.Create
            : ChangeAction.Update;
    }

    [GeneratedRegex(@"^(?:v\d+(?:(?:alpha|beta)\d*)?|beta|alpha)\.", RegexOptions.None, 1000)]
    private static partial Regex ApiVersion();

    [GeneratedRegex(@"\.(?:get|list|aggregatedList|search|query|testIamPermissions|getIamPolicy|Get|List|Search|Query)[A-Za-z]*$", RegexOptions.None, 1000)]
    private static partial Regex ReadingMethod();
}
