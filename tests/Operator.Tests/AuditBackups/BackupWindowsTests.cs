using System.Globalization;
using Comptroller.Operator.AuditBackups;

namespace Comptroller.Operator.Tests.AuditBackups;

public sealed class BackupWindowsTests
{
    [Theory]
    // Over midnight; the end belongs to nobody.
    [InlineData("22:00-05:00", "Etc/UTC", "2026-03-02T21:59:59Z", null, "2026-03-02T22:00:00Z")]
    [InlineData("22:00-05:00", "Etc/UTC", "2026-03-02T22:00:00Z", "2026-03-03T05:00:00Z", "2026-03-02T22:00:00Z")]
    [InlineData("22:00-05:00", "Etc/UTC", "2026-03-03T04:59:59Z", "2026-03-03T05:00:00Z", "2026-03-03T04:59:59Z")]
    [InlineData("22:00-05:00", "Etc/UTC", "2026-03-03T05:00:00Z", null, "2026-03-03T22:00:00Z")]
    // Days are those on which it begins: Friday night reaches into Saturday.
    [InlineData("Fri 22:00-05:00", "Etc/UTC", "2026-03-07T04:00:00Z", "2026-03-07T05:00:00Z", "2026-03-07T04:00:00Z")]
    [InlineData("Fri 22:00-05:00", "Etc/UTC", "2026-03-06T04:00:00Z", null, "2026-03-06T22:00:00Z")]
    [InlineData("Fri 22:00-05:00", "Etc/UTC", "2026-03-07T05:00:00Z", null, "2026-03-13T22:00:00Z")]
    // Windows that touch are one.
    [InlineData("Sat,Sun 00:00-24:00", "Etc/UTC", "2026-03-07T12:00:00Z", "2026-03-09T00:00:00Z", "2026-03-07T12:00:00Z")]
    // On the clock of its zone, also when that is put forward (02:30 does not exist) and back (02:30 exists twice).
    [InlineData("22:00-05:00", "Asia/Kolkata", "2026-03-02T16:30:00Z", "2026-03-02T23:30:00Z", "2026-03-02T16:30:00Z")]
    [InlineData("22:00-05:00", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T03:00:00Z", "2026-03-29T00:30:00Z")]
    [InlineData("02:30-04:00", "Europe/Berlin", "2026-03-29T00:00:00Z", null, "2026-03-29T01:30:00Z")]
    [InlineData("22:00-02:30", "Europe/Berlin", "2026-10-25T00:45:00Z", null, "2026-10-25T21:00:00Z")]
    // One that a clock change swallows opens a week later.
    [InlineData("Sun 02:00-03:00", "Europe/Berlin", "2026-03-24T00:00:00Z", null, "2026-04-05T00:00:00Z")]
    [InlineData("Sun 02:30-03:00", "Europe/Berlin", "2026-03-24T00:00:00Z", null, "2026-04-05T00:30:00Z")]
    // All of the time never closes.
    [InlineData("00:00-24:00", "Etc/UTC", "2026-03-02T12:00:00Z", "9999-12-31T23:59:59.9999999Z", "2026-03-02T12:00:00Z")]
    public void A_window_is_open_from_its_start_until_its_end(string window, string zone, string at, string? closes, string earliest)
    {
        var windows = BackupWindows.Parse([window], zone)!;
        windows.ClosesAt(Time(at)).ShouldBe(closes is null ? null : Time(closes));
        windows.EarliestFrom(Time(at)).ShouldBe(Time(earliest));
    }

    [Fact]
    public void Several_windows_are_open_when_one_of_them_is()
    {
        var windows = BackupWindows.Parse(["Mon 10:00-12:00", "Mon 11:00-13:00", "14:00-15:00"], "Etc/UTC")!;
        windows.ClosesAt(Time("2026-03-02T10:30:00Z")).ShouldBe(Time("2026-03-02T13:00:00Z"));
        windows.EarliestFrom(Time("2026-03-02T13:00:00Z")).ShouldBe(Time("2026-03-02T14:00:00Z"));
        BackupWindows.Parse([], "nowhere").ShouldBeNull("whoever has no windows needs no clock");
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
