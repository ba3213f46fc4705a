using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;
using Comptroller.Kubernetes.Tests.Schemas;
using Comptroller.Sandbox.Fields;

namespace Comptroller.Sandbox.Tests.Fields;

/// <summary>Sequences of writes, each with the object and the owners expected at its end.</summary>
public sealed class Ownership_sequence_Tests
{
    private readonly Ledger _ledger = new(Widget.Schema);

    [Fact]
    public void A_map_that_others_own_stays_when_its_last_key_goes_and_becomes_null()
    {
        _ledger.Create(Spec("""{"size":1,"attrs":{"x":"1"}}"""), "creator");
        _ledger.Apply(Spec("""{"size":1,"attrs":{"x":"2"}}"""), "m", force: true);

        var merged = _ledger.Apply(Spec("""{"size":1}"""), "m").Merged!;

        // As on the real server, where validation then refuses the null.
        merged["spec"]!.AsObject().TryGetPropertyValue("attrs", out var attrs).ShouldBeTrue();
        attrs.ShouldBeNull();
    }

    [Fact]
    public void More_than_ten_updaters_are_folded_oldest_first()
    {
        _ledger.Create(Spec("""{"size":1}"""), "creator");
        for (var i = 0; i < 12; i++)
        {
            _ledger.Now = _ledger.Now.AddSeconds(1);
            var name = i.ToString("00", CultureInfo.InvariantCulture);
            _ledger.Merge("v", new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { [$"l{name}"] = "x" } } }, $"mgr{name}");
        }

        var owners = Owners();
        owners.Count.ShouldBe(10);
        owners[0].ShouldStartWith("ancient-changes Update");
        owners[0].ShouldContain("\"f:l01\"");
        owners[0].ShouldContain("\"f:size\"");
        owners[^1].ShouldBe("mgr11 Update {\"f:metadata\":{\"f:labels\":{\"f:l11\":{}}}}");
    }

    [Fact]
    public void An_update_that_changes_nothing_leaves_owners_and_times_alone()
    {
        _ledger.Create(Spec("""{"size":1}"""), "creator");
        var before = Scalars.Canonical(_ledger.Find("v"));
        _ledger.Now = _ledger.Now.AddHours(1);

        _ledger.Merge("v", Widget.Json("""{"spec":{"size":1}}"""), "other");

        Scalars.Canonical(_ledger.Find("v")).ShouldBe(before);
    }

    [Fact]
    public void A_kubectl_apply_takes_over_what_its_annotation_says_it_applied_before()
    {
        const string applied = """{"apiVersion":"conformance.example.dev/v1alpha1","kind":"Widget","metadata":{"name":"v"},"spec":{"size":1,"color":"red"}}""";
        var created = Spec("""{"size":1,"color":"red"}""");
        created["metadata"]!["annotations"] = new JsonObject { ["kubectl.kubernetes.io/last-applied-configuration"] = applied };
        _ledger.Create(created, "kubectl-client-side-apply");

        _ledger.Apply(Spec("""{"size":2,"color":"red"}"""), "someone").Conflicts.ShouldNotBeNull();
        var merged = _ledger.Apply(Spec("""{"size":2,"color":"red"}"""), "kubectl").Merged.ShouldNotBeNull();

        ((int)merged["spec"]!["size"]!).ShouldBe(2);
        ((string)merged["metadata"]!["annotations"]!["kubectl.kubernetes.io/last-applied-configuration"]!).ShouldContain("\"size\":2");
    }

    [Fact]
    public void A_kubectl_apply_still_conflicts_where_somebody_changed_the_value_since()
    {
        var created = Spec("""{"size":1}""");
        created["metadata"]!["annotations"] = new JsonObject { ["kubectl.kubernetes.io/last-applied-configuration"] = """{"spec":{"size":5}}""" };
        _ledger.Create(created, "kubectl-client-side-apply");

        _ledger.Apply(Spec("""{"size":2}"""), "kubectl").Conflicts.ShouldNotBeNull();
    }

    [Fact]
    public void Owners_of_items_lose_them_when_a_list_becomes_atomic()
    {
        _ledger.Apply(Spec("""{"size":1,"tags":["a"]}"""), "m");
        var document = Widget.Document();
        document["properties"]!["spec"]!["properties"]!["tags"]!["x-kubernetes-list-type"] = "atomic";
        var atomic = Schema.Parse(document);

        var merged = ManagedFields.Apply(atomic, _ledger.Find("v"), Spec("""{"color":"red"}"""),
            new FieldsContext("other", "conformance.example.dev/v1alpha1", null, Force: false, _ledger.Now) { Reset = ["status"] }).Merged!;

        merged["metadata"]!["managedFields"]![0]!["fieldsV1"]!["f:spec"]!.ToJsonString().ShouldBe("""{"f:size":{},"f:tags":{}}""");
    }

    [Theory]
    [InlineData("""{"size":1,"nope":1}""", ".spec.nope: field not declared in schema")]
    [InlineData("""{"size":"1"}""", ".spec.size: expected numeric (int or float), got string")]
    [InlineData("""{"enabled":1}""", ".spec.enabled: expected boolean, got &{1}")]
    [InlineData("""{"color":7}""", ".spec.color: expected string, got &value.valueUnstructured{Value:7}")]
    [InlineData("""{"tags":{"a":1}}""", ".spec.tags: expected list, got &{map[a:1]}")]
    [InlineData("""{"policy":[1]}""", ".spec.policy: expected map, got &{[1]}")]
    [InlineData("""{"tags":["a",null]}""", ".spec.tags: element 1: associative list without keys has an element that's an explicit null")]
    [InlineData("""{"parts":[{"name":"p","weight":"x"}]}""", ".spec.parts[name=\"p\"].weight: expected numeric (int or float), got string")]
    [InlineData("""{"nope":1,"size":"1"}""", "errors:\n  .spec.nope: field not declared in schema\n  .spec.size: expected numeric (int or float), got string")]
    public void An_apply_that_cannot_be_typed_fails_in_the_servers_words(string spec, string problem)
    {
        var error = Should.Throw<FieldsException>(() => _ledger.Apply(Spec(spec), "m"));

        error.Message.ShouldBe($"failed to create typed patch object (/v; conformance.example.dev/v1alpha1, Kind=Widget): {problem}");
        error.Code.ShouldBe(500);
    }

    [Fact]
    public void An_apply_must_not_carry_managed_fields()
    {
        var body = Spec("""{"size":1}""");
        body["metadata"]!["managedFields"] = new JsonArray();

        Should.Throw<FieldsException>(() => _ledger.Apply(body, "m")).Message.ShouldBe("metadata.managedFields must be nil");
    }

    [Fact]
    public void Keys_and_values_of_numbers_sort_as_numbers()
    {
        var set = FieldsV1.Decode(Widget.Json("""{"k:{\"port\":443}":{},"k:{\"port\":80}":{},"v:10":{},"v:9":{},"f:b":{},"f:B":{},"i:3":{}}"""));

        FieldsV1.Encode(set).Select(entry => entry.Key).ShouldBe(["f:B", "f:b", "k:{\"port\":80}", "k:{\"port\":443}", "v:9", "v:10", "i:3"]);
    }

    private static JsonObject Spec(string spec) => Widget.Of(JsonNode.Parse(spec));

    private List<string> Owners() =>
        [.. _ledger.Find("v")!["metadata"]!["managedFields"]!.AsArray().Select(entry => $"{entry!["manager"]} {entry["operation"]} {entry["fieldsV1"]!.ToJsonString()}")];
}
