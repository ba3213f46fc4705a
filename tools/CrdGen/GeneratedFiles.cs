using System.Reflection;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.Schema;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.CrdGen;

/// <summary>Everything that is generated from src/Crds, by path.</summary>
internal static class GeneratedFiles
{
    private const string Header = "# Generated from src/Crds by tools/CrdGen: edit there, then run `dotnet run --project tools/CrdGen`.\n";

    public static SortedDictionary<string, string> All()
    {
        var docs = XmlDocs.Of(typeof(AuditPolicy).Assembly);
        Type[] kinds =
        [
            .. typeof(AuditPolicy).Assembly.GetExportedTypes()
                .Where(type => type.GetCustomAttribute<ResourceAttribute>() is not null)
                .OrderBy(type => type.Name, StringComparer.Ordinal),
        ];
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var crds = kinds.ToDictionary(kind => $"{Resource(kind).Group}_{Resource(kind).Plural}.yaml", kind => CrdBuilder.Build(kind, docs));
        foreach (var (name, crd) in crds)
        {
            files[$"config/crd/{name}"] = Header + YamlWriter.Write(crd);
        }

        files["config/crd/kustomization.yaml"] = Kustomization(crds.Keys);
        var rbac = Rbac.Build(kinds);
        foreach (var (name, objects) in rbac)
        {
            files[$"config/rbac/{name}"] = Header + YamlWriter.WriteAll(objects);
        }

        files["config/rbac/kustomization.yaml"] = Kustomization(rbac.Keys);
        files["docs/api.md"] = ApiReference.Write(crds.Values);
        return files;
    }

    private static ResourceAttribute Resource(Type kind) => kind.GetCustomAttribute<ResourceAttribute>()!;

    private static string Kustomization(IEnumerable<string> resources) =>
        Header + YamlWriter.Write(new JsonObject
        {
            ["apiVersion"] = "kustomize.config.k8s.io/v1beta1",
            ["kind"] = "Kustomization",
            ["resources"] = new JsonArray([.. resources.Order(StringComparer.Ordinal).Select(name => (JsonNode)name)]),
        });
}
