using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Kubernetes.Tests.Schemas;

public sealed class Schema_Tests
{
    [Fact]
    public void Unknown_fields_are_named_metadata_first_then_sorted_then_those_of_embedded_resources()
    {
        var target = Widget.Json("""
            {"apiVersion":"v","kind":"K","zz":1,"metadata":{"name":"a","nope":1},
             "spec":{"size":1,"x":1,"parts":[{"name":"p","y":1}],"extra":{"any":{"thing":1}},"template":{"apiVersion":"v1","kind":"X","metadata":{"bad":1},"free":1}}}
            """);

        Pruning.Prune(Widget.Schema, target).ShouldBe(["metadata.nope", "spec.parts[0].y", "spec.x", "zz", "spec.template.metadata.bad"]);
        target["spec"]!["extra"]!.ToJsonString().ShouldBe("""{"any":{"thing":1}}""");
        target["spec"]!["template"]!.ToJsonString().ShouldBe("""{"apiVersion":"v1","kind":"X","metadata":{},"free":1}""");
        Pruning.Prune(Widget.Schema, target).ShouldBeEmpty();
    }

    [Fact]
    public void An_apply_keeps_nulls_that_have_no_default_so_that_validation_meets_them()
    {
        var applied = Widget.Of(JsonNode.Parse("""{"size":1,"color":null,"mode":null}"""));
        applied["metadata"]!["labels"] = null;

        Defaulting.Apply(Widget.Schema, applied, keepNulls: true);

        applied["spec"]!.AsObject().ContainsKey("color").ShouldBeTrue();
        ((string)applied["spec"]!["mode"]!).ShouldBe("Auto");
        applied["metadata"]!.AsObject().ContainsKey("labels").ShouldBeFalse();
        SchemaValidation.Validate(Widget.Schema, applied, null)[0].Message.ShouldBe("Invalid value: \"null\": spec.color in body must be of type string: \"null\"");
    }

    [Fact]
    public void What_was_already_invalid_and_did_not_change_is_forgiven_on_update()
    {
        var existing = Widget.Of(JsonNode.Parse("""{"size":500,"color":"A1","parts":[{"name":"p","note":"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"}]}"""));
        var candidate = Widget.Of(JsonNode.Parse("""{"size":500,"color":"B1","parts":[{"name":"q"},{"name":"p","note":"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"}]}"""));

        SchemaValidation.Validate(Widget.Schema, candidate, existing).Select(error => error.Field).ShouldBe(["spec.color"]);
        SchemaValidation.Validate(Widget.Schema, candidate, null).Select(error => error.Field).ShouldBe(["spec.parts[1].note", "spec.size", "spec.color", "<nil>"]);
    }

    [Fact]
    public void Kinds_without_CEL_rules_do_not_hear_of_skipped_ones()
    {
        var schema = Schema.Parse(Widget.Json("""{"type":"object","properties":{"spec":{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}}}"""));

        schema.HasCelRules.ShouldBeFalse();
        Widget.Schema.HasCelRules.ShouldBeTrue();
        SchemaValidation.Validate(schema, Widget.Of(new JsonObject()), null).ShouldBe([new FieldError("FieldValueRequired", "Required value", "spec.a")]);
    }

    [Theory]
    [InlineData("^[a-z]+$", "abc", true)]
    [InlineData("^[a-z]+$", "abc\n", false)]
    [InlineData(@"^\d+$", "٣", false)]
    [InlineData(@"^[\d.]+$", "1.5", true)]
    [InlineData(@"^[]a]+$", "]a", true)]
    [InlineData("(?P<year>[0-9]{4})", "in 2026", true)]
    [InlineData(@"^\$[$]\z", "$$", true)]
    public void Patterns_match_as_in_RE2(string pattern, string text, bool matches) => GoPattern.Compile(pattern, out _)!.IsMatch(text).ShouldBe(matches);

    [Theory]
    [InlineData("[", "missing closing ]: `[`")]
    [InlineData("(a", "missing closing ): `(a`")]
    [InlineData("a)", "unexpected ): `a)`")]
    [InlineData("*a", "missing argument to repetition operator: `*`")]
    [InlineData("(?=a)b", "invalid or unsupported Perl syntax: `(?=`")]
    public void A_broken_pattern_is_explained_in_Gos_words(string pattern, string problem)
    {
        GoPattern.Compile(pattern, out var found).ShouldBeNull();
        found.ShouldBe($"error parsing regexp: {problem}");
    }

    [Theory]
    [InlineData("date-time", "2020-01-01T00:00:00Z", true)]
    [InlineData("date-time", "2020-01-01T00:00:00.5+02:00", true)]
    [InlineData("date-time", "2020-02-30T00:00:00Z", false)]
    [InlineData("date-time", "2020-01-01", false)]
    [InlineData("ipv4", "10.0.0.1", true)]
    [InlineData("ipv4", "10.1", false)]
    [InlineData("ipv6", "::1", true)]
    [InlineData("ipv6", "10.0.0.1", false)]
    [InlineData("cidr", "10.0.0.0/8", true)]
    [InlineData("cidr", "10.0.0.0/33", false)]
    [InlineData("uuid", "11111111-1111-1111-1111-111111111111", true)]
    [InlineData("uuid", "x", false)]
    [InlineData("duration", "1h30m", true)]
    [InlineData("duration", "soon", false)]
    [InlineData("byte", "dg==", true)]
    [InlineData("byte", "***", false)]
    [InlineData("mac", "00:11:22:33:44:55", true)]
    [InlineData("mac", "00:11-22:33:44:55", false)]
    [InlineData("isbn10", "0306406152", true)]
    [InlineData("isbn10", "0306406153", false)]
    [InlineData("creditcard", "4111111111111111", true)]
    [InlineData("creditcard", "4111111111111112", false)]
    public void Formats_are_enforced(string format, string text, bool valid) => Formats.Matches(format, text).ShouldBe(valid);

    [Fact]
    public void A_format_that_the_server_does_not_know_is_ignored()
    {
        var schema = Schema.Parse(Widget.Json("""{"type":"object","properties":{"spec":{"type":"object","properties":{"a":{"type":"string","format":"poem"}}}}}"""));

        SchemaValidation.Validate(schema, Widget.Of(new JsonObject { ["a"] = "x" }), null).ShouldBeEmpty();
        SchemaValidation.Validate(schema, Widget.Of(new JsonObject { ["a"] = 1 }), null).ShouldHaveSingleItem().Reason.ShouldBe("FieldValueTypeInvalid");
    }

    [Theory]
    [InlineData("""{"type":"object","x-kubernetes-int-or-string":true}""", "type: Invalid value: \"object\": must be empty if x-kubernetes-int-or-string is true")]
    [InlineData("""{"type":"array","items":{}}""", "items.type: Required value: must not be empty for specified array items")]
    [InlineData("""{"type":"null"}""", "type: Forbidden: type cannot be set to null, use nullable as an alternative")]
    [InlineData("""{"type":"string","$ref":"#/x"}""", "$ref: Forbidden: $ref is not supported")]
    [InlineData("""{"type":"object","additionalProperties":false}""", "additionalProperties: Forbidden: additionalProperties cannot be set to false")]
    [InlineData("""{"type":"string","x-kubernetes-list-type":"set"}""", "type: Invalid value: \"string\": must be array if x-kubernetes-list-type is specified")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-list-type":"bag"}""", "x-kubernetes-list-type: Unsupported value: \"bag\": supported values: \"atomic\", \"set\", \"map\"")]
    [InlineData("""{"type":"array","items":{"type":"string"},"x-kubernetes-list-map-keys":["a"]}""", "x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty")]
    [InlineData("""{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["a"],"items":{"type":"object","properties":{}}}""", "x-kubernetes-list-map-keys: Invalid value: [\"a\"]: entries must all be names of item properties")]
    [InlineData("""{"type":"object","x-kubernetes-embedded-resource":true}""", "properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields")]
    [InlineData("""{"type":"object","anyOf":[{"properties":{"b":{"minimum":1}}}]}""", "properties[b]: Required value: because it is defined in spec.x.properties[f].anyOf[0].properties[b]")]
    [InlineData("""{"type":"object","properties":{"b":{"type":"string"}},"anyOf":[{"properties":{"b":{"type":"string"}}}]}""", "anyOf[0].properties[b].type: Forbidden: must be empty to be structural")]
    [InlineData("""{"type":"object","default":{"z":1},"properties":{"b":{"type":"string"}}}""", "default: Invalid value: {\"z\":1}: must not have unknown fields")]
    [InlineData("""{"type":"string","x-kubernetes-preserve-unknown-fields":false}""", "x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined")]
    public void A_schema_that_is_not_structural_is_refused(string node, string problem)
    {
        var document = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["f"] = JsonNode.Parse(node) } };

        var errors = CrdSchemaChecks.Check(document, "spec.x");

        errors.Select(error => $"{error.Field}: {error.Message}").ShouldBe([$"spec.x.properties[f].{problem}"]);
    }
}
