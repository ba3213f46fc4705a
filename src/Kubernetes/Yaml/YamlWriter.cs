using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>
/// JSON to YAML in block style: keys in the order given, lists at the indentation of their key as kubectl prints them, LF, no
/// trailing white space. The same tree always gives the same bytes, and reading them gives the same tree.
/// </summary>
public static class YamlWriter
{
    public static string Write(JsonNode? root)
    {
        var text = new StringBuilder();
        Document(text, root);
        return text.ToString();
    }

    /// <summary>Several documents with <c>---</c> between them.</summary>
    public static string WriteAll(IEnumerable<JsonNode?> roots)
    {
        var text = new StringBuilder();
        foreach (var root in roots)
        {
            if (text.Length > 0)
            {
                text.Append("---\n");
            }

            Document(text, root);
        }

        return text.ToString();
    }

    private static void Document(StringBuilder text, JsonNode? root)
    {
        switch (root)
        {
            case JsonObject { Count: > 0 } mapping:
                Mapping(text, mapping, 0, startsLine: true);
                break;
            case JsonArray { Count: > 0 } list:
                List(text, list, 0, startsLine: true);
                break;
            default:
                Leaf(text, root, 0);
                break;
        }
    }

    /// <param name="text">Where to.</param>
    /// <param name="mapping">Not empty.</param>
    /// <param name="indent">Columns before each key.</param>
    /// <param name="startsLine">False behind a dash, where the first key needs no indentation.</param>
    private static void Mapping(StringBuilder text, JsonObject mapping, int indent, bool startsLine)
    {
        foreach (var (key, value) in mapping)
        {
            text.Append(' ', startsLine ? indent : 0);
            startsLine = true;
            Key(text, key, indent);
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    text.Append('\n');
                    Mapping(text, inner, indent + 2, startsLine: true);
                    break;
                case JsonArray { Count: > 0 } inner:
                    text.Append('\n');
                    List(text, inner, indent, startsLine: true);
                    break;
                default:
                    text.Append(' ');
                    Leaf(text, value, indent);
                    break;
            }
        }
    }

    private static void List(StringBuilder text, JsonArray list, int indent, bool startsLine)
    {
        foreach (var value in list)
        {
            text.Append(' ', startsLine ? indent : 0).Append("- ");
            startsLine = true;
            switch (value)
            {
                case JsonObject { Count: > 0 } inner:
                    Mapping(text, inner, indent + 2, startsLine: false);
                    break;
                case JsonArray { Count: > 0 } inner:
                    List(text, inner, indent + 2, startsLine: false);
                    break;
                default:
                    Leaf(text, value, indent);
                    break;
            }
        }
    }

    private static void Key(StringBuilder text, string key, int indent)
    {
        var written = YamlText.IsPlain(key) ? key : YamlText.Quote(key);
        if (written.Length <= YamlText.LongestSimpleKey)
        {
            text.Append(written).Append(':');
            return;
        }

        // A reader gives up looking for the colon of a longer key.
        text.Append("? ").Append(written).Append('\n').Append(' ', indent).Append(':');
    }

    private static void Leaf(StringBuilder text, JsonNode? value, int indent)
    {
        switch (value)
        {
            case null:
                text.Append("null\n");
                return;
            case JsonObject:
                text.Append("{}\n");
                return;
            case JsonArray:
                text.Append("[]\n");
                return;
        }

        if (value.GetValueKind() != JsonValueKind.String)
        {
            text.Append(value.ToJsonString()).Append('\n');
            return;
        }

        var content = value.GetValue<string>();
        if (YamlText.IsLiteral(content))
        {
            Literal(text, content, indent + 2);
        }
        else
        {
            text.Append(YamlText.IsPlain(content) ? content : YamlText.Quote(content)).Append('\n');
        }
    }

    /// <summary>A block that keeps its lines as they are: <c>|-</c> without a last line feed, <c>|</c> with one, <c>|+</c> with more.</summary>
    private static void Literal(StringBuilder text, string content, int indent)
    {
        var style = !content.EndsWith('\n') ? "|-" : content.EndsWith("\n\n", StringComparison.Ordinal) ? "|+" : "|";
        text.Append(style).Append('\n');
        var lines = content.AsSpan(0, content.EndsWith('\n') ? content.Length - 1 : content.Length);
        foreach (var range in lines.Split('\n'))
        {
            var line = lines[range];
            text.Append(' ', line.Length > 0 ? indent : 0).Append(line).Append('\n');
        }
    }
}
