using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>Objects stored under another schema than today's.</summary>
public sealed class StoredObjectTests
{
    [Fact]
    public async Task R8_an_object_that_cannot_be_read_is_marked_and_the_others_go_on()
    {
        await using var estate = await Estate.StartAsync("VMRule");
        await estate.ApplyAsync(Loosened(Estate.Crd("AuditPolicy")));
        await estate.ApplyAsync("default", "odd", "rules: [{level: 5}]");
        await estate.ApplyAsync("default", "even", Specs.Sound);
        await estate.ApplyAsync(Estate.Crd("AuditPolicy"));
        var run = await estate.OperateAsync();

        await estate.UntilAsync("default", "even", "Ready=True/Succeeded");
        var odd = await estate.UntilAsync("default", "odd", "Stalled=True/Undecodable");

        odd.Condition(Conditions.Ready)!.Message.ShouldContain("spec.rules[0].level");
        await run.UntilReadyAsync();

        await estate.ApplyAsync("default", "odd", Specs.Sound);
        (await estate.UntilAsync("default", "odd", "Ready=True/Succeeded")).Condition(Conditions.Stalled).ShouldBeNull();
    }

    [Fact]
    public async Task A_value_that_todays_schema_refuses_is_told_as_an_invalid_spec()
    {
        await using var estate = await Estate.StartAsync("VMRule");
        await estate.ApplyAsync(Loosened(Estate.Crd("AuditPolicy")));
        await estate.ApplyAsync("default", "policy", Specs.Sound + "\ninterval: often");
        await estate.OperateAsync();

        var policy = await estate.UntilAsync("default", "policy", "Stalled=True/InvalidSpec");

        policy.Condition(Conditions.Ready)!.Message.ShouldContain("spec.interval");
    }

    /// <summary>The same kind, its spec unchecked.</summary>
    private static JsonObject Loosened(JsonObject crd)
    {
        crd["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"] =
            new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        return crd;
    }
}
