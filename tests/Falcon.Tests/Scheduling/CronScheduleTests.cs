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
    [InlineData("*/20 * * * *", "2026-10-25T02:00:00+01:00", "2026-10-25T02:20:00+01:00")]
    [InlineData("0 */2 * * *", "2026-10-25T02:00:00+02:00", "2026-10-25T04:00:00+01:00")]
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

    [Fact]
    public void Every_next_firing_is_the_one_that_a_search_minute_by_minute_finds()
    {
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var expression = Expression(random);
            var schedule = CronSchedule.Parse(expression);
            var after = new DateTimeOffset(2026, random.Next(1, 13), random.Next(1, 28), random.Next(24), random.Next(60), random.Next(60), TimeSpan.Zero);
            var next = schedule.Next(after, TimeZoneInfo.Utc);
            var found = new DateTimeOffset(after.Year, after.Month, after.Day, after.Hour, after.Minute, 0, TimeSpan.Zero).AddMinutes(1);
            // Years of minutes would take long; what is found must match, and nothing before it within twenty days may.
            while (found < next && found < after.AddDays(20) && !Matches(expression, found.DateTime))
            {
                found = found.AddMinutes(1);
            }

            (found == next || found >= after.AddDays(20)).ShouldBeTrue($"{expression} after {after:O}: {next:O}, but {found:O} matches");
            Matches(expression, next.DateTime).ShouldBeTrue($"{expression} after {after:O}: {next:O} does not match");
            schedule.Previous(next, TimeZoneInfo.Utc).ShouldBe(next);
        }
    }

    [Theory]
    [InlineData("Europe/Berlin", "2026-03-28", "2026-10-24")]
    [InlineData("America/New_York", "2026-03-07", "2026-10-31")]
    // Half an hour only.
    [InlineData("Australia/Lord_Howe", "2026-10-03", "2026-04-04")]
    public void Firings_rise_across_clock_changes_and_each_is_at_its_time_or_at_the_end_of_the_gap_that_swallowed_it(string name, params string[] days)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById(name);
        foreach (var expression in (string[])["*/7 * * * *", "15 * * * *", "30 2 * * *", "15,45 1-3 * * *", "0 0 * * *", "10 2 * * 0"])
        {
            var schedule = CronSchedule.Parse(expression);
            foreach (var day in days)
            {
                var at = Day(day);
                for (var last = at; at < Day(day).AddDays(3); last = at)
                {
                    at = schedule.Next(at, zone);
                    at.ShouldBeGreaterThan(last, expression);
                    zone.IsInvalidTime(at.DateTime).ShouldBeFalse();
                    at.Offset.ShouldBe(zone.GetUtcOffset(at));
                    (Matches(expression, at.DateTime) || zone.IsInvalidTime(at.DateTime.AddMinutes(-1))).ShouldBeTrue($"{expression}: {at:O}");
                }
            }
        }
    }

    private static string Expression(Random random)
    {
        return string.Join(' ', Field(0, 59), Field(0, 23), Field(1, 28), Field(1, 12), Field(0, 6));

        string Field(int least, int most)
        {
            var (first, second) = (random.Next(least, most), random.Next(least, most));
            return random.Next(6) switch
            {
                0 => $"{first}",
                1 => $"*/{random.Next(1, 9)}",
                2 => $"{Math.Min(first, second)}-{Math.Max(first, second)}",
                3 => $"{first},{second}",
                _ => "*",
            };
        }
    }

    // Written anew and as slow as can be.
    private static bool Matches(string expression, DateTime at)
    {
        var fields = expression.Split(' ');
        var (day, weekday) = (Holds(fields[2], at.Day, 1), Holds(fields[4], (int)at.DayOfWeek, 0));
        var days = fields[2].StartsWith('*') || fields[4].StartsWith('*') ? day && weekday : day || weekday;
        return Holds(fields[0], at.Minute, 0) && Holds(fields[1], at.Hour, 0) && Holds(fields[3], at.Month, 1) && days;

        static bool Holds(string field, int value, int least) => field.Split(',').Any(part => part switch
        {
            "*" => true,
            _ when part.StartsWith("*/", StringComparison.Ordinal) => (value - least) % Number(part[2..]) == 0,
            _ when part.Contains('-', StringComparison.Ordinal) => value >= Number(part.Split('-')[0]) && value <= Number(part.Split('-')[1]),
            _ => value == Number(part),
        });

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private static DateTimeOffset Day(string text) => new(DateTime.Parse(text, CultureInfo.InvariantCulture), TimeSpan.Zero);
}
