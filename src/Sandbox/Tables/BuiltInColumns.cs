using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using static Comptroller.Sandbox.Resources.JsonReading;

namespace Comptroller.Sandbox.Tables;

/// <summary>The columns of built-in kinds, as kubectl shows them.</summary>
internal static class BuiltInColumns
{
    public static IReadOnlyList<TableColumn> ConfigMap { get; } =
    [
        Columns.Name,
        Columns.Of("Data", "string", "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.", 0,
            item => Count(item["data"]) + Count(item["binaryData"])),
        Columns.Age,
    ];

    public static IReadOnlyList<TableColumn> Secret { get; } =
    [
        Columns.Name,
        Columns.Of("Type", "string", "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types", 0,
            item => item["type"]?.DeepClone()),
        Columns.Of("Data", "string", "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4", 0,
            item => Count(item["data"])),
        Columns.Age,
    ];

    public static IReadOnlyList<TableColumn> Namespace { get; } =
    [
        Columns.Name,
        Columns.Of("Status", "string", "The status of the namespace", 0, item => Text(item["status"], "phase")),
        Columns.Age,
    ];

    public static IReadOnlyList<TableColumn> ServiceAccount { get; } =
    [
        Columns.Name,
        Columns.Of("Secrets", "string", "Secrets is a list of the secrets in the same namespace that pods running using this ServiceAccount are allowed to use.", 0,
            item => Count(item["secrets"])),
        Columns.Age,
    ];

    public static IReadOnlyList<TableColumn> Lease { get; } =
    [
        Columns.Name,
        Columns.Of("Holder", "string", "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.", 0,
            item => Text(item["spec"], "holderIdentity")),
        Columns.Age,
    ];

    public static IReadOnlyList<TableColumn> Role { get; } = [Columns.Name, Columns.CreatedAt];

    public static IReadOnlyList<TableColumn> CronJob { get; } =
    [
        Columns.Name,
        Columns.Of("Schedule", "string", "The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.", 0, item => Text(item["spec"], "schedule")),
        Columns.Of("Timezone", "string", "The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this will default to the time zone of the kube-controller-manager process.", 0,
            item => (string?)item["spec"]?["timeZone"] ?? "<none>"),
        Columns.Of("Suspend", "boolean", "This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false.", 0,
            item => (bool?)item["spec"]?["suspend"] == true ? "True" : "False"),
        Columns.Of("Active", "integer", "A list of pointers to currently running jobs.", 0, item => Count(item["status"]?["active"])),
        new TableColumn("Last Schedule", "string", "", "Information when was the last time the job was successfully scheduled.", 0,
            (item, now) => item["status"]?["lastScheduleTime"] is { } last ? Ages.Since(last, now) : "<none>"),
        Columns.Age,
        Columns.Of("Containers", "string", "Names of each container in the template.", 1, item => Names(Template(item["spec"]?["jobTemplate"]?["spec"]), "name")),
        Columns.Of("Images", "string", "Images referenced by each container in the template.", 1, item => Names(Template(item["spec"]?["jobTemplate"]?["spec"]), "image")),
        Columns.Of("Selector", "string", "A label query over pods that should match the pod count.", 1, _ => "<none>"),
    ];

    public static IReadOnlyList<TableColumn> Job { get; } =
    [
        Columns.Name,
        Columns.Of("Status", "string", "Status of the job.", 0, JobStatus),
        Columns.Of("Completions", "string", "The latest available observations of an object's current state.", 0,
            item => $"{(long?)item["status"]?["succeeded"] ?? 0}/{(long?)item["spec"]?["completions"] ?? 1}"),
        new TableColumn("Duration", "string", "", "Time required to complete the job.", 0, JobDuration),
        Columns.Age,
        Columns.Of("Containers", "string", "Names of each container in the template.", 1, item => Names(Template(item["spec"]), "name")),
        Columns.Of("Images", "string", "Images referenced by each container in the template.", 1, item => Names(Template(item["spec"]), "image")),
        Columns.Of("Selector", "string", "A label query over pods that should match the pod count.", 1, item => Selector(item["spec"]?["selector"])),
    ];

    public static IReadOnlyList<TableColumn> Pod { get; } =
    [
        Columns.Name,
        Columns.Of("Ready", "string", "The aggregate readiness state of this pod for accepting traffic.", 0,
            item => $"{Statuses(item).Count(status => (bool?)status?["ready"] == true)}/{Count(item["spec"]?["containers"])}"),
        Columns.Of("Status", "string", "The aggregate status of the containers in this pod.", 0,
            item => item["metadata"]?["deletionTimestamp"] is null ? Text(item["status"], "reason") is { Length: > 0 } reason ? reason : Text(item["status"], "phase") : "Terminating"),
        Columns.Of("Restarts", "string", "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.", 0,
            item => Statuses(item).Sum(status => (long?)status?["restartCount"] ?? 0).ToString()),
        Columns.Age,
        Columns.Of("IP", "string", "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.", 1,
            item => (string?)item["status"]?["podIP"] ?? "<none>"),
        Columns.Of("Node", "string", "NodeName indicates in which node this pod is scheduled.", 1, item => (string?)item["spec"]?["nodeName"] ?? "<none>"),
        Columns.Of("Nominated Node", "string", "nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be scheduled right away as preemption victims receive their graceful termination periods.", 1,
            item => (string?)item["status"]?["nominatedNodeName"] ?? "<none>"),
        Columns.Of("Readiness Gates", "string", "If specified, all readiness gates will be evaluated for pod readiness.", 1, _ => "<none>"),
    ];

    public static IReadOnlyList<TableColumn> RoleBinding(bool namespaced) =>
    [
        Columns.Name,
        Columns.Of("Role", "string", namespaced
                ? "RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error. This field is immutable."
                : "RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error. This field is immutable.", 0,
            item => $"{Text(item["roleRef"], "kind")}/{Text(item["roleRef"], "name")}"),
        Columns.Age,
        Columns.Of("Users", "string", "Users in the roleBinding", 1, item => Subjects(item, "User")),
        Columns.Of("Groups", "string", "Groups in the roleBinding", 1, item => Subjects(item, "Group")),
        Columns.Of("ServiceAccounts", "string", "ServiceAccounts in the roleBinding", 1, item => Subjects(item, "ServiceAccount")),
    ];

    /// <param name="modern">The objects are in the form of events.k8s.io/v1.</param>
    public static IReadOnlyList<TableColumn> Event(bool modern) => EventColumns.Make(modern);

    private static JsonNode? JobStatus(JsonObject job)
    {
        foreach (var (condition, shown) in new[] { ("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended"), ("FailureTarget", "FailureTarget"), ("SuccessCriteriaMet", "SuccessCriteriaMet") })
        {
            if ((job["status"]?["conditions"] as JsonArray ?? []).Any(known => Text(known, "type") == condition && Text(known, "status") == "True"))
            {
                return shown;
            }
        }
        return job["metadata"]?["deletionTimestamp"] is null ? "Running" : "Terminating";
    }

    private static JsonNode? JobDuration(JsonObject job, DateTimeOffset now)
    {
        if ((string?)job["status"]?["startTime"] is not { } start)
        {
            return "";
        }
        var end = (string?)job["status"]?["completionTime"] is { } completed ? DateTimeOffset.Parse(completed) : now;
        return Ages.Of(end - DateTimeOffset.Parse(start));
    }

    private static string Subjects(JsonObject binding, string kind) => string.Join(", ", (binding["subjects"] as JsonArray ?? [])
        .Where(subject => Text(subject, "kind") == kind)
        .Select(subject => kind == "ServiceAccount" ? $"{Text(subject, "namespace")}/{Text(subject, "name")}" : Text(subject, "name")));

    private static string Selector(JsonNode? selector) =>
        selector?["matchLabels"] is JsonObject labels ? string.Join(',', labels.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")) : "<none>";

    private static JsonNode? Template(JsonNode? jobSpec) => jobSpec?["template"]?["spec"];

    private static string Names(JsonNode? podSpec, string field) => string.Join(',', (podSpec?["containers"] as JsonArray ?? []).Select(container => Text(container, field)));

    private static JsonArray Statuses(JsonObject pod) => pod["status"]?["containerStatuses"] as JsonArray ?? [];

    private static int Count(JsonNode? node) => node switch
    {
        JsonObject map => map.Count,
        JsonArray list => list.Count,
        _ => 0,
    };
}
