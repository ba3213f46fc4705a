using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.Verbs;

/// <summary>One object in a file.</summary>
/// <param name="Source">The file as it was named, or <c>-</c>.</param>
/// <param name="Document">The object, with the lines it came from.</param>
internal sealed record ResourceDocument(string Source, YamlDocument Document)
{
    public JsonObject Root => (JsonObject)Document.Root!;

    public string ApiVersion => Text("apiVersion");

    public string Kind => Text("kind");

    /// <summary>Where a field stands, for messages: <c>policy.yaml:12: spec.rules[3].level</c>.</summary>
    public string At(string path) => path.Length == 0 ? Source : $"{Source}:{Document.Locate(path).Line}: {path}";

    private string Text(string field) => Root[field] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}

/// <summary>Files, directories and standard input, as <c>-f</c> names them.</summary>
internal static class ResourceFiles
{
    /// <summary>
    /// Every YAML or JSON document of the paths, in order; of directories the files ending in .yaml, .yml and .json, also in
    /// subdirectories. Empty documents are left out.
    /// </summary>
    /// <exception cref="InvalidInputException">A path does not exist, a file is not YAML, or a document is not an object; all of them named.</exception>
    public static IReadOnlyList<ResourceDocument> Read(IReadOnlyList<string> paths)
    {
        var problems = new List<string>();
        var documents = Texts(paths, problems).SelectMany(file => Parse(file.Source, file.Text, problems)).ToList();
        return problems.Count == 0 ? documents : throw new InvalidInputException(problems);
    }

    /// <summary>As <see cref="Read"/>, each file with its text, for those who write it again.</summary>
    /// <exception cref="InvalidInputException">As for <see cref="Read"/>.</exception>
    public static IReadOnlyList<(string Source, string Text, IReadOnlyList<ResourceDocument> Documents)> ReadTexts(IReadOnlyList<string> paths)
    {
        var problems = new List<string>();
        var files = Texts(paths, problems).Select(file => (file.Source, file.Text, (IReadOnlyList<ResourceDocument>)Parse(file.Source, file.Text, problems))).ToList();
        return problems.Count == 0 ? files : throw new InvalidInputException(problems);
    }

    /// <summary>The documents of a text.</summary>
    /// <exception cref="InvalidInputException">It is not YAML, or a document is not an object.</exception>
    public static IReadOnlyList<ResourceDocument> Parse(string source, string text)
    {
        var problems = new List<string>();
        var documents = Parse(source, text, problems);
        return problems.Count == 0 ? documents : throw new InvalidInputException(problems);
    }

    private static List<ResourceDocument> Parse(string source, string text, List<string> problems)
    {
        var documents = new List<ResourceDocument>();
        try
        {
            foreach (var document in YamlReader.ReadAll(text))
            {
                if (document.Root is JsonObject)
                {
                    documents.Add(new ResourceDocument(source, document));
                }
                else if (document.Root is not null)
                {
                    problems.Add($"{source}:{document.Locate("").Line}: a document must be a Kubernetes object with apiVersion and kind");
                }
            }
        }
        catch (YamlException e)
        {
            problems.Add($"{source}:{e.Line}:{e.Column}: {e.Problem}");
        }

        return documents;
    }

    private static IEnumerable<(string Source, string Text)> Texts(IReadOnlyList<string> paths, List<string> problems) => paths.SelectMany(path => Texts(path, problems));

    private static IEnumerable<(string Source, string Text)> Texts(string path, List<string> problems)
    {
        if (path == "-")
        {
            yield return ("-", Console.In.ReadToEnd());
            yield break;
        }

        if (!File.Exists(path) && !Directory.Exists(path))
        {
            problems.Add($"{path}: no such file or directory");
            yield break;
        }

        foreach (var file in Directory.Exists(path) ? Manifests(path) : [path])
        {
            var text = "";
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{file}: {e.Message}");
                continue;
            }

            yield return (file, text);
        }
    }

    private static IEnumerable<string> Manifests(string directory) =>
        Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml" or ".json" && Path.GetFileName(file) != "kustomization.yaml")
            .Order(StringComparer.Ordinal);
}

/// <summary>What was given cannot be used; each problem says what, where and what to do.</summary>
internal sealed class InvalidInputException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
