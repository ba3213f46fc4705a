using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Delivery;

/// <summary>What the mirror pod of a kube-apiserver shows of it.</summary>
/// <param name="Name">Name of the pod, which ends in the name of the node.</param>
/// <param name="Annotations">Annotations of the static pod, which its mirror takes over.</param>
/// <param name="Flags">Command-line flags by name, without dashes.</param>
public sealed record ApiServerPod(string Name, IReadOnlyDictionary<string, string> Annotations, IReadOnlyDictionary<string, string> Flags)
{
    private const string Prefix = "kube-apiserver";

    private static readonly string[] CommandLine = ["command", "args"];

    /// <summary>The API servers among pods of kube-system, by name.</summary>
    public static ImmutableArray<ApiServerPod> Among(IEnumerable<JsonObject> pods) =>
    [
        .. from pod in pods
           let name = Text(pod["metadata"]?["name"])
           where name.StartsWith(Prefix + "-", StringComparison.Ordinal)
           orderby name
           select new ApiServerPod(name, Map(pod["metadata"]?["annotations"]), FlagsOf(pod)),
    ];

    private static Dictionary<string, string> FlagsOf(JsonObject pod)
    {
        var containers = (pod["spec"]?["containers"] as JsonArray ?? []).OfType<JsonObject>().ToList();
        var server = containers.Find(container => Text(container["name"]) == Prefix) ?? containers.FirstOrDefault();
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in CommandLine.SelectMany(part => server?[part] as JsonArray ?? []).Select(Text))
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                var equals = word.IndexOf('=', StringComparison.Ordinal);
                flags[equals < 0 ? word[2..] : word[2..equals]] = equals < 0 ? "true" : word[(equals + 1)..];
            }
        }

        return flags;
    }

    private static Dictionary<string, string> Map(JsonNode? node) =>
        (node as JsonObject ?? []).ToDictionary(member => member.Key, member => Text(member.Value), StringComparer.Ordinal);

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
