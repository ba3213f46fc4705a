using System.Text.Json.Nodes;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class TestVerbTests : IDisposable
{
    private const string Sound = """
        policies:
          inline:
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: None
              users: [system:kube-proxy]
            - level: Metadata
              omitStages: [Panic]
          beside: policy.yaml
        cases:
        - id: secrets-are-recorded
          policy: inline
          request: {user: alice, verb: get, resource: secrets, namespace: prod, name: db}
          expected: {level: Metadata, omitStages: [Panic, RequestReceived], matchedRuleIndex: 1, allMatchingRuleIndexes: [1]}
        - id: by-url
          policy: beside
          request: {user: null, method: DELETE, url: /api/v1/namespaces/prod/secrets}
          expected: {level: RequestResponse}
        policyLoadCases:
        - id: no-rules
          raw: |
            apiVersion: audit.k8s.io/v1
            kind: Policy
          loads: false
          error: loaded illegal policy with 0 rules
        """;

    private readonly CommandLine _shell = new();

    public TestVerbTests() => _shell.Write("policy.yaml", """
        apiVersion: comptroller.dev/v1alpha1
        kind: AuditPolicy
        metadata: {name: beside}
        spec:
          rules:
          - level: RequestResponse
            verbs: [deletecollection]
            namespaces: [prod]
          - level: None
        """);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Files_that_pass_are_counted_together()
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "test", _shell.Write("a.yaml", Sound), _shell.Write("b.yaml", Sound));

        exit.ShouldBe(0);
        output.ShouldBe("6 passed, 0 failed\n");
    }

    [Fact]
    public async Task The_reference_cases_pass()
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "test", Repository.PathOf("tests/AuditPolicies.Tests/testdata/kubernetes-audit.json"));

        output.ShouldBe("199 passed, 0 failed\n");
        exit.ShouldBe(0);
    }

    [Fact]
    public async Task A_failure_is_shown_as_a_difference_with_its_line()
    {
        var file = _shell.Write("a.yaml", Sound.Replace("level: Metadata, omit", "level: Request, omit", StringComparison.Ordinal));

        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "test", file);

        exit.ShouldBe(1);
        output.ShouldBe($"""
            FAIL {file}:13: secrets-are-recorded: get secrets db in prod by alice, policy inline
              --- expected
              +++ actual
              -level: Request
              +level: Metadata
               omitStages: [RequestReceived, Panic]
               matchedRuleIndex: 1
               allMatchingRuleIndexes: [1]

            2 passed, 1 failed

            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("desired: {level: Request}\n  expected: {level: Metadata}", "1 passed, 0 failed")]
    [InlineData("recommended: {level: Request}\n  expected: {level: Metadata}", "1 passed, 0 failed")]
    [InlineData("desired: null\n  expected: {level: Request}", "1 passed, 0 failed")]
    [InlineData("desired: {level: Metadata}\n  expected: {level: Request}", "0 passed, 1 failed")]
    public async Task What_is_wanted_counts_more_than_what_was_recorded(string expectations, string summary)
    {
        var file = _shell.Write("a.yaml", $$$"""
            policies: {p: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: Request}]}}
            cases:
            - id: a
              policy: p
              request: {user: alice, verb: get, path: /healthz}
              {{{expectations}}}
            """);

        var (_, output, _) = await CommandLine.RunAsync("audit-policy", "test", file);

        output.TrimEnd().Split('\n')[^1].ShouldBe(summary);
    }

    [Fact]
    public async Task Group_star_loads_only_where_the_file_says_a_version_that_knows_it()
    {
        const string Cases = """
            policyLoadCases:
            - id: star
              policy: {apiVersion: audit.k8s.io/v1, kind: Policy, rules: [{level: None, resources: [{group: "*"}]}]}
              loads: true
            """;

        (await CommandLine.RunAsync("audit-policy", "test", _shell.Write("new.yaml", "kubernetesVersion: 1.36.2\n" + Cases))).Output.ShouldBe("1 passed, 0 failed\n");
        (await CommandLine.RunAsync("audit-policy", "test", _shell.Write("old.yaml", "kubernetesVersion: v1.35\n" + Cases))).Output
            .ShouldContain("+error: rules[0].resources.group: Invalid value: \"*\": a lowercase RFC 1123 subdomain");
    }

    // Found by reading policy.LoadPolicyFromBytes and the decoders below it; the words of a YAML parser alone are not compared.
    [Fact]
    public async Task Texts_of_policies_load_as_the_api_server_loads_them()
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "test", Repository.PathOf("tests/Operator.Tests/testdata/policy-texts.yaml"));

        output.ShouldBe("32 passed, 0 failed\n");
        exit.ShouldBe(0);
    }

    [Theory]
    [InlineData("apiVersion: audit.k8s.io/v1\n\tkind: Policy", "failed decoding: yaml: line 2: found character that cannot start any token", "1 passed, 0 failed")]
    [InlineData("apiVersion: audit.k8s.io/v1\n\tkind: Policy", "rules[0].level: Required value", "0 passed, 1 failed")]
    [InlineData("apiVersion: audit.k8s.io/v1", "failed decoding: yaml: line 2: found character that cannot start any token", "0 passed, 1 failed")]
    public async Task Broken_text_has_to_be_expected_but_not_in_the_words_of_one_parser(string raw, string error, string summary)
    {
        var file = new JsonObject { ["policyLoadCases"] = new JsonArray(new JsonObject { ["id"] = "a", ["raw"] = raw, ["loads"] = false, ["error"] = error }) };

        var (_, output, _) = await CommandLine.RunAsync("audit-policy", "test", _shell.Write("a.json", file.ToJsonString()));

        output.TrimEnd().Split('\n')[^1].ShouldBe(summary);
    }

    [Theory]
    [InlineData("level: Metadata, omit", "lvl: Metadata, omit", ":16: cases[0].expected.lvl: unknown field")]
    [InlineData("level: Metadata, omit", "level: metadata, omit", ":16: cases[0].expected.level: \"metadata\" is none of None, Metadata")]
    [InlineData("matchedRuleIndex: 1", "matchedRuleIndex: one", ":16: cases[0].expected.matchedRuleIndex: must be a whole number")]
    [InlineData("user: alice, ", "", ":15: cases[0].request.user: is required")]
    [InlineData("policy: inline", "policy: inlin", ":14: cases[0].policy: no policy \"inlin\"")]
    [InlineData("id: by-url", "id: secrets-are-recorded", ":17: cases[1].id: \"secrets-are-recorded\" is the id of cases[0] as well")]
    [InlineData("method: DELETE, ", "", ":19: cases[1].request.method: method and url come together")]
    [InlineData("expected: {level: RequestResponse}", "expected: {}", ":20: cases[1].expected: expects nothing")]
    [InlineData("loads: false", "loads: true", ":27: policyLoadCases[0].error: contradicts")]
    [InlineData("beside: policy.yaml", "beside: 3", ":11: policies.beside: must be a policy, or the path")]
    [InlineData("beside: policy.yaml", "beside: gone.yaml", "gone.yaml: no such file")]
    [InlineData("cases:", "cases: [", ": ")]
    public async Task A_file_that_cannot_be_used_is_refused_with_place_and_way_out(string sound, string faulty, string message)
    {
        var (exit, output, error) = await CommandLine.RunAsync("audit-policy", "test", _shell.Write("a.yaml", Sound.Replace(sound, faulty, StringComparison.Ordinal)));

        exit.ShouldBe(2);
        output.ShouldNotContain("passed");
        error.ShouldContain(message);
    }
}
