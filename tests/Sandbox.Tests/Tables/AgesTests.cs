using Comptroller.Sandbox.Tables;

namespace Comptroller.Sandbox.Tests.Tables;

public sealed class AgesTests
{
    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(0, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(135, "2m15s")]
    [InlineData(600, "10m")]
    [InlineData(179 * 60, "179m")]
    [InlineData(180 * 60, "3h")]
    [InlineData((3 * 3600) + 1200, "3h20m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(49 * 3600, "2d1h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(729L * 86400, "729d")]
    [InlineData(731L * 86400, "2y1d")]
    [InlineData(8L * 365 * 86400, "8y")]
    public void Ages_are_shown_as_kubectl_shows_them(long seconds, string shown) => Ages.Of(TimeSpan.FromSeconds(seconds)).ShouldBe(shown);

    [Fact]
    public void A_time_that_is_absent_or_unreadable_says_so()
    {
        Ages.Since(null, DateTimeOffset.UnixEpoch).ShouldBe("<unknown>");
        Ages.Since("soon", DateTimeOffset.UnixEpoch).ShouldBe("<invalid>");
    }
}
