using System.Text.Json.Nodes;
using Comptroller.CrdGen;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Crds.Tests;

/// <summary>Files of the repository that the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = Tree.FindRoot(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException($"Operator.sln was not found above {AppContext.BaseDirectory}");

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The first YAML document of a file.</summary>
    public static JsonObject Yaml(string path) => ParseYaml(Text(path));

    public static JsonObject ParseYaml(string text) => JsonNode.Parse(YamlReader.ReadFirst(text).Root!.ToJsonString())!.AsObject();
}
