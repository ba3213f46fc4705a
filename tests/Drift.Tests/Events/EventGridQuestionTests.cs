using System.Text;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.Tests.Events;

public sealed class EventGridQuestionTests
{
    [Fact]
    public void A_question_is_answered_with_its_code() =>
        Encoding.UTF8.GetString(EventGridQuestion.Answer(Bytes("""[{"id":"1","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"512d38b6-\"c7b8","validationUrl":"https://x"}}]""")))
            .ShouldBe("""{"validationResponse":"512d38b6-\u0022c7b8"}""");

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("nope")]
    [InlineData("""[{"eventType":"Microsoft.Resources.ResourceWriteSuccess","data":{"validationCode":"a"}}]""")]
    [InlineData("""[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":""}}]""")]
    [InlineData("""[{"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","data":{"validationCode":"\ud800"}}]""")]
    public void What_is_none_is_refused(string body) => Should.Throw<FormatException>(() => EventGridQuestion.Answer(Bytes(body))).Message.ShouldContain("validationCode");

    [Fact]
    public void The_time_of_an_event_in_the_schema_of_CloudEvents_is_read() =>
        Given.Event("""{"specversion":"1.0","type":"Microsoft.Resources.ResourceWriteSuccess","time":"2026-07-23T09:40:55Z","data":{"operationName":"Microsoft.Network/virtualNetworks/write","status":"Succeeded","resourceUri":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v"}}""")
            .Time.ShouldBe(new DateTimeOffset(2026, 7, 23, 9, 40, 55, TimeSpan.Zero));

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
