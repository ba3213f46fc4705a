using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Kubernetes.Tests.Yaml;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("yes", "true")]
    [InlineData("Yes", "true")]
    [InlineData("on", "true")]
    [InlineData("y", "true")]
    [InlineData("True", "true")]
    [InlineData("off", "false")]
    [InlineData("NO", "false")]
    [InlineData("FALSE", "false")]
    [InlineData("yEs", "\"yEs\"")]
    [InlineData("~", "null")]
    [InlineData("null", "null")]
    [InlineData("NULL", "null")]
    [InlineData("", "null")]
    [InlineData("nUll", "\"nUll\"")]
    [InlineData("1", "1")]
    [InlineData("-7", "-7")]
    [InlineData("+7", "7")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("017", "15")]
    [InlineData("0b101", "5")]
    [InlineData("-0b101", "-5")]
    [InlineData("1_000", "1000")]
    [InlineData("0", "0")]
    [InlineData("08", "8")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1.5", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("1e3", "1000")]
    [InlineData("1.0", "1")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("0xzz", "\"0xzz\"")]
    [InlineData("22:30", "\"22:30\"")]
    [InlineData("2026-01-01", "\"2026-01-01\"")]
    [InlineData("2026-01-01T00:00:00Z", "\"2026-01-01T00:00:00Z\"")]
    [InlineData("\"true\"", "\"true\"")]
    [InlineData("'1'", "\"1\"")]
    [InlineData("!!str 1", "\"1\"")]
    [InlineData("!!int \"3\"", "3")]
    [InlineData("!!float 3", "3")]
    [InlineData("!!binary aGVsbG8=", "\"hello\"")]
    [InlineData("|\n  a\n  b", "\"a\\nb\\n\"")]
    [InlineData(">-\n  a\n  b", "\"a b\"")]
    [InlineData("[on, a, 1]", "[true,\"a\",1]")]
    [InlineData("{a: b}", "{\"a\":\"b\"}")]
    public void A_scalar_means_what_Kubernetes_takes_it_for(string scalar, string json) =>
        (YamlReader.ReadFirst($"key: {scalar}\n").Root!["key"]?.ToJsonString() ?? "null").ShouldBe(json);

    [Theory]
    [InlineData("on: 1", "true")]
    [InlineData("1: 1", "1")]
    [InlineData("0x10: 1", "16")]
    [InlineData("'on': 1", "on")]
    public void A_key_is_a_string(string text, string key) => YamlReader.ReadFirst(text).Root!.AsObject().Single().Key.ShouldBe(key);

    [Theory]
    [InlineData("a: 1\nb: 2\na: 3\n", 3, 1, "key \"a\" is already set in this mapping")]
    [InlineData("a:\n- b: 1\n  b: 2\n", 3, 3, "key \"b\" is already set in this mapping")]
    [InlineData("a: *x\n", 1, 4, "unknown anchor x")]
    [InlineData("a: &x [*x]\n", 1, 8, "unknown anchor x")]
    [InlineData("a: .inf\n", 1, 4, "the number .inf has no JSON form")]
    [InlineData("a: !foo 1\n", 1, 4, "\"1\" cannot be read as !foo")]
    [InlineData("a: !!int x\n", 1, 4, "\"x\" cannot be read as !!int")]
    [InlineData("? [a]\n: 1\n", 1, 3, "a key must be a scalar")]
    [InlineData("~: 1\n", 1, 1, "a key is missing or null")]
    [InlineData("<<: 1\n", 1, 1, "a merge key (<<) takes a mapping or a list of mappings")]
    public void What_is_wrong_is_said_with_its_place(string text, int line, int column, string problem)
    {
        var error = Should.Throw<YamlException>(() => YamlReader.ReadAll(text));
        (error.Line, error.Column, error.Problem).ShouldBe((line, column, problem));
        error.Message.ShouldStartWith($"line {line}, column {column}: ");
    }

    [Theory]
    [InlineData("a: b: c\n", 1)]
    [InlineData("a: [1\nb: 2\n", 1)]
    [InlineData("a: \"x\n", 1)]
    [InlineData("a:\n\t- b\n", 2)]
    [InlineData("- a\nb: c\n", 2)]
    [InlineData("\u0001", 1)]
    public void What_is_not_YAML_is_refused_with_its_line(string text, int line) =>
        Should.Throw<YamlException>(() => YamlReader.ReadAll(text)).Line.ShouldBe(line);

    [Fact]
    public void A_broken_text_gives_a_place_and_never_another_exception()
    {
        const string text = "a: &x [1, 'b', \"c\"]\nd:\n- e: *x\n  f: |\n    g\n? h\n: !!str i\n<<: {j: k} # l\n---\n...\n";
        var random = new Random(7);
        for (var round = 0; round < 4000; round++)
        {
            var broken = new StringBuilder(text);
            for (var edits = random.Next(1, 4); edits > 0; edits--)
            {
                var at = random.Next(broken.Length);
                _ = random.Next(3) switch
                {
                    0 => broken.Remove(at, 1),
                    1 => broken.Insert(at, text[random.Next(text.Length)]),
                    _ => broken.Insert(at, "\t%@`|>-:{}[]\"'&*"[random.Next(16)]),
                };
            }

            try
            {
                YamlReader.ReadAll(broken.ToString());
            }
            catch (YamlException e)
            {
                e.Line.ShouldBeInRange(1, 20);
            }
        }
    }

    [Fact]
    public void Leniently_the_last_of_equal_keys_counts() =>
        YamlReader.ReadFirst("rules:\n- level: Metadata\n  level: None\n", new YamlReaderOptions { Strict = false })
            .Root!["rules"]![0]!["level"]!.GetValue<string>().ShouldBe("None");

    [Fact]
    public void Only_the_first_document_is_read_when_asked_for()
    {
        YamlReader.ReadFirst("a: 1\n---\na: [\n").Root!["a"]!.GetValue<long>().ShouldBe(1);
        YamlReader.ReadAll("a: 1\n---\n---\nb: 2\n...\n").Select(document => document.Root?.ToJsonString()).ShouldBe(["{\"a\":1}", null, "{\"b\":2}"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n")]
    [InlineData("\uFEFF")]
    public void An_empty_text_has_no_content(string text) => YamlReader.ReadFirst(text).Root.ShouldBeNull();

    [Fact]
    public void JSON_with_tabs_and_windows_line_ends_is_YAML() =>
        YamlReader.ReadFirst("{\r\n\t\"a\": [\r\n\t\t1,\r\n\t\t\"\\u00e9\"\r\n\t]\r\n}\r\n").Root!["a"]![1]!.GetValue<string>().ShouldBe("é");

    [Fact]
    public void Anchors_and_merge_keys_are_expanded_and_own_keys_win()
    {
        const string text = """
            base: &base {a: 1, b: 2}
            other: &other {b: 3, c: 4}
            one:
              b: own
              <<: *base
            two:
              <<: [*base, *other]
              d: 5
            copy: *base
            """;
        var root = YamlReader.ReadFirst(text).Root!;
        root["one"]!.ToJsonString().ShouldBe("""{"b":"own","a":1}""");
        root["two"]!.ToJsonString().ShouldBe("""{"d":5,"a":1,"b":2,"c":4}""");
        root["copy"]!.ToJsonString().ShouldBe("""{"a":1,"b":2}""");
    }

    [Fact]
    public void A_billion_laughs_are_refused_before_they_are_copied()
    {
        var text = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (var i = 1; i < 12; i++)
        {
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        Should.Throw<YamlException>(() => YamlReader.ReadAll(text.ToString())).Problem.ShouldBe("the document expands to more than 1000000 nodes");
    }

    [Fact]
    public void Nesting_is_bounded_also_through_aliases()
    {
        var deep = string.Concat(Enumerable.Repeat("[", 5000));
        Should.Throw<YamlException>(() => YamlReader.ReadAll(deep)).Problem.ShouldBe("nesting is deeper than 200 levels");
        var text = new StringBuilder("a0: &a0 [x]\n");
        for (var i = 1; i < 300; i++)
        {
            text.Append($"a{i}: &a{i} [*a{i - 1}]\n");
        }

        Should.Throw<YamlException>(() => YamlReader.ReadAll(text.ToString())).Problem.ShouldBe("nesting is deeper than 200 levels");
    }

    [Fact]
    public void A_text_beyond_the_limit_is_refused() =>
        Should.Throw<YamlException>(() => YamlReader.ReadAll("a: 123", new YamlReaderOptions { LongestText = 5 }));

    [Fact]
    public void Every_node_can_be_found_again()
    {
        var document = YamlReader.ReadFirst("# policy\nspec:\n  rules:\n  - level: None\n  - level: Metadata\nmetadata:\n  annotations:\n    example.com/a: x\n");
        document.Locate("spec.rules[1].level").ShouldBe(new YamlLocation(5, 12));
        document.Locate("metadata.annotations[example.com/a]").ShouldBe(new YamlLocation(8, 20));
        document.Locate("spec.rules[1].verbs").ShouldBe(new YamlLocation(5, 5));
        document.Locate("status.phase").Line.ShouldBe(2);
    }

    /// <summary>What the real policy loader was fed, and what it made of it.</summary>
    [Theory]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: ~\n", """{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":null}]}""")]
    [InlineData(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n  users: [on, yes]\n",
        """{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"None","users":[true,true]}]}""")]
    [InlineData(
        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Metadata\n---\napiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n",
        """{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"Metadata"}]}""")]
    public void Audit_policies_read_as_the_API_server_reads_them(string text, string json) =>
        JsonNode.DeepEquals(YamlReader.ReadFirst(text).Root, JsonNode.Parse(json)).ShouldBeTrue();
}
