using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Model;

public sealed class PolicyHashTests
{
    [Fact]
    public void Policies_written_differently_but_equal_have_one_hash()
    {
        var plain = Hash("""{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived", "Panic"], "rules": [{"level": "None", "verbs": ["get"]}]}""");
        var dressed = Hash("""{"rules": [{"verbs": ["get"], "users": [], "omitManagedFields": null, "level": "None"}], "metadata": {"name": "x"}, "omitManagedFields": false, "omitStages": ["Panic", "RequestReceived", "Panic"], "kind": "Policy", "apiVersion": "audit.k8s.io/v1"}""");
        dressed.ShouldBe(plain);
        plain.Length.ShouldBe(64);
    }

    [Fact]
    public void A_change_of_meaning_changes_the_hash()
    {
        string[] policies =
        [
            """[{"level": "None"}, {"level": "Metadata"}]""",
            """[{"level": "Metadata"}, {"level": "None"}]""",
            """[{"level": "Metadata"}]""",
            """[{"level": "Metadata", "omitManagedFields": false}]""",
            """[{"level": "Metadata", "users": ["a"]}]""",
            """[{"level": "Metadata", "userGroups": ["a"]}]""",
            """[{"level": "Metadata", "resources": [{"group": "a"}]}]""",
        ];
        policies.Select(rules => Hash($$"""{"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": {{rules}}}""")).Distinct(StringComparer.Ordinal).Count()
            .ShouldBe(policies.Length);
    }

    [Fact]
    public void The_hash_of_the_seed_policy_stays_what_it_is()
    {
        // It is stored in status and annotations: a change of the canonical form would make every policy look changed.
        PolicyHash.Short(ReferenceCases.Seed).ShouldBe("b096b8220202");
    }

    private static string Hash(string json) => PolicyHash.Compute(PolicyLoader.Load(JsonNode.Parse(json)).Policy!);
}
