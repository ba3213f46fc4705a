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
            // go-yaml names what it missed and not what it was doing, and counts lines from 0 when its parser (not its scanner) complains.
            var start = error.Problem.IndexOf("did not find", StringComparison.Ordinal);
            throw new FormatException(start < 0 ? $"yaml: line {error.Line}: {error.Problem}"
                : error.Line > 1 ? $"yaml: line {error.Line - 1}: {error.Problem[start..]}"
                : $"yaml: {error.Problem[start..]}", error);
        }
    }

    /// <summary>Keys sorted, as Go writes them.</summary>
    public static string Write(JsonNode? node) => YamlWriter.Write(GoText.Sorted(node));
}
