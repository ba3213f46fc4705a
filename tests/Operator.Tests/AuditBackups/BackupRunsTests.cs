using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Comptroller.Archive.Backups;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.AuditBackups.Runs;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>From what runs hand back to what the status and its conditions say.</summary>
public sealed class BackupRunsTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);

    private static readonly RunResult Made = new()
    {
        Verb = "backup",
        Success = true,
        Stream = "evidence",
        Number = 7,
        Location = "file:///store/backups/evidence/0000000007.manifest.json",
        RootHash = new string('a', 64),
        CreatedAt = Start,
        Files = 11,
        Bytes = 1000,
        StoredBytes = 120,
        SentBytes = 20,
        RecoverableFrom = Start.AddDays(-3),
        RecoverableTo = Start,
    };

    private static readonly RunResult Proof = new()
    {
        Verb = "verify",
        Success = true,
        Stream = "evidence",
        Number = 7,
        RootHash = new string('a', 64),
        Files = 11,
        BytesRead = 120,
        RestoredFiles = 11,
        ChainIntact = true,
        Problems = 0,
    };

    [Fact]
    public void A_backup_tells_size_ratio_root_and_place_and_a_failed_one_leaves_them()
    {
        var status = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", Made), 1);
        status.LastBackup.ShouldNotBeNull();
        (status.LastBackup.Number, status.LastBackup.Ratio, status.LastBackup.RootHash, status.LastBackup.Files).ShouldBe((7, "8.33", new string('a', 64), 11));
        (status.LastSuccessTime, status.RecoverableFrom, status.RecoverableTo, status.LocationAvailable).ShouldBe((Start, Start.AddDays(-3), Start, true));

        var failed = BackupRuns.AddTo(status, BackupTask.Backup, Run("b", Failed("backup", "s3://evidence/prod/: cannot write the bucket: ExpiredToken: The provided token has expired.", RunCauses.Store)), 1);
        failed.LastBackup.ShouldBe(status.LastBackup);
        (failed.Runs, failed.FailedRuns, failed.ConsecutiveFailures, failed.LocationAvailable).ShouldBe((2, 1, 1, false));
        AuditBackupConditions.Summary(failed).ShouldBe("the last backup failed: s3://evidence/prod/: cannot write the bucket: ExpiredToken: The provided token has expired.");

        // What else goes wrong is not the store's.
        BackupRuns.AddTo(status, BackupTask.Backup, Run("b", Failed("backup", "/sources/trail: no such file or directory")), 1).LocationAvailable.ShouldBe(true);
    }

    [Theory]
    [InlineData(null, 137, "without a result (OOMKilled, exit code 137)")]
    [InlineData("panic", 2, "not a result")]
    [InlineData("{\"version\":1,\"verb\":\"verify\",\"success\":true,\"stream\":\"evidence\"}", 0, "of another verb")]
    public void A_run_without_its_result_has_failed_whatever_its_exit_code(string? message, int code, string told)
    {
        var status = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", new ContainerEnd { ExitCode = code, Reason = code == 137 ? "OOMKilled" : "Error", Message = message }), 1);
        status.LastRun!.Outcome.ShouldBe("Failed");
        status.LastRun.Message!.ShouldContain(told);
        status.LastBackup.ShouldBeNull();
    }

    [Fact]
    public void Each_node_counts_once_and_a_missing_one_fails_the_run()
    {
        var (one, two, three) = (Made with { Stream = "evidence.cp-1" }, Made with { Stream = "evidence.cp-2", Number = 5, LockedUntil = Start.AddDays(9) }, Made with { Stream = "evidence.cp-3", RecoverableFrom = Start.AddDays(-1) });
        var all = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", one, two, three), 3);
        all.LastRun!.Outcome.ShouldBe("Succeeded");
        (all.LastBackup!.Number, all.LastBackup.Bytes, all.LastBackup.RootHash, all.LastBackup.LockedUntil).ShouldBe((5, 3000, null, null));
        all.LastBackup.Streams!.Select(stream => stream.Name).ShouldBe(["evidence.cp-1", "evidence.cp-2", "evidence.cp-3"]);
        all.RecoverableFrom.ShouldBe(Start.AddDays(-1), "to what all of them can go back");

        var twice = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", one, two, one with { Number = 8 }), 3);
        twice.LastRun!.Message!.ShouldStartWith("2 of 3 nodes");
        twice.LastBackup.ShouldBeNull();

        var broken = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", one, two, Failed("backup", "/sources/node: access is denied") with { Stream = "evidence.cp-3" }), 3);
        broken.LastRun!.Message.ShouldBe("evidence.cp-3: /sources/node: access is denied");

        // A second attempt on the same node beats the first.
        BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", one, two, three, Failed("backup", "x") with { Stream = "evidence.cp-3" }), 3).LastRun!.Outcome.ShouldBe("Succeeded");
    }

    [Fact]
    public void A_verification_that_cannot_look_says_nothing_of_the_chain()
    {
        var proved = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Verify, Run("a", Proof), 1);
        (proved.ChainIntact, proved.LastVerification!.RestoredFiles, proved.LastVerifiedTime).ShouldBe((true, 11, Start.AddMinutes(4)));
        var blind = BackupRuns.AddTo(proved, BackupTask.Verify, Run("b", Failed("verify", "s3://evidence/: cannot list the bucket: AccessDenied")), 1);
        (blind.ChainIntact, blind.LastVerification!.Problems, blind.LastVerifiedTime).ShouldBe((true, 0, Start.AddMinutes(4)));
        var wrong = BackupRuns.AddTo(proved, BackupTask.Verify, Run("b", Proof with { Success = false, ChainIntact = false, Problems = 2, Found = ["backups/evidence/0000000003.manifest.json: missing"] }), 1);
        (wrong.ChainIntact, wrong.LastVerification!.Message).ShouldBe((false, "backups/evidence/0000000003.manifest.json: missing, and 1 more"));
    }

    [Fact]
    public void A_digest_tells_until_when_backups_are_accounted_for_and_one_that_cannot_go_on_breaks_the_chain()
    {
        var digest = new RunResult { Verb = "digest", Success = true, Stream = "evidence", Number = 7, DigestsUntil = Start.AddMinutes(3) };
        var status = BackupRuns.AddTo(new AuditBackupStatus { ChainIntact = true }, BackupTask.Digest, Run("d", digest), 1);
        (status.LastDigest!.Number, status.DigestsUntil, status.ChainIntact, status.LastDigest.Outcome).ShouldBe((7, Start.AddMinutes(3), true, "Succeeded"));
        BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Digest, Run("d", digest), 1).ChainIntact.ShouldBeNull("it proves nothing of the ones before");

        var blind = BackupRuns.AddTo(status, BackupTask.Digest, Run("e", Failed("digest", "s3://evidence/: cannot list the bucket: AccessDenied", RunCauses.Store)), 1);
        (blind.ChainIntact, blind.DigestsUntil, blind.LocationAvailable).ShouldBe((true, Start.AddMinutes(3), false));

        var gone = "backups/evidence/0000000007.manifest.json: missing; digests/evidence/0000000009.digest.json names it, and it is the newest one";
        var broken = BackupRuns.AddTo(status, BackupTask.Digest, Run("e", digest with { Success = false, ChainIntact = false, DigestsUntil = null, Problems = 1, Found = [gone] }), 1);
        (broken.ChainIntact, broken.DigestsUntil, broken.LastDigest!.Message).ShouldBe((false, Start.AddMinutes(3), gone));
        var made = BackupRuns.AddTo(broken, BackupTask.Backup, Run("a", Made), 1);
        var backup = Backups.Of(Backups.ToBucket);
        AuditBackupConditions.Rendered(backup, made, AuditBackupPlan.Make(backup, new AuditBackupInputs()), new ApplyReport([], []), null, Start.AddMinutes(5)).Conditions!
            .Single(condition => condition.Type == "Protected").Message.ShouldContain(gone);
    }

    [Fact]
    public void One_run_over_the_streams_of_all_nodes_is_as_good_as_the_worst_of_them()
    {
        var started = new RunResult { Verb = "verify", Stream = "evidence" };
        var sound = Proof with { Stream = "evidence.cp-1", RecoverableFrom = Start.AddDays(-9), LockedUntil = Start.AddDays(9), LocksHold = true };
        var gone = Proof with { Stream = "evidence.gone", Success = false, Number = 3, ChainIntact = false, Problems = 1, Found = ["content/aa: another text"], RecoverableFrom = Start.AddDays(-3) };
        var all = RunResult.Of(started, [sound, gone]);
        (all.Success, all.Stream, all.Number, all.Files, all.RestoredFiles, all.ChainIntact, all.Problems, all.LockedUntil, all.LocksHold, all.RecoverableFrom)
            .ShouldBe((false, "evidence", 3, 22, 22, false, 1, null, true, Start.AddDays(-3)));
        all.Found.ShouldBe(["evidence.gone: content/aa: another text"]);
        all.RootHash.ShouldBeNull("each stream has its own");
        RunResult.Of(started, [sound]).ShouldBe(sound with { Stream = "evidence" });
    }

    [Fact]
    public void A_prune_and_a_restore_tell_what_they_did()
    {
        var pruned = BackupRuns.AddTo(new AuditBackupStatus { RecoverableFrom = Start }, BackupTask.Prune, Run("p", new RunResult { Verb = "prune", Success = true, Stream = "evidence", Deleted = 3, DeletedBytes = 90, RecoverableFrom = Start.AddDays(1) }), 1);
        (pruned.LastPrune!.Deleted, pruned.LastPrunedTime, pruned.RecoverableFrom).ShouldBe((3, Start.AddMinutes(4), Start.AddDays(1)));
        var restored = BackupRuns.AddTo(pruned, BackupTask.Restore, Run("evidence-restore-1", new RunResult { Verb = "restore", Success = true, Stream = "evidence", Number = 6, RestoredFiles = 11 }), 1);
        (restored.LastRestore!.Directory, restored.LastRestore.Number, restored.LastRestore.RestoredFiles).ShouldBe(("evidence-restore-1", 6, 11));
    }

    public static TheoryData<string, string, string> States() => new()
    {
        { "nothing", "Protected=False/NoBackup", "Verified=Unknown/NotVerified" },
        { "made", "Protected=False/NotVerified", "Verified=Unknown/NotVerified" },
        { "proved", "Protected=True/Protected", "Verified=True/Proved" },
        { "stale", "Protected=False/BackupStale", "Verified=True/Proved" },
        { "proof stale", "Protected=False/VerificationStale", "Verified=Unknown/Stale" },
        { "wrong", "Protected=False/VerificationFailed", "Verified=False/VerificationFailed" },
        { "chain", "Protected=False/ChainBroken", "Verified=False/VerificationFailed" },
        { "blind", "Protected=True/Protected", "Verified=Unknown/CouldNotLook" },
        { "lock refused", "Protected=False/LockMissing", "Verified=Unknown/NotVerified" },
        { "not locked", "Protected=False/LockMissing", "Verified=True/Proved" },
        { "lock shortened", "Protected=False/LockMissing", "Verified=False/VerificationFailed" },
        { "locked", "Protected=True/Protected", "Verified=True/Proved" },
        { "lock over", "Protected=False/LockMissing", "Verified=True/Proved" },
    };

    [Theory]
    [MemberData(nameof(States))]
    public void Protected_is_fresh_and_proved_and_locked_as_asked_or_says_why_not(string state, string isProtected, string verified)
    {
        var (spec, now) = (Backups.ToBucket, Start.AddMinutes(30));
        var made = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", Made), 1);
        var locked = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", Made with { LockedUntil = Start.AddDays(30) }), 1);
        var asked = $"objectLock: {{mode: Compliance, days: 30}}, {spec}";
        AuditBackupStatus Proved(AuditBackupStatus status, RunResult proof) => BackupRuns.AddTo(status, BackupTask.Verify, Run("v", proof), 1);

        (spec, var status, now) = state switch
        {
            "nothing" => (spec, new AuditBackupStatus(), now),
            "made" => (spec, made, now),
            "proved" => (spec, Proved(made, Proof), now),
            "stale" => (spec, Proved(made, Proof), Start.AddMinutes(95)),
            "proof stale" => (spec, Proved(made, Proof) with { LastVerifiedTime = Start.AddDays(-2) }, now),
            "wrong" => (spec, Proved(made, Proof with { Success = false, Problems = 1, Found = ["content/aa: another text"] }), now),
            "chain" => (spec, Proved(made, Proof with { Success = false, Problems = 1, ChainIntact = false, Found = ["missing"] }), now),
            "blind" => (spec, Proved(Proved(made, Proof), Failed("verify", "s3://evidence/: cannot list the bucket: AccessDenied")), now),
            "lock refused" => (asked, BackupRuns.AddTo(made, BackupTask.Backup, Run("b", Failed("backup", "s3://evidence/: in whatever words", RunCauses.Lock)), 1), now),
            "not locked" => (asked, Proved(made, Proof), now),
            "lock shortened" => (asked, Proved(locked, Proof with { Success = false, LocksHold = false, Problems = 1, Found = ["content/aa: locked until yesterday"] }), now),
            "locked" => (asked, Proved(locked, Proof with { LocksHold = true }), now),
            _ => (asked, Proved(locked with { LastSuccessTime = Start.AddDays(40) }, Proof) with { LastVerifiedTime = Start.AddDays(40) }, Start.AddDays(40).AddMinutes(5)),
        };
        var backup = Backups.Of(spec);
        var plan = AuditBackupPlan.Make(backup, new AuditBackupInputs());
        var conditions = AuditBackupConditions.Rendered(backup, status, plan, new ApplyReport([], []), null, now).Conditions!;
        var said = conditions.Select(condition => $"{condition.Type}={condition.Status}/{condition.Reason}").ToList();
        said.ShouldContain(isProtected);
        said.ShouldContain(verified);
        said.ShouldContain("Ready=True/Succeeded", "failing runs do not keep runs from starting");
        conditions.ShouldAllBe(condition => condition.Message.Length > 0);
    }

    [Fact]
    public void In_whatever_order_runs_are_told_the_status_comes_out_the_same()
    {
        (BackupTask Task, EndedRun Run)[] runs =
        [
            (BackupTask.Backup, Run("a", Failed("backup", "first")) with { EndTime = Start.AddMinutes(1) }),
            (BackupTask.Backup, Run("b", Made) with { EndTime = Start.AddMinutes(2) }),
            (BackupTask.Verify, Run("c", Proof with { Success = false, ChainIntact = false, Problems = 1, Found = ["missing"] }) with { EndTime = Start.AddMinutes(3) }),
            (BackupTask.Prune, Run("d", new RunResult { Verb = "prune", Success = true, Stream = "evidence", Deleted = 1, RecoverableFrom = Start.AddDays(-1) }) with { EndTime = Start.AddMinutes(4) }),
            (BackupTask.Backup, Run("e", Failed("backup", "cannot write", RunCauses.Store)) with { EndTime = Start.AddMinutes(5) }),
            (BackupTask.Verify, Run("f", Failed("verify", "no such key")) with { EndTime = Start.AddMinutes(6) }),
            (BackupTask.Backup, Run("g", Failed("backup", "last")) with { EndTime = Start.AddMinutes(7) }),
        ];
        var inOrder = Tell(runs);
        (inOrder.Runs, inOrder.FailedRuns, inOrder.ConsecutiveFailures, inOrder.LastRun!.Name, inOrder.LastVerification!.Name).ShouldBe((4, 3, 2, "g", "f"));
        (inOrder.LastBackup!.Number, inOrder.ChainIntact, inOrder.LocationAvailable, inOrder.RecoverableFrom).ShouldBe((7, false, false, Start.AddDays(-1)));
        var expected = JsonSerializer.Serialize(inOrder, CrdsJson.Default.AuditBackupStatus);
        foreach (var order in Orders(runs))
        {
            JsonSerializer.Serialize(Tell(order), CrdsJson.Default.AuditBackupStatus).ShouldBe(expected, string.Join(' ', order.Select(each => each.Run.Job.Metadata.Name)));
        }

        static AuditBackupStatus Tell(IEnumerable<(BackupTask Task, EndedRun Run)> runs) => runs.Aggregate(new AuditBackupStatus(), (status, each) => BackupRuns.AddTo(status, each.Task, each.Run, 1));

        static IEnumerable<ImmutableArray<T>> Orders<T>(IReadOnlyList<T> of) =>
            of.Count == 0 ? [[]] : of.SelectMany((first, i) => Orders([.. of.Where((_, j) => j != i)]).Select(rest => rest.Insert(0, first)));
    }

    [Fact]
    public void Each_run_counts_once_also_when_it_is_told_behind_one_that_ended_later()
    {
        EndedRun[] runs = [.. Enumerable.Range(0, 50).Select(i => Run($"run-{i:00}", Made) with { EndTime = Start.AddMinutes(i) })];
        var all = News(new AuditBackupStatus(), runs).Aggregate(new AuditBackupStatus(), Add);
        (all.Runs, all.CountedRuns!.Count, all.CountedUntil).ShouldBe((50, 32, Start.AddMinutes(17)));
        News(all, runs).ShouldBeEmpty("neither those that are listed nor those before them");

        var late = Add(new AuditBackupStatus(), runs[9]);
        News(late, runs[..10]).Select(run => run.Id).ShouldBe(runs[..9].Select(run => run.Id));
        late = News(late, runs[..10]).Aggregate(late, Add);
        (late.Runs, late.LastRun!.Name).ShouldBe((10, "run-09"));

        // A status of an operator that named the newest run alone.
        var old = new AuditBackupStatus { Runs = 10, LastRun = new BackupRunStatus { Name = "run-09", EndTime = Start.AddMinutes(9) } };
        var next = News(old, runs).Aggregate(old, Add);
        (next.Runs, News(next, runs).Length).ShouldBe((50, 0));

        static ImmutableArray<EndedRun> News(AuditBackupStatus status, IEnumerable<EndedRun> runs) => BackupRuns.Ledger(status).News(runs, run => run.Id, run => run.EndTime);

        static AuditBackupStatus Add(AuditBackupStatus status, EndedRun run) => BackupRuns.AddTo(status, BackupTask.Backup, run, 1);
    }

    [Fact]
    public void A_backup_that_its_windows_hold_back_is_no_run_and_one_that_they_stop_is_neither_success_nor_failure()
    {
        var opens = Start.AddHours(12);
        var failed = BackupRuns.AddTo(new AuditBackupStatus(), BackupTask.Backup, Run("a", Failed("backup", "x")), 1);
        var held = Run("b", new RunResult { Verb = "backup", Stream = "evidence", ResumesAt = opens }) with { EndTime = Start.AddMinutes(5) };
        var after = BackupRuns.AddTo(failed, BackupTask.Backup, held, 1);
        (after.LastRun!.Name, after.Runs, after.ConsecutiveFailures, after.LocationAvailable).ShouldBe(("a", 1, 1, null));
        after.CountedRuns!.Count.ShouldBe(2, "it is told once");
        (BackupRuns.Of(BackupTask.Backup, held, 1) is { Outcome: "Held", Message: "due outside of its windows, the next of which opens at 2026-03-01T22:00:00Z" }).ShouldBeTrue();

        var paused = Run("c", new RunResult { Verb = "backup", Stream = "evidence", ResumesAt = opens, SentBytes = 70 }) with { EndTime = Start.AddMinutes(6) };
        after = BackupRuns.AddTo(after, BackupTask.Backup, paused, 1);
        (after.LastRun!.Outcome, after.Runs, after.FailedRuns, after.ConsecutiveFailures, after.LocationAvailable, after.LastBackup).ShouldBe(("Paused", 2, 1, 1, true, null));
        AuditBackupConditions.Summary(after).ShouldBe("the last backup stopped at the end of its window with 70 bytes sent, and goes on when the next one opens at 2026-03-01T22:00:00Z");

        // Of three nodes one that failed is a failure, and one that was complete does not make the run so.
        var one = Made with { Stream = "evidence.cp-1" };
        var (two, three) = (new RunResult { Verb = "backup", Stream = "evidence.cp-2", ResumesAt = opens, SentBytes = 7 }, new RunResult { Verb = "backup", Stream = "evidence.cp-3", ResumesAt = opens });
        BackupRuns.Of(BackupTask.Backup, Run("d", one, two, three), 3).Outcome.ShouldBe("Paused");
        BackupRuns.Of(BackupTask.Backup, Run("d", one, two, Failed("backup", "x") with { Stream = "evidence.cp-3" }), 3).Outcome.ShouldBe("Failed");
        BackupRuns.Of(BackupTask.Backup, Run("d", one, two), 3).Outcome.ShouldBe("Failed");
    }

    [Theory]
    [InlineData("2026-03-02T12:00:00Z", "False", "Closed", "2026-03-02T21:00:00Z", "2026-03-02T21:00:00Z")]
    [InlineData("2026-03-02T22:30:00Z", "True", "Open", "2026-03-03T04:00:00Z", "2026-03-02T23:00:00Z")]
    public void Whether_a_window_is_open_is_told_and_the_next_run_is_due_inside_of_one(string now, string status, string reason, string changes, string next)
    {
        var backup = Backups.Of($"timeZone: Europe/Berlin, schedule: \"0 * * * *\", windows: [{{start: \"22:00\", end: \"05:00\"}}], {Backups.Sound}");
        var plan = AuditBackupPlan.Make(backup, new AuditBackupInputs());
        var at = DateTimeOffset.Parse(now, CultureInfo.InvariantCulture);
        var rendered = AuditBackupConditions.Rendered(backup, new AuditBackupStatus(), plan, new ApplyReport([], []), null, at);
        var condition = rendered.Conditions!.Single(each => each.Type == "WindowOpen");
        (condition.Status, condition.Reason).ShouldBe((status, reason));
        condition.Message.ShouldContain(changes);
        rendered.NextRunTime.ShouldBe(DateTimeOffset.Parse(next, CultureInfo.InvariantCulture));
        AuditBackupConditions.NextChange(backup.Spec, rendered, plan, at).ShouldBeLessThanOrEqualTo(DateTimeOffset.Parse(changes, CultureInfo.InvariantCulture));

        // What lies between two windows is no reason to be called stale.
        BackupAges.ExpectedInterval(plan.Backups!, DateTimeOffset.Parse("2026-03-02T03:30:00Z", CultureInfo.InvariantCulture)).ShouldBe(TimeSpan.FromHours(17.5));
        var without = Backups.Of(Backups.Sound) with { Status = rendered };
        AuditBackupConditions.Rendered(without, rendered, AuditBackupPlan.Make(without, new AuditBackupInputs()), new ApplyReport([], []), null, at).Conditions!.ShouldNotContain(each => each.Type == "WindowOpen");
    }

    [Fact]
    public void A_run_of_several_pods_is_over_when_all_of_them_have_told_their_results()
    {
        var job = new ObservedJob
        {
            Metadata = new ObjectMeta { Name = "nodes", Uid = "nodes" },
            Status = new JobStatus { Succeeded = 3, CompletionTime = Start, Conditions = [new JobCondition { Type = "Complete", Status = "True", LastTransitionTime = Start }] },
        };
        ObservedPod[] pods = [PodOf("cp-1"), PodOf("cp-2"), PodOf("cp-3")];
        EndedRun.Of(job, pods[..2], Start.AddSeconds(5)).ShouldBeNull("it would count as failed for want of a node");
        EndedRun.Of(job, pods, Start)!.Containers.Count.ShouldBe(3);
        EndedRun.Of(job, pods[..2], Start + EndedRun.Patience)!.Containers.Count.ShouldBe(2, "a result that does not come is waited for so long");

        static ObservedPod PodOf(string node) => new()
        {
            Metadata = new ObjectMeta { Name = node, OwnerReferences = [new OwnerReference { ApiVersion = "batch/v1", Kind = "Job", Name = "nodes", Uid = "nodes", Controller = true }] },
            Status = new PodStatus { ContainerStatuses = [new ContainerStatus { State = new ContainerState { Terminated = new ContainerEnd { FinishedAt = Start } } }] },
        };
    }

    [Fact]
    public void Over_a_weekend_a_backup_of_weekdays_is_not_stale()
    {
        var timetable = Timetable.OfCronJob("0 20 * * 1-5", "Etc/UTC", "spec.schedule").Value!;
        var friday = new DateTimeOffset(2026, 3, 6, 20, 1, 0, TimeSpan.Zero);
        BackupAges.StaleAt(timetable, friday, 150).ShouldBeGreaterThan(friday.AddDays(3));
        BackupAges.ExpectedInterval(timetable, friday.AddDays(-3)).ShouldBe(TimeSpan.FromDays(1));
    }

    private static RunResult Failed(string verb, string error, string? cause = null) => new() { Verb = verb, Stream = "evidence", Error = error, Cause = cause };

    /// <summary>A Job that ended four minutes after the start; its containers' results, the newest first.</summary>
    private static EndedRun Run(string name, params RunResult[] results) =>
        Run(name, [.. results.Select(result => new ContainerEnd { ExitCode = result.Success ? 0 : 2, Message = result.ToJson() })]);

    private static EndedRun Run(string name, params ContainerEnd[] containers) =>
        new(new ObservedJob { Metadata = new ObjectMeta { Name = name } }, Start, Start.AddMinutes(4), containers);
}
