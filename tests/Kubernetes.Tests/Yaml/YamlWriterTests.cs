using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Kubernetes.Tests.Yaml;

public sealed class YamlWriterTests
{
    [Fact]
    public void Trees_are_written_as_kubectl_writes_them()
    {
        var root = JsonNode.Parse("""
            {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","labels":{}},"data":{"file":"one\ntwo\n","bare":"one\n\ntwo","more":"x\n\n\n"},
             "list":[1,true,null,"true",[["deep"],{"a":[]}],{"a":1,"b":"two\nlines"}],"at":"2026-01-01T00:00:00Z","glob":"*.log","url":"https://x:1/y"}
            """);
        YamlWriter.Write(root).ShouldBe("""
            apiVersion: v1
            kind: ConfigMap
            metadata:
              name: a
              labels: {}
            data:
              file: |
                one
                two
              bare: |-
                one

                two
              more: |+
                x


            list:
            - 1
            - true
            - null
            - "true"
            - - - deep
              - a: []
            - a: 1
              b: |-
                two
                lines
            at: "2026-01-01T00:00:00Z"
            glob: "*.log"
            url: https://x:1/y

            """);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("on")]
    [InlineData("n")]
    [InlineData("1")]
    [InlineData("0x1")]
    [InlineData("1_0")]
    [InlineData("1e3")]
    [InlineData("")]
    [InlineData("~")]
    [InlineData("null")]
    [InlineData(".inf")]
    [InlineData("12:30")]
    [InlineData("<<")]
    [InlineData("=")]
    [InlineData("- a")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("a:")]
    [InlineData(" a")]
    [InlineData("a ")]
    [InlineData("---")]
    [InlineData("...")]
    [InlineData("@a")]
    [InlineData("%a")]
    [InlineData("{{ x }}")]
    [InlineData("a\tb")]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData("a \nb")]
    [InlineData(" a\nb")]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\uFEFF")]
    public void What_would_be_read_as_something_else_is_quoted(string text)
    {
        YamlWriter.Write(JsonValue.Create(text)).ShouldStartWith("\"");
        Survives(JsonValue.Create(text));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("-a")]
    [InlineData("a:b")]
    [InlineData("a#b")]
    [InlineData("2026-01-01")]
    [InlineData("/var/log/*.log")]
    [InlineData("1.2.3")]
    [InlineData("{a")]
    [InlineData("é ü 🙂")]
    [InlineData("it's \"quoted\"")]
    public void What_needs_no_quotes_survives(string text) => Survives(JsonValue.Create(text));

    [Fact]
    public void A_key_too_long_to_be_simple_survives() => Survives(new JsonObject { [new string('k', 3000)] = new JsonArray(1, "x") });

    [Fact]
    public void Documents_are_told_apart() =>
        YamlWriter.WriteAll([new JsonObject { ["a"] = 1 }, new JsonObject { ["b"] = "x\n\n" }]).ShouldBe("a: 1\n---\nb: |+\n  x\n\n");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Any_tree_is_read_back_as_it_was(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 1000; round++)
        {
            Survives(Node(random, 0));
        }
    }

    private static void Survives(JsonNode? node)
    {
        var text = YamlWriter.Write(node);
        text.ShouldEndWith("\n");
        text.Split('\n').ShouldNotContain(line => line.Length > 0 && char.IsWhiteSpace(line, line.Length - 1));
        text.ShouldNotContain('\r');
        var read = YamlReader.ReadAll(text).Single().Root;
        JsonNode.DeepEquals(read, node).ShouldBeTrue($"{node?.ToJsonString()}\nbecame\n{text}\nread as\n{read?.ToJsonString()}");
        YamlWriter.Write(read).ShouldBe(text);
    }

    private static JsonNode? Node(Random random, int depth) => random.Next(depth > 4 ? 5 : 8) switch
    {
        0 => null,
        1 => random.Next(-1000, 1000),
        2 => random.Next(2) == 0,
        3 => random.Next(1000) / 8.0,
        4 => Text(random),
        5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Node(random, depth + 1))]),
        _ => new JsonObject(Enumerable.Range(0, random.Next(4)).Select(i => KeyValuePair.Create($"{Text(random)}{i}", Node(random, depth + 1)))),
    };

    private static string Text(Random random)
    {
        const string alphabet = "ab01 \n\t:#-?,[]{}&*!|>'\"%@`=~._+exOoyn\\/\r\u0085\u00A0\u2028\uFEFFé漢\u0007\0";
        var text = new StringBuilder();
        for (var left = random.Next(12); left > 0; left--)
        {
            text.Append(random.Next(20) == 0 ? "🙂" : random.Next(6) == 0 ? "\n" : alphabet[random.Next(alphabet.Length)].ToString());
        }

        return text.ToString();
    }
}
