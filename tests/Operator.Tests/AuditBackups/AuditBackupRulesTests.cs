using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Tests.Alerting;
using Comptroller.AuditPolicies.Tests.Alerting.PromQl;
using Comptroller.Crds;
using Comptroller.Crds.AuditBackups;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Operator.AuditBackups;
using Comptroller.Operator.AuditBackups.Rendering;
using Comptroller.Operator.Tests.PolicyAuditSchedules;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.Tests.AuditBackups;

/// <summary>Each alert is made to fire, and not to, over the metrics that an operator exports of statuses when it has just started.</summary>
public sealed class AuditBackupRulesTests
{
    private const string Kept = "retention: {keepLast: 9}, ";
    private const string Locked = "objectLock: {mode: Governance, days: 9}, ";

    private static DateTimeOffset Now => AlertHistory.Now;

    /// <param name="Alert">Its name.</param>
    /// <param name="Because">What happens.</param>
    /// <param name="Fires">Whether it should fire at the end of it.</param>
    /// <param name="State">The resource as it was so long ago; null while nobody exported anything.</param>
    internal sealed record Case(string Alert, string Because, bool Fires, Func<TimeSpan, AuditBackup?> State);

    private static readonly Case[] Cases =
    [
        new(AuditBackupRules.Stale, "the newest backup is of the day before", true, ago => Status(ago, status => status with { LastSuccessTime = Now.AddHours(-24) })),
        new(AuditBackupRules.Stale, "it is 70 minutes old, and one is due every hour", false, ago => Status(ago, status => status with { LastSuccessTime = Now - ago - TimeSpan.FromMinutes(70) })),
        new(AuditBackupRules.Stale, "it is old, and the resource is suspended", false, ago => Status(ago, status => status with { LastSuccessTime = Now.AddHours(-24) }, "suspend: true, ")),
        new(AuditBackupRules.Stale, "there was none since the resource was made, a month ago", true, ago => Status(ago, status => status with { LastSuccessTime = null, LastBackup = null, LastRun = null })),
        new(AuditBackupRules.Failing, "two runs in a row failed", true, ago => Status(ago, status => status with { ConsecutiveFailures = 2 })),
        new(AuditBackupRules.Failing, "one run failed", false, ago => Status(ago, status => status with { ConsecutiveFailures = 1 })),
        new(AuditBackupRules.SuspendedTooLong, "since eight days", true, ago => Suspended(ago, TimeSpan.FromDays(8))),
        new(AuditBackupRules.SuspendedTooLong, "since six days", false, ago => Suspended(ago, TimeSpan.FromDays(6))),
        new(AuditBackupRules.VerificationFailed, "the newest one found a flipped bit", true, ago => Status(ago, status => status with { LastVerification = status.LastVerification! with { Outcome = BackupOutcomes.Failed, Problems = 1 } })),
        new(AuditBackupRules.VerificationFailed, "it proved everything", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.VerificationFailed, "there was none yet", false, ago => Status(ago, status => status with { LastVerification = null })),
        new(AuditBackupRules.VerificationStale, "the newest proof is three days old", true, ago => Status(ago, status => status with { LastVerifiedTime = Now.AddDays(-3) })),
        new(AuditBackupRules.VerificationStale, "it is of last night", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.DigestStale, "the newest digest is of this morning", true, ago => Status(ago, status => status with { DigestsUntil = Now.AddHours(-8) })),
        new(AuditBackupRules.DigestStale, "there was none since the resource was made, a month ago", true, ago => Status(ago, status => status with { DigestsUntil = null })),
        new(AuditBackupRules.DigestStale, "it is of half an hour ago", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.DigestStale, "it is old, and the resource is suspended", false, ago => Status(ago, status => status with { DigestsUntil = Now.AddHours(-8) }, "suspend: true, ")),
        new(AuditBackupRules.ChainBroken, "a backup is missing", true, ago => Status(ago, status => status with { ChainIntact = false })),
        new(AuditBackupRules.ChainBroken, "nobody looked yet", false, ago => Status(ago, status => status with { ChainIntact = null })),
        new(AuditBackupRules.LocationUnavailable, "the newest run did not reach the store", true, ago => Status(ago, status => status with { LocationAvailable = false })),
        new(AuditBackupRules.LocationUnavailable, "it did", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.LockMissing, "a lock is asked for, and the newest backup has none", true, ago => Status(ago, status => status, Locked)),
        new(AuditBackupRules.LockMissing, "it has one", false, ago => Status(ago, status => status with { LastBackup = status.LastBackup! with { LockedUntil = Now.AddDays(9) } }, Locked)),
        new(AuditBackupRules.LockMissing, "none is asked for", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.RetentionNotEnforced, "the store refuses to delete", true, ago => Status(ago, status => status with { LastPrune = new BackupPruneStatus { Name = "p", Outcome = BackupOutcomes.Failed } }, Kept)),
        new(AuditBackupRules.RetentionNotEnforced, "no pruning since three days", true, ago => Status(ago, status => status with { LastPrunedTime = Now.AddDays(-3) }, Kept)),
        new(AuditBackupRules.RetentionNotEnforced, "it pruned last night", false, ago => Status(ago, status => status with { LastPrunedTime = Now - ago - TimeSpan.FromHours(6) }, Kept)),
        new(AuditBackupRules.RetentionNotEnforced, "everything is to stay", false, ago => Status(ago, status => status)),
        new(AuditBackupRules.NotReady, "the Secret is missing for half an hour", true, ago => Ready(ago, ago.TotalMinutes > 30)),
        new(AuditBackupRules.NotReady, "the Secret is missing since five minutes", false, ago => Ready(ago, ago.TotalMinutes > 5)),
        new(AuditBackupRules.Unobserved, "no operator answers for half an hour", true, ago => ago.TotalMinutes > 30 ? Status(ago, status => status) : null),
        new(AuditBackupRules.Unobserved, "the operator answers about a resource without status", false, ago => Status(ago, _ => new AuditBackupStatus())),
    ];

    public static TheoryData<int> Numbers() => [.. Enumerable.Range(0, Cases.Length)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Each_alert_fires_when_it_should_and_only_then(int number)
    {
        var entry = Cases[number];
        AlertHistory.Fires(Rule(entry), Scrape(entry)).ShouldBe(entry.Fires, $"{entry.Alert}: {entry.Because}");
    }

    [Fact]
    public void Every_alert_is_shown_to_fire_and_not_to()
    {
        var all = AuditBackupRules.For(Owner, Backups.Of(Backups.ToBucket).Spec).Select(rule => rule.Name).ToList();
        Cases.Where(entry => entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
        Cases.Where(entry => !entry.Fires).Select(entry => entry.Alert).Distinct().ShouldBe(all, ignoreOrder: true);
    }

    [Fact]
    public void An_operator_that_just_started_exports_what_the_status_says()
    {
        var page = Render(Sound(TimeSpan.Zero, Locked), TimeSpan.Zero);
        foreach (var line in new[] { "ready", "protected", "verification_result", "chain_intact", "location_available" })
        {
            page.ShouldContain($"comptroller_audit_backup_{line}{{backup_name=\"evidence\",backup_namespace=\"security\"}} 1\n");
        }

        page.ShouldContain("comptroller_audit_backup_age_seconds{backup_name=\"evidence\",backup_namespace=\"security\"} 1200\n");
        page.ShouldContain("comptroller_audit_backup_expected_interval_seconds{backup_name=\"evidence\",backup_namespace=\"security\"} 3600\n");
        page.ShouldContain("comptroller_audit_backup_locked_bytes{backup_name=\"evidence\",backup_namespace=\"security\"} 0\n");
        page.ShouldContain("comptroller_audit_backup_lock_held{backup_name=\"evidence\",backup_namespace=\"security\"} 0\n");
        Render(Sound(TimeSpan.Zero) with { Status = new AuditBackupStatus() }, TimeSpan.Zero).ShouldNotContain("chain_intact{");
    }

    [InstalledFact("vmalert")]
    public void Vmalert_accepts_the_rules() =>
        Installed.Refusal((JsonObject)AuditBackupRules.Render(Owner, Backups.Of(Backups.ToBucket).Spec)!.Body["spec"]!["groups"]![0]!.DeepClone()).ShouldBeNull();

    [InstalledFact("victoria-metrics")]
    public async Task VictoriaMetrics_comes_to_the_same_verdicts() =>
        (await AlertHistory.WrongInVictoriaMetricsAsync([.. Cases.Select(entry => ($"{entry.Alert}: {entry.Because}", Rule(entry), entry.Fires, Scrape(entry)))])).ShouldBeEmpty();

    private static ObjectMeta Owner => new() { Name = "evidence", Namespace = "security" };

    private static AlertRule Rule(Case entry) =>
        AuditBackupRules.For(Owner, (entry.State(TimeSpan.FromHours(20)) ?? Sound(TimeSpan.Zero)).Spec).Single(rule => rule.Name == entry.Alert);

    private static List<Series> Scrape(Case entry) => AlertHistory.ScrapePages(ago => entry.State(ago) is { } state ? Render(state, ago) : null);

    private static string Render(AuditBackup backup, TimeSpan ago)
    {
        var stored = JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(backup, CrdsJson.Default.AuditBackup), CrdsJson.Default.AuditBackup)!;
        using var metrics = new AuditBackupMetrics(() => [stored], new StandingClock(Now - ago));
        using var exporter = new PrometheusExporter(meter => meter == metrics.Meter);
        return exporter.Render();
    }

    private static AuditBackup Sound(TimeSpan ago, string spec = "") => Backups.Of($"{spec}{Backups.ToBucket}") with
    {
        Metadata = new ObjectMeta { Name = "evidence", Namespace = "security", Uid = "7c3e", Generation = 1, CreationTimestamp = Now.AddDays(-30) },
        Status = new AuditBackupStatus
        {
            ObservedGeneration = 1,
            Conditions =
            [
                new Condition { Type = "Ready", Status = "True", Reason = "Succeeded", LastTransitionTime = Now },
                new Condition { Type = "Protected", Status = "True", Reason = "Protected", LastTransitionTime = Now },
            ],
            LastRun = new BackupRunStatus { Name = "run", Outcome = BackupOutcomes.Succeeded, EndTime = Now - ago - TimeSpan.FromMinutes(20), DurationSeconds = 60 },
            LastSuccessTime = Now - ago - TimeSpan.FromMinutes(20),
            LastBackup = new MadeBackup { Number = 7, Bytes = 1000, StoredBytes = 120 },
            DigestsUntil = Now - ago - TimeSpan.FromMinutes(30),
            LastVerification = new BackupVerificationStatus { Name = "proof", Outcome = BackupOutcomes.Succeeded, EndTime = Now - ago - TimeSpan.FromHours(8) },
            LastVerifiedTime = Now - ago - TimeSpan.FromHours(8),
            ChainIntact = true,
            LocationAvailable = true,
        },
    };

    private static AuditBackup Status(TimeSpan ago, Func<AuditBackupStatus, AuditBackupStatus> change, string spec = "") =>
        Sound(ago, spec) is var sound ? sound with { Status = change(sound.Status) } : null!;

    private static AuditBackup Suspended(TimeSpan ago, TimeSpan since) => Status(
        ago, status => status with { Conditions = [.. status.Conditions!, new Condition { Type = "Suspended", Status = "True", Reason = "Suspended", LastTransitionTime = Now - since }] }, "suspend: true, ");

    private static AuditBackup Ready(TimeSpan ago, bool ready) => Status(ago, status => status with
    {
        Conditions = [new Condition { Type = "Ready", Status = ready ? "True" : "False", Reason = ready ? "Succeeded" : "CredentialsMissing", LastTransitionTime = Now - ago }],
    });

    private sealed class StandingClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
