using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.Tests.AuditPolicies;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>RBAC that withholds one kind is named by verb and resource, and mended without a restart.</summary>
public sealed class PermissionTests
{
    [Fact]
    public async Task R11_a_start_without_permission_on_ConfigMaps_names_it_and_heals()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync(Without("configmaps"));
        var run = await estate.OperateAsync();

        await run.UntilReadyzAsync((healthy, text) => !healthy && text.Contains("not allowed to list configmaps", StringComparison.Ordinal));
        (await run.Log.LineAsync("RBAC withholds 'list' on configmaps")).ShouldContain("config/rbac/manager.yaml");

        await estate.ApplyAsync(Estate.Role("comptroller-manager"));
        await estate.ApplyAsync("default", "policy", Specs.Sound);
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
        await run.UntilReadyAsync();
    }

    [Fact]
    public async Task A_kind_that_may_not_be_written_is_named_in_the_status_and_heals()
    {
        await using var estate = await Estate.StartAsync();
        await estate.ApplyAsync(Without("vmrules"));
        var run = await estate.OperateAsync();
        await run.Log.LineAsync("RBAC withholds 'patch' on vmrules.operator.victoriametrics.com in all namespaces");
        await estate.ApplyAsync("default", "policy", Specs.Sound);

        var policy = await estate.UntilAsync("default", "policy", "Ready=False/Failed");

        var message = policy.Condition(Conditions.Ready)!.Message;
        message.ShouldContain("VMRule default/policy-audit-alerts");
        message.ShouldContain("vmrules.operator.victoriametrics.com");
        message.ShouldContain("cannot patch");

        await estate.ApplyAsync(Estate.Role("comptroller-manager"));
        await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");
    }

    [Fact]
    public async Task The_roles_of_config_rbac_withhold_nothing()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        await estate.ApplyAsync(Estate.Sample("small"));
        await estate.UntilAsync("default", "small", "Ready=True/Succeeded");
        await run.StopAsync();

        run.Log.ToString().ShouldNotContain("RBAC withholds");
        run.Log.ToString().ShouldNotContain("forbidden");
    }

    /// <summary>The manager's role without the rule for one resource.</summary>
    private static JsonObject Without(string resource)
    {
        var role = Estate.Role("comptroller-manager");
        var rules = role["rules"]!.AsArray();
        rules.Remove(rules.Single(rule => rule!["resources"]!.AsArray().Any(each => (string)each! == resource))).ShouldBeTrue();
        return role;
    }
}
