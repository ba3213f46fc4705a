using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Tables;

/// <summary>The columns of Events, which both Event APIs share.</summary>
internal static class EventColumns
{
    public static IReadOnlyList<TableColumn> Make(bool modern)
    {
        var (about, message, source, controller, first, last, count) = modern
            ? ("regarding", "note", "deprecatedSource", "reportingController", "deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount")
            : ("involvedObject", "message", "source", "reportingComponent", "firstTimestamp", "lastTimestamp", "count");
        return
        [
            new TableColumn("Last Seen", "string", "", "The time at which the most recent occurrence of this event was recorded.", 0,
                (item, now) => Ages.Since(item["series"]?["lastObservedTime"] ?? item[last] ?? item[first] ?? item["eventTime"], now)),
            Columns.Of("Type", "string", "Type of this event (Normal, Warning), new types could be added in the future", 0, item => Text(item, "type")),
            Columns.Of("Reason", "string", "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.", 0,
                item => Text(item, "reason")),
            Columns.Of("Object", "string", "The object that this event is about.", 0, item => Target(item[about])),
            Columns.Of("Subobject", "string", "If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: \"spec.containers{name}\" (where \"name\" refers to the name of the container that triggered the event) or if no container name is specified \"spec.containers[2]\" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.", 1,
                item => Text(item[about], "fieldPath")),
            Columns.Of("Source", "string", "The component reporting this event. Should be a short machine understandable string.", 1,
                item => Source(item[source], Text(item, controller), Text(item, "reportingInstance"))),
            Columns.Of("Message", "string", "A human-readable description of the status of this operation.", 0, item => Text(item, message).Trim()),
            new TableColumn("First Seen", "string", "", "The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)", 1,
                (item, now) => Ages.Since(item[first] ?? item["eventTime"], now)),
            Columns.Of("Count", "string", "The number of times this event has occurred.", 1,
                item => (long?)item["series"]?["count"] ?? ((long?)item[count] is { } times and > 0 ? times : 1)),
            Columns.NameWithPriority(1),
        ];
    }

    private static string Target(JsonNode? about)
    {
        var (kind, name) = (Text(about, "kind").ToLowerInvariant(), Text(about, "name"));
        return name.Length == 0 ? kind : $"{kind}/{name}";
    }

    private static string Source(JsonNode? source, string controller, string instance)
    {
        var (component, host) = (Text(source, "component"), Text(source, "host"));
        if (component.Length == 0)
        {
            (component, host) = (controller, instance);
        }
        return host.Length == 0 ? component : $"{component}, {host}";
    }
}
