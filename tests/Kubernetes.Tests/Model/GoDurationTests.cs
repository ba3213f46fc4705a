using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Model;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("1h30m", 5400_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1500)]
    [InlineData(".5m", 30_000)]
    [InlineData("-2s", -2000)]
    [InlineData("+2s", 2000)]
    [InlineData("0", 0)]
    [InlineData("1h1h", 7200_000)]
    [InlineData("3000us", 3)]
    [InlineData("3000µs", 3)]
    [InlineData("2000000ns", 2)]
    public void What_Go_reads_is_read(string text, long milliseconds) => GoDuration.Parse(text).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("", "write a number with a unit")]
    [InlineData("-", "write a number with a unit")]
    [InlineData("10", "the unit is missing after 10")]
    [InlineData("10d", "unknown unit \"d\"")]
    [InlineData("h", "a number is expected")]
    [InlineData(".s", "a number is expected")]
    [InlineData("1.2.3s", "a number is expected")]
    [InlineData("1 h", "unknown unit \" h\"")]
    [InlineData("3000000h", "longer than about 292 years")]
    [InlineData("99999999999999999999999999999999h", "a number is expected")]
    public void What_is_no_duration_is_explained(string text, string problem)
    {
        GoDuration.TryParse(text, out _, out var error).ShouldBeFalse();
        error.ShouldNotBeNull().ShouldContain(problem);
        Should.Throw<FormatException>(() => GoDuration.Parse(text));
    }

    [Theory]
    [InlineData("1h30m", "1h30m0s")]
    [InlineData("90s", "1m30s")]
    [InlineData("0", "0s")]
    [InlineData("1500ms", "1.5s")]
    [InlineData("500us", "500µs")]
    [InlineData("1.25ms", "1.25ms")]
    [InlineData("-36h", "-36h0m0s")]
    public void Durations_are_printed_as_Go_prints_them(string text, string printed)
    {
        GoDuration.Format(GoDuration.Parse(text)).ShouldBe(printed);
        GoDuration.Parse(printed).ShouldBe(GoDuration.Parse(text));
    }
}
