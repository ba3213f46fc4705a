using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Workloads;

/// <summary>What pods may connect to. Policies know addresses, not names. Pure.</summary>
internal static class PodNetwork
{
    /// <summary>
    /// What is not the internet: private, shared, loopback and link-local networks. A stolen pod must reach neither the cluster nor the
    /// node's metadata service.
    /// </summary>
    private static readonly string[] NotPublic = ["10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"];

    private static readonly string[] NotPublicSix = ["::1/128", "fc00::/7", "fe80::/10"];

    /// <summary>Lets the pods with these labels connect where <paramref name="egress"/> says, and be reached on <paramref name="ports"/> only.</summary>
    public static DesiredObject Policy(ObjectMeta owner, string name, JsonObject labels, IReadOnlyList<int> ports, IEnumerable<JsonObject> egress) => new(RenderedKinds.NetworkPolicies, new JsonObject
    {
        ["apiVersion"] = RenderedKinds.NetworkPolicies.ApiVersion,
        ["kind"] = RenderedKinds.NetworkPolicies.Kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = owner.Namespace },
        ["spec"] = new JsonObject
        {
            ["podSelector"] = new JsonObject { ["matchLabels"] = labels },
            ["policyTypes"] = new JsonArray("Ingress", "Egress"),
            ["ingress"] = ports.Count == 0 ? [] : new JsonArray(new JsonObject { ["ports"] = new JsonArray([.. ports.Select(port => (JsonNode)Port("TCP", port))]) }),
            ["egress"] = new JsonArray([.. egress]),
        },
    });

    /// <summary>To the cluster's DNS.</summary>
    /// <param name="namespace">Where it runs.</param>
    public static JsonObject Dns(string @namespace) => new()
    {
        ["to"] = new JsonArray(new JsonObject
        {
            ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["kubernetes.io/metadata.name"] = @namespace } },
            ["podSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["k8s-app"] = "kube-dns" } },
        }),
        ["ports"] = new JsonArray(Port("UDP", 53), Port("TCP", 53)),
    };

    /// <summary>To networks, on some ports. Without networks, to every public address.</summary>
    public static JsonObject To(IReadOnlyList<string> networks, params int[] ports) => new()
    {
        ["to"] = networks.Count > 0
            ? new JsonArray([.. networks.Select(network => (JsonNode)Block(network, []))])
            : new JsonArray(Block("0.0.0.0/0", NotPublic), Block("::/0", NotPublicSix)),
        ["ports"] = new JsonArray([.. ports.Select(port => (JsonNode)Port("TCP", port))]),
    };

    /// <param name="networks">As users wrote them.</param>
    /// <param name="field">Path of the list, starting with <c>spec</c>; errors name it.</param>
    public static IEnumerable<string> Errors(IReadOnlyList<string> networks, string field) =>
        networks.Select((network, index) => (network, index))
            .Where(item => !System.Net.IPNetwork.TryParse(item.network, out _))
            .Select(item => $"{field}[{item.index}]: \"{item.network}\" is not a network; write it as 203.0.113.0/24 or 2001:db8::/32");

    private static JsonObject Block(string cidr, string[] except)
    {
        var block = new JsonObject { ["cidr"] = cidr };
        if (except.Length > 0)
        {
            block["except"] = new JsonArray([.. except.Select(item => (JsonNode)item)]);
        }

        return new JsonObject { ["ipBlock"] = block };
    }

    private static JsonObject Port(string protocol, int port) => new() { ["protocol"] = protocol, ["port"] = port };
}
