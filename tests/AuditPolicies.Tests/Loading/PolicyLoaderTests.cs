using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.AuditPolicies.Tests.Loading;

public sealed class PolicyLoaderTests
{
    private static readonly YamlReaderOptions Lenient = new() { Strict = false };

    public static TheoryData<string> Cases => [.. ReferenceCases.Loads.Select(node => (string)node["id"]!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Loads_or_refuses_in_the_words_of_the_real_loader(string id)
    {
        var reference = ReferenceCases.Loads.Single(node => (string)node["id"]! == id);

        var result = PolicyLoader.Load(reference["raw"] is { } text ? YamlReader.ReadFirst((string)text!, Lenient).Root : reference["policy"]);

        result.ErrorText.ShouldBe((string?)reference["error"] ?? "");
        (result.Policy is not null).ShouldBe((bool)reference["loads"]!);
    }

    [Theory]
    [InlineData("""["a"]""", "failed decoding: couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }")]
    [InlineData("""{"apiVersion": 1, "kind": "Policy"}""", "failed decoding: couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .apiVersion of type string")]
    [InlineData("""{"apiVersion": "a/b/c", "kind": "Policy"}""", "failed decoding: unexpected GroupVersion string: a/b/c")]
    [InlineData("""{"apiVersion": "v1", "kind": "ConfigMap"}""", "failed decoding: no kind \"ConfigMap\" is registered for version \"v1\" in scheme \"k8s.io/apiserver/pkg/audit/scheme.go:30\"")]
    [InlineData("""{"apiVersion": "audit.k8s.io/v1", "kind": "policy"}""", "failed decoding: no kind \"policy\" is registered for version \"audit.k8s.io/v1\" in scheme \"k8s.io/apiserver/pkg/audit/scheme.go:30\"")]
    [InlineData("""{"apiVersion": "audit.k8s.io/v1", "kind": "PolicyList"}""", "failed decoding: converting (v1.PolicyList) to (audit.Policy): unknown conversion")]
    [InlineData("""{"kind": "Policy", "rules": [{"level": "None"}]}""", "unknown group version field audit.k8s.io/__internal, Kind=Policy in policy")]
    [InlineData("null", "unknown group version field audit.k8s.io/__internal, Kind=Policy in policy")]
    public void A_document_of_another_kind_is_named_as_such(string json, string error) =>
        PolicyLoader.Load(JsonNode.Parse(json)).ErrorText.ShouldBe(error);

    [Fact]
    public void A_missing_kind_is_taken_for_a_policy_as_the_real_decoder_does() =>
        PolicyLoader.Load(JsonNode.Parse("""{"apiVersion": "audit.k8s.io/v1", "rules": [{"level": "None"}]}""")).ErrorText.ShouldBe("");

    [Theory]
    [InlineData("""{"rules": {}}""", null, "json: cannot unmarshal object into Go struct field Policy.rules of type []v1.PolicyRule")]
    [InlineData("""{"rules": ["x"]}""", 0, "json: cannot unmarshal string into Go struct field Policy.rules of type v1.PolicyRule")]
    [InlineData("""{"rules": [{"level": 3}]}""", 0, "json: cannot unmarshal number into Go struct field PolicyRule.rules.level of type v1.Level")]
    [InlineData("""{"rules": [{"level": "None"}, {"users": [["a"]]}]}""", 1, "json: cannot unmarshal array into Go struct field PolicyRule.rules.users of type string")]
    [InlineData("""{"rules": [{"omitManagedFields": "true"}]}""", 0, "json: cannot unmarshal string into Go struct field PolicyRule.rules.omitManagedFields of type bool")]
    [InlineData("""{"rules": [{"resources": "pods"}]}""", 0, "json: cannot unmarshal string into Go struct field PolicyRule.rules.resources of type []v1.GroupResources")]
    [InlineData("""{"rules": [{"resources": ["pods"]}]}""", 0, "json: cannot unmarshal string into Go struct field PolicyRule.rules.resources of type v1.GroupResources")]
    [InlineData("""{"rules": [{"resources": [{"group": true}]}]}""", 0, "json: cannot unmarshal bool into Go struct field GroupResources.rules.resources.group of type string")]
    [InlineData("""{"rules": [{"resources": [{"resources": {"a": 1}}]}]}""", 0, "json: cannot unmarshal object into Go struct field GroupResources.rules.resources.resources of type []string")]
    [InlineData("""{"omitStages": "Panic"}""", null, "json: cannot unmarshal string into Go struct field Policy.omitStages of type []v1.Stage")]
    [InlineData("""{"omitStages": [1]}""", null, "json: cannot unmarshal number into Go struct field Policy.omitStages of type v1.Stage")]
    [InlineData("""{"omitManagedFields": 0}""", null, "json: cannot unmarshal number into Go struct field Policy.omitManagedFields of type bool")]
    [InlineData("""{"metadata": []}""", null, "json: cannot unmarshal array into Go struct field Policy.metadata of type v1.ObjectMeta")]
    [InlineData("""{"metadata": {"labels": {"a": 1}}}""", null, "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string")]
    [InlineData("""{"metadata": {"generation": 1.5}}""", null, "json: cannot unmarshal number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64")]
    public void A_wrong_type_is_reported_as_Go_reports_it_and_with_the_rule(string fields, int? rule, string error)
    {
        var document = (JsonObject)JsonNode.Parse(fields)!;
        document["apiVersion"] = "audit.k8s.io/v1";
        document["kind"] = "Policy";

        var result = PolicyLoader.Load(document);

        result.ErrorText.ShouldBe("failed decoding: " + error);
        result.Errors.ShouldHaveSingleItem().RuleIndex.ShouldBe(rule);
    }

    [Fact]
    public void Only_the_first_type_error_is_reported() =>
        Load("""[{"verbs": "get", "users": 1}, {"level": 2}]""").ErrorText
            .ShouldBe("failed decoding: json: cannot unmarshal string into Go struct field PolicyRule.rules.verbs of type []string");

    [Fact]
    public void Equal_messages_are_said_once() =>
        Load("""[{"level": "None", "resources": [{"group": "A"}, {"group": "A"}, {"resourceNames": ["<x>"]}]}]""").ErrorText.ShouldBe(
            "[rules[0].resources.group: Invalid value: \"A\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'), "
            + "rules[0].resources.resourceNames: Invalid value: [\"\\u003cx\\u003e\"]: using resourceNames requires at least one resource]");

    [Fact]
    public void A_group_name_that_is_too_long_and_misspelt_has_both_faults_in_one_error() =>
        Load($$"""[{"level": "None", "resources": [{"group": "{{new string('a', 253)}}_"}]}]""").ErrorText
            .ShouldContain("_\": must be no more than 253 characters,a lowercase RFC 1123 subdomain must");

    [Fact]
    public void Values_are_quoted_as_Go_quotes_them() =>
        Load("""[{"level": "None", "nonResourceURLs": ["a\t\"\u0007é\u200b"]}]""").ErrorText
            .ShouldBe("rules[0].nonResourceURLs[0]: Invalid value: \"a\\t\\\"\\aé\\u200b\": non-resource URL rules must begin with a '/' character");

    [Fact]
    public void A_null_rule_or_entry_is_its_zero_value()
    {
        Load("[null]").ErrorText.ShouldBe("rules[0].level: Required value");
        var rule = Load("""[{"level": "None", "users": [null], "resources": [null]}]""").Policy!.Rules[0];
        rule.Users.ShouldBe([""]);
        rule.Resources.ShouldHaveSingleItem().Group.ShouldBe("");
    }

    [Fact]
    public void An_unknown_field_is_a_warning_for_the_API_server_and_an_error_for_Talos()
    {
        const string Rules = """[{"level": "None"}, {"level": "Metadata", "resources": [{"group": "", "resource": ["pods"]}]}]""";

        var lenient = Load(Rules);
        lenient.Policy!.Rules[1].Resources[0].Resources.ShouldBeEmpty();
        lenient.Warnings.ShouldBe([new PolicyWarning(1, "rules[1].resources[0].resource", "unknown field \"rules[1].resources[0].resource\"")]);

        var strict = Load(Rules, UnknownFields.Reject);
        strict.Policy.ShouldBeNull();
        strict.Errors.ShouldBe([new PolicyError(1, "rules[1].resources[0].resource", "strict decoding error: unknown field \"rules[1].resources[0].resource\"")]);
    }

    [Fact]
    public void Every_error_names_its_rule_and_field()
    {
        var errors = Load("""[{"level": "None"}, {"level": "x", "nonResourceURLs": ["y"], "omitStages": ["z"]}]""").Errors;
        errors.Select(error => error.Field).ShouldBe(["rules[1].level", "rules[1].nonResourceURLs[0]", "rules[1].omitStages[0]"]);
        errors.ShouldAllBe(error => error.RuleIndex == 1);
    }

    [Fact]
    public void A_written_policy_loads_again_as_the_same_policy()
    {
        foreach (var name in ReferenceCases.PolicyNames)
        {
            var policy = ReferenceCases.Policy(name);
            var again = PolicyLoader.Load(PolicyJson.Write(policy), UnknownFields.Reject);
            again.ErrorText.ShouldBe("", name);
            PolicyHash.Compute(again.Policy!).ShouldBe(PolicyHash.Compute(policy), name);
        }
    }

    [Theory]
    [InlineData("v1.35.4", 1)]
    [InlineData("1.36", 0)]
    [InlineData("v1.36.0-rc.1", 0)]
    [InlineData("2.0", 0)]
    public void Group_star_needs_version_1_36(string target, int errors)
    {
        var policy = Load("""[{"level": "None"}, {"level": "Metadata", "resources": [{"group": "*"}]}]""").Policy!;
        KubernetesVersion.TryParse(target, out var version).ShouldBeTrue();

        var found = VersionGate.Check(policy, version).ToList();

        found.Count.ShouldBe(errors);
        found.ShouldAllBe(error => error.RuleIndex == 1 && error.Message.Contains("1.36") && error.Message.Contains("rules[1]"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("one.two")]
    [InlineData("1.x")]
    public void A_version_that_is_none_is_not_guessed(string text) => KubernetesVersion.TryParse(text, out _).ShouldBeFalse();

    private static PolicyLoadResult Load(string rules, UnknownFields unknownFields = UnknownFields.Warn) =>
        PolicyLoader.Load(JsonNode.Parse($$"""{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": {{rules}}}"""), unknownFields);
}
