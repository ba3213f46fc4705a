using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.AuditPolicies.Loading;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Delivery;

public sealed class EventsVerdictTests
{
    private static readonly Policy Policy = PolicyLoader.Load(JsonNode.Parse(
        """
        {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": [
          {"level": "None", "users": ["system:apiserver"]},
          {"level": "Metadata", "resources": [{"resources": ["secrets"]}]},
          {"level": "Request", "userGroups": ["dev"]},
          {"level": "Metadata"}
        ]}
        """)!).Policy!;

    private static readonly string Secret = Row("Metadata", "get", "/api/v1/namespaces/prod/secrets/db");
    private static readonly string Pod = Row("Request", "create", "/api/v1/namespaces/prod/pods", groups: "[\\\"dev\\\",\\\"system:authenticated\\\"]");

    [Fact]
    public void Events_as_the_policy_records_them_are_a_match()
    {
        var verdict = Of(Secret, Pod, Row("Metadata", "get", "/healthz"));
        (verdict.Status, verdict.Reason).ShouldBe(("True", "EventsMatch"));
    }

    [Theory]
    [InlineData("Request", "get", "/api/v1/namespaces/prod/secrets/db", "jane", "ResponseComplete", "a request of rule 1 at Request instead of Metadata")]
    [InlineData("Metadata", "list", "/api/v1/pods", "system:apiserver", "ResponseComplete", "a request of rule 0 at Metadata instead of None")]
    [InlineData("Metadata", "list", "/api/v1/pods", "jane", "RequestReceived", "a request of rule 3 at the omitted stage RequestReceived")]
    public void One_event_that_the_policy_would_not_record_so_is_a_contradiction(string level, string verb, string address, string user, string stage, string said)
    {
        var verdict = Of(Secret, Row(level, verb, address, user, stage: stage), Pod);
        (verdict.Status, verdict.Reason).ShouldBe(("False", "EventsDiffer"));
        verdict.Message.ShouldContain(said);
    }

    [Fact]
    public void A_failed_login_has_no_user_and_is_judged_as_such() =>
        Of("""{"level":"Metadata","stage":"ResponseStarted","verb":"create","_msg":"/api/v1/namespaces/prod/pods"}""").Status.ShouldBe("True");

    [Fact]
    public void W3_the_example_stays_while_it_holds()
    {
        var (often, seldom) = (Row("Request", "list", "/api/v1/pods"), Row("Request", "get", "/api/v1/secrets/db"));
        var said = EventsVerdict.Of(Policy, Sample(seldom), "").Message;
        EventsVerdict.Of(Policy, Sample(often, often, seldom), said).Message.ShouldBe(said);
        EventsVerdict.Of(Policy, Sample(often, often), said).Message.ShouldNotBe(said);
    }

    [Fact]
    public void Rows_that_are_no_events_are_not_judged_and_nothing_of_them_is_told()
    {
        var verdict = Of("what-they-wrote", "[]", "{}", """{"level":"Metadata","level":"Metadata"}""", """{"level":"9","stage":"x","verb":"get","_msg":"/x"}""", """{"level":"Metadata","stage":"ResponseComplete","verb":"get"}""",
            """{"level":"Metadata","stage":"ResponseComplete","verb":"get","_msg":"/x","user.username":"a","user.groups":"what-they-wrote"}""");
        (verdict.Status, verdict.Reason).ShouldBe(("Unknown", "NoEvents"));
        Of(Row("Request", "what-they-wrote", "/api/v1/namespaces/prod/what-they-wrote")).Message.ShouldNotContain("what-they-wrote");
    }

    private static Verdict Of(params string[] rows) => EventsVerdict.Of(Policy, Sample(rows), "");

    private static ImmutableArray<RecordedEvent> Sample(params string[] rows) => RecordedSample.Read(Encoding.UTF8.GetBytes(string.Join('\n', rows)));

    private static string Row(string level, string verb, string address, string user = "jane", string groups = "[\\\"system:authenticated\\\"]", string stage = "ResponseComplete") =>
        $$"""{"level":"{{level}}","stage":"{{stage}}","verb":"{{verb}}","_msg":"{{address}}","user.username":"{{user}}","user.groups":"{{groups}}"}""";
}
