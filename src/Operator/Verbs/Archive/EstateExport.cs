using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Crds;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.AuditBackups;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>
/// The objects of the estate as JSON lines: every custom resource of this program, and the ConfigMaps, Secrets, volume claims and service accounts that they name. Of a
/// Secret only its metadata is asked for, so no value of one is ever read here. There are two files of one moment: <c>objects.jsonl</c> is evidence and holds objects as the
/// server gave them; <c>apply.jsonl</c> is what <c>kubectl apply -f</c> brings back into another cluster.
/// </summary>
internal sealed class EstateExport(IKubeClient client)
{
    private const string Note = "comptrollerNote";

    // What a server writes itself, and refuses or overrules when somebody else brings it.
    private static readonly string[] OfTheServer = ["uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "selfLink"];

    private static readonly ResourceType Secrets = new("", "v1", "secrets", "Secret", Namespaced: true);

    private static readonly ResourceType VolumeClaims = new("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", Namespaced: true);

    private static readonly ResourceType ServiceAccounts = new("", "v1", "serviceaccounts", "ServiceAccount", Namespaced: true);

    private readonly Lock _gate = new();
    private Task<List<JsonObject>>? _reading;

    /// <summary>What to back up; the cluster is asked once, when the first of them is read.</summary>
    public IReadOnlyList<BackupSource> Sources(string name) => [Source(name, "objects.jsonl", objects => objects), Source(name, "apply.jsonl", Applicable)];

    /// <summary>
    /// What kubectl applies: namespaces first, then what is named, then what names it; without the status, without what a server writes itself, and without Secrets, which
    /// would be empty.
    /// </summary>
    internal static IEnumerable<JsonObject> Applicable(IReadOnlyList<JsonObject> objects)
    {
        var wanted = objects.Where(item => (string?)item["kind"] != "Secret" && item[Note] is null).ToList();
        foreach (var name in wanted.Select(item => (string?)item["metadata"]!["namespace"]).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            yield return new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };
        }

        foreach (var item in wanted.OrderBy(item => (string?)item["apiVersion"] != "v1"))
        {
            var applied = (JsonObject)item.DeepClone();
            applied.Remove("status");
            var metadata = (JsonObject)applied["metadata"]!;
            foreach (var member in OfTheServer)
            {
                metadata.Remove(member);
            }

            // What asks for something once must not ask for it again elsewhere; and a claim is bound to a volume of its own there.
            foreach (var annotation in (metadata["annotations"] as JsonObject ?? []).Select(each => each.Key).Where(IsOfOnePlace).ToList())
            {
                ((JsonObject)metadata["annotations"]!).Remove(annotation);
            }

            if ((string?)item["kind"] == "PersistentVolumeClaim")
            {
                (applied["spec"] as JsonObject)?.Remove("volumeName");
            }

            applied.Remove("secrets");
            yield return applied;
        }
    }

    private BackupSource Source(string name, string file, Func<IReadOnlyList<JsonObject>, IEnumerable<JsonObject>> choose) =>
        new(name, file) { Text = new TextStream(async cancellationToken => new MemoryStream(Lines(choose(await ObjectsAsync(cancellationToken))), writable: false)) };

    private static byte[] Lines(IEnumerable<JsonObject> objects)
    {
        var text = new MemoryStream();
        foreach (var item in objects)
        {
            text.Write(Encoding.UTF8.GetBytes(item.ToJsonString()));
            text.WriteByte((byte)'\n');
        }

        return text.ToArray();
    }

    /// <summary>All objects, by kind, namespace and name, without what only says who wrote which field.</summary>
    private async Task<IReadOnlyList<JsonObject>> ObjectsAsync(CancellationToken cancellationToken)
    {
        Task<List<JsonObject>> reading;
        lock (_gate)
        {
            reading = _reading ??= ReadAsync(cancellationToken);
        }

        return await reading;
    }

    private async Task<List<JsonObject>> ReadAsync(CancellationToken cancellationToken)
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

        return [.. lines.Values];
    }

    /// <summary>
    /// What a spec names: <c>…ConfigMapRef</c> and <c>…SecretRef</c> with a name, or a list of such, <c>claimName</c> and <c>serviceAccountName</c>.
    /// </summary>
    internal static IEnumerable<(string Kind, string Name)> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => (KindOf(member.Key), member.Value) switch
        {
            ({ } kind, JsonObject named) when named["name"] is JsonValue name => [(kind, (string)name!)],
            ({ } kind, JsonArray list) => list.OfType<JsonObject>().Select(named => named["name"]).OfType<JsonValue>().Select(name => (kind, (string)name!)),
            _ when member is { Key: "claimName", Value: JsonValue claim } => [("PersistentVolumeClaim", (string)claim!)],
            _ when member is { Key: "serviceAccountName", Value: JsonValue account } => [("ServiceAccount", (string)account!)],
            _ => References(member.Value),
        }),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };

    private static string? KindOf(string member) =>
        IsRef(member, "ConfigMapRef") ? "ConfigMap" : IsRef(member, "SecretRef") ? "Secret" : null;

    private static bool IsRef(string member, string suffix) => member.EndsWith(suffix, StringComparison.OrdinalIgnoreCase) || member.EndsWith($"{suffix}s", StringComparison.OrdinalIgnoreCase);

    private static bool IsOfOnePlace(string annotation) =>
        annotation is "kubectl.kubernetes.io/last-applied-configuration" or RestoreRequest.Annotation or ChangeFilter.RequestedAt || annotation.StartsWith("pv.kubernetes.io/", StringComparison.Ordinal)
        || annotation.StartsWith("volume.kubernetes.io/", StringComparison.Ordinal);

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
            if (TypeOf(kind) is { } type)
            {
                found = await client.GetAsync(KubernetesTypes.UntypedOf(type), @namespace, name, cancellationToken);
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
            found[Note] = e.IsNotFound ? "named, and missing" : "named, and not to be read by this identity";
        }

        Add(lines, found);
    }

    private static ResourceType? TypeOf(string kind) => kind switch
    {
        "ConfigMap" => RenderedKinds.ConfigMaps,
        "PersistentVolumeClaim" => VolumeClaims,
        "ServiceAccount" => ServiceAccounts,
        _ => null,
    };

    private static void Add(SortedDictionary<string, JsonObject> lines, JsonObject item)
    {
        (item["metadata"] as JsonObject)?.Remove("managedFields");
        lines[KeyOf(item)] = item;
    }

    private static string KeyOf(JsonObject item) => $"{item["kind"]}/{item["metadata"]!["namespace"]}/{item["metadata"]!["name"]}";
}
