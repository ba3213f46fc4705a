using System.Text.Json.Nodes;
using Comptroller.CrdGen;
using Comptroller.Crds.AuditBackups;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Crds.PolicyAuditSchedules;

namespace Comptroller.Crds.Tests;

public sealed class RbacTests
{
    private static readonly JsonObject[] Objects = [.. Rbac.Build([typeof(AuditBackup), typeof(AuditPolicy), typeof(PolicyAuditSchedule)]).Values.SelectMany(file => file)];

    [Fact]
    public void No_role_has_a_wildcard_or_touches_secrets()
    {
        var rules = Objects.SelectMany(Rules).ToArray();
        rules.ShouldNotBeEmpty();
        foreach (var value in rules.SelectMany(rule => rule.AsObject()).SelectMany(field => field.Value!.AsArray()))
        {
            ((string)value!).ShouldNotContain("*");
            ((string)value!).ShouldNotStartWith("secrets");
        }
    }

    [Fact]
    public void No_role_may_give_itself_more() =>
        Objects.SelectMany(Rules).SelectMany(rule => rule["verbs"]!.AsArray()).Select(verb => (string)verb!)
            .ShouldAllBe(verb => verb != "escalate" && verb != "bind" && verb != "impersonate");

    [Fact]
    public void The_manager_may_not_write_the_spec_that_users_own()
    {
        var manager = Objects.Single(role => (string)role["kind"]! == "ClusterRole" && (string)role["metadata"]!["name"]! == "comptroller-manager");
        var verbs = Rules(manager)
            .Where(rule => rule["resources"]!.AsArray().Any(resource => (string)resource! is "auditbackups" or "auditpolicies" or "policyauditschedules"))
            .SelectMany(rule => rule["verbs"]!.AsArray()).Select(verb => (string)verb!);
        verbs.Distinct().ShouldBe(["get", "list", "watch"]);
    }

    [Fact]
    public void Of_the_pods_of_others_nothing_may_be_changed() =>
        Objects.SelectMany(Rules).Where(rule => (rule["resources"] as JsonArray ?? []).Any(resource => (string)resource! == "pods"))
            .SelectMany(rule => rule["verbs"]!.AsArray()).Select(verb => (string)verb!).ShouldBe(["list", "watch"]);

    [Fact]
    public void Of_all_leases_only_its_own_may_be_read_and_changed()
    {
        var election = Objects.Single(role => (string)role["kind"]! == "Role");
        Rules(election).Select(rule => (string.Join(',', rule["verbs"]!.AsArray()), (string?)rule["resourceNames"]?.AsArray().Single()))
            .ShouldBe([("create", null), ("get,update", "comptroller")]);
    }

    [Fact]
    public void Every_binding_binds_a_role_of_the_same_file_to_the_service_account()
    {
        foreach (var file in Rbac.Build([typeof(AuditBackup), typeof(AuditPolicy), typeof(PolicyAuditSchedule)]).Values.Where(file => file.Length == 2 && file[1]["roleRef"] is not null))
        {
            file[1]["roleRef"]!["kind"]!.ToString().ShouldBe(file[0]["kind"]!.ToString());
            file[1]["roleRef"]!["name"]!.ToString().ShouldBe(file[0]["metadata"]!["name"]!.ToString());
            var subject = file[1]["subjects"]![0]!;
            Objects.ShouldContain(account => (string)account["kind"]! == "ServiceAccount"
                && account["metadata"]!["name"]!.ToString() == subject["name"]!.ToString()
                && account["metadata"]!["namespace"]!.ToString() == subject["namespace"]!.ToString());
        }
    }

    private static IEnumerable<JsonNode> Rules(JsonObject role) => (role["rules"] as JsonArray ?? []).Select(rule => rule!);
}
