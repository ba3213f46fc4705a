using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.PolicyAuditSchedules;
using Comptroller.Operator.PolicyAuditSchedules.Runs;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.PolicyAuditSchedules;

/// <summary>From Jobs and pods to what the status says; a run that did not audit never counts as one that did.</summary>
public sealed class AuditRunTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_complete_run_tells_score_policies_and_requests()
    {
        var status = Fold([Job("a", 4)], [Pod("a", Complete(82.9), 0)]);

        status.LastSuccessTime.ShouldBe(Start.AddMinutes(4));
        status.Audit!.Score.ShouldBe(82, "rounded down, so that it never reaches a threshold that it did not");
        status.Audit.Hosts.ShouldBe(20_000);
        status.LastRun!.Outcome.ShouldBe("Complete");
        status.LastRun.ApiCalls.ShouldBe(57);
        (status.Runs, status.FailedRuns, status.ConsecutiveFailures).ShouldBe((1, 0, 0));
    }

    [Fact]
    public void A_run_below_the_threshold_has_audited_although_its_Job_failed() =>
        Fold([Job("a", 4, failed: true)], [Pod("a", Complete(12), 1)]).LastSuccessTime.ShouldNotBeNull();

    [Theory]
    [InlineData(null, 137, "OOMKilled", "OOMKilled, exit code 137")]
    [InlineData(null, 2, "Error", "(exit code 2)")]
    [InlineData("panic", 2, "Error", "not a result")]
    [InlineData(null, 0, "Completed", "without a result")]
    public void A_run_without_a_result_has_failed_whatever_its_exit_code(string? message, int code, string reason, string told)
    {
        var status = Fold([Job("a", 4, failed: code != 0)], [Pod("a", message, code, reason)]);
        status.ConsecutiveFailures.ShouldBe(1);
        status.Audit.ShouldBeNull();
        status.LastRun!.Outcome.ShouldBe("Failed");
        status.LastRun.Message!.ShouldContain(told);
    }

    [Fact]
    public void A_degraded_run_has_audited_everything_and_says_which_policy_it_could_not_read()
    {
        var degraded = new AuditRunResult { Outcome = AuditOutcomes.Degraded, Score = 99, Message = "firewall policy \"Servers\" (malformed)" };
        var status = Fold([Job("a", 1, failed: true), Job("b", 4)], [Pod("a", null, 2), Pod("b", degraded.ToJson(), 0)]);
        status.ConsecutiveFailures.ShouldBe(0);
        status.LastSuccessTime.ShouldBe(Start.AddMinutes(4));
        status.Audit!.Score.ShouldBe(99);
        PolicyAuditConditions.Summary(status).ShouldBe("score 99 %, 0 of 0 policies failed; firewall policy \"Servers\" (malformed)");
    }

    [Fact]
    public void A_run_that_gave_way_to_another_is_none()
    {
        var skipped = new AuditRunResult { Outcome = AuditOutcomes.Skipped, Message = "another audit is writing here" };
        AuditRunResult.Read(skipped.ToJson(), out var error).ShouldNotBeNull(error);
        var status = Fold([Job("a", 1), Job("b", 2, failed: true), Job("c", 3)], [Pod("a", Complete(80), 0), Pod("b", null, 2), Pod("c", skipped.ToJson(), 0)]);
        (status.Runs, status.FailedRuns, status.ConsecutiveFailures).ShouldBe((2, 1, 1));
        status.LastRun!.EndTime.ShouldBe(Start.AddMinutes(2));
        status.LastSuccessTime.ShouldBe(Start.AddMinutes(1));
    }

    [Fact]
    public void The_Zero_Trust_score_of_the_tenant_is_rounded_down_and_told_beside_the_score()
    {
        var status = Fold([Job("a", 4)], [Pod("a", new AuditRunResult { Outcome = AuditOutcomes.Complete, Score = 90, ZeroTrustScore = 74.9 }.ToJson(), 0)]);
        status.Audit!.ZeroTrustScore.ShouldBe(74);
        PolicyAuditConditions.Summary(status).ShouldBe("score 90 %, 0 of 0 policies failed, Zero Trust 74 %");
        AuditRunResult.Read(new AuditRunResult { Outcome = AuditOutcomes.Complete, Score = 90, ZeroTrustScore = 101 }.ToJson(), out var error).ShouldBeNull();
        error!.ShouldContain("Zero Trust score");
    }

    [Fact]
    public void A_tenant_that_keeps_lacking_a_scope_keeps_failing_although_a_score_of_the_rest_is_there()
    {
        var partial = new AuditRunResult { Outcome = AuditOutcomes.Failed, Score = 99, Message = "firewall: no scope" };
        var status = Fold(
            [Job("a", 1), Job("b", 2, failed: true), Job("c", 3, failed: true)], [Pod("a", Complete(80), 0), Pod("b", partial.ToJson(), 2), Pod("c", partial.ToJson(), 2)]);
        status.ConsecutiveFailures.ShouldBe(2);
        status.LastSuccessTime.ShouldBe(Start.AddMinutes(1));
        status.Audit!.Score.ShouldBe(80, "a score of part of the tenant is no score of the tenant");
        PolicyAuditConditions.Summary(status).ShouldBe("the last 2 runs failed: firewall: no scope");
    }

    [Fact]
    public void Failures_add_up_and_leave_the_last_findings_alone()
    {
        var status = Fold(
            [Job("a", 1), Job("c", 5, failed: true), Job("b", 3, failed: true)], [Pod("a", Complete(90), 0), Pod("b", null, 2), Pod("c", null, 2)]);
        (status.Runs, status.FailedRuns, status.ConsecutiveFailures).ShouldBe((3, 2, 2));
        status.LastRun!.Name.ShouldBe("c");
        status.Audit!.Score.ShouldBe(90);
        status.LastSuccessTime.ShouldBe(Start.AddMinutes(1));
    }

    [Fact]
    public void A_run_counts_once()
    {
        ObservedJob[] jobs = [Job("a", 1), Job("b", 1), Job("c", 2, failed: true)];
        ObservedPod[] pods = [Pod("a", Complete(90), 0), Pod("b", Complete(91), 0), Pod("c", null, 2)];
        var once = Fold(jobs, pods);
        once.Runs.ShouldBe(3);
        AuditRun.News(jobs, pods, once, Start.AddHours(1)).ShouldBeEmpty();
    }

    [Fact]
    public void A_run_that_is_told_behind_a_newer_one_counts_and_unsays_nothing_of_it()
    {
        ObservedJob[] jobs = [Job("a", 1), Job("b", 2, failed: true), Job("c", 3), Job("d", 4, failed: true)];
        ObservedPod[] pods = [Pod("a", Complete(70), 0), Pod("b", null, 2), Pod("c", Complete(90), 0), Pod("d", null, 2)];
        var status = Fold([jobs[0], jobs[3]], pods);
        (status.Runs, status.ConsecutiveFailures, status.Audit!.Score).ShouldBe((2, 1, 70));
        status = AuditRun.News([.. jobs.Where(job => job.Metadata.Name != "b")], pods, status, Start.AddHours(1)).Aggregate(status, (known, run) => run.AddTo(known));
        (status.LastRun!.Name, status.Audit!.Score, status.LastSuccessTime, status.ConsecutiveFailures).ShouldBe(("d", 90, Start.AddMinutes(3), 1));
        status = AuditRun.News(jobs, pods, status, Start.AddHours(1)).Aggregate(status, (known, run) => run.AddTo(known));
        (status.LastRun!.Name, status.Runs, status.FailedRuns, status.ConsecutiveFailures).ShouldBe(("d", 4, 2, 1), "a success came between the two failures");
    }

    [Fact]
    public void A_result_that_is_still_on_its_way_is_waited_for()
    {
        var job = Job("a", 1);
        AuditRun.Of(job, [], Start.AddMinutes(1).AddSeconds(5)).ShouldBeNull();
        AuditRun.Of(job, [Pod("a", Complete(90), 0)], Start.AddMinutes(1).AddSeconds(5))!.Result.ShouldNotBeNull();
        AuditRun.Of(job, [], Start.AddMinutes(2))!.Status.Outcome.ShouldBe("Failed");
    }

    [Fact]
    public void The_pods_of_another_Job_say_nothing() =>
        Fold([Job("a", 1)], [Pod("b", Complete(90), 0)]).ConsecutiveFailures.ShouldBe(1);

    [Fact]
    public void The_newest_of_several_attempts_counts()
    {
        var first = Pod("a", null, 2, minute: 1);
        var second = Pod("a", Complete(70), 0, minute: 3);
        Fold([Job("a", 4)], [second, first]).Audit!.Score.ShouldBe(70);
    }

    [Fact]
    public void A_daemon_that_is_asked_again_and_again_tells_a_run_once()
    {
        var daemon = new ObservedPod { Metadata = new ObjectMeta { Name = "tenant-daemon-x" } };
        var first = AuditRun.Of(daemon, AuditRunResult.Read(Complete(82.9), out _)!);
        var status = AuditRun.News([first], new PolicyAuditScheduleStatus()).Aggregate(new PolicyAuditScheduleStatus(), (known, run) => run.AddTo(known));
        (status.Runs, status.LastRun!.Name, status.LastRun.DurationSeconds, status.Audit!.Score).ShouldBe((1, "tenant-daemon-x", 240, 82));
        AuditRun.News([first], status).ShouldBeEmpty();

        var failed = new AuditRunResult { StartedAt = Start.AddHours(2), FinishedAt = Start.AddHours(2), Outcome = AuditOutcomes.Failed, Message = "refused" };
        status = AuditRun.News([AuditRun.Of(daemon, failed)], status).Aggregate(status, (known, run) => run.AddTo(known));
        (status.Runs, status.ConsecutiveFailures, status.Audit!.Score).ShouldBe((2, 1, 82));
    }

    [Theory]
    [InlineData(90, 30, "True/ScoreMet")]
    [InlineData(79.99, 30, "False/BelowThreshold")]
    [InlineData(90, 239, "True/ScoreMet")]
    [InlineData(90, 241, "Unknown/Stale")]
    [InlineData(10, 241, "Unknown/Stale")]
    public void Compliance_is_told_while_the_newest_complete_run_is_younger_than_two_intervals(double score, int minutes, string verdict)
    {
        var status = Judge(Schedules.Of(Schedules.Sound), Fold([Job("a", 4)], [Pod("a", Complete(score), 0)]), Start.AddMinutes(minutes));
        Said(status, "Compliant").ShouldBe(verdict);
        Said(status, "Ready").ShouldBe("True/Succeeded");
    }

    [Fact]
    public void Without_a_complete_run_nothing_is_compliant() =>
        Said(Judge(Schedules.Of(Schedules.Sound), new PolicyAuditScheduleStatus(), Start), "Compliant").ShouldBe("Unknown/NoCompleteRun");

    [Fact]
    public void A_suspended_schedule_has_no_next_run_and_ages()
    {
        var status = Judge(Schedules.Of($"{{suspend: true, {Schedules.Sound}}}"), Fold([Job("a", 4)], [Pod("a", Complete(90), 0)]), Start.AddMinutes(10));
        status.NextRunTime.ShouldBeNull();
        Said(status, "Suspended").ShouldBe("True/Suspended");
        Said(status, "Compliant").ShouldBe("True/ScoreMet");
    }

    [Theory]
    [InlineData("Etc/UTC", "2026-03-01T12:00:00Z")]
    [InlineData("Asia/Kolkata", "2026-03-01T10:30:00Z")]
    public void The_next_run_is_due_by_the_clock_of_the_time_zone(string zone, string expected)
    {
        var status = Judge(Schedules.Of($"{{timeZone: {zone}, {Schedules.Sound}}}"), new PolicyAuditScheduleStatus(), Start);
        status.NextRunTime.ShouldBe(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    // What a clock change skips, what it repeats, */2 beside a weekday, and Sunday as 7.
    [InlineData("CronJob", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("Daemon", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("CronJob", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("Daemon", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z")]
    [InlineData("CronJob", "0 0 */2 * mon", "2026-06-02T00:00:00Z", "2026-06-02T22:00:00Z")]
    [InlineData("Daemon", "0 0 */2 * mon", "2026-06-02T00:00:00Z", "2026-06-14T22:00:00Z")]
    [InlineData("Daemon", "0 0 * * 7", "2026-06-02T00:00:00Z", "2026-06-06T22:00:00Z")]
    public void The_next_run_is_due_by_the_rules_of_whoever_starts_it(string mode, string schedule, string now, string expected)
    {
        var resource = Schedules.Of($"{{mode: {mode}, timeZone: Europe/Berlin, schedules: {{fetchAndGrade: \"{schedule}\"}}, {Schedules.Sound}}}");
        Judge(resource, new PolicyAuditScheduleStatus(), Time(now)).NextRunTime.ShouldBe(Time(expected));

        static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_missing_Secret_is_told_before_the_first_run_where_that_may_be_seen_and_by_the_kubelet_otherwise()
    {
        var schedule = Schedules.Of(Schedules.Sound);
        var known = AuditObstacle.Of(schedule.Spec, new PolicyAuditInputs { Credentials = new Dependency(true, null) }, []).ShouldNotBeNull();
        known.Reason.ShouldBe("CredentialsMissing");
        known.HoldsRuns.ShouldBeTrue();
        var waiting = new ObservedPod
        {
            Status = new PodStatus { ContainerStatuses = [new ContainerStatus { Name = "audit", State = new ContainerState { Waiting = new ContainerWait { Reason = "CreateContainerConfigError", Message = "secret \"falcon-api\" not found" } } }] },
        };
        var told = AuditObstacle.Of(schedule.Spec, new PolicyAuditInputs(), [waiting]).ShouldNotBeNull();
        told.Reason.ShouldBe("CredentialsMissing");
        told.Message.ShouldContain("falcon-api");
        AuditObstacle.Of(schedule.Spec, new PolicyAuditInputs(), []).ShouldBeNull();
    }

    private static string Complete(double score) => new AuditRunResult
    {
        StartedAt = Start,
        FinishedAt = Start.AddMinutes(4),
        Outcome = AuditOutcomes.Complete,
        Score = score,
        Hosts = 20_000,
        ApiCalls = 57,
        Policies = [new AuditedPolicies { Type = "prevention", Passed = 3, Failed = 1 }],
    }.ToJson();

    private static PolicyAuditScheduleStatus Fold(ObservedJob[] jobs, ObservedPod[] pods) =>
        AuditRun.News(jobs, pods, new PolicyAuditScheduleStatus(), Start.AddHours(1)).Aggregate(new PolicyAuditScheduleStatus(), (status, run) => run.AddTo(status));

    private static PolicyAuditScheduleStatus Judge(PolicyAuditSchedule resource, PolicyAuditScheduleStatus status, DateTimeOffset now) =>
        PolicyAuditConditions.Rendered(resource, status, PolicyAuditPlan.Make(resource, new PolicyAuditInputs()), new ApplyReport([], []), null, now);

    private static string Said(PolicyAuditScheduleStatus status, string type) =>
        status.Conditions!.Single(condition => condition.Type == type) is var found ? $"{found.Status}/{found.Reason}" : "";

    private static ObservedJob Job(string name, int endMinute, bool failed = false) => new()
    {
        Metadata = new ObjectMeta { Name = name, Uid = $"job-{name}", CreationTimestamp = Start },
        Status = new JobStatus
        {
            StartTime = Start,
            CompletionTime = failed ? null : Start.AddMinutes(endMinute),
            Conditions =
            [
                new JobCondition { Type = failed ? "Failed" : "Complete", Status = "True", Reason = failed ? "BackoffLimitExceeded" : "", LastTransitionTime = Start.AddMinutes(endMinute) },
            ],
        },
    };

    private static ObservedPod Pod(string job, string? message, int code, string reason = "", int minute = 4) => new()
    {
        Metadata = new ObjectMeta
        {
            Name = $"{job}-{minute}",
            OwnerReferences = [new OwnerReference { ApiVersion = "batch/v1", Kind = "Job", Name = job, Uid = $"job-{job}", Controller = true }],
        },
        Status = new PodStatus
        {
            ContainerStatuses =
            [
                new ContainerStatus
                {
                    Name = "audit",
                    State = new ContainerState { Terminated = new ContainerEnd { ExitCode = code, Reason = reason, Message = message, StartedAt = Start, FinishedAt = Start.AddMinutes(minute) } },
                },
            ],
        },
    };
}
