using System.Globalization;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Model;

public sealed class CronJobScheduleTests
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
    [InlineData("0 0 * * 7", "end of range (7) above maximum (6): 7")]
    public void A_schedule_is_read_as_the_CronJob_controller_reads_it(string schedule, string? error)
    {
        CronJobSchedule.TryParse(schedule, out _, out var said).ShouldBe(error is null);
        said.ShouldBe(error);
    }

    [Theory]
    [InlineData("*/5 * * * *", "Etc/UTC", "2026-03-01T10:02:30Z", "2026-03-01T10:05:00Z")]
    [InlineData("5 * * * *", "Etc/UTC", "2026-03-01T10:05:00Z", "2026-03-01T11:05:00Z")]
    [InlineData("0 2 * * *", "Asia/Kolkata", "2026-03-01T10:00:00Z", "2026-03-01T20:30:00Z")]
    [InlineData("0 0 1,15 * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("0 0 */2 * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-05T00:00:00Z")]
    [InlineData("0 0 29 2 *", "Etc/UTC", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 */1 * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("0 0 ? * mon", "Etc/UTC", "2026-03-03T00:00:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("@monthly", "Etc/UTC", "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z")]
    [InlineData("@every 90s", "Etc/UTC", "2026-03-01T00:00:00.5Z", "2026-03-01T00:01:30Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("0 0 30 2 *", "Etc/UTC", "2026-03-01T00:00:00Z", null)]
    public void A_schedule_fires_when_the_clock_of_its_zone_shows_it(string schedule, string zone, string after, string? next) =>
        Parse(schedule).Next(Time(after), TimeZoneInfo.FindSystemTimeZoneById(zone)).ShouldBe(next is null ? null : Time(next));

    [Theory]
    [InlineData("Etc/UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/New_York")]
    // Half an hour only.
    [InlineData("Australia/Lord_Howe")]
    public void Every_next_firing_is_the_first_minute_that_the_rules_of_the_controller_let_match(string name)
    {
        var (random, zone) = (new Random(11), TimeZoneInfo.FindSystemTimeZoneById(name));
        // Half of the times lie around the clock changes of the three zones.
        DateTimeOffset[] changes = [Time("2026-03-28T22:00:00Z"), Time("2026-10-24T22:00:00Z"), Time("2026-03-08T05:00:00Z"), Time("2026-11-01T04:00:00Z"), Time("2026-10-03T13:00:00Z"), Time("2026-04-04T12:00:00Z")];
        for (var i = 0; i < 400; i++)
        {
            var expression = Expression(random);
            var after = (i % 2 == 0 ? changes[random.Next(changes.Length)] : Time("2026-01-01T00:00:00Z").AddDays(random.Next(365))).AddSeconds(random.Next(24 * 3600));
            var next = Parse(expression).Next(after, zone);
            var found = new DateTimeOffset(after.Year, after.Month, after.Day, after.Hour, after.Minute, 0, TimeSpan.Zero).AddMinutes(1);
            // Years of minutes would take long; none within ten days may be passed over, and what is found must match.
            for (; found < next && found < after.AddDays(10); found = found.AddMinutes(1))
            {
                Matches(expression, TimeZoneInfo.ConvertTime(found, zone)).ShouldBeFalse($"{expression} after {after:u} in {name}: {next:u} passes over {found:u}");
            }

            Matches(expression, TimeZoneInfo.ConvertTime(next!.Value, zone)).ShouldBeTrue($"{expression} after {after:u} in {name}: {next:u} does not match");
        }
    }

    private static string Expression(Random random)
    {
        return string.Join(' ', Field(0, 59), Field(0, 23), Field(1, 28), Field(1, 12), Field(0, 6));

        string Field(int least, int most)
        {
            var (first, second) = (random.Next(least, most), random.Next(least, most));
            return random.Next(8) switch
            {
                0 => $"{first}",
                1 => $"*/{random.Next(1, 4)}",
                2 => $"{Math.Min(first, second)}-{Math.Max(first, second)}",
                3 => $"{first},{second}",
                4 => "?",
                5 => $"{first}/{random.Next(1, 4)}",
                _ => "*",
            };
        }
    }

    // Written anew and as slow as can be.
    private static bool Matches(string expression, DateTimeOffset local)
    {
        var fields = expression.Split(' ');
        var (day, weekday) = (Holds(fields[2], local.Day, 1), Holds(fields[4], (int)local.DayOfWeek, 0));
        var days = fields[2] is "*" or "?" or "*/1" || fields[4] is "*" or "?" or "*/1" ? day && weekday : day || weekday;
        return Holds(fields[0], local.Minute, 0) && Holds(fields[1], local.Hour, 0) && Holds(fields[3], local.Month, 1) && days;

        static bool Holds(string field, int value, int least) => field.Split(',').Any(part => part switch
        {
            "*" or "?" => true,
            _ when part.Split('/') is [var from, var step] => from == "*" ? (value - least) % Number(step) == 0 : value >= Number(from) && (value - Number(from)) % Number(step) == 0,
            _ when part.Split('-') is [var from, var to] => value >= Number(from) && value <= Number(to),
            _ => value == Number(part),
        });

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private static CronJobSchedule Parse(string text) => CronJobSchedule.TryParse(text, out var schedule, out var error) ? schedule : throw new FormatException(error);

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
