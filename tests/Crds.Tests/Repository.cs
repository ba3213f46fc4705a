using System.Text.Json.Nodes;
using Comptroller.CrdGen;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Comptroller.Crds.Tests;

/// <summary>Files of the repository that the tests run in.</summary>
internal static class Repository
{
    public static string Root { get; } = Tree.FindRoot(AppContext.BaseDirectory)
        ?? throw new InvalidOperationException($"Operator.sln was not found above {AppContext.BaseDirectory}");

    public static string Text(string path) => File.ReadAllText(Path.Combine(Root, path));

    /// <summary>The first YAML document of a file. Plain scalars are numbers, booleans or null where YAML 1.2 says so.</summary>
    public static JsonObject Yaml(string path) => ParseYaml(Text(path));

    public static JsonObject ParseYaml(string text)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        return Node(parser)!.AsObject();
    }

    private static JsonNode? Node(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return scalar.Style != ScalarStyle.Plain ? JsonValue.Create(scalar.Value)
                : scalar.Value switch
                {
                    "" or "~" or "null" => null,
                    "true" => JsonValue.Create(true),
                    "false" => JsonValue.Create(false),
                    var number when long.TryParse(number, out var value) => JsonValue.Create(value),
                    var plain => JsonValue.Create(plain),
                };
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var list = new JsonArray();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Node(parser));
            }

            return list;
        }

        parser.Consume<MappingStart>();
        var map = new JsonObject();
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            map.Add(parser.Consume<Scalar>().Value, Node(parser));
        }

        return map;
    }
}
