using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>
/// YAML to JSON, as <c>sigs.k8s.io/yaml</c> does it for every Kubernetes tool, but with the place of each node. Aliases and merge
/// keys are expanded within bounds.
/// </summary>
public static class YamlReader
{
    /// <summary>Every document; one that is empty has a null root.</summary>
    /// <exception cref="YamlException">The text is not YAML, not expressible as JSON, or beyond a bound.</exception>
    public static IReadOnlyList<YamlDocument> ReadAll(string text, YamlReaderOptions? options = null) => Read(text, options, int.MaxValue);

    /// <summary>The first document alone, as the API server reads its files; null root when the text is empty. What follows is not looked at.</summary>
    /// <exception cref="YamlException">As for <see cref="ReadAll"/>.</exception>
    public static YamlDocument ReadFirst(string text, YamlReaderOptions? options = null) =>
        Read(text, options, 1) is [var first, ..] ? first : new YamlDocument(null, [], new YamlLocation(1, 1));

    private static List<YamlDocument> Read(string text, YamlReaderOptions? options, int most)
    {
        options ??= new YamlReaderOptions();
        if (text.Length > options.LongestText)
        {
            throw new YamlException($"the text has {text.Length} characters; {options.LongestText} are allowed", 1, 1);
        }

        RefuseControlCharacters(text);
        var documents = new List<YamlDocument>();
        var parser = new Parser(new StringReader(text.StartsWith('\uFEFF') ? text[1..] : text));
        try
        {
            parser.Consume<StreamStart>();
            while (documents.Count < most && parser.Accept<DocumentStart>(out _))
            {
                documents.Add(new DocumentBuilder(parser, options).Read());
            }
        }
        catch (YamlDotNet.Core.YamlException e)
        {
            throw TabInIndentation(text, (int)e.Start.Line) ?? new YamlException(Plain(e), (int)e.Start.Line, (int)e.Start.Column, e);
        }
        // The parser trips over some broken texts instead of naming what is wrong with them.
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException)
        {
            var place = parser.Current?.End ?? Mark.Empty;
            throw TabInIndentation(text, (int)place.Line)
                ?? new YamlException("this is not YAML from here on", Math.Max(1, (int)place.Line), Math.Max(1, (int)place.Column), e);
        }

        return documents;
    }

    private static void RefuseControlCharacters(string text)
    {
        var (line, column) = (1, 1);
        foreach (var c in text)
        {
            if (char.IsControl(c) && c is not ('\t' or '\n' or '\r' or '\u0085'))
            {
                throw new YamlException($"the control character U+{(int)c:X4} is not allowed", line, column);
            }

            (line, column) = c == '\n' ? (line + 1, 1) : (line, column + 1);
        }
    }

    /// <summary>The commonest mistake, which parsers describe worst.</summary>
    private static YamlException? TabInIndentation(string text, int fromLine)
    {
        var line = 0;
        foreach (var content in text.AsSpan().EnumerateLines())
        {
            line++;
            var indentation = content[..(content.Length - content.TrimStart(" \t").Length)];
            if (line >= fromLine && line <= fromLine + 1 && indentation.IndexOf('\t') is >= 0 and var column)
            {
                return new YamlException("a tab cannot indent YAML: use spaces", line, column + 1);
            }
        }

        return null;
    }

    /// <summary>The parser's own words, as the end of a sentence of ours.</summary>
    private static string Plain(YamlDotNet.Core.YamlException e)
    {
        var message = e.Message.TrimEnd('.');
        return message.Length == 0 ? "this is not YAML" : char.ToLowerInvariant(message[0]) + message[1..];
    }
}
