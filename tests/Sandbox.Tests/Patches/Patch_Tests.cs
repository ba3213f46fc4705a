using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Sandbox.Patches;

namespace Comptroller.Sandbox.Tests.Patches;

public sealed class Patch_Tests
{
    /// <summary>The examples of RFC 7386, appendix A.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", "{}")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("[1,2]", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("{}", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void A_merge_patch_works_as_its_specification_shows(string target, string patch, string expected) =>
        Same(MergePatch.Apply(Json(target), Json(patch)), expected);

    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2}]""", """{"a":1,"b":2}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}]""", """{"a":[1,2,3,4]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"remove","path":"/a/0"}]""", """{"a":[2]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"remove","path":"/a/-1"}]""", """{"a":[1]}""")]
    [InlineData("""{"a":{"x/y":1,"m~n":2}}""", """[{"op":"replace","path":"/a/x~1y","value":3},{"op":"remove","path":"/a/m~0n"}]""", """{"a":{"x/y":3}}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"move","from":"/a/b","path":"/c"}]""", """{"a":{},"c":1}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"move","from":"/a/2","path":"/a/0"}]""", """{"a":[3,1,2]}""")]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]""", """{"a":{"b":1},"c":{"b":2}}""")]
    [InlineData("""{"a":1.0}""", """[{"op":"test","path":"/a","value":1}]""", """{"a":1.0}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/nope","value":null}]""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"b":2}}]""", """{"b":2}""")]
    public void A_JSON_patch_does_what_its_operations_say(string target, string patch, string expected) =>
        Same(JsonPatch.Apply(Json(target), Json(patch).AsArray()), expected);

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""")]
    [InlineData("""[{"op":"remove","path":"/nope"}]""")]
    [InlineData("""[{"op":"remove","path":"/l/7"}]""")]
    [InlineData("""[{"op":"add","path":"/l/3","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/l/x","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/missing/b","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/a/b","value":1}]""")]
    [InlineData("""[{"op":"add","path":"b","value":1}]""")]
    [InlineData("""[{"op":"add","path":"/b"}]""")]
    [InlineData("""[{"op":"nope","path":"/b","value":1}]""")]
    [InlineData("""[{"path":"/b","value":1}]""")]
    [InlineData("""[1]""")]
    [InlineData("""[{"op":"move","from":"/m","path":"/m/x"}]""")]
    public void A_JSON_patch_that_does_not_apply_is_refused_and_changes_nothing(string patch)
    {
        var target = Json("""{"a":1,"l":[1],"m":{}}""");

        Should.Throw<PatchException>(() => JsonPatch.Apply(target, Json(patch).AsArray()));

        Same(target, """{"a":1,"l":[1],"m":{}}""");
    }

    private static readonly Schema _pod = Schema.Parse(Json("""
        {
          "type": "object",
          "properties": {
            "data": {"type": "object", "additionalProperties": {"type": "string"}},
            "strategy": {
              "type": "object", "x-kubernetes-patch-strategy": "retainKeys",
              "properties": {"type": {"type": "string"}, "rolling": {"type": "object", "properties": {"max": {"type": "integer"}}}}
            },
            "args": {"type": "array", "items": {"type": "string"}},
            "containers": {
              "type": "array", "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "name",
              "items": {
                "type": "object",
                "properties": {
                  "name": {"type": "string"}, "image": {"type": "string"},
                  "ports": {
                    "type": "array", "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "containerPort",
                    "items": {"type": "object", "properties": {"containerPort": {"type": "integer"}, "protocol": {"type": "string"}}}
                  }
                }
              }
            }
          }
        }
        """).AsObject());

    [Theory]
    [InlineData("a map deletes by null", """{"data":{"a":"1","b":"2"}}""", """{"data":{"a":null,"c":"3"}}""", """{"data":{"b":"2","c":"3"}}""")]
    [InlineData("$patch replace takes the place of a map", """{"data":{"a":"1"}}""", """{"data":{"$patch":"replace","z":"9"}}""", """{"data":{"z":"9"}}""")]
    [InlineData("$patch delete empties a map", """{"data":{"a":"1"}}""", """{"data":{"$patch":"delete"}}""", """{"data":{}}""")]
    [InlineData("a list without a strategy is replaced", """{"args":["a","b"]}""", """{"args":["c"]}""", """{"args":["c"]}""")]
    [InlineData("items merge by key", """{"containers":[{"name":"a","image":"1"},{"name":"b"}]}""", """{"containers":[{"name":"b","image":"2"}]}""",
        """{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}""")]
    [InlineData("a new item stands first, as no live item precedes it", """{"containers":[{"name":"a"}]}""", """{"containers":[{"name":"z","image":"1"}]}""",
        """{"containers":[{"name":"z","image":"1"},{"name":"a"}]}""")]
    [InlineData("an item is deleted by key", """{"containers":[{"name":"a"},{"name":"b"}]}""", """{"containers":[{"name":"a","$patch":"delete"}]}""",
        """{"containers":[{"name":"b"}]}""")]
    [InlineData("a list is replaced by directive", """{"containers":[{"name":"a"}]}""", """{"containers":[{"$patch":"replace"},{"name":"b"}]}""",
        """{"containers":[{"name":"b"}]}""")]
    [InlineData("merge keys may be numbers", """{"containers":[{"name":"a","ports":[{"containerPort":80}]}]}""",
        """{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"UDP"}]}]}""",
        """{"containers":[{"name":"a","ports":[{"containerPort":80,"protocol":"UDP"}]}]}""")]
    [InlineData("the order is set", """{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}""",
        """{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"1"}]}""",
        """{"containers":[{"name":"b"},{"name":"c","image":"1"},{"name":"a"}]}""")]
    [InlineData("only retained keys stay", """{"strategy":{"type":"Rolling","rolling":{"max":1}}}""", """{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}""",
        """{"strategy":{"type":"Recreate"}}""")]
    [InlineData("a primitive list loses values", """{"args":["a","b","a"]}""", """{"$deleteFromPrimitiveList/args":["a"]}""", """{"args":["b"]}""")]
    [InlineData("directives in new values are dropped", "{}", """{"strategy":{"$retainKeys":["type"],"type":"X","rolling":null}}""", """{"strategy":{"type":"X"}}""")]
    public void A_strategic_merge_follows_schema_and_directives(string name, string target, string patch, string expected) =>
        Scalars.Canonical(StrategicMerge.Apply(_pod, Json(target).AsObject(), Json(patch).AsObject())).ShouldBe(Scalars.Canonical(Json(expected)), name);

    [Theory]
    [InlineData("""{"containers":[{"image":"x"}]}""", "map: map[image:x] does not contain declared merge key: name")]
    [InlineData("""{"data":{"$patch":"nope"}}""", "unknown patch type: nope in map: map[$patch:nope]")]
    [InlineData("""{"strategy":{"$retainKeys":["type"],"rolling":{"max":2}}}""", "invalid patch format of retainKeys")]
    public void A_strategic_merge_that_cannot_be_understood_is_refused_in_the_servers_words(string patch, string message) =>
        Should.Throw<PatchException>(() => StrategicMerge.Apply(_pod, Json("""{"containers":[{"name":"a"}],"data":{},"strategy":{}}""").AsObject(), Json(patch).AsObject()))
            .Message.ShouldBe(message);

    private static JsonNode Json(string text) => JsonNode.Parse(text)!;

    private static void Same(JsonNode? actual, string expected) => Scalars.Canonical(actual).ShouldBe(Scalars.Canonical(Json(expected)));
}
