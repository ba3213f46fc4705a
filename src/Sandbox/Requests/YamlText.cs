using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Sandbox.Requests;

/// <summary>YAML bodies, with errors in the words of the server's parser.</summary>
internal static class YamlText
{
    private static readonly YamlReaderOptions Options = new() { Strict = false };

    /// <exception cref="FormatException">Malformed: <c>yaml: line 1: did not find expected node content</c>.</exception>
    public static JsonNode? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return YamlReader.ReadFirst(Encoding.UTF8.GetString(text), Options).Root;
        }
        catch (YamlException error)
        {
            // go-yaml names what it missed and not what it was doing.
            var start = error.Problem.IndexOf("did not find", StringComparison.Ordinal);
            throw new FormatException($"yaml: line {error.Line}: {(start < 0 ? error.Problem : error.Problem[start..])}", error);
        }
    }

    /// <summary>Keys sorted, as Go writes them.</summary>
    public static string Write(JsonNode? node) => YamlWriter.Write(GoText.Sorted(node));
}
