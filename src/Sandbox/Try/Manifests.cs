using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Sandbox.Try;

/// <summary>The files beside the program that a user would apply: CRDs, the operator's RBAC, samples.</summary>
internal static class Manifests
{
    public const string Crds = "1-crd";
    public const string OperatorAccess = "2-operator";
    public const string Samples = "3-samples";

    private const string FieldManager = "try-it";

    /// <summary>The documents of one folder, files in order of their names.</summary>
    public static IReadOnlyList<JsonObject> Read(string folder) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "manifests", folder), "*.yaml")
            .Order(StringComparer.Ordinal)
            .SelectMany(file => YamlReader.ReadAll(File.ReadAllText(file)))
            .Select(document => document.Root)
            .OfType<JsonObject>(),
    ];

    /// <summary>Server-side apply, as `kubectl apply --server-side` would. Namespaced objects without namespace go to <c>default</c>.</summary>
    public static async Task ApplyAsync(IKubeClient client, IEnumerable<JsonObject> documents, CancellationToken cancellationToken)
    {
        foreach (var document in documents)
        {
            var type = TypeOf(document);
            var metadata = document["metadata"]!;
            await client.ApplyAsync(
                type, type.Namespaced ? (string?)metadata["namespace"] ?? "default" : null, (string)metadata["name"]!, document,
                new ApplyOptions(FieldManager), cancellationToken);
        }
    }

    /// <summary>Waits until the kinds of <paramref name="definitions"/> are served.</summary>
    public static async Task UntilServedAsync(IKubeClient client, IEnumerable<JsonObject> definitions, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        foreach (var definition in definitions)
        {
            await client.UntilServedAsync(KubernetesTypes.DefinedBy(definition), TimeProvider.System, patience.Token);
        }
    }

    private static ResourceType<PartialObjectMetadata> TypeOf(JsonObject document)
    {
        var (apiVersion, kind) = ((string)document["apiVersion"]!, (string)document["kind"]!);
        var (group, version) = apiVersion.Split('/') is [var g, var v] ? (g, v) : ("", apiVersion);
        var namespaced = kind is not ("Namespace" or "ClusterRole" or "ClusterRoleBinding" or "CustomResourceDefinition");
        return KubernetesTypes.MetadataOf(new ResourceType(group, version, Plural(kind), kind, namespaced));
    }

    // Enough English for the kinds that the files hold.
    private static string Plural(string kind)
    {
        var lower = kind.ToLowerInvariant();
        return lower.EndsWith('y') ? lower[..^1] + "ies" : lower.EndsWith("ch", StringComparison.Ordinal) ? lower + "es" : lower + "s";
    }
}
