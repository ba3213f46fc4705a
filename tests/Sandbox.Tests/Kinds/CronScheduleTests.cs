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

    [Theory]
    [InlineData("*/5 * * * *", "Etc/UTC", "2026-03-01T10:02:30Z", "2026-03-01T10:05:00Z")]
    [InlineData("5 * * * *", "Etc/UTC", "2026-03-01T10:05:00Z", "2026-03-01T11:05:00Z")]
    [InlineData("0 2 * * *", "Asia/Kolkata", "2026-03-01T10:00:00Z", "2026-03-01T20:30:00Z")]
    [InlineData("0 0 1,15 * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("0 0 */2 * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-05T00:00:00Z")]
    [InlineData("0 0 29 2 *", "Etc/UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("@monthly", "Etc/UTC", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")]
    [InlineData("@every 90s", "Etc/UTC", "2026-03-01T00:00:00.5Z", "2026-03-01T00:01:30Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 0 30 2 *", "Etc/UTC", "2026-03-01T00:00:00Z", null)]
    public void A_schedule_fires_when_the_clock_of_its_zone_shows_it(string schedule, string zone, string after, string? next) =>
        CronSchedule.Parse(schedule).ShouldNotBeNull().Next(Time(after), TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(next is null ? null : Time(next));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
