using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>A place in a text; both count from 1.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct YamlLocation(int Line, int Column)
{
    public override string ToString() => $"line {Line}, column {Column}";
}

/// <summary>One document: its content as JSON, null when it is empty, and where each part of it stood.</summary>
public sealed class YamlDocument
{
    private readonly Dictionary<string, YamlLocation> locations;
    private readonly YamlLocation start;

    internal YamlDocument(JsonNode? root, Dictionary<string, YamlLocation> locations, YamlLocation start)
    {
        Root = root;
        this.locations = locations;
        this.start = start;
    }

    public JsonNode? Root { get; }

    /// <summary>
    /// Where the node at a path stands: <c>spec.rules[0].level</c>, with keys that hold other characters than letters, digits,
    /// <c>_</c> and <c>-</c> in brackets, <c>metadata.annotations[example.com/a]</c>. What is not there is looked for in its
    /// parent, so that a missing field points at where it is missing.
    /// </summary>
    public YamlLocation Locate(string path)
    {
        while (path.Length > 0)
        {
            if (locations.TryGetValue(path, out var location))
            {
                return location;
            }

            // A bracketed key may hold dots: cut the bracket as a whole.
            var end = path.EndsWith(']') ? path.LastIndexOf('[') : path.LastIndexOf('.');
            path = end > 0 ? path[..end] : "";
        }

        return start;
    }
}
