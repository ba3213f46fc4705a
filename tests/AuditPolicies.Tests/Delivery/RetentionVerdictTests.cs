using System.Text;
using Comptroller.AuditPolicies.Delivery;

namespace Comptroller.AuditPolicies.Tests.Delivery;

public sealed class RetentionVerdictTests
{
    [Theory]
    [InlineData("7d", 7)]
    [InlineData("12w", 84)]
    [InlineData("1y", 365)]
    [InlineData("3", 93)]
    [InlineData("36h", 1.5)]
    [InlineData("1.5y", 547.5)]
    public void The_flag_is_found_on_the_page(string value, double days) =>
        RetentionVerdict.Read(Page($"flag{{name=\"retentionPeriod\", value=\"{value}\", is_set=\"true\"}} 1"))!.Value.TotalDays.ShouldBe(days);

    [Theory]
    [InlineData("flag{name=\"retentionPeriod\", value=\"forever\", is_set=\"true\"} 1")]
    [InlineData("flag{name=\"retentionPeriod\", value=\"\", is_set=\"true\"} 1")]
    [InlineData("flag{name=\"retentionPeriod\", value=\"7d")]
    [InlineData("flag{name=\"storage.minFreeDiskSpaceBytes\", value=\"7d\"} 1")]
    [InlineData("# flag{name=\"retentionPeriod\", value=\"7d\"} 1")]
    public void What_is_no_retention_is_not_read(string line) => RetentionVerdict.Read(Page(line)).ShouldBeNull();

    [Theory]
    [InlineData(7.0, "False/TooShort")]
    [InlineData(90.0, "True/LongEnough")]
    [InlineData(null, "Unknown/NotReadable")]
    public void Ninety_days_are_asked_for(double? kept, string expected)
    {
        var verdict = RetentionVerdict.Of(90, kept is { } days ? TimeSpan.FromDays(days) : null);
        $"{verdict.Status}/{verdict.Reason}".ShouldBe(expected);
        verdict.Message.ShouldContain(kept is null ? "spec.delivery.retentionDays" : "90 are asked for");
    }

    private static byte[] Page(string line) => Encoding.UTF8.GetBytes($"vm_app_version{{version=\"victoria-logs\"}} 1\n{line}\nflag{{name=\"tls\", value=\"false\"}} 1\n");
}
