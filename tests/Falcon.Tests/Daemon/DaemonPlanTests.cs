using System.Globalization;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Tests.Daemon;

public sealed class DaemonPlanTests
{
    private static readonly FalconConfig HalfHourly = new() { FetchAndGrade = CronSchedule.Parse("*/30 * * * *"), Cleanup = CronSchedule.Parse("@daily"), Metrics = CronSchedule.Parse("@daily") };

    [Fact]
    public void Slots_that_pass_during_a_long_run_are_made_up_for_by_one_run()
    {
        var plan = new DaemonPlan(HalfHourly, At("12:10"), null);
        plan.Due(At("12:29")).ShouldBeNull();
        plan.Due(At("12:30")).ShouldBe(DaemonTask.FetchAndGrade);
        plan.Ran(DaemonTask.FetchAndGrade, At("12:30"), At("14:10"));
        plan.Due(At("14:10")).ShouldBe(DaemonTask.FetchAndGrade);
        plan.Ran(DaemonTask.FetchAndGrade, At("14:10"), At("14:15"));
        plan.Due(At("14:15")).ShouldBeNull();
        plan.Soonest.ShouldBe(At("14:30"));
    }

    [Fact]
    public void Slots_that_pass_during_a_long_run_are_skipped_where_that_is_asked_for()
    {
        var plan = new DaemonPlan(HalfHourly with { MissedRuns = MissedRuns.Skip }, At("12:10"), null);
        plan.Ran(DaemonTask.FetchAndGrade, At("12:30"), At("14:10"));
        plan.Due(At("14:10")).ShouldBeNull();
        plan[DaemonTask.FetchAndGrade].ShouldBe(At("14:30"));
    }

    [Theory]
    [InlineData("11:45", MissedRuns.Once, true)]
    [InlineData("12:05", MissedRuns.Once, false)]
    [InlineData("11:45", MissedRuns.Skip, false)]
    [InlineData(null, MissedRuns.Once, false)]
    // A run of the future: the clock was wrong then or is now, and nothing follows from it.
    [InlineData("23:00", MissedRuns.Once, false)]
    public void A_slot_that_passed_while_no_daemon_ran_is_made_up_for_once(string? lastRun, MissedRuns missed, bool due) =>
        (new DaemonPlan(HalfHourly with { MissedRuns = missed }, At("12:10"), lastRun is null ? null : At(lastRun)).Due(At("12:10")) == DaemonTask.FetchAndGrade).ShouldBe(due);

    [Fact]
    public void The_time_zone_decides_when_a_daily_audit_is_due()
    {
        var berlin = HalfHourly with { FetchAndGrade = CronSchedule.Parse("0 3 * * *"), TimeZone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") };
        new DaemonPlan(berlin, At("00:30"), null)[DaemonTask.FetchAndGrade].ShouldBe(At("02:00"));
        var summer = new DateTimeOffset(2026, 7, 1, 0, 30, 0, TimeSpan.Zero);
        new DaemonPlan(berlin, summer, null)[DaemonTask.FetchAndGrade].ShouldBe(summer.AddMinutes(30));
    }

    [Fact]
    public void An_audit_goes_before_what_is_due_with_it()
    {
        var plan = new DaemonPlan(HalfHourly with { Metrics = HalfHourly.FetchAndGrade, Cleanup = HalfHourly.FetchAndGrade }, At("12:10"), null);
        var order = new List<DaemonTask>();
        while (plan.Due(At("12:30")) is { } due)
        {
            order.Add(due);
            plan.Ran(due, At("12:30"), At("12:30"));
        }

        order.ShouldBe([DaemonTask.FetchAndGrade, DaemonTask.Cleanup, DaemonTask.Metrics]);
    }

    [Fact]
    public void A_clock_that_jumps_ahead_brings_one_run_and_one_that_is_put_back_does_not_silence_the_daemon()
    {
        var plan = new DaemonPlan(HalfHourly, At("12:10"), null);
        var wrong = At("12:10").AddYears(3);
        plan.Due(wrong).ShouldBe(DaemonTask.FetchAndGrade);
        plan.Ran(DaemonTask.FetchAndGrade, wrong, wrong);
        plan.Due(wrong.AddMinutes(1)).ShouldNotBe(DaemonTask.FetchAndGrade);
        plan.Due(At("12:20")).ShouldBeNull();
        plan.Due(At("12:30")).ShouldBe(DaemonTask.FetchAndGrade);
    }

    [Fact]
    public void A_small_correction_of_the_clock_does_not_run_a_slot_twice()
    {
        var plan = new DaemonPlan(HalfHourly, At("12:10"), null);
        plan.Due(At("12:30")).ShouldBe(DaemonTask.FetchAndGrade);
        plan.Ran(DaemonTask.FetchAndGrade, At("12:30"), At("12:31"));
        plan.Due(At("12:29")).ShouldBeNull();
        plan.Due(At("12:30")).ShouldBeNull();
    }

    [Fact]
    public void Another_schedule_counts_from_now_and_an_unchanged_one_stays_due()
    {
        var plan = new DaemonPlan(HalfHourly, At("12:10"), null);
        plan.Change(HalfHourly with { Cleanup = CronSchedule.Parse("0 * * * *") }, At("12:40"));
        plan.Due(At("12:40")).ShouldBe(DaemonTask.FetchAndGrade);
        plan[DaemonTask.Cleanup].ShouldBe(At("13:00"));
    }

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2026-03-01T{time}:00Z", CultureInfo.InvariantCulture);
}
