using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Kubernetes.Tests.Yaml;

public sealed class YamlEditorTests
{
    private const string Block =
        """
        # The policy.
        spec:
          # Stages.
          omitStages:   # two of them
            - A  # first
            - B  # second
          rules:
            # One.
            - level: None
              users:
                - a  # x
                - 'b'
              # Its end.

            # Two.
            # Still two.
            - omit: true  # why
              # About the level.
              level: X
              verbs: [get, "list"] # inline

            - level: Y
        # The end.

        """;

    [Fact]
    public void Scalars_and_values_change_where_they_stand() => Edited(Block, editor =>
    {
        editor.Set("spec.rules[1].level", "None");
        editor.ReplaceValue("spec.rules[1].verbs", "list", "watch, all");
        editor.ReplaceValue("spec.rules[0].users", "b", "yes");
        editor.AddValue("spec.rules[0].users", "c", "level");
        editor.AddValue("spec.rules[1].verbs", "x", "level");
    }).ShouldBe(Block.Replace("level: X", "level: None").Replace("\"list\"]", "\"watch, all\", x]").Replace("- 'b'\n", "- \"yes\"\n        - c\n"));

    [Fact]
    public void Items_and_fields_go_with_their_comments() => Edited(Block, editor =>
    {
        editor.DropValue("spec.omitStages", "A");
        editor.Drop("spec.rules[0].users");
        editor.Drop("spec.rules[1]");
    }).ShouldBe(
        """
        # The policy.
        spec:
          # Stages.
          omitStages:   # two of them
            - B  # second
          rules:
            # One.
            - level: None
              # Its end.

            - level: Y
        # The end.

        """);

    [Fact]
    public void What_is_said_of_the_field_behind_a_removed_first_one_is_kept() => Edited(Block, editor => editor.Drop("spec.rules[1].omit"))
        .ShouldBe(Block.Replace("- omit: true  # why\n      # About the level.\n      level: X", "# About the level.\n    - level: X"));

    [Fact]
    public void An_emptied_list_is_an_empty_list_and_not_nothing() => Edited(Block, editor =>
    {
        editor.DropValue("spec.omitStages", "A");
        editor.DropValue("spec.omitStages", "B");
        editor.DropValue("spec.rules[1].verbs", "get");
        editor.DropValue("spec.rules[1].verbs", "list");
    }).ShouldBe(Block.Replace("omitStages:   # two", "omitStages: []   # two").Replace("\n    - A  # first\n    - B  # second", "").Replace("[get, \"list\"]", "[]"));

    [Fact]
    public void New_items_and_fields_stand_above_the_comment_of_the_next() => Edited(Block, editor =>
    {
        editor.Insert("spec.rules[1]", new JsonObject { ["level"] = "Z", ["users"] = new JsonArray("a", "true") }, "Because.");
        editor.AddValue("spec.more", "v", before: "omitStages");
    }).ShouldBe(Block
        .Replace("    # Two.\n", "    # Because.\n    - level: Z\n      users:\n      - a\n      - \"true\"\n    # Two.\n")
        .Replace("  # Stages.\n", "  more: [v]\n  # Stages.\n"));

    [Fact]
    public void Json_stays_json()
    {
        const string Json =
            """
            {"omitStages": [], "rules": [
              {"level": "None", "users": ["a"]},
              {"omit": true, "level": "X"}, {"level": "Y", "omit": false}
            ]}
            """;

        var edited = Edited(Json, editor =>
        {
            editor.AddValue("omitStages", "A", "rules");
            editor.Insert("rules[0]", new JsonObject { ["level"] = "Z", ["users"] = new JsonArray("a", "b") }, "unsaid");
            editor.Drop("rules[0]");
            editor.Drop("rules[1].omit");
            editor.Drop("rules[2].omit");
            editor.AddValue("first", "1", "omitStages");
        });

        JsonNode.DeepEquals(
            JsonNode.Parse(edited),
            JsonNode.Parse("""{"first": ["1"], "omitStages": ["A"], "rules": [{"level": "Z", "users": ["a", "b"]}, {"level": "X"}, {"level": "Y"}]}""")).ShouldBeTrue(edited);
    }

    [Fact]
    public void Every_item_but_one_can_go_whatever_the_style()
    {
        foreach (var (style, kept) in from style in new[] { "[a, b, c, d]", "\n- a\n- b # b\n- c\n- d\n", "\n  -\n    a\n  - b\n  # c\n  - c\n  - d" } from kept in "abcd" select (style, kept.ToString()))
        {
            var text = $"list:{(style[0] == '[' ? " " : "")}{style}";
            var edited = Edited(text, editor =>
            {
                foreach (var index in Enumerable.Range(0, 4).Where(index => "abcd"[index].ToString() != kept))
                {
                    editor.Drop($"list[{index}]");
                }
            });
            YamlReader.ReadFirst(edited).Root!.ToJsonString().ShouldBe($$"""{"list":["{{kept}}"]}""", edited);
        }
    }

    [Fact]
    public void One_document_of_several_is_changed_with_line_ends_as_they_are()
    {
        const string Text = "a: [x]\r\n---\r\n# c\r\na:\r\n- x\r\n- y\r\n...\r\n---\r\na: [x]\r\n";
        var editor = new YamlEditor(Text, YamlReader.ReadAll(Text)[1]);
        editor.AddValue("a", "z", "");
        editor.DropValue("a", "x");

        editor.ToString().ShouldBe("a: [x]\r\n---\r\n# c\r\na:\r\n- y\r\n- z\r\n...\r\n---\r\na: [x]\r\n");
    }

    [Fact]
    public void What_an_alias_stands_for_cannot_be_changed()
    {
        const string Text = "a: &a\n  list: [x]\nb: *a\nc:\n  <<: *a\n";
        var editor = new YamlEditor(Text, YamlReader.ReadFirst(Text));

        Should.Throw<YamlException>(() => editor.DropValue("b.list", "x")).Message.ShouldContain("alias");
        Should.Throw<YamlException>(() => editor.Drop("c.list")).Message.ShouldContain("alias");
    }

    [Fact]
    public void Changes_of_the_same_text_are_refused() => Should.Throw<YamlException>(() => Edited(Block, editor =>
    {
        editor.Set("spec.rules[1].level", "None");
        editor.Drop("spec.rules[1]");
    }));

    private static string Edited(string text, Action<YamlEditor> edit)
    {
        var editor = new YamlEditor(text, YamlReader.ReadFirst(text));
        edit(editor);
        var edited = editor.ToString();
        Should.NotThrow(() => YamlReader.ReadFirst(edited), edited);
        return edited;
    }
}
