using Comptroller.Archive.Backups;
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

    [Theory]
    [InlineData(0.0, true)]
    [InlineData(0.9, true)] // Whole seconds: what ends now is told as ended at the same time.
    [InlineData(1.0, false)]
    [InlineData(-2.0, true)] // The clock of who wrote it is a little ahead.
    [InlineData(-90.0, false)] // That is no clock.
    public void No_run_is_started_in_the_second_in_which_the_one_before_ended(double secondsLater, bool waits)
    {
        var job = new ObservedJob { Status = new JobStatus { Conditions = [new JobCondition { Type = "Failed", Status = "True", LastTransitionTime = Start }] } };
        job.HasJustEnded(Start.AddSeconds(secondsLater)).ShouldBe(waits);
        new ObservedJob().HasJustEnded(Start).ShouldBeFalse();


        // Why: of two runs that end in one second, the one whose name comes first would pass for known.
        EndedRun.News([("b", Start), ("a", Start)], run => run.Item1, run => run.Item2, lastName: "b", lastEnd: Start).ShouldBeEmpty();
    }

    [Fact]
    public void A_run_is_not_told_before_one_that_ended_earlier_and_whose_result_is_still_awaited()
    {
        ObservedJob[] jobs = [Ended("early", Start), Ended("late", Start.AddSeconds(2)), Ended("same", Start.AddSeconds(2))];
        ObservedPod[] pods = [PodOf("late"), PodOf("same")];
        EndedRun.Settled(jobs, pods, Start.AddSeconds(5)).ShouldBeEmpty("the status would know the late one, and pass over the early one for ever");
        Names(EndedRun.Settled(jobs, [.. pods, PodOf("early")], Start.AddSeconds(5))).ShouldBe(["early", "late", "same"]);
        Names(EndedRun.Settled(jobs, pods, Start + EndedRun.Patience)).ShouldBe(["early", "late", "same"], "a result that does not come is waited for so long");
        Names(EndedRun.Settled(jobs, [.. pods, PodOf("early")], Start.AddSeconds(2.5))).ShouldBe(["early"], "the other two end in this second");

        static string[] Names(IEnumerable<EndedRun> runs) => [.. EndedRun.News(runs, run => run.Job.Metadata.Name, run => run.EndTime, null, null).Select(run => run.Job.Metadata.Name)];

        static ObservedPod PodOf(string job) => new()
        {
            Metadata = new ObjectMeta { Name = $"{job}-x", OwnerReferences = [new OwnerReference { ApiVersion = "batch/v1", Kind = "Job", Name = job, Uid = job, Controller = true }] },
            Status = new PodStatus { ContainerStatuses = [new ContainerStatus { State = new ContainerState { Terminated = new ContainerEnd { FinishedAt = Start } } }] },
        };

        static ObservedJob Ended(string name, DateTimeOffset at) => new()
        {
            Metadata = new ObjectMeta { Name = name, Uid = name },
            Status = new JobStatus { CompletionTime = at, Conditions = [new JobCondition { Type = "Complete", Status = "True", LastTransitionTime = at }] },
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
