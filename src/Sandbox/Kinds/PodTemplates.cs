using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Requests;
using static Comptroller.Kubernetes.Schemas.FieldErrors;

namespace Comptroller.Sandbox.Kinds;

/// <summary>What Pods, Jobs and CronJobs share: the pull policy that follows from the tag, and the checks on containers.</summary>
internal static class PodTemplates
{
    private static readonly string[] ContainerLists = ["initContainers", "containers"];

    public static void SetPullPolicies(JsonNode? podSpec)
    {
        foreach (var container in Containers(podSpec).Select(entry => entry.Container).Where(container => container["imagePullPolicy"] is null))
        {
            var image = (string?)container["image"] ?? "";
            var tag = image[(image.LastIndexOf('/') + 1)..];
            var latest = !tag.Contains('@') && (!tag.Contains(':') || tag.EndsWith(":latest", StringComparison.Ordinal));
            container["imagePullPolicy"] = latest ? "Always" : "IfNotPresent";
        }
    }

    /// <param name="path">Path of the Pod spec, such as <c>spec.template.spec</c>.</param>
    public static IEnumerable<FieldError> Check(JsonNode? podSpec, string path)
    {
        if (podSpec?["containers"] is not JsonArray { Count: > 0 })
        {
            yield return Required($"{path}.containers");
        }
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (container, at) in Containers(podSpec))
        {
            var field = $"{path}.{at}";
            var name = (string?)container["name"] ?? "";
            foreach (var error in name.Length == 0 ? [Required($"{field}.name")] : NameRules.DnsLabel(name).Select(message => Invalid($"{field}.name", name, message)))
            {
                yield return error;
            }
            if (!names.Add(name))
            {
                yield return Duplicate($"{field}.name", name);
            }
            if ((string?)container["image"] is null or "")
            {
                yield return Required($"{field}.image");
            }
            var variables = container["env"] as JsonArray ?? [];
            for (var index = 0; index < variables.Count; index++)
            {
                if ((string?)variables[index]?["name"] is null or "")
                {
                    yield return Required($"{field}.env[{index}].name");
                }
            }
            if ((string?)container["terminationMessagePolicy"] is { } messages and not ("File" or "FallbackToLogsOnError"))
            {
                yield return NotSupported($"{field}.terminationMessagePolicy", messages, "FallbackToLogsOnError", "File");
            }
            if ((string?)container["imagePullPolicy"] is { } pull and not ("Always" or "IfNotPresent" or "Never"))
            {
                yield return NotSupported($"{field}.imagePullPolicy", pull, "Always", "IfNotPresent", "Never");
            }
        }
    }

    private static IEnumerable<(JsonObject Container, string At)> Containers(JsonNode? podSpec) =>
        ContainerLists.SelectMany(list => (podSpec?[list] as JsonArray ?? []).OfType<JsonObject>().Select((container, index) => (container, $"{list}[{index}]")));
}
