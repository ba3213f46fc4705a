using System.Text;

namespace Comptroller.Bench;

/// <summary>
/// Audit logs as the API servers of a cluster of 50 nodes write them: kubelets, controllers, service accounts and people, three quarters of
/// the events at Metadata and the rest with bodies. The same length gives the same bytes.
/// </summary>
internal sealed class AuditLogWriter
{
    private static readonly (string Resource, string Group, string Version, int Weight)[] Resources =
    [
        ("pods", "", "v1", 22), ("leases", "coordination.k8s.io", "v1", 24), ("configmaps", "", "v1", 9), ("events", "", "v1", 8), ("secrets", "", "v1", 4),
        ("deployments", "apps", "v1", 5), ("replicasets", "apps", "v1", 5), ("endpointslices", "discovery.k8s.io", "v1", 4), ("nodes", "", "v1", 5),
        ("serviceaccounts", "", "v1", 2), ("ingresses", "networking.k8s.io", "v1", 1), ("certificates", "cert-manager.io", "v1", 1),
        ("applications", "argoproj.io", "v1alpha1", 2), ("subjectaccessreviews", "authorization.k8s.io", "v1", 3), ("jobs", "batch", "v1", 2),
    ];

    private static readonly (string Verb, int Weight)[] Verbs = [("get", 34), ("update", 22), ("watch", 13), ("create", 10), ("list", 9), ("patch", 9), ("delete", 3)];
    private static readonly (string Level, int Weight)[] Levels = [("Metadata", 72), ("Request", 14), ("RequestResponse", 14)];
    private static readonly string[] Components = ["system:kube-scheduler", "system:kube-controller-manager", "system:apiserver"];
    private static readonly string[] Namespaces = [.. Enumerable.Range(0, 30).Select(i => $"team-{i}")];

    private const string FieldsOfManager = """{"f:metadata":{"f:labels":{"f:app.kubernetes.io/name":{},"f:pod-template-hash":{}}},"f:spec":{"f:containers":{"k:{\"name\":\"app\"}":{".":{},"f:image":{},"f:env":{".":{}},"f:resources":{"f:limits":{"f:cpu":{},"f:memory":{}}}}}}}""";

    private readonly Random _random = new(20);
    private readonly (string User, int Weight)[] _users;
    private readonly string[] _nodes;
    private readonly string[] _apps;
    private DateTime _time = new(2026, 11, 21, 0, 0, 0, DateTimeKind.Utc);

    private AuditLogWriter()
    {
        _nodes = [.. Enumerable.Range(0, 50).Select(i => $"ip-10-{_random.Next(4)}-{_random.Next(256)}-{i}.eu-west-1.compute.internal")];
        _apps = [.. Enumerable.Range(0, 400).Select(i => $"{(i % 3 == 0 ? "api" : i % 3 == 1 ? "worker" : "cache")}-{i:x3}")];
        _users =
        [
            .. _nodes.Select(node => (User($"system:node:{node}", "", "system:nodes"), 7)),
            .. Enumerable.Range(0, 30).Select(i => (User($"system:serviceaccount:{Namespaces[i]}:app-{i}", Id(), "system:serviceaccounts", $"system:serviceaccounts:{Namespaces[i]}"), 15)),
            .. Components.Select(name => (User(name, ""), 50)),
            .. Enumerable.Range(0, 60).Select(i => (User($"oidc:person-{i}@example.com", "", $"oidc:team-{i % 7}"), 1)),
        ];
    }

    /// <summary>Writes whole lines until the file has at least that many bytes.</summary>
    public static void Write(string path, long bytes)
    {
        var log = new AuditLogWriter();
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false), bufferSize: 1 << 20) { NewLine = "\n" };
        for (var written = 0L; written < bytes;)
        {
            var line = log.Event();
            file.WriteLine(line);
            written += line.Length + 1;
        }
    }

    private string Event()
    {
        _time = _time.AddTicks(_random.Next(70_000));
        var (resource, group, version, _) = Pick(Resources, each => each.Weight);
        var verb = Pick(Verbs, each => each.Weight).Verb;
        var level = Pick(Levels, each => each.Weight).Level;
        var (app, space) = (Pick(_apps), resource == "leases" ? "kube-node-lease" : Pick(Namespaces));
        var name = resource is "leases" or "nodes" ? Pick(_nodes) : resource == "pods" ? $"{app}-{Hex(5)}" : app;
        var isNamed = verb is "get" or "update" or "patch" or "delete";
        var uri = $"/{(group.Length == 0 ? "api" : $"apis/{group}")}/{version}/namespaces/{space}/{resource}{(isNamed ? $"/{name}" : "")}{(verb == "watch" ? $"?allowWatchBookmarks=true&resourceVersion={_random.Next()}&watch=true" : "")}";
        var reference = $"\"resource\":\"{resource}\",\"namespace\":\"{space}\"{(isNamed ? $",\"name\":\"{name}\"" : "")}{(group.Length == 0 ? "" : $",\"apiGroup\":\"{group}\"")},\"apiVersion\":\"{version}\"";
        var body = level != "Metadata" && verb is "create" or "update" or "patch" ? Body(app, space) : null;
        return $$$"""
            {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"{{{level}}}","auditID":"{{{Id()}}}","stage":"ResponseComplete","requestURI":"{{{uri}}}","verb":"{{{verb}}}","user":{{{Pick(_users, each => each.Weight).User}}},"sourceIPs":["10.0.{{{_random.Next(256)}}}.{{{_random.Next(256)}}}"],"userAgent":"kubelet/v1.36.2 (linux/amd64) kubernetes/{{{Hex(7)}}}","objectRef":{{{{reference}}}},"responseStatus":{"metadata":{},"code":{{{(_random.Next(10) == 0 ? 404 : 200)}}}}{{{(body is null ? "" : $",\"requestObject\":{body}")}}}{{{(body is null || level != "RequestResponse" ? "" : $",\"responseObject\":{body}")}}},"requestReceivedTimestamp":"{{{Time(0)}}}","stageTimestamp":"{{{Time(_random.Next(50_000))}}}","annotations":{"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding \"view\" of ClusterRole \"view\" to ServiceAccount \"{{{app}}}/{{{space}}}\""}}
            """;
    }

    private string Body(string app, string space) => $$$"""
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"{{{app}}}-{{{Hex(5)}}}","namespace":"{{{space}}}","uid":"{{{Id()}}}","resourceVersion":"{{{_random.Next()}}}","labels":{"app.kubernetes.io/name":"{{{app}}}","pod-template-hash":"{{{Hex(9)}}}"},"managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"{{{Time(0)}}}","fieldsType":"FieldsV1","fieldsV1":{{{FieldsOfManager}}}}]},"spec":{"containers":[{"name":"{{{app}}}","image":"registry.example.com/{{{space}}}/{{{app}}}@sha256:{{{Hex(64)}}}","resources":{"limits":{"cpu":"500m","memory":"256Mi"}},"env":[{"name":"TRACE_ID","value":"{{{Hex(16)}}}"}]}],"serviceAccountName":"{{{app}}}","nodeName":"{{{Pick(_nodes)}}}"},"status":{"phase":"Running","conditions":[{"type":"Initialized","status":"True"},{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"{{{app}}}","containerID":"containerd://{{{Hex(64)}}}","restartCount":{{{_random.Next(5)}}},"ready":true}]}}
        """;

    private static string User(string name, string uid, params string[] groups) =>
        $"{{\"username\":\"{name}\"{(uid.Length == 0 ? "" : $",\"uid\":\"{uid}\"")},\"groups\":[{string.Concat(groups.Select(group => $"\"{group}\","))}\"system:authenticated\"]}}";

    private string Time(int later) => _time.AddTicks(later).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");

    private string Hex(int length) => _random.GetHexString(length, lowercase: true);

    private string Id() => $"{Hex(8)}-{Hex(4)}-4{Hex(3)}-8{Hex(3)}-{Hex(12)}";

    private T Pick<T>(T[] items) => items[_random.Next(items.Length)];

    private T Pick<T>(T[] items, Func<T, int> weight)
    {
        var left = _random.Next(items.Sum(weight));
        return items.First(item => (left -= weight(item)) < 0);
    }
}
