using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>
/// The objects of the estate as JSON lines: every custom resource of this program, and the ConfigMaps and Secrets that they name. Of a Secret only its
/// metadata is asked for, so no value of one is ever read here.
/// </summary>
internal sealed class EstateExport(IKubeClient client)
{
    /// <summary>What to back up; the cluster is asked when it is read.</summary>
    public BackupSource Source(string name) => new(name, "objects.jsonl") { Text = new TextStream(async cancellationToken => new MemoryStream(await LinesAsync(cancellationToken), writable: false)) };

    /// <summary>One object a line, by kind, namespace and name, without what only says who wrote which field.</summary>
    internal async Task<byte[]> LinesAsync(CancellationToken cancellationToken)
    {
        var lines = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var type in CustomResourceDefinitions.Yaml.Select(file => KubernetesTypes.DefinedBy((JsonObject)YamlReader.ReadFirst(file.Value).Root!)))
        {
            foreach (var item in await ListAsync(type, cancellationToken))
            {
                // Items of a list do not say what they are.
                (item["apiVersion"], item["kind"]) = (type.ApiVersion, type.Kind);
                Add(lines, item);
                foreach (var (kind, name) in References(item["spec"]).Distinct())
                {
                    await AddReferencedAsync(lines, kind, (string)item["metadata"]!["namespace"]!, name, cancellationToken);
                }
            }
        }

        var text = new MemoryStream();
        foreach (var item in lines.Values)
        {
            text.Write(Encoding.UTF8.GetBytes(item.ToJsonString()));
            text.WriteByte((byte)'\n');
        }

        return text.ToArray();
    }

    /// <summary>What a spec names: members that end in <c>ConfigMapRef</c> or <c>SecretRef</c> and have a name.</summary>
    internal static IEnumerable<(string Kind, string Name)> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => (KindOf(member.Key), (member.Value as JsonObject)?["name"]) is ({ } kind, JsonValue name) ? [(kind, (string)name!)] : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private static string? KindOf(string member) =>
        member.EndsWith("ConfigMapRef", StringComparison.OrdinalIgnoreCase) ? "ConfigMap" : member.EndsWith("SecretRef", StringComparison.OrdinalIgnoreCase) ? "Secret" : null;

    // A kind whose definition was never installed has no objects.
    private async Task<IReadOnlyList<JsonObject>> ListAsync(ResourceType type, CancellationToken cancellationToken)
    {
        try
        {
            return (await client.ListAllAsync(KubernetesTypes.UntypedOf(type), null, new ListOptions(), cancellationToken)).Items;
        }
        catch (KubeApiException e) when (e.IsKindNotServed)
        {
            return [];
        }
    }

    private async Task AddReferencedAsync(SortedDictionary<string, JsonObject> lines, string kind, string @namespace, string name, CancellationToken cancellationToken)
    {
        var found = new JsonObject { ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = new JsonObject { ["namespace"] = @namespace, ["name"] = name } };
        if (lines.ContainsKey(KeyOf(found)))
        {
            return;
        }

        try
        {
            if (kind == "ConfigMap")
            {
                found = await client.GetAsync(KubernetesTypes.UntypedOf(RenderedKinds.ConfigMaps), @namespace, name, cancellationToken);
                (found["apiVersion"], found["kind"]) = ("v1", kind);
            }
            else
            {
                var metadata = (await client.GetAsync(KubernetesTypes.MetadataOf(Secrets), @namespace, name, cancellationToken)).Metadata;
                found["metadata"]!["uid"] = metadata.Uid;
                found["metadata"]!["resourceVersion"] = metadata.ResourceVersion;
            }
        }
        catch (KubeApiException e) when (e.IsNotFound || e.IsForbidden)
        {
            // Evidence as well: named, and not there or not for us to see.
            found["comptrollerNote"] = e.IsNotFound ? "named, and missing" : "named, and not to be read by this identity";
        }

        Add(lines, found);
    }

    private static void Add(SortedDictionary<string, JsonObject> lines, JsonObject item)
    {
        (item["metadata"] as JsonObject)?.Remove("managedFields");
        lines[KeyOf(item)] = item;
    }

    private static string KeyOf(JsonObject item) => $"{item["kind"]}/{item["metadata"]!["namespace"]}/{item["metadata"]!["name"]}";

    private static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret", Namespaced: true);
}
