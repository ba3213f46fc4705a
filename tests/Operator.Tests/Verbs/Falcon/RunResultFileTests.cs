using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.Operator.Workloads;
using Comptroller.Operator.Verbs.Falcon;
using AuditRun = Comptroller.Operator.PolicyAuditSchedules.Runs.AuditRun;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>From the outcome of a run to what its container says last.</summary>
public sealed class RunResultFileTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(RunResult.Complete, AuditOutcomes.Complete)]
    [InlineData(RunResult.Degraded, AuditOutcomes.Degraded)]
    [InlineData(RunResult.Partial, AuditOutcomes.Failed)]
    [InlineData(RunResult.Failed, AuditOutcomes.Failed)]
    public void Each_result_has_its_word(RunResult result, string outcome) => RunResultFile.Of(Outcome(result)).Outcome.ShouldBe(outcome);

    [Fact]
    public void A_degraded_run_names_the_policies_that_could_not_be_read()
    {
        PolicyGrade[] grades =
        [
            new PolicyGrade { Type = PolicyType.Prevention, Id = "a", Name = "Servers", Passed = false, Ungradable = UngradableReason.Malformed },
            new PolicyGrade { Type = PolicyType.Prevention, Id = "b", Name = "", Passed = false, Ungradable = UngradableReason.SettingsUnavailable },
            new PolicyGrade { Type = PolicyType.Prevention, Id = "c", Name = "BeOS", Ungradable = UngradableReason.NoPlatformConfig },
            new PolicyGrade { Type = PolicyType.Prevention, Id = "d", Name = "Laptops", Passed = false },
        ];
        var outcome = Outcome(RunResult.Degraded) with { Types = [new TypeAudit(PolicyType.Prevention, [], grades, null)] };
        RunResultFile.Of(outcome).Message.ShouldBe("cannot be read and count as failed: prevention policy \"Servers\" (malformed), prevention policy b (settings unavailable)");
    }

    [Theory]
    [InlineData(RunResult.Complete)]
    [InlineData(RunResult.Degraded)]
    [InlineData(RunResult.Partial)]
    [InlineData(RunResult.Failed)]
    public void What_fails_in_the_daemons_own_figures_fails_in_the_status_too(RunResult result)
    {
        var limiter = new RateLimiter(RateLimit.Small, TimeProvider.System);
        using var disposed = limiter;
        var figures = new DaemonFigures(TimeProvider.System, new FalconCounters(), limiter);
        figures.Record(Outcome(result).Run);
        var run = AuditRun.Of(new ObservedPod(), RunResultFile.Of(Outcome(result)));
        run.AddTo(new PolicyAuditScheduleStatus()).ConsecutiveFailures.ShouldBe(figures.Snapshot().ConsecutiveFailures);
    }

    [Fact]
    public void Figures_are_those_of_the_run_and_types_that_were_not_fetched_are_left_out()
    {
        var read = AuditRunResult.Read(RunResultFile.Of(Outcome(RunResult.Partial)).ToJson(), out var error).ShouldNotBeNull(error);
        read.ShouldSatisfyAllConditions(
            () => read.StartedAt.ShouldBe(Start),
            () => read.FinishedAt.ShouldBe(Start.AddMinutes(3)),
            () => read.Score.ShouldBe(90),
            () => (read.Hosts, read.ApiCalls, read.ApiErrors, read.Throttled).ShouldBe((1000, 42, 2, 1)),
            () => read.Policies.ShouldBe([new AuditedPolicies { Type = "prevention", Passed = 0, Failed = 0 }]),
            () => read.Message.ShouldBe("firewall: no scope"));
        read.GradingVersion!.ShouldStartWith("1.0.0 ");
    }

    [Fact]
    public void The_longest_message_still_fits_into_what_Kubernetes_keeps()
    {
        var json = RunResultFile.Of(Outcome(RunResult.Failed) with { Run = Outcome(RunResult.Failed).Run with { Message = new string('\u0001', 100_000) } }).ToJson();
        System.Text.Encoding.UTF8.GetByteCount(json).ShouldBeLessThanOrEqualTo(4096);
        AuditRunResult.Read(json, out _).ShouldNotBeNull();
    }

    private static AuditOutcome Outcome(RunResult result) => new(
        new StoredRun
        {
            Started = Start,
            Ended = Start.AddMinutes(3),
            Result = result,
            Policies = new PolicySummary(10, 8, 2, 0, 100, 10),
            Hosts = new HostCounts(1000, 900, 100),
            ApiCalls = 42,
            ApiErrors = 2,
            Throttled = 1,
            Message = "firewall: no scope",
        },
        [
            new TypeAudit(PolicyType.Prevention, [], [], null),
            new TypeAudit(PolicyType.Firewall, [], [], new FalconApiException(FalconOperation.Firewall, FalconFailure.Scope, "no scope")),
        ],
        new AuditOptions());
}
