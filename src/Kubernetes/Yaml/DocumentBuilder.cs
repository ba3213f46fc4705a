using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Comptroller.Kubernetes.Yaml;

/// <summary>Builds one document from the parser's events.</summary>
internal sealed class DocumentBuilder(IParser parser, YamlReaderOptions options)
{
    private readonly Dictionary<string, Anchored> anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlLocation> locations = new(StringComparer.Ordinal);
    private int nodes;

    public YamlDocument Read()
    {
        var start = parser.Consume<DocumentStart>();
        var root = Node("", 0).Value;
        parser.Consume<DocumentEnd>();
        return new YamlDocument(root, locations, At(start));
    }

    /// <param name="Value">The JSON of it.</param>
    /// <param name="Size">Nodes in it, itself included.</param>
    /// <param name="Height">Levels of nesting in it; 0 for a scalar.</param>
    private readonly record struct Built(JsonNode? Value, int Size, int Height);

    private sealed record Anchored(JsonNode? Value, int Size, int Height);

    private Built Node(string path, int depth)
    {
        var current = parser.Current ?? throw new YamlException("the document ends too early", 1, 1);
        if (path.Length > 0)
        {
            locations[path] = At(current);
        }

        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Expand(alias, depth);
        }

        var anchor = (current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        Count(1, current);
        var built = current switch
        {
            Scalar scalar => Leaf(scalar),
            SequenceStart => List(path, depth + 1),
            MappingStart => Mapping(path, depth + 1),
            _ => throw Error("this is not YAML that JSON can say", current),
        };
        if (!anchor.IsEmpty)
        {
            // Only now: an alias inside its own anchor would be a cycle, and finds nothing.
            anchors[anchor.Value] = new Anchored(built.Value, built.Size, built.Height);
        }

        return built;
    }

    private Built Expand(AnchorAlias alias, int depth)
    {
        if (!anchors.TryGetValue(alias.Value.Value, out var anchored))
        {
            throw Error($"unknown anchor {alias.Value.Value}", alias);
        }

        // Counted before it is copied: nine lines of aliases of aliases make a billion nodes.
        Count(anchored.Size, alias);
        Deepen(depth + anchored.Height, alias);
        return new Built(anchored.Value?.DeepClone(), anchored.Size, anchored.Height);
    }

    private Built List(string path, int depth)
    {
        var start = parser.Consume<SequenceStart>();
        Deepen(depth, start);
        var list = new JsonArray();
        var (size, height) = (1, 0);
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var item = Node($"{path}[{list.Count}]", depth);
            list.Add(item.Value);
            (size, height) = (size + item.Size, Math.Max(height, item.Height));
        }

        return new Built(list, size, height + 1);
    }

    private Built Mapping(string path, int depth)
    {
        var start = parser.Consume<MappingStart>();
        Deepen(depth, start);
        var mapping = new JsonObject();
        var merged = new List<JsonObject>();
        var (size, height) = (1, 0);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var place = parser.Current!;
            var isMerge = place is Scalar { Value: "<<", Style: ScalarStyle.Plain };
            var key = isMerge ? Skip() : Key();
            var value = Node(isMerge ? "" : Join(path, key), depth);
            (size, height) = (size + value.Size, Math.Max(height, value.Height));
            if (isMerge)
            {
                merged.AddRange(MergeSources(value.Value, place));
                continue;
            }

            if (options.Strict && mapping.ContainsKey(key))
            {
                throw Error($"key \"{key}\" is already set in this mapping", place);
            }

            // Removed first: the last one counts and stands where it stands.
            mapping.Remove(key);
            mapping.Add(key, value.Value);
        }

        foreach (var (key, value) in merged.SelectMany(source => source))
        {
            // Own keys win over merged ones, and the first source wins over the next.
            mapping.TryAdd(key, value?.DeepClone());
        }

        return new Built(mapping, size, height + 1);
    }

    private string Skip()
    {
        parser.MoveNext();
        return "";
    }

    private static IEnumerable<JsonObject> MergeSources(JsonNode? value, ParsingEvent place) => value switch
    {
        JsonObject source => [source],
        JsonArray sources when sources.All(source => source is JsonObject) => sources.Cast<JsonObject>(),
        _ => throw Error("a merge key (<<) takes a mapping or a list of mappings", place),
    };

    /// <summary>Keys become strings: <c>on:</c> is the key "true", as every Kubernetes tool has it.</summary>
    private string Key()
    {
        var place = parser.Current!;
        return Node("", options.DeepestNesting - 1).Value switch
        {
            JsonValue value when value.TryGetValue<string>(out var text) => text,
            JsonValue value => value.ToJsonString(),
            null => throw Error("a key is missing or null", place),
            _ => throw Error("a key must be a scalar", place),
        };
    }

    private Built Leaf(Scalar scalar)
    {
        parser.MoveNext();
        return new Built(scalar.Tag.IsEmpty ? Untagged(scalar) : Tagged(scalar), 1, 0);
    }

    private static JsonNode? Untagged(Scalar scalar)
    {
        if (scalar.Style != ScalarStyle.Plain)
        {
            return JsonValue.Create(scalar.Value);
        }

        var (kind, value) = YamlScalars.Resolve(scalar.Value);
        return kind == YamlScalars.Kind.NotJson ? throw Error($"the number {scalar.Value} has no JSON form", scalar) : value;
    }

    private static JsonNode? Tagged(Scalar scalar)
    {
        var tag = scalar.Tag.Value;
        if (tag is "!" or "tag:yaml.org,2002:str")
        {
            return JsonValue.Create(scalar.Value);
        }

        if (tag == "tag:yaml.org,2002:binary")
        {
            try
            {
                return JsonValue.Create(new UTF8Encoding(false, true).GetString(Convert.FromBase64String(scalar.Value)));
            }
            catch (Exception e) when (e is FormatException or ArgumentException)
            {
                throw Error("!!binary does not hold base64 of UTF-8 text", scalar);
            }
        }

        var (kind, value) = YamlScalars.Resolve(scalar.Value);
        return (tag, kind) switch
        {
            ("tag:yaml.org,2002:int", YamlScalars.Kind.Integer) => value,
            ("tag:yaml.org,2002:float", YamlScalars.Kind.Float) => value,
            ("tag:yaml.org,2002:float", YamlScalars.Kind.Integer) => JsonValue.Create(double.Parse(value!.ToJsonString(), CultureInfo.InvariantCulture)),
            ("tag:yaml.org,2002:bool", YamlScalars.Kind.Boolean) => value,
            ("tag:yaml.org,2002:null", YamlScalars.Kind.Null) => null,
            ("tag:yaml.org,2002:timestamp", YamlScalars.Kind.String) => value,
            _ => throw Error($"\"{scalar.Value}\" cannot be read as {tag.Replace("tag:yaml.org,2002:", "!!", StringComparison.Ordinal)}", scalar),
        };
    }

    private static string Join(string path, string key)
    {
        var plain = key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        return !plain ? $"{path}[{key}]" : path.Length == 0 ? key : $"{path}.{key}";
    }

    private void Count(int more, ParsingEvent place)
    {
        nodes += more;
        if (nodes > options.MostNodes)
        {
            throw Error($"the document expands to more than {options.MostNodes} nodes", place);
        }
    }

    private void Deepen(int depth, ParsingEvent place)
    {
        if (depth > options.DeepestNesting)
        {
            throw Error($"nesting is deeper than {options.DeepestNesting} levels", place);
        }
    }

    private static YamlLocation At(ParsingEvent place) => new((int)place.Start.Line, (int)place.Start.Column);

    private static YamlException Error(string problem, ParsingEvent place) => new(problem, (int)place.Start.Line, (int)place.Start.Column);
}
