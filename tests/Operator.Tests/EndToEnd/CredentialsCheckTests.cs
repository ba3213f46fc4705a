using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.Estates;
using Comptroller.Operator.Tests.PolicyAuditSchedules;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>deploy/credentials-check: what it permits, and what the operator makes of it.</summary>
public sealed class CredentialsCheckTests
{
    private static readonly string Folder = Repository.PathOf("deploy", "credentials-check");

    private static readonly IReadOnlyList<JsonObject> Permission =
        [.. YamlReader.ReadAll(File.ReadAllText(Path.Combine(Folder, "role.yaml"))).Select(document => document.Root).OfType<JsonObject>()];

    [Fact]
    public void It_permits_to_get_Secrets_by_name_and_nothing_else_to_the_operator_alone()
    {
        var role = Permission.Single(item => (string)item["kind"]! == "ClusterRole");
        role["rules"]!.ToJsonString().ShouldBe("""[{"apiGroups":[""],"resources":["secrets"],"verbs":["get"]}]""");
        var binding = Permission.Single(item => (string)item["kind"]! == "ClusterRoleBinding");
        ((string)binding["roleRef"]!["name"]!).ShouldBe((string)role["metadata"]!["name"]!);
        binding["subjects"]!.ToJsonString().ShouldBe($$"""[{"kind":"ServiceAccount","name":"comptroller","namespace":"{{Estate.OperatorNamespace}}"}]""");
        var listed = YamlReader.ReadFirst(File.ReadAllText(Path.Combine(Folder, "kustomization.yaml"))).Root!["resources"]!;
        listed.ToJsonString().ShouldBe("""["role.yaml"]""");
    }

    [Fact]
    public async Task With_it_a_missing_Secret_shows_before_the_first_run_and_holds_it()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync(Permission);
        var run = await estate.OperateAsync();
        await estate.ApplyAsync(Schedules.Document($"{{retryInterval: 1s, {Schedules.Sound}}}", "tenant", "default"));
        var held = await UntilAsync(estate, item => item.Says("Ready=False/CredentialsMissing"));
        held["status"]!["nextRunTime"].ShouldBeNull();
        ((bool)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "tenant-audit"))["spec"]!["suspend"]!).ShouldBeTrue();

        await estate.ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "falcon-api", ["namespace"] = "default" },
            ["stringData"] = new JsonObject { ["client_id"] = "id", ["client_secret"] = "value-nobody-needs" },
        });
        await UntilAsync(estate, item => item.Says("Ready=True/Succeeded"));
        ((bool)(await estate.GetAsync(RenderedKinds.CronJobs, "default", "tenant-audit"))["spec"]!["suspend"]!).ShouldBeFalse();
        run.Log.ToString()!.ShouldNotContain("value-nobody-needs");
        estate.Server.Requests.Count("LIST", "secrets").ShouldBe(0);
        estate.Server.Requests.Count("WATCH", "secrets").ShouldBe(0);
    }

    private static async Task<JsonObject> UntilAsync(Estate estate, Func<JsonObject, bool> holds) =>
        (await estate.UntilAsync(ResourceTypes.PolicyAuditSchedules, "default", "tenant", item => item is not null && item.IsObserved() && holds(item)))!;
}
