using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>A node as it is written.</summary>
/// <param name="Start">Offset of its first character; of a list in block style the first dash.</param>
/// <param name="End">Offset behind its last character, comments not counted.</param>
/// <param name="IsFlow">Written in brackets.</param>
internal sealed record SourceNode(int Start, int End, bool IsFlow)
{
    /// <summary>Offset behind the key that it is the value of; 0 for others.</summary>
    public int KeyEnd { get; init; }

    /// <summary>Text of a scalar; null for others.</summary>
    public string? Text { get; init; }

    public List<SourceNode>? Items { get; init; }

    public List<SourceField>? Fields { get; init; }
}

/// <summary>A field of a mapping.</summary>
internal sealed record SourceField(SourceNode Key, SourceNode Value);

/// <summary>Where each node of a document stands in its text. Aliases and merge keys are not followed: they stand for text elsewhere.</summary>
internal static class YamlSource
{
    /// <summary>The document that starts at a line and column; null when it is empty or there is none.</summary>
    public static SourceNode? Read(string text, YamlLocation start)
    {
        var offset = text.StartsWith('\uFEFF') ? 1 : 0;
        var parser = new Parser(new StringReader(text[offset..]));
        parser.Consume<StreamStart>();
        while (parser.TryConsume<DocumentStart>(out var document))
        {
            var root = parser.Accept<DocumentEnd>(out _) ? null : Node(parser, text, offset);
            parser.Consume<DocumentEnd>();
            if (document.Start.Line == start.Line && document.Start.Column == start.Column)
            {
                return root;
            }
        }

        return null;
    }

    private static SourceNode Node(Parser parser, string text, int offset)
    {
        var first = parser.Current!;
        var start = (int)first.Start.Index + offset;
        parser.MoveNext();
        switch (first)
        {
            case SequenceStart list:
                var items = new List<SourceNode>();
                while (!parser.Accept<SequenceEnd>(out _))
                {
                    items.Add(Node(parser, text, offset));
                }

                return new SourceNode(start, End(list.Style == SequenceStyle.Flow ? ']' : null, items.LastOrDefault()), list.Style == SequenceStyle.Flow) { Items = items };
            case MappingStart mapping:
                var fields = new List<SourceField>();
                while (!parser.Accept<MappingEnd>(out _))
                {
                    var key = Node(parser, text, offset);
                    fields.Add(new SourceField(key, Node(parser, text, offset) with { KeyEnd = key.End }));
                }

                return new SourceNode(start, End(mapping.Style == MappingStyle.Flow ? '}' : null, fields.LastOrDefault()?.Value), mapping.Style == MappingStyle.Flow) { Fields = fields };
            default:
                return new SourceNode(start, (int)first.End.Index + offset, IsFlow: false) { Text = (first as Scalar)?.Value };
        }

        // The parser gives the start of a closing bracket, and of a block only where the next thing begins, with comments in between.
        int End(char? bracket, SourceNode? last)
        {
            var end = (int)parser.Current!.Start.Index + offset;
            parser.MoveNext();
            return bracket is { } close ? text.IndexOf(close, end) + 1 : last?.End ?? start;
        }
    }
}
