using Comptroller.Archive.Backups;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>What a policy lets go, goes; what proves the rest stays.</summary>
public sealed class BackupPruneTests : BackupScene
{
    [Fact]
    public async Task Pruned_backups_leave_a_signed_gap_and_what_is_left_is_whole()
    {
        for (var i = 0; i < 4; i++)
        {
            WriteLog("logs/old/audit-1.log", 100 + i, seed: i);
            await BackupAsync();
            Time.Advance(TimeSpan.FromDays(1));
        }

        var prune = new BackupPrune(Store, Key, Time);
        var plan = await prune.PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None);
        plan.Verdicts.Where(verdict => verdict.Goes).Select(verdict => verdict.Backup.Number).ShouldBe([2, 1]);
        File.WriteAllText(Folder["store/content/killed.partial"], "half of a piece");
        // The store's files are as old as this test; its clock says when the grace is over.
        Time.Advance(DateTimeOffset.UtcNow - Time.GetUtcNow() + TimeSpan.FromDays(3));
        var outcome = await prune.RunAsync(plan, None);
        (outcome.Backups, outcome.Pieces).ShouldBe((2, 2));
        outcome.Refused.ShouldBeEmpty();
        Folder.Files.ShouldNotContain(file => file.EndsWith(".partial", StringComparison.Ordinal));
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        await RestoreAsync("out");

        // The record is signed: without it, or with another one, the gap is told.
        File.Delete(Folder[Folder.Files.Single(file => file.StartsWith("store/prunes/", StringComparison.Ordinal))]);
        (await VerifyAsync()).Problems[0].ShouldContain("0000000001.manifest.json to backups/node/0000000002.manifest.json: missing");
    }

    [Fact]
    public async Task The_newest_verified_backup_outlives_every_policy()
    {
        await BackupAsync();
        await new BackupVerification(Store, Key.Public, null, Time).RecordAsync(await VerifyAsync(), Key, None);
        Time.Advance(TimeSpan.FromDays(1));
        await BackupAsync();
        await BackupAsync();
        var plan = await new BackupPrune(Store, Key, Time).PlanAsync("node", new RetentionPolicy { KeepLast = 1 }, None);
        plan.Verdicts.Where(verdict => verdict.Goes).Select(verdict => verdict.Backup.Number).ShouldBe([2]);
    }
}
