using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>
/// What each resource under testdata/plan is rendered into, byte for byte. A case without input.yaml is the sample of its name in
/// config/samples. COMPTROLLER_UPDATE_GOLDENS=1 writes the expectations anew; read the difference before committing it.
/// </summary>
public sealed class AuditPolicyPlanTests
{
    private static readonly string Folder = Repository.PathOf("tests", "Operator.Tests", "testdata", "plan");

    public static TheoryData<string> Cases() => [.. Directory.EnumerateDirectories(Folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_resource_is_rendered_as_recorded(string name)
    {
        var plan = AuditPolicyPlan.Make(Specs.Read(Input(name)));

        plan.Errors.ShouldBeEmpty();
        var expectation = Path.Combine(Folder, name, "expected.yaml");
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(expectation, Text(plan));
        }

        Text(plan).ShouldBe(File.ReadAllText(expectation));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equal_resources_give_equal_bytes(string name) =>
        Text(AuditPolicyPlan.Make(Specs.Read(Input(name)))).ShouldBe(Text(AuditPolicyPlan.Make(Specs.Read(Input(name)))));

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_Talos_patch_holds_the_policy_and_the_log_settings_and_nothing_else(string name)
    {
        var plan = AuditPolicyPlan.Make(Specs.Read(Input(name)));

        foreach (var (_, patch) in plan.TalosPatch?.Body["data"]!.AsObject() ?? [])
        {
            foreach (var document in YamlReader.ReadAll((string)patch!).Select(document => document.Root!.AsObject()))
            {
                Paths(document).ShouldAllBe(path => IsAllowedInPatch(path));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_Fluent_Bit_that_is_installed_is_the_one_that_is_shown(string name)
    {
        var plan = AuditPolicyPlan.Make(Specs.Read(Input(name)));

        foreach (var (file, text) in plan.FluentBit?.Body["data"]!.AsObject() ?? [])
        {
            if (!file.EndsWith(AuditPolicyObjects.ValuesFile, StringComparison.Ordinal))
            {
                continue;
            }

            var prefix = file[..^AuditPolicyObjects.ValuesFile.Length];
            var values = YamlReader.ReadFirst((string)text!).Root!;
            var config = values["config"]!;
            var files = plan.FluentBit!.Body["data"]!;
            var configuration = config["extraFiles"] is { } extra
                ? Yaml((string)extra[AuditPolicyObjects.FluentBitFile]!, (string)files[prefix + AuditPolicyObjects.FluentBitFile]!)
                : Classic(config, (string)files[prefix + AuditPolicyObjects.FluentBitClassicFile]!);
            var variables = values["env"]?.AsArray().Select(variable => (string)variable!["name"]!) ?? [];
            FluentBitCheck.Check(configuration, variables).ShouldBeEmpty();
        }
    }

    [Fact]
    public void The_password_is_named_and_never_rendered()
    {
        var files = AuditPolicyPlan.Make(Specs.Read(Input("basic-auth"))).FluentBit!.Body["data"]!;

        ((string)files[AuditPolicyObjects.FluentBitFile]!).ShouldContain("${VICTORIALOGS_PASSWORD}");
        var variable = YamlReader.ReadFirst((string)files[AuditPolicyObjects.ValuesFile]!).Root!["env"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)variable["name"]!).ShouldBe("VICTORIALOGS_PASSWORD");
        ((string)variable["valueFrom"]!["secretKeyRef"]!["name"]!).ShouldBe("victoria-logs-writer");
        ((string)variable["valueFrom"]!["secretKeyRef"]!["key"]!).ShouldBe("token");
    }

    [Fact]
    public void The_rules_expect_the_writes_of_the_operator_that_applies_them()
    {
        var options = new OperatorOptions { Cluster = null!, PodNamespace = "tools", ServiceAccount = "reporter" };
        (options with { PodNamespace = null }).User.ShouldBe("system:serviceaccount:comptroller-system:comptroller");

        var rules = AuditPolicyPlan.Make(Specs.Read(Input("full")), options.User).Alerts!.Body.ToJsonString();
        rules.ShouldContain("system:serviceaccount:tools:reporter");
        rules.ShouldNotContain("system:serviceaccount:comptroller-system:comptroller");
    }

    [Fact]
    public void A_release_takes_its_values_from_the_ConfigMap_it_stands_in()
    {
        var map = AuditPolicyPlan.Make(Specs.Read(Input("full"))).FluentBit!.Body;
        var files = map["data"]!.AsObject();
        var releases = files.Where(file => file.Key.EndsWith(AuditPolicyObjects.ReleaseFile, StringComparison.Ordinal)).ToList();
        releases.Count.ShouldBe(4);
        releases.Select(file => YamlReader.ReadAll((string)file.Value!)[1].Root!).Select(release => (string)release["metadata"]!["name"]!).ShouldBeUnique();
        foreach (var values in releases.Select(file => YamlReader.ReadAll((string)file.Value!)[1].Root!["spec"]!["valuesFrom"]![0]!))
        {
            ((string)values["name"]!).ShouldBe((string)map["metadata"]!["name"]!);
            files.ContainsKey((string)values["valuesKey"]!).ShouldBeTrue();
        }
    }

    private static JsonObject Yaml(string installed, string shown)
    {
        installed.ShouldBe(shown);
        return (JsonObject)YamlReader.ReadFirst(shown).Root!;
    }

    private static JsonObject Classic(JsonNode config, string shown)
    {
        string.Join('\n', new[] { "service", "inputs", "filters", "outputs" }.Select(section => (string)config[section]!)).ShouldBe(shown);
        return ClassicFormat.Read(shown, (string)config["customParsers"]!);
    }

    private static string Input(string name)
    {
        var own = Path.Combine(Folder, name, "input.yaml");
        return File.ReadAllText(File.Exists(own) ? own : Repository.PathOf("config", "samples", $"auditpolicy-{name}.yaml"));
    }

    private static string Text(AuditPolicyPlan plan)
    {
        var verdict = new JsonObject
        {
            ["policyHash"] = plan.PolicyHash,
            ["ruleCount"] = plan.RuleCount,
            ["findings"] = new JsonArray([.. plan.Findings.Select(finding => (JsonNode)$"{finding.Severity} {finding.Id} {finding.RuleIndex?.ToString() ?? "policy"}")]),
        };
        return YamlWriter.WriteAll([verdict, .. plan.Objects.Select(item => item.Body)]);
    }

    /// <summary>Every place in a document, without the inside of the policy and without list indexes.</summary>
    private static IEnumerable<string> Paths(JsonNode node, string path = "") => node switch
    {
        JsonObject mapping when !IsPolicy(path) => mapping.SelectMany(field => Paths(field.Value!, path.Length == 0 ? field.Key : $"{path}.{field.Key}")),
        JsonArray list => list.SelectMany(item => Paths(item!, path)),
        _ => [path],
    };

    private static bool IsPolicy(string path) => path is "cluster.apiServer.auditPolicy" or "configuration";

    // image would downgrade the API server, certSANs append on merge, disablePodSecurityPolicy is refused by Talos 1.14, and with a
    // path of its own the API server does not start.
    private static bool IsAllowedInPatch(string path) => path is "apiVersion" or "kind" || IsPolicy(path)
        || path.Split('.') is ["cluster", "apiServer", "extraArgs", "audit-log-maxage" or "audit-log-maxbackup" or "audit-log-maxsize" or "audit-log-compress" or "audit-log-truncate-enabled" or "audit-log-truncate-max-event-size" or "audit-log-truncate-max-batch-size"]
            or ["extraArgs", "audit-log-maxage" or "audit-log-maxbackup" or "audit-log-maxsize" or "audit-log-compress" or "audit-log-truncate-enabled" or "audit-log-truncate-max-event-size" or "audit-log-truncate-max-batch-size"];
}
