using System.Globalization;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Tests.Scheduling;

public sealed class CronScheduleTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    // The clock jumps from 02:00 to 03:00: what falls into the gap fires when it ends.
    [InlineData("30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00")]
    [InlineData("30 2 * * *", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00")]
    // The clock goes back from 03:00 to 02:00: a daily job runs once, an hourly one in both hours.
    [InlineData("30 2 * * *", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00")]
    [InlineData("30 2 * * *", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00")]
    [InlineData("30 * * * *", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00")]
    [InlineData("30 * * * *", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00")]
    [InlineData("*/20 * * * *", "2026-10-25T02:40:00+02:00", "2026-10-25T02:00:00+01:00")]
    [InlineData("0 */2 * * *", "2026-06-01T23:59:59+02:00", "2026-06-02T00:00:00+02:00")]
    public void Time_zones_and_their_clock_changes_are_honoured(string expression, string after, string next) =>
        CronSchedule.Parse(expression).Next(DateTimeOffset.Parse(after, CultureInfo.InvariantCulture), Berlin)
            .ShouldBe(DateTimeOffset.Parse(next, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("0 0 13 * 5", "2026-02-01", "2026-02-06")]
    [InlineData("0 0 13 * *", "2026-02-01", "2026-02-13")]
    [InlineData("0 0 * * fri", "2026-02-01", "2026-02-06")]
    [InlineData("0 0 1 jan,jul *", "2026-02-01", "2026-07-01")]
    [InlineData("@monthly", "2026-02-01", "2026-03-01")]
    [InlineData("0 0 1-10/3 * *", "2026-02-05", "2026-02-07")]
    public void Days_are_alternatives_when_both_are_restricted_and_names_and_macros_are_known(string expression, string after, string next) =>
        CronSchedule.Parse(expression).Next(Day(after), TimeZoneInfo.Utc).ShouldBe(Day(next));

    [Theory]
    [InlineData("60 * * * *", "minute \"60\": values run from 0 to 59")]
    [InlineData("*/0 * * * *", "a step must be at least 1")]
    [InlineData("10-5 * * * *", "10-5 runs backwards")]
    [InlineData("x * * * *", "\"x\" is not a number")]
    [InlineData("* * * *", "write minute, hour, day of month")]
    [InlineData("@often", "@hourly, @daily")]
    [InlineData("0 0 30 2 *", "never fires")]
    [InlineData("-1 * * * *", "is not a number")]
    public void A_mistake_is_refused_and_says_what_may_stand_there(string expression, string message) =>
        Should.Throw<FormatException>(() => CronSchedule.Parse(expression)).Message.ShouldContain(message);

    [Theory]
    [InlineData("0 2 * * *", "2026-02-03T01:59:00Z", "2026-02-02T02:00:00Z")]
    [InlineData("0 2 * * *", "2026-02-03T02:00:00Z", "2026-02-03T02:00:00Z")]
    [InlineData("*/30 * * * *", "2026-02-03T02:29:59Z", "2026-02-03T02:00:00Z")]
    [InlineData("0 0 29 2 *", "2026-02-03T02:29:59Z", "2024-02-29T00:00:00Z")]
    public void The_last_firing_is_known_too(string expression, string at, string previous) =>
        CronSchedule.Parse(expression).Previous(DateTimeOffset.Parse(at, CultureInfo.InvariantCulture), TimeZoneInfo.Utc)
            .ShouldBe(DateTimeOffset.Parse(previous, CultureInfo.InvariantCulture));

    private static DateTimeOffset Day(string text) => new(DateTime.Parse(text, CultureInfo.InvariantCulture), TimeSpan.Zero);
}
