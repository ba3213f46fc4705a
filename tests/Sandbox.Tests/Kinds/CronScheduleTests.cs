using Comptroller.Sandbox.Kinds;

namespace Comptroller.Sandbox.Tests.Kinds;

public sealed class CronScheduleTests
{
    [Theory]
    [InlineData("*/5 * * * *", null)]
    [InlineData("0 2 * jan-mar mon,fri", null)]
    [InlineData("@hourly", null)]
    [InlineData("@every 1h30m", null)]
    [InlineData("@sometimes", "unrecognized descriptor: @sometimes")]
    [InlineData("every day", "expected exactly 5 fields, found 2: [every day]")]
    [InlineData("99 * * * *", "end of range (99) above maximum (59): 99")]
    [InlineData("* * 0 * *", "beginning of range (0) below minimum (1): 0")]
    [InlineData("30-10 * * * *", "beginning of range (30) beyond end of range (10): 30-10")]
    [InlineData("*/0 * * * *", "step of range should be a positive number: */0")]
    [InlineData("1-2-3 * * * *", "too many hyphens: 1-2-3")]
    [InlineData("1/2/3 * * * *", "too many slashes: 1/2/3")]
    [InlineData("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax")]
    public void A_schedule_is_read_as_the_CronJob_controller_reads_it(string schedule, string? error) => CronSchedule.Error(schedule).ShouldBe(error);
}
