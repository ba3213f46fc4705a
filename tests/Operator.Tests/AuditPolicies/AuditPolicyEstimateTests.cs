using Comptroller.Crds.AuditPolicies;
using Comptroller.Operator.AuditPolicies;

namespace Comptroller.Operator.Tests.AuditPolicies;

public sealed class AuditPolicyEstimateTests
{
    private const string Everything = "rules: [{level: Metadata}]";

    [Fact]
    public void There_is_none_unless_asked_for() => EstimateOf(Everything).ShouldBeNull();

    // A request of the typical mix makes 1.02 events of 1 056.5 bytes together.
    [Fact]
    public void It_follows_from_the_rules_the_rate_the_rotation_and_the_retention_that_is_asked_for()
    {
        var estimate = EstimateOf($"{Everything}\nlog: {{maxBackups: 3}}\nestimate: {{requestsPerSecond: 500, controlPlanes: 5, replicas: 2}}\n"
            + "forwarding: {cluster: c, victoriaLogs: {endpoint: 'http://logs:9428'}}\ndelivery: {retentionDays: 30}");

        estimate.ShouldBe(new EstimateStatus
        {
            EventsPerSecond = 510,
            MegabytesPerDay = 45_643,
            MegabytesPerDayPerNode = 9_129,
            LocalMinutes = 66,
            CentralMegabytes = 328_628,
            Basis = "500 requests/s of a typical cluster with measured sizes; right within a factor of about 3",
        });
    }

    [Fact]
    public void A_hundred_requests_a_second_are_taken_when_nothing_is_said() =>
        EstimateOf($"{Everything}\nestimate: {{}}")!.MegabytesPerDay.ShouldBe(9_129);

    [Fact]
    public void Silence_costs_nothing_and_keeps_what_there_is_to_its_age()
    {
        var estimate = EstimateOf("rules: [{level: None}]\nestimate: {}")!;

        (estimate.EventsPerSecond, estimate.MegabytesPerDay, estimate.CentralMegabytes).ShouldBe((0, 0, 0));
        estimate.LocalMinutes.ShouldBe(30 * 24 * 60);
    }

    private static EstimateStatus? EstimateOf(string spec) => AuditPolicyPlan.Make(Specs.Of(spec)).Estimate;
}
