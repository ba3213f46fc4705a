using Comptroller.Drift.Events;

namespace Comptroller.Drift.Tests.Events;

public sealed class FieldSetTests
{
    private static readonly FieldSet Fields = new(Given.Json("""{"CT.Name":"a","ct.n\u0061me2":"b","ct.nul":null,"ct.NUL":"c","":"d","ct.time":"2026-07-23T09:40:55Z","ct.time2":"2026-07-23 11:40:55+02:00","ct.time3":"soon"}"""));

    [Theory]
    [InlineData("ct.name", "a")]
    [InlineData("CT.NAME", "a")]
    [InlineData("ct.name2", "b")]
    [InlineData("ct.nul", "c")]
    [InlineData("ct.nam", null)]
    [InlineData("xt.name", null)]
    public void A_field_is_found_in_any_case_and_however_its_name_is_written(string name, string? value)
    {
        Fields.Text(name).ShouldBe(value);
        Fields.TextOf(name.AsSpan(0, 3), name.AsSpan(3)).ShouldBe(value);
    }

    [Theory]
    [InlineData("CreateLoadBalancer", "\"ct.response.loadbalancers.0.loadbalancerarn\":\"arn:lb\"", "arn:lb")]
    [InlineData("DeleteAlarms", "\"ct.request.alarmnames.0\":\"cpu\",\"ct.request.alarmnames.1\":\"disk\"", "cpu,disk")]
    [InlineData("CreateBucket", "\"ct.resource.id\":\"logs\"", "logs")]
    [InlineData("CreateBucket", "\"ct.request.resource\":\"logs\",\"ct.request\":\"{\\\"bucketName\\\":\\\"better\\\"}\"", "better")]
    public void Rules_may_spell_out_items_of_lists_or_name_the_resource_themselves(string call, string fields, string ids) =>
        Given.Understood(Given.Alert($$"""{"ct.name":"{{call}}",{{fields}}}""")).Single().Events.Select(change => change.Id).ShouldBe(ids.Split(','));

    [Fact]
    public void A_time_is_read_as_any_program_writes_it()
    {
        var time = new DateTimeOffset(2026, 7, 23, 9, 40, 55, TimeSpan.Zero);
        Fields.Time("ct.time").ShouldBe(time);
        Fields.Time("ct.time2").ShouldBe(time);
        Fields.Time("ct.time3").ShouldBeNull();
        Fields.Time("ct.time4").ShouldBeNull();
    }
}
