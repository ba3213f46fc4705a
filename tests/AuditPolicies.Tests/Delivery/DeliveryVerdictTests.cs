using System.Text;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.AuditPolicies.Tests.Alerting;
using Comptroller.AuditPolicies.Tests.Alerting.LogsQl;
using static Comptroller.AuditPolicies.Tests.Alerting.AuditEvents;

namespace Comptroller.AuditPolicies.Tests.Delivery;

public sealed class DeliveryVerdictTests
{
    private static readonly DeliveryQuestion Question = new("infra", TimeSpan.FromMinutes(15));

    [Theory]
    [InlineData("""{"events":"42","newest":"2026-08-21T11:59:57.123456789Z"}""", 42)]
    [InlineData("""{"events":42,"newest":"2026-08-21T11:59:57Z"}""", 42)]
    [InlineData("{\"events\":\"42\",\"newest\":\"2026-08-21T11:59:57Z\"}\n{\"more\":1}\n", 42)]
    public void An_answer_is_a_line_of_numbers(string body, long events)
    {
        var answer = Read(body)!;
        answer.Events.ShouldBe(events);
        answer.Newest!.Value.ToString("s").ShouldBe("2026-08-21T11:59:57");
    }

    [Theory]
    [InlineData("""{"events":"0","newest":""}""")]
    [InlineData("""{"events":"0","newest":"NaN"}""")]
    public void Of_no_events_there_is_no_newest(string body) => Read(body).ShouldBe(new DeliveryAnswer(0, null));

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"events":"-1","newest":""}""")]
    [InlineData("""{"events":"3","newest":"yesterday"}""")]
    [InlineData("""{"events":"3"}""")]
    public void Anything_else_is_no_answer(string body) => Read(body).ShouldBeNull();

    [Fact]
    public void The_question_is_answered_by_the_events_of_the_cluster_alone()
    {
        var asked = Asked([Event("{}", seconds: 100), Event("{}", seconds: 40), Event("{}", seconds: 5, cluster: "apps"), Event("{}", seconds: 1000)], Question.Recent);
        asked["events"].ShouldBe("2");
        DateTimeOffset.Parse(asked["newest"], System.Globalization.CultureInfo.InvariantCulture).ShouldBe(Now.AddSeconds(-40));

        Asked([Event("{}", seconds: 1000)], Question.Recent)["events"].ShouldBe("0");
        Asked([Event("{}", seconds: 1000)], Question.Last)["events"].ShouldBe("1");
    }

    [Fact]
    public void Events_of_late_are_delivery()
    {
        var verdict = DeliveryVerdict.Of(Question, new DeliveryAnswer(900, Now.AddSeconds(-4)), null, Now, "");
        verdict.ShouldBe(new Verdict("True", "Arriving", "events of \"infra\" arrive: the newest is less than a minute old, 1 to 10 a second over the last 15m"));
    }

    [Theory]
    [InlineData(1000, "the newest is 15 to 60 minutes old")]
    [InlineData(80_000, "the newest is 6 to 24 hours old")]
    [InlineData(null, "none is younger than 24h")]
    public void No_events_of_late_are_silence_and_the_message_says_since_when(int? seconds, string said)
    {
        var last = new DeliveryAnswer(seconds is null ? 0 : 5, seconds is { } age ? Now.AddSeconds(-age) : null);
        var verdict = DeliveryVerdict.Of(Question, new DeliveryAnswer(0, null), last, Now, "");
        (verdict.Status, verdict.Reason).ShouldBe(("False", "Silent"));
        verdict.Message.ShouldContain(said);
        verdict.Message.Length.ShouldBeLessThan(1024);
    }

    [Fact]
    public void A_clock_behind_the_server_makes_events_new_and_not_odd() =>
        DeliveryVerdict.Of(Question, new DeliveryAnswer(1, Now.AddSeconds(90)), null, Now, "").Message.ShouldContain("less than a minute old");

    [Fact]
    public void W3_figures_that_wander_around_a_border_do_not_change_the_message()
    {
        var said = "";
        var changes = 0;
        for (var look = 0; look < 200; look++)
        {
            // 8.1 to 11.9 events a second, newest 45 to 75 seconds old.
            var answer = new DeliveryAnswer(9000 + (look % 20 * 90) - 900, Now.AddSeconds(-60 - (look % 7 * 5) + 15));
            var message = DeliveryVerdict.Of(Question, answer, null, Now, said).Message;
            changes += message == said ? 0 : 1;
            said = message;
        }

        changes.ShouldBeLessThanOrEqualTo(1);
        DeliveryVerdict.Of(Question, new DeliveryAnswer(90_000, Now), null, Now, said).Message.ShouldNotBe(said);
    }

    private static DeliveryAnswer? Read(string body) => DeliveryAnswer.Read(Encoding.UTF8.GetBytes(body));

    private static Row Asked(IEnumerable<Row> events, string query) => new LogQuery(query).Run(events, Now).ShouldHaveSingleItem();
}
