using System.Text;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Tests.Hosts;

public sealed class HostReaderTests
{
    [Fact]
    public void Every_field_that_is_asked_for_is_read()
    {
        var host = Read("""
            {"device_id": "d1", "cid": "c", "hostname": "h", "platform_name": "Linux", "product_type_desc": "Server", "os_version": "o", "agent_version": "7.1", "last_seen": "2026-01-01T00:00:00Z",
             "groups": ["g1", "g2"], "tags": ["t"], "extra": {"device_id": "not this"}, "device_policies": {"prevention": {"policy_id": "p1", "applied": true}, "sensor_update": {"rule_groups": ["policy_id"], "policy_id": "p2"},
             "content-update": {"policy_id": "p3"}, "it_automation": {"policy_id": "p4"}, "remote_response": {"policy_id": "p5"}, "sca": {"policy_id": "p6"}, "unknown": {"policy_id": "p7"}}}
            """);
        host.Groups.ShouldBe(["g1", "g2"]);
        (host.DeviceId, host.Cid, host.Hostname, host.Platform).ShouldBe(("d1", "c", "h", "Linux"));
        (host.ProductType, host.OsVersion, host.AgentVersion, host.LastSeen).ShouldBe(("Server", "o", "7.1", "2026-01-01T00:00:00Z"));
        host.Tags.ShouldBe(["t"]);
        PolicyType.All.Select(host.PolicyOf).ShouldBe(["p1", "p2", "p3", null, null, "p4", null, "p5", "p6"]);
    }

    [Theory]
    [InlineData("""{"policy_id": "p", "applied": false}""", HostStatus.Failed)]
    [InlineData("""{"applied": false, "policy_id": "p"}""", HostStatus.Failed)]
    [InlineData("""{"policy_id": "p", "applied": true}""", HostStatus.Passed)]
    [InlineData("""{"policy_id": "p"}""", HostStatus.Passed)]
    [InlineData("""{"policy_id": "p", "applied": null}""", HostStatus.Passed)]
    [InlineData("""{"policy_id": "", "applied": false}""", HostStatus.NoPolicyAssigned)]
    public void A_policy_that_is_assigned_and_not_applied_is_not_in_force(string assignment, HostStatus status)
    {
        var host = Read($$"""{"device_id": "d", "platform_name": "Windows", "device_policies": { "prevention": {{assignment}}, "firewall": {"policy_id": "q"} } }""");
        var grades = new Dictionary<PolicyType, IReadOnlyList<PolicyGrade>>
        {
            [PolicyType.Prevention] = [new PolicyGrade { Type = PolicyType.Prevention, Id = "p", Passed = true }],
            [PolicyType.Firewall] = [new PolicyGrade { Type = PolicyType.Firewall, Id = "q", Passed = true }],
        };
        var verdict = new HostRollup([PolicyType.Prevention, PolicyType.Firewall], grades, new ScanCoverage(), AssessmentCoverage.None).Verdict(host);
        verdict.Statuses[PolicyType.Prevention].ShouldBe(status);
        verdict.Statuses[PolicyType.Firewall].ShouldBe(HostStatus.Passed);
    }

    [Theory]
    [InlineData("""{"device_id": "d", "groups": null, "tags": "x", "device_policies": []}""")]
    [InlineData("""{"device_id": "d", "hostname": 5, "platform_name": null, "device_policies": {"prevention": null, "firewall": "x", "sca": {"policy_id": null}}}""")]
    [InlineData("""{"groups": [1, {"a": [1]}, null], "device_policies": {"prevention": {"policy_id": ""}, "other": [[{}]]}, "device_id": "d"}""")]
    public void A_field_of_another_shape_costs_itself_and_not_the_host(string json)
    {
        var host = Read(json);
        host.DeviceId.ShouldBe("d");
        host.Groups.ShouldBeEmpty();
        host.Tags.ShouldBeEmpty();
        PolicyType.All.Select(host.PolicyOf).ShouldAllBe(policy => policy == null);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"device_id": ""}""")]
    [InlineData("""{"device_id": 7}""")]
    public void A_host_without_an_id_is_an_error(string json) => Should.Throw<MalformedPolicyException>(() => Read(json));

    [Fact]
    public void What_hosts_share_is_kept_once()
    {
        var reader = new HostReader();
        var (first, second) = (reader.Read("""{"device_id": "a", "platform_name": "Windows"}"""u8), reader.Read("""{"device_id": "b", "platform_name": "Wind\u006fws"}"""u8));
        second.Platform.ShouldBe("Windows");
        ReferenceEquals(first.Platform, second.Platform).ShouldBeTrue();
        var longName = new string('ü', 300);
        reader.Read(Encoding.UTF8.GetBytes($$"""{"device_id": "c", "platform_name": "{{longName}}"}""")).Platform.ShouldBe(longName);
    }

    private static Host Read(string json) => new HostReader().Read(Encoding.UTF8.GetBytes(json));
}
