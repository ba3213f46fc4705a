using Comptroller.AuditPolicies.Delivery;
using Comptroller.Crds.AuditPolicies;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.AuditPolicies.Delivery;
using Microsoft.Extensions.Logging.Abstractions;

namespace Comptroller.Operator.Tests.AuditPolicies.Delivery;

public sealed class DeliveryConditionsTests
{
    private static readonly DateTimeOffset Noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly AuditPolicy Resource = Specs.Of(Specs.Sound);
    private static readonly Proof Good = new(new Verdict("True", "Arriving", "they arrive"), new Verdict("True", "LongEnough", "kept"), null);

    [Fact]
    public void W3_the_same_proof_again_is_the_same_status()
    {
        var told = DeliveryConditions.Tell(new AuditPolicyStatus(1), Resource, Good, Noon);
        told.Conditions!.Select(condition => $"{condition.Type}={condition.Status}/{condition.Reason}").ShouldBe(["Delivering=True/Arriving", "Retained=True/LongEnough"]);
        DeliveryConditions.Tell(told, Resource, Good, Noon.AddHours(1)).ShouldBeSameAs(told);
    }

    [Fact]
    public void W6_a_transition_time_moves_with_the_status_and_not_with_the_words()
    {
        var told = DeliveryConditions.Tell(new AuditPolicyStatus(1), Resource, Good, Noon);
        var reworded = DeliveryConditions.Tell(told, Resource, Good with { Delivering = new Verdict("True", "Arriving", "more of them") }, Noon.AddHours(1));
        reworded.Conditions![0].LastTransitionTime.ShouldBe(Noon);
        var silent = DeliveryConditions.Tell(told, Resource, Good with { Delivering = new Verdict("False", "Silent", "none") }, Noon.AddHours(1));
        silent.Conditions![0].LastTransitionTime.ShouldBe(Noon.AddHours(1));
    }

    [Theory]
    [InlineData(Specs.Sound)]
    [InlineData("rules: [{level: RequestResponse, verbs: [\"*\", GET]}, {level: Metadata, verbs: [delete]}, {level: RequestResponse}, {level: None}, {level: Metadata}]")]
    public void A_retention_that_was_measured_too_short_is_a_finding_until_it_is_not(string spec)
    {
        var resource = Specs.Of(spec);
        var planned = new AuditPolicyStatus(1) { Findings = AuditPolicyConditions.FindingsOf(AuditPolicyPlan.Make(resource)) };
        var tooShort = Good with { Retained = RetentionVerdict.Of(90, TimeSpan.FromDays(7)) };

        var told = DeliveryConditions.Tell(planned, resource, tooShort, Noon);
        told.Findings!.Total.ShouldBe(planned.Findings.Total + 1);
        told.Findings.Warnings.ShouldBe(planned.Findings.Warnings + 1);
        told.Findings.Worst.ShouldBe("Warning");
        told.Findings.Items!.Count.ShouldBe(Math.Min(5, told.Findings.Total));
        told.Findings.Items[0].ShouldSatisfyAllConditions(item => item.Id.ShouldBe("retention-too-short"), item => item.Message.ShouldContain("kept 7 days, 90 are asked for"));
        AuditPolicyConditions.NewsOfReview(planned, told)!.Reason.ShouldBe("TooShort");

        // W3: measured again, also by a process that plans anew.
        DeliveryConditions.Tell(told, resource, tooShort, Noon.AddHours(1)).ShouldBeSameAs(told);
        var anew = DeliveryConditions.Tell(told with { Findings = planned.Findings }, resource, tooShort, Noon.AddHours(1));
        anew.Findings!.Items.ShouldBe(told.Findings.Items);
        AuditPolicyConditions.NewsOfReview(told, anew).ShouldBeNull();

        var longer = DeliveryConditions.Tell(told, resource, Good, Noon.AddHours(2));
        (longer.Findings! with { Items = null }).ShouldBe(planned.Findings with { Items = null });
        (longer.Findings.Items ?? []).ShouldBe(planned.Findings.Items ?? []);
        AuditPolicyConditions.NewsOfReview(told, longer)!.Reason.ShouldBe("LongEnough");
    }

    [Theory]
    [InlineData("Unknown", "NotReadable")]
    [InlineData("True", "LongEnough")]
    public void A_retention_that_is_long_enough_or_not_known_is_no_finding(string status, string reason)
    {
        var planned = new AuditPolicyStatus(1) { Findings = AuditPolicyConditions.FindingsOf(AuditPolicyPlan.Make(Resource)) };

        DeliveryConditions.Tell(planned, Resource, Good with { Retained = new Verdict(status, reason, "words") }, Noon).Findings.ShouldBeSameAs(planned.Findings);
    }

    [Fact]
    public async Task W3_before_the_first_answer_it_is_unknown_unless_something_was_said_before()
    {
        var time = new ManualTimeProvider();
        using var metrics = new RuntimeMetrics();
        using var client = new VictoriaLogsClient(new DeliveryCredentials(null), new AllowedAddresses(loopback: true), "test", time);
        using var pods = new ApiServerPods(client: null!, time); // spec.delivery does not ask for them
        var check = new DeliveryCheck(new DeliveryProbe(client, new RuntimeContext(time, NullLoggerFactory.Instance, metrics)), pods, time);
        var resource = Specs.Of($"{Specs.Sound}\ndelivery: {{retentionDays: 30}}");

        var first = await check.LookAsync(resource, new AuditPolicyStatus(1), TimeSpan.FromMinutes(10), CancellationToken.None);
        (first.Delivering!.Status, first.Delivering.Reason, first.Retained!.Reason).ShouldBe(("Unknown", "Asking", "Asking"));

        var told = DeliveryConditions.Tell(new AuditPolicyStatus(1), resource, Good, Noon);
        (await check.LookAsync(resource, told, TimeSpan.FromMinutes(10), CancellationToken.None)).ShouldBe(Good);
    }

    [Fact]
    public void What_is_no_longer_asked_for_is_no_longer_told()
    {
        var told = DeliveryConditions.Tell(new AuditPolicyStatus(1), Resource, Good, Noon);
        DeliveryConditions.Tell(told, Resource, Proof.NotAsked, Noon).Conditions.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("{}", "http://logs.example:9428/", "00:15:00")]
    [InlineData("{endpoint: \"https://read.example/p\", maxAge: 1h}", "https://read.example/p", "01:00:00")]
    public void The_endpoint_is_that_of_forwarding_unless_another_is_named(string delivery, string endpoint, string maxAge)
    {
        var (inquiry, errors) = DeliveryCheck.InquiryOf(Specs.Of($"{Specs.Sound}\ndelivery: {delivery}").Spec);
        errors.ShouldBeEmpty();
        inquiry!.Target.Endpoint.AbsoluteUri.ShouldBe(endpoint);
        inquiry.Question.ShouldBe(new DeliveryQuestion("test", TimeSpan.Parse(maxAge, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("{endpoint: \"ftp://logs\"}", "spec.delivery.endpoint: ")]
    [InlineData("{endpoint: \"http://u:p@logs\"}", "spec.delivery.endpoint: ")]
    [InlineData("{endpoint: \"http://logs/?x=1\"}", "spec.delivery.endpoint: ")]
    [InlineData("{maxAge: soon}", "spec.delivery.maxAge: ")]
    [InlineData("{maxAge: 5s}", "spec.delivery.maxAge: ")]
    public void What_cannot_be_asked_is_refused(string delivery, string error) =>
        AuditPolicyPlan.Make(Specs.Of($"{Specs.Sound}\ndelivery: {delivery}")).Errors.ShouldHaveSingleItem().ShouldStartWith(error);

    [Fact]
    public void Without_forwarding_there_is_nothing_to_ask_for() =>
        AuditPolicyPlan.Make(Specs.Of("{rules: [{level: Metadata}], delivery: {}}")).Errors.ShouldHaveSingleItem().ShouldContain("set spec.forwarding.victoriaLogs");
}
