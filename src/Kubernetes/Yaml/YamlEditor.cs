using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>
/// Changes single values of a YAML or JSON document in its text: comments, order and style of everything else stay. Paths are those of
/// <see cref="YamlDocument.Locate"/>, and all mean the text before the first change.
/// </summary>
public sealed class YamlEditor
{
    private readonly string text;
    private readonly string newLine;
    private readonly SourceNode root;
    private readonly bool isJson;
    private readonly List<(int Start, int End, string By)> changes = [];
    private readonly Dictionary<SourceNode, HashSet<int>> dropped = [];

    /// <param name="text">The whole text, perhaps of several documents.</param>
    /// <param name="document">The document to change.</param>
    /// <exception cref="YamlException">The text is not the one that the document was read from.</exception>
    public YamlEditor(string text, YamlDocument document)
    {
        this.text = text;
        newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var start = document.Locate("");
        root = YamlSource.Read(text, start) ?? throw new YamlException("there is no document here", start.Line, start.Column);
        isJson = root.Start < text.Length && text[root.Start] == '{';
    }

    /// <summary>Another scalar.</summary>
    public void Set(string path, string value)
    {
        var node = Find(path);
        changes.Add((node.Start, node.End, Scalar(value, IsInFlow(path))));
    }

    /// <summary>Without a field or an item of a list, and the comment right above it.</summary>
    public void Drop(string path)
    {
        var (owner, index) = FindIn(path);
        DropAt(owner, index);
    }

    /// <summary>A list without a value.</summary>
    public void DropValue(string path, string value)
    {
        var list = List(path);
        foreach (var index in Enumerable.Range(0, list.Items!.Count).Where(index => list.Items[index].Text == value))
        {
            DropAt(list, index);
        }
    }

    /// <summary>A list with another value in the place of one.</summary>
    public void ReplaceValue(string path, string value, string by)
    {
        var list = List(path);
        changes.AddRange(list.Items!.Where(item => item.Text == value).Select(item => (item.Start, item.End, Scalar(by, list.IsFlow))));
    }

    /// <summary>One more value at the end of a list; a field that is not there is put before the field <paramref name="before"/>.</summary>
    public void AddValue(string path, string value, string before)
    {
        var (owner, name) = Owner(path);
        if (owner.Fields!.Find(field => field.Key.Text == name) is not { } existing)
        {
            var next = owner.Fields.Find(field => field.Key.Text == before)?.Key ?? throw NotThere(path);
            var field = $"{Scalar(name, owner.IsFlow)}: [{Scalar(value, true)}]";
            var at = owner.IsFlow ? next.Start : WithComments(LineStart(next.Start));
            changes.Add((at, at, owner.IsFlow ? field + ", " : Indentation(next.Start) + field + newLine));
        }
        else if (existing.Value is { IsFlow: false, Items: [.., var last] } block)
        {
            var end = LineEnd(last.End);
            changes.Add((end, end, $"{newLine}{Indentation(block.Start)}- {Scalar(value, false)}"));
        }
        else if (existing.Value is { IsFlow: true, Items: [.., var end] })
        {
            changes.Add((end.End, end.End, $", {Scalar(value, true)}"));
        }
        else
        {
            changes.Add((existing.Value.Start, existing.Value.End, $"{(existing.Value.Start == existing.Value.End ? " " : "")}[{Scalar(value, true)}]"));
        }
    }

    /// <summary>A new item before one of a list, with a comment where there can be one.</summary>
    public void Insert(string path, JsonObject item, string comment)
    {
        var (list, index) = FindIn(path);
        var next = list.Items![index];
        if (list.IsFlow)
        {
            var isFirstOfLine = string.IsNullOrWhiteSpace(text[LineStart(next.Start)..next.Start]);
            changes.Add((next.Start, next.Start, $"{Flow(item)},{(isFirstOfLine ? newLine + Indentation(next.Start) : " ")}"));
            return;
        }

        var indentation = Indentation(list.Start);
        var lines = YamlWriter.Write(new JsonArray(item.DeepClone())).TrimEnd('\n').Split('\n').Prepend($"# {comment}");
        var at = WithComments(LineStart(Dash(list, next)));
        changes.Add((at, at, string.Concat(lines.Select(line => indentation + line + newLine))));
    }

    /// <summary>The changed text.</summary>
    /// <exception cref="YamlException">Changes overlap, or the document is written in a way that none can be made in.</exception>
    public override string ToString()
    {
        var all = changes.Concat(dropped.SelectMany(list => Removals(list.Key, list.Value))).OrderBy(change => change.Start).ThenBy(change => change.End).ToList();
        for (var i = 1; i < all.Count; i++)
        {
            if (all[i].Start < all[i - 1].End)
            {
                throw new YamlException("two changes touch the same text", LineOf(all[i].Start), 1);
            }
        }

        var result = text;
        foreach (var (start, end, by) in Enumerable.Reverse(all))
        {
            result = string.Concat(result.AsSpan(0, start), by, result.AsSpan(end));
        }

        return result;
    }

    private void DropAt(SourceNode owner, int index)
    {
        if (!dropped.TryGetValue(owner, out var indexes))
        {
            dropped.Add(owner, indexes = []);
        }

        indexes.Add(index);
    }

    private IEnumerable<(int Start, int End, string By)> Removals(SourceNode owner, HashSet<int> indexes)
    {
        var extents = owner.Items?.ConvertAll(item => (item.Start, item.End)) ?? owner.Fields!.ConvertAll(field => (field.Key.Start, field.Value.End));
        if (indexes.Count == extents.Count)
        {
            // Nothing at all in block style would be a null, which means the default.
            var colon = text.IndexOf(':', owner.KeyEnd) + 1;
            return owner.IsFlow ? [(extents[0].Start, extents[^1].End, "")] : [(colon, colon, " []"), (LineEnd(colon), LineEnd(owner.End), "")];
        }

        return owner.IsFlow ? FlowRemovals(extents, indexes) : indexes.SelectMany(index => BlockRemovals(owner, extents, index));
    }

    private static IEnumerable<(int, int, string)> FlowRemovals(List<(int Start, int End)> extents, HashSet<int> indexes)
    {
        var kept = Enumerable.Range(0, extents.Count).Where(index => !indexes.Contains(index)).ToList();
        if (kept[0] > 0)
        {
            yield return (extents[0].Start, extents[kept[0]].Start, "");
        }

        for (var i = 0; i < kept.Count; i++)
        {
            var last = i + 1 < kept.Count ? kept[i + 1] - 1 : extents.Count - 1;
            if (last > kept[i])
            {
                yield return (extents[kept[i]].End, extents[last].End, "");
            }
        }
    }

    private IEnumerable<(int, int, string)> BlockRemovals(SourceNode owner, List<(int Start, int End)> extents, int index)
    {
        var (start, end) = extents[index];
        var first = owner.Items is null ? start : Dash(owner, owner.Items[index]);
        var line = LineStart(first);
        if (!string.IsNullOrWhiteSpace(text[line..first]))
        {
            // The first field behind a dash: the next one takes its place, and what is said of that goes above the dash.
            var next = index + 1 < extents.Count ? extents[index + 1].Start : throw new YamlException("this cannot be removed from its line", LineOf(start), 1);
            var comments = text[Math.Min(NextLine(end), next)..LineStart(next)].Split('\n').Select(comment => comment.Trim()).Where(comment => comment.Length > 0);
            yield return (line, line, string.Concat(comments.Select(comment => LeadingSpaces(line) + comment + newLine)));
            yield return (start, next, "");
            yield break;
        }

        var (from, to) = (WithComments(line), NextLine(end));
        // One empty line less, or two would meet.
        if (from > 0 && IsBlankLine(PreviousLine(from)) && (to >= text.Length || IsBlankLine(to)))
        {
            from = PreviousLine(from);
        }

        yield return (from, to, "");
    }

    private SourceNode Find(string path)
    {
        var (owner, index) = FindIn(path);
        return owner.Items is { } items ? items[index] : owner.Fields![index].Value;
    }

    private SourceNode List(string path) => Find(path) is { Items: not null } list ? list : throw NotThere(path);

    private bool IsInFlow(string path) => FindIn(path).Owner.IsFlow;

    private (SourceNode Owner, int Index) FindIn(string path)
    {
        var (node, owner, index) = (root, (SourceNode?)null, -1);
        foreach (var step in path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            owner = node;
            index = step[0] == '[' ? int.Parse(step.AsSpan(1, step.Length - 2), CultureInfo.InvariantCulture) : node.Fields?.FindIndex(field => field.Key.Text == step) ?? -1;
            node = (index, owner) switch
            {
                ( >= 0, { Items: { } items }) when index < items.Count => items[index],
                ( >= 0, { Fields: { } fields }) when index < fields.Count => fields[index].Value,
                _ => throw NotThere(path),
            };
        }

        return (owner ?? throw NotThere(path), index);
    }

    private (SourceNode Owner, string Name) Owner(string path)
    {
        var dot = path.LastIndexOf('.');
        var owner = dot < 0 ? root : Find(path[..dot]);
        return owner.Fields is null ? throw NotThere(path) : (owner, path[(dot + 1)..]);
    }

    private YamlException NotThere(string path) => new($"{path} is not written out here, perhaps because an alias stands for it", LineOf(root.Start), 1);

    private string Scalar(string value, bool inFlow) =>
        !isJson && YamlText.IsPlain(value) && !(inFlow && value.AsSpan().IndexOfAny("[]{},") >= 0) ? value : YamlText.Quote(value);

    private string Flow(JsonNode? node) => node switch
    {
        JsonObject fields => $"{{{string.Join(", ", fields.Select(field => $"{Scalar(field.Key, true)}: {Flow(field.Value)}"))}}}",
        JsonArray items => $"[{string.Join(", ", items.Select(Flow))}]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Scalar(value.GetValue<string>(), true),
        _ => node?.ToJsonString() ?? "null",
    };

    // The dash of an item may stand on a line above it.
    private int Dash(SourceNode list, SourceNode item)
    {
        var column = list.Start - LineStart(list.Start);
        for (var line = LineStart(item.Start); ; line = PreviousLine(line))
        {
            if (line + column < text.Length && text[line + column] == '-')
            {
                return line + column;
            }

            if (line <= list.Start)
            {
                return list.Start;
            }
        }
    }

    // Of a line and the comment of the same indentation right above it, the first line.
    private int WithComments(int line)
    {
        var comment = LeadingSpaces(line) + "#";
        while (line > 0 && text.AsSpan(PreviousLine(line)).StartsWith(comment, StringComparison.Ordinal))
        {
            line = PreviousLine(line);
        }

        return line;
    }

    private string LeadingSpaces(int line) => text[line..LineEnd(line)] is var content ? content[..^content.TrimStart(' ').Length] : "";

    private int LineStart(int at) => at == 0 ? 0 : text.LastIndexOf('\n', at - 1) + 1;

    private int LineEnd(int at)
    {
        var end = text.IndexOf('\n', at);
        return end < 0 ? text.Length : end > at && text[end - 1] == '\r' ? end - 1 : end;
    }

    private int NextLine(int at) => text.IndexOf('\n', at) is >= 0 and var end ? end + 1 : text.Length;

    private int PreviousLine(int line) => LineStart(line - 1);

    private bool IsBlankLine(int line) => string.IsNullOrWhiteSpace(text[line..LineEnd(line)]);

    private string Indentation(int at) => new(' ', at - LineStart(at));

    private int LineOf(int at) => text.AsSpan(0, at).Count('\n') + 1;
}
