using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Verbs;

namespace Comptroller.Operator.Tests;

/// <summary>What <c>kubectl apply -k deploy/base</c> installs. That it builds is checked by tools/verify.sh, with kubectl itself.</summary>
public sealed class DeployTests
{
    private static readonly IReadOnlyList<JsonObject> Installed = [.. Built("deploy/base")];

    [Fact]
    public void Everything_generated_is_installed()
    {
        var files = Directory.EnumerateFiles(Repository.PathOf("config", "crd"), "comptroller.dev_*.yaml")
            .Concat(Directory.EnumerateFiles(Repository.PathOf("config", "rbac"), "*.yaml"))
            .Where(file => Path.GetFileName(file) != "kustomization.yaml")
            .SelectMany(file => Documents(file).Select(Name));
        files.Except(Installed.Select(Name)).ShouldBeEmpty();
    }

    [Fact]
    public void The_namespace_enforces_the_restricted_standard_and_the_pod_meets_it()
    {
        foreach (var mode in new[] { "enforce", "warn", "audit" })
        {
            ((string?)Only("Namespace")["metadata"]!["labels"]![$"pod-security.kubernetes.io/{mode}"]).ShouldBe("restricted");
        }

        var pod = Pod();
        ((bool)pod["securityContext"]!["runAsNonRoot"]!).ShouldBeTrue();
        ((long)pod["securityContext"]!["runAsUser"]!).ShouldBeGreaterThan(0);
        ((string?)pod["securityContext"]!["seccompProfile"]!["type"]).ShouldBe("RuntimeDefault");
        foreach (var field in new[] { "hostNetwork", "hostPID", "hostIPC", "volumes" })
        {
            pod[field].ShouldBeNull();
        }

        var context = Container()["securityContext"]!;
        ((bool)context["allowPrivilegeEscalation"]!).ShouldBeFalse();
        ((bool)context["readOnlyRootFilesystem"]!).ShouldBeTrue();
        context["capabilities"]!.ToJsonString().ShouldBe("""{"drop":["ALL"]}""");
        context["privileged"].ShouldBeNull();
    }

    /// <summary>Of the images without a shell only those named <c>extra</c> hold time zones; without them every zone but UTC would be an error there, and nowhere else.</summary>
    [Fact]
    public void The_image_has_the_time_zones_in_which_schedules_are_read()
    {
        File.ReadLines(Repository.PathOf("Dockerfile")).Last(line => line.StartsWith("FROM ", StringComparison.Ordinal)).ShouldEndWith("-chiseled-extra");
        var settings = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "comptroller.runtimeconfig.json")))!["runtimeOptions"]!["configProperties"]!;
        ((bool?)settings["System.TimeZoneInfo.Invariant"] ?? false).ShouldBeFalse("the program would not read the zones of the image");
    }

    [Fact]
    public void Two_elect_a_leader_and_a_drain_leaves_one()
    {
        ((long)Only("Deployment")["spec"]!["replicas"]!).ShouldBe(2);
        Arguments().ShouldContain("--leader-elect");
        var budget = Only("PodDisruptionBudget")["spec"]!;
        ((long)budget["maxUnavailable"]!).ShouldBe(1);
        JsonNode.DeepEquals(budget["selector"], Only("Deployment")["spec"]!["selector"]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("startupProbe", "/livez")]
    [InlineData("livenessProbe", "/livez")]
    [InlineData("readinessProbe", "/readyz")]
    public void Probes_ask_what_the_operator_serves(string probe, string path)
    {
        var request = Container()[probe]!["httpGet"]!;
        ((string?)request["path"]).ShouldBe(path);
        Arguments().ShouldContain($"--health-probe-bind-address=:{Port((string)request["port"]!)}");
    }

    [Fact]
    public void The_service_leads_to_the_metrics()
    {
        var service = Only("Service")["spec"]!;
        var port = service["ports"]!.AsArray().ShouldHaveSingleItem()!;
        Arguments().ShouldContain($"--metrics-bind-address=:{Port((string)port["targetPort"]!)}");
        JsonNode.DeepEquals(service["selector"], Only("Deployment")["spec"]!["selector"]!["matchLabels"]).ShouldBeTrue();
    }

    [Fact]
    public void The_operator_runs_as_the_account_that_the_roles_are_bound_to()
    {
        var account = (string)Pod()["serviceAccountName"]!;
        var bindings = Installed.Where(item => ((string)item["kind"]!).EndsWith("Binding", StringComparison.Ordinal)).ToList();
        bindings.Count.ShouldBe(2);
        foreach (var subject in bindings.Select(binding => binding["subjects"]!.AsArray().ShouldHaveSingleItem()!))
        {
            ((string)subject["name"]!, (string)subject["namespace"]!).ShouldBe((account, (string)Only("Deployment")["metadata"]!["namespace"]!));
        }
    }

    [Fact]
    public void Nothing_installed_by_default_reads_a_secret_and_what_does_is_opt_in()
    {
        Installed.SelectMany(Rules).ShouldAllBe(rule => !Grants(rule, "secrets"));
        var optional = Built("deploy/credentials-check").SelectMany(Rules).ToList();
        optional.ShouldHaveSingleItem().ToJsonString().ShouldBe("""{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}""");
    }

    [Fact]
    public void Backups_of_the_estate_may_list_our_kinds_and_read_no_secret()
    {
        var rules = Built("deploy/estate-backup").SelectMany(Rules).ToList();
        rules.ShouldAllBe(rule => !Grants(rule, "secrets"));
        rules.SelectMany(rule => rule["verbs"]!.AsArray()).Select(verb => (string)verb!).Distinct().ShouldBe(["list", "get"]);
        foreach (var kind in AdmittedResource.Kinds)
        {
            rules.ShouldContain(rule => Grants(rule, kind.Plural), kind.Plural);
        }
    }

    private static bool Grants(JsonNode rule, string resource) =>
        rule["resources"]?.AsArray().Any(each => (string?)each == resource || (string?)each == "*") == true;

    private static IEnumerable<JsonNode> Rules(JsonObject item) =>
        (string)item["kind"]! is "ClusterRole" or "Role" && Name(item) is var name && !name.EndsWith("-edit", StringComparison.Ordinal) && !name.EndsWith("-view", StringComparison.Ordinal)
            ? item["rules"]!.AsArray().OfType<JsonNode>()
            : [];

    private static JsonObject Only(string kind) => Installed.Where(item => (string?)item["kind"] == kind).ShouldHaveSingleItem();

    private static JsonNode Pod() => Only("Deployment")["spec"]!["template"]!["spec"]!;

    private static JsonNode Container() => Pod()["containers"]!.AsArray().ShouldHaveSingleItem()!;

    private static IEnumerable<string> Arguments() => Container()["args"]!.AsArray().Select(argument => (string)argument!);

    private static long Port(string name) => Container()["ports"]!.AsArray().Where(port => (string?)port!["name"] == name).Select(port => (long)port!["containerPort"]!).Single();

    private static string Name(JsonObject item) => $"{item["kind"]} {item["metadata"]!["name"]}";

    /// <summary>The documents that a kustomization names, its own ones and those of the kustomizations below.</summary>
    private static IEnumerable<JsonObject> Built(string folder)
    {
        var kustomization = Documents(Repository.PathOf(folder, "kustomization.yaml")).Single();
        foreach (var entry in kustomization["resources"]!.AsArray().Select(entry => Path.Combine(folder, (string)entry!)))
        {
            foreach (var document in entry.EndsWith(".yaml", StringComparison.Ordinal) ? Documents(Repository.PathOf(entry)) : Built(entry))
            {
                yield return document;
            }
        }
    }

    private static IEnumerable<JsonObject> Documents(string file) => YamlReader.ReadAll(File.ReadAllText(file)).Select(document => document.Root).OfType<JsonObject>();
}
