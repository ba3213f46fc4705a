using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Tests.Configuration;

public sealed class ConfigReloadTests
{
    [Fact]
    public void What_may_change_at_run_time_is_taken_over()
    {
        var read = new FalconConfig
        {
            RateLimit = RateLimit.Large,
            Compress = true,
            MaxFilesPerType = 3,
            FetchAndGrade = CronSchedule.Parse("@hourly"),
            TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"),
            CheckInterval = TimeSpan.FromSeconds(5),
            HealthPort = 9000,
        };
        var reload = ConfigReload.Of(new FalconConfig(), read);
        reload.Config.ShouldBe(read);
        reload.NeedRestart.ShouldBeEmpty();
        reload.HealthChanged.ShouldBeTrue();
    }

    [Fact]
    public void Keys_that_need_a_restart_are_named_and_stay_as_they_were_until_then()
    {
        var running = new FalconConfig();
        var read = running with { Store = "other.sqlite", ClientSecret = "another", PolicyTypes = [PolicyType.Response], ProductTypes = ["all"], Compress = true };
        var reload = ConfigReload.Of(running, read);
        reload.NeedRestart.ShouldBe(["db", "falcon_credentials", "daemon.policy_types", "daemon.product_types"]);
        reload.HealthChanged.ShouldBeFalse();
        reload.Config.ShouldBe(running with { Compress = true });
        // They are named again by the next reload: the restart is still to come.
        ConfigReload.Of(reload.Config, read).NeedRestart.Length.ShouldBe(4);
    }
}
