using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Crds.Tests;

public sealed class DecodingTests
{
    [Fact]
    public void R8_values_and_fields_of_a_newer_crd_do_not_stop_decoding()
    {
        var policy = Decode("""
            {"apiVersion":"comptroller.dev/v1alpha1","kind":"AuditPolicy","metadata":{"name":"a","managedFields":[{}]},
             "spec":{"rules":[{"level":"Everything","novel":{"x":1}}],"omitStages":["BeforeAll"],"novel":true},
             "status":{"findings":{"worst":"Fatal","items":[{"id":"x","severity":"Fatal","message":"m"}]},"novel":[]}}
            """);
        policy.Spec.Rules.ShouldHaveSingleItem().Level.ShouldBe("Everything");
        policy.Spec.OmitStages.ShouldBe(["BeforeAll"]);
        policy.Status.Findings!.Worst.ShouldBe("Fatal");
    }

    [Fact]
    public void D7_an_object_that_an_older_schema_let_through_decodes_to_something_that_can_be_judged()
    {
        var policy = Decode("""{"metadata":{"name":"a"},"spec":{"rules":null,"interval":null,"forwarding":{"victoriaLogs":null},"alerts":{"labels":null}}}""");
        policy.Spec.Rules.ShouldBeEmpty();
        policy.Spec.Interval.ShouldBe("10m");
        policy.Spec.Forwarding!.Cluster.ShouldBe("");
        policy.Spec.Forwarding.VictoriaLogs.ShouldBeNull();
        policy.Spec.Forwarding.FluentBit.StatePath.ShouldBe("/var/lib/fluent-bit-audit");
        policy.Spec.Forwarding.Formats.ShouldBe(["Yaml"]);
        policy.Spec.Alerts!.Labels.ShouldBeEmpty();
        Decode("""{"metadata":{"name":"a"}}""").Spec.Rules.ShouldBeEmpty();
        Decode("""{"metadata":{"name":"a"},"spec":null,"status":null}""").Status.ObservedGeneration.ShouldBe(-1);
    }

    [Fact]
    public void What_is_absent_decodes_to_the_default_that_the_schema_names()
    {
        var schema = SchemaWalk.Of(Repository.Yaml("config/crd/comptroller.dev_auditpolicies.yaml"));
        var decoded = Decode("""{"metadata":{"name":"a"},"spec":{"rules":[],"forwarding":{"cluster":"a","victoriaLogs":{},"loki":{},"elasticsearch":{},"openTelemetry":{},"s3":{},"redaction":{}},"alerts":{},"delivery":{},"estimate":{},"compliance":{},"log":{"truncate":{}}}}""");
        var json = JsonSerializer.SerializeToNode(decoded, CrdsJson.Default.AuditPolicy)!;

        var defaults = SchemaWalk.Nodes(schema)
            .Where(node => node.Path.StartsWith("spec.", StringComparison.Ordinal) && !node.Path.Contains("[]", StringComparison.Ordinal))
            .Where(node => node.Schema["default"] is not (null or JsonObject))
            .ToArray();
        defaults.Length.ShouldBeGreaterThan(7);
        foreach (var (path, node, _) in defaults)
        {
            var value = path.Split('.').Aggregate((JsonNode?)json, (at, segment) => at?[segment]);
            JsonNode.DeepEquals(value, node["default"]).ShouldBeTrue($"{path}: {value?.ToJsonString()} instead of {node["default"]!.ToJsonString()}");
        }
    }

    [Fact]
    public void An_explicitly_empty_list_is_not_the_default() =>
        Decode("""{"spec":{"omitStages":[],"omitManagedFields":false,"rules":[]}}""").Spec.ShouldSatisfyAllConditions(
            spec => spec.OmitStages.ShouldBeEmpty(),
            spec => spec.OmitManagedFields.ShouldBeFalse());

    [Fact]
    public void Files_that_people_write_may_not_hold_unknown_fields()
    {
        const string Misspelt = """{"metadata":{"name":"a"},"spec":{"rules":[{"level":"None","resource":[]}]}}""";
        Decode(Misspelt).Spec.Rules.Count.ShouldBe(1);
        Should.Throw<JsonException>(() => JsonSerializer.Deserialize(Misspelt, CrdsJson.Strict.AuditPolicy)).Message.ShouldContain("resource");
    }

    [Fact]
    public void A_status_is_written_without_what_it_does_not_say()
    {
        var status = new AuditPolicyStatus { ObservedGeneration = 3, RuleCount = 1, PolicyHash = "sha256:0" };
        JsonSerializer.Serialize(status, CrdsJson.Default.AuditPolicyStatus)
            .ShouldBe("""{"observedGeneration":3,"policyHash":"sha256:0","ruleCount":1}""");
    }

    private static AuditPolicy Decode(string json) => JsonSerializer.Deserialize(json, CrdsJson.Default.AuditPolicy)!;
}
