using System.Text;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Linting;
using Comptroller.AuditPolicies.Linting.Repairs;
using Comptroller.AuditPolicies.Model;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Verbs;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class LintVerbTests : IDisposable
{
    private const string Faulty =
        """
        # Production.
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages:
          - RequestReceived  # noise
          - ResponseStarted  # streams
        rules:
          # Nodes and controllers.
          - level: None
            users: [system:kube-scheduler]
            verbs: ["get", "update"] # only these

          # Secrets with everything.
          - level: Request  # careful
            omitManagedFields: true
            resources:
              - group: ""
                resources: ["secrets"]

          # Deployments.
          - level: Metadata
            verbs:
              - CREATE
              - delete
            resources:
              - group: apps

          # The rest.
          - level: Metadata

          # Never.
          - level: None

        """;

    private const string Mended =
        """
        # Production.
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages:
          - RequestReceived  # noise
        rules:
          # Whoever reads secrets leaves a trace.
          - level: Metadata
            users:
            - system:kube-scheduler
            verbs:
            - get
            resources:
            - group: ""
              resources:
              - secrets
          # Nodes and controllers.
          - level: None
            users: [system:kube-scheduler]
            verbs: ["get", "update"] # only these

          # Secrets with everything.
          - level: Metadata  # careful
            resources:
              - group: ""
                resources: ["secrets"]

          # Deployments.
          - level: Metadata
            verbs:
              - create
              - delete
              - deletecollection
            resources:
              - group: apps

          # The rest.
          - level: Metadata

        """;

    private readonly CommandLine _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task Safe_repairs_are_written_with_comments_kept_and_a_second_time_changes_nothing()
    {
        var file = _shell.Write("policy.yaml", Faulty);

        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "lint", file, "--fix");

        File.ReadAllText(file).ShouldBe(Mended);
        exit.ShouldBe(ExitCodes.Clean);
        output.ShouldStartWith($"--- {file}\n+++ {file}\n@@ ");
        output.ShouldContain("\n-  - ResponseStarted  # streams\n");
        output.ShouldContain("[interactive-subresources]");
        output.ShouldContain("errors: 0, warnings: 0, infos: ");
        (await CommandLine.RunAsync("audit-policy", "lint", file, "--fix")).Output.ShouldNotContain("---");
        File.ReadAllText(file).ShouldBe(Mended);
    }

    [Fact]
    public async Task A_difference_alone_writes_nothing_and_counts_what_is_there()
    {
        var file = _shell.Write("policy.yaml", Faulty);

        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "lint", file, "--diff");

        exit.ShouldBe(ExitCodes.Warnings);
        output.ShouldContain("\n+      - deletecollection\n");
        output.ShouldContain($"{file}:14: warning: rules[1]: rules[1] records secrets at level Request");
        output.ShouldContain($"{file}:5: warning: omitStages: omitStages has ResponseStarted");
        output.ShouldContain("  why: Secret data");
        output.ShouldContain("  fix: Put a rule");
        File.ReadAllText(file).ShouldBe(Faulty);
    }

    [Fact]
    public async Task Of_standard_input_the_mended_text_alone_is_on_standard_output()
    {
        var (exit, output, error) = await CommandLine.RunProcessAsync(Encoding.UTF8.GetBytes(Faulty), "audit-policy", "lint", "--fix", "-");

        output.ShouldBe(Mended);
        exit.ShouldBe(ExitCodes.Clean, error);
        error.ShouldStartWith("--- -\n+++ -\n@@ ");
        error.ShouldContain("\n-  - ResponseStarted  # streams\n");
        error.ShouldContain("errors: 0, warnings: 0, infos: ");
    }

    [Fact]
    public async Task What_the_api_server_would_refuse_is_an_error_with_its_line()
    {
        var file = _shell.Write("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: none\n- level: Metadata\n  nonResourceURLs: [healthz]\n");

        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "lint", file, "--fix");

        exit.ShouldBe(ExitCodes.Errors);
        output.ShouldContain($"{file}:4: error: rules[0]: rules[0].level: Unsupported value");
        output.ShouldContain("[refused-by-api-server]");
        output.ShouldContain("errors: 2, warnings: 0, infos: 0");
    }

    [Fact]
    public async Task A_misspelt_field_of_a_policy_is_a_finding_about_its_rule()
    {
        var file = _shell.Write("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n  resource: [pods]\n");

        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "lint", file);

        exit.ShouldBe(ExitCodes.Warnings);
        output.ShouldContain($"{file}:5: warning: rules[0]: unknown field \"rules[0].resource\" [ignored-field]");
    }

    [Fact]
    public async Task A_version_that_does_not_know_the_wildcard_is_an_error()
    {
        var file = _shell.Write("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules:\n- level: Metadata\n  resources: [{group: \"*\"}]\n- level: Metadata\n");

        (await CommandLine.RunAsync("audit-policy", "lint", file, "--kubernetes-version", "1.35")).Exit.ShouldBe(ExitCodes.Errors);
        (await CommandLine.RunAsync("audit-policy", "lint", file, "--kubernetes-version", "1.36")).Exit.ShouldBe(ExitCodes.Clean);
        (await CommandLine.RunAsync("audit-policy", "lint", file, "--kubernetes-version", "new")).ShouldSatisfyAllConditions(
            run => run.Exit.ShouldBe(ExitCodes.Errors),
            run => run.Error.ShouldContain("--kubernetes-version: \"new\""));
    }

    [Fact]
    public async Task Findings_are_there_as_json_with_rule_reason_and_way_out()
    {
        var (_, output, _) = await CommandLine.RunAsync("audit-policy", "lint", _shell.Write("policy.yaml", Faulty), "-o", "json");

        var remarks = JsonNode.Parse(output)!.AsArray().ShouldHaveSingleItem()!["remarks"]!.AsArray();
        var leak = remarks.Single(remark => (string?)remark!["id"] == "bodies-of-secrets")!;
        ((int)leak["rule"]!).ShouldBe(1);
        ((int)leak["line"]!).ShouldBe(14);
        ((string)leak["why"]!).ShouldNotBeEmpty();
        ((string)leak["fix"]!).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_resource_is_mended_in_its_own_rules_and_not_in_those_of_its_profile()
    {
        var file = _shell.Write("resource.yaml", """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: other}
            ---
            apiVersion: comptroller.dev/v1alpha1
            kind: AuditPolicy
            metadata: {name: own}
            spec:
              profile: Baseline
              rules:
                - level: Metadata
                  omitManagedFields: true
                  resources: [{group: example.com}]
                  verbs: [DELETE, deletecollection] # all of it
            """);

        await CommandLine.RunAsync("audit-policy", "lint", file, "--fix");

        File.ReadAllText(file).ReplaceLineEndings("\n").ShouldEndWith("  rules:\n    - level: Metadata\n      resources: [{group: example.com}]\n      verbs: [delete, deletecollection] # all of it");
    }

    [Fact]
    public async Task What_an_alias_stands_for_is_left_to_a_person()
    {
        var file = _shell.Write("policy.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: &s [ResponseStarted, RequestReceived]\nrules:\n- level: None\n  verbs: [list]\n  resources: [{group: apps}]\n  omitStages: *s\n- level: Metadata\n");

        var (exit, _, error) = await CommandLine.RunAsync("audit-policy", "lint", file, "--fix");

        exit.ShouldBe(ExitCodes.Warnings);
        error.ShouldContain($"{file}:1: mend this one by hand");
        File.ReadAllText(file).ShouldContain("&s [ResponseStarted");
    }

    [Fact]
    public async Task A_file_without_a_policy_is_an_error() =>
        (await CommandLine.RunAsync("audit-policy", "lint", _shell.Write("x.yaml", "apiVersion: v1\nkind: ConfigMap\n"))).Exit.ShouldBe(ExitCodes.Errors);

    [Fact]
    public void Texts_of_every_style_are_mended_as_their_policies_are()
    {
        var random = new Random(8);
        var changed = 0;
        for (var round = 0; round < 150; round++)
        {
            var document = RandomDocument(random);
            foreach (var text in new[] { document.ToJsonString(), document.ToJsonString(new() { WriteIndented = true }), YamlWriter.Write(document), Commented(YamlWriter.Write(document)) })
            {
                var mended = MendedFile.Of("p.yaml", text, null);

                mended.Problems.ShouldBeEmpty(text);
                MendedFile.Of("p.yaml", mended.After, null).After.ShouldBe(mended.After);
                PolicyJson.Write(Policy(mended.After)).ToJsonString().ShouldBe(PolicyJson.Write(Mend(Policy(text))).ToJsonString(), text);
                changed += mended.After == text ? 0 : 1;
            }
        }

        changed.ShouldBeGreaterThan(300);
    }

    private static Policy Policy(string text) => PolicyDocument.Of(ResourceFiles.Parse("p.yaml", text)[0]).Policy;

    private static Policy Mend(Policy policy)
    {
        while (PolicyRepairs.Next(new LintContext(policy)) is { IsEmpty: false } repairs)
        {
            policy = PolicyEdits.Apply(policy, repairs.SelectMany(repair => repair.Edits));
        }

        return policy;
    }

    private static string Commented(string yaml) => string.Concat(yaml.Split('\n').SkipLast(1).Select((line, index) =>
        $"{(index % 3 == 0 ? $"{line[..^line.TrimStart().Length]}# above: {index}\n" : "")}{line}{(index % 2 == 0 ? "  # beside: it" : "")}\n"));

    private static JsonObject RandomDocument(Random random)
    {
        JsonArray Some(params string[] values) => new([.. values.Where(_ => random.Next(2) == 0).DefaultIfEmpty(values[0]).Select(value => (JsonNode)value)]);
        var rules = new JsonArray();
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            var rule = new JsonObject();
            if (random.Next(3) == 0)
            {
                rule["omitManagedFields"] = random.Next(2) == 0;
            }

            rule["level"] = ((Level)random.Next(4)).ToString();
            if (random.Next(3) == 0)
            {
                rule["users"] = Some("a", "*", "b");
            }

            if (random.Next(2) == 0)
            {
                rule["verbs"] = Some("GET", "get", "delete", "List", "*");
            }

            if (random.Next(3) == 0)
            {
                rule["omitStages"] = Some("ResponseStarted", "Panic", "RequestReceived");
            }

            if (random.Next(2) == 0)
            {
                rule["resources"] = new JsonArray(new JsonObject { ["group"] = "", ["resources"] = Some("secrets", "Pods", "*/*", "pods/exec") }, new JsonObject { ["group"] = "apps" });
            }

            rules.Add(rule);
        }

        var document = new JsonObject { ["apiVersion"] = "audit.k8s.io/v1", ["kind"] = "Policy" };
        if (random.Next(2) == 0)
        {
            document["omitStages"] = Some("ResponseStarted", "RequestReceived");
        }

        document["rules"] = rules;
        return document;
    }
}
