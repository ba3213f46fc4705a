using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>A part of a kubeconfig file that knows where it stands, so that every complaint names the place.</summary>
/// <param name="File">The file as it was named.</param>
/// <param name="Document">All of it.</param>
/// <param name="Node">This part.</param>
/// <param name="Path">Where the part is in the document.</param>
/// <param name="Title">How errors call it, such as <c>user "admin"</c>.</param>
internal sealed record KubeConfigEntry(string File, YamlDocument Document, JsonObject Node, string Path, string Title)
{
    /// <summary>Null when the field is absent, null or empty: kubeconfig does not tell these apart.</summary>
    public string? Text(string field) => Node[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text.Length > 0 ? text : null,
        _ => throw Error(field, $"{field} must be a string; quote it"),
    };

    public bool Flag(string field) => Node[field] switch
    {
        null => false,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        _ => throw Error(field, $"{field} must be true or false"),
    };

    public IReadOnlyList<string> Texts(string field) => Node[field] switch
    {
        null => [],
        JsonArray list => [.. list.Select(item => item is JsonValue value && value.TryGetValue<string>(out var text)
            ? text
            : throw Error(field, $"{field} must be a list of strings; quote them"))],
        _ => throw Error(field, $"{field} must be a list of strings"),
    };

    public KubeConfigEntry? Part(string field) => Node[field] switch
    {
        null => null,
        JsonObject part => this with { Node = part, Path = Below(field), Title = $"{Title}, {field}" },
        _ => throw Error(field, $"{field} must be a mapping"),
    };

    public IEnumerable<KubeConfigEntry> Parts(string field) => Node[field] switch
    {
        null => [],
        JsonArray list => list.Select((item, index) => item is JsonObject part
            ? this with { Node = part, Path = $"{Below(field)}[{index}]", Title = Title.Length == 0 ? $"{field}[{index}]" : $"{Title}, {field}[{index}]" }
            : throw Error(field, $"{field}[{index}] must be a mapping")),
        _ => throw Error(field, $"{field} must be a list"),
    };

    /// <summary>The content of a base64 field, which must be text (PEM).</summary>
    public string? Data(string field)
    {
        if (Text(field) is not { } encoded)
        {
            return null;
        }

        try
        {
            return new UTF8Encoding(false, true).GetString(Convert.FromBase64String(encoded));
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw Error(field, $"{field} is not base64 of PEM text");
        }
    }

    /// <summary>A file named in the configuration, relative to the configuration's own place.</summary>
    public string? FilePath(string field) => Text(field) is { } path ? Resolve(path) : null;

    public string Resolve(string path) =>
        System.IO.Path.GetFullPath(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(File))!);

    public KubeConfigException Error(string field, string problem)
    {
        var line = Document.Locate(Below(field)).Line;
        return new KubeConfigException($"{File}, line {line}: {(Title.Length > 0 ? $"{Title}: " : "")}{problem}");
    }

    private string Below(string field) => Path.Length == 0 ? field : $"{Path}.{field}";
}
