using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>What somebody else created is never taken over, whatever its name.</summary>
public sealed class NameConflictTests(RunningEstate running) : IClassFixture<RunningEstate>
{
    private readonly Estate estate = running.Estate;

    [Fact]
    public async Task A_foreign_ConfigMap_is_left_alone_until_it_makes_room()
    {
        await estate.NamespaceAsync("taken");
        await estate.ApplyAsync(ConfigMap("policy-talos-audit"));
        await estate.ApplyAsync("taken", "policy", Specs.Sound + "\nretryInterval: 1s");

        var policy = await estate.UntilAsync("taken", "policy", "Ready=False/NameConflict");

        policy.Says("Reconciling=True/ProgressingWithRetry").ShouldBeTrue();
        policy.Condition(Conditions.Ready)!.Message.ShouldContain("ConfigMap taken/policy-talos-audit");
        var foreign = await estate.GetAsync(RenderedKinds.ConfigMaps, "taken", "policy-talos-audit");
        ((string)foreign["data"]!["owner"]!).ShouldBe("somebody else");
        foreign["metadata"]!["ownerReferences"].ShouldBeNull();
        (await estate.ExistsAsync(RenderedKinds.ConfigMaps, "taken", "policy-fluent-bit")).ShouldBeTrue();

        await estate.DeleteAsync(RenderedKinds.ConfigMaps, "taken", "policy-talos-audit");

        (await estate.UntilAsync("taken", "policy", "Ready=True/Succeeded")).Said().ShouldNotContain("Reconciling");
    }

    [Fact]
    public async Task A_label_alone_makes_no_foreign_object_ours()
    {
        await estate.NamespaceAsync("labelled");
        var foreign = ConfigMap("policy-fluent-bit", "labelled");
        foreign["metadata"]!["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "comptroller" };
        await estate.ApplyAsync(foreign);
        await estate.ApplyAsync("labelled", "policy", Specs.Sound);

        await estate.UntilAsync("labelled", "policy", "Ready=False/NameConflict");

        ((string)(await estate.GetAsync(RenderedKinds.ConfigMaps, "labelled", "policy-fluent-bit"))["data"]!["owner"]!).ShouldBe("somebody else");
    }

    private static JsonObject ConfigMap(string name, string @namespace = "taken") => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = @namespace },
        ["data"] = new JsonObject { ["owner"] = "somebody else" },
    };
}
