using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>What somebody did to a store is found and named.</summary>
public sealed class TamperingTests : BackupScene
{
    [Fact]
    public async Task A_flipped_byte_in_any_object_is_found_and_named()
    {
        await BackupAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await BackupAsync();
        await new BackupVerification(Store, Key.Public, null, Time).RecordAsync(await VerifyAsync(), Key, None);
        var prune = new BackupPrune(Store, Key, Time);
        (await prune.RunAsync(await prune.PlanAsync("node", new RetentionPolicy { KeepLast = 1 }, None), None)).Backups.ShouldBe(1);
        Folder.Files.Where(file => file.StartsWith("store/", StringComparison.Ordinal)).Select(file => file.Split('/')[1]).Distinct().ShouldBe(["backups", "content", "digests", "prunes", "verifications"]);
        foreach (var name in Folder.Files.Where(file => file.StartsWith("store/", StringComparison.Ordinal)).ToList())
        {
            var (path, key) = (Folder[name], name["store/".Length..]);
            var bytes = File.ReadAllBytes(path);
            File.Delete(path); // It is read-only; what is written in its place is not.
            foreach (var at in new[] { 0, bytes.Length / 2, bytes.Length - 1 })
            {
                bytes[at] ^= 4;
                File.WriteAllBytes(path, bytes);
                var problems = (await VerifyAsync()).Problems;
                problems.ShouldNotBeEmpty($"{name} at {at}");
                problems.ShouldContain(problem => problem.Contains(key, StringComparison.Ordinal), $"{name} at {at}");
                bytes[at] ^= 4;
            }

            File.WriteAllBytes(path, bytes);
        }

        (await VerifyAsync()).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("missing", "backups/node/0000000002.manifest.json: missing, and no signed record says that it was pruned")]
    [InlineData("foreign", "is signed by key")]
    [InlineData("moved", "is backup 1 of node, moved from its place")]
    [InlineData("replayed", "does not go on from the backup before")]
    [InlineData("edited", "changed after it was signed")]
    [InlineData("piece", ": missing")]
    public async Task Tampering_with_the_history_is_found(string tampering, string problem)
    {
        for (var i = 0; i < 3; i++)
        {
            WriteLog("logs/old/audit-1.log", 100 + i, seed: i);
            await BackupAsync();
            Time.Advance(TimeSpan.FromHours(1));
        }

        var second = Folder["store/backups/node/0000000002.manifest.json"];
        var text = File.ReadAllText(second);
        File.Delete(second);
        switch (tampering)
        {
            case "foreign":
                using (var other = SigningKey.Create())
                {
                    var document = JsonNode.Parse(text)!.AsObject();
                    other.Sign(document);
                    File.WriteAllText(second, document.ToJsonString());
                }

                break;
            case "moved":
                File.Copy(Folder["store/backups/node/0000000001.manifest.json"], second);
                break;
            case "replayed":
                // Signed by the right key, but not what the third one goes on from.
                var replayed = JsonNode.Parse(text)!.AsObject();
                replayed["createdAt"] = "2026-01-01T00:30:00+00:00";
                Key.Sign(replayed);
                File.WriteAllText(second, replayed.ToJsonString());
                break;
            case "edited":
                File.WriteAllText(second, text.Replace("\"lines\":", "\"lines\":1", StringComparison.Ordinal));
                break;
            case "piece":
                File.WriteAllText(second, text);
                File.Delete(Folder[Folder.Files.First(file => file.StartsWith("store/content/", StringComparison.Ordinal) && new FileInfo(Folder[file]).Length > 250_000)]);
                break;
        }

        (await VerifyAsync()).Problems.ShouldContain(found => found.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Digests_name_every_backup_also_in_hours_without_any()
    {
        var digests = new DigestChain(Store, Key.Public);
        await BackupAsync();
        Time.Advance(TimeSpan.FromHours(1));
        var empty = await digests.WriteAsync("node", Key, PutOptions.Default, Time, None);
        (empty.Number, empty.Backups.Length, empty.NewestBackup, empty.EndTime - empty.StartTime).ShouldBe((2, 0, 1, TimeSpan.FromHours(1)));
        await BackupAsync();
        var verdict = await VerifyAsync();
        (verdict.Problems.Length, verdict.DigestsUntil).ShouldBe((0, Time.GetUtcNow()));
    }

    [Theory]
    [InlineData("newest manifest gone", "backups/node/0000000003.manifest.json: missing; digests/node/0000000003.digest.json names it")]
    [InlineData("digest gone", "digests/node/0000000002.digest.json: missing")]
    [InlineData("digest edited", "changed after it was signed")]
    [InlineData("digest copied", "it is digests/node/0000000001.digest.json, moved from its place")]
    [InlineData("digest replayed", "does not go on from the digest before")]
    [InlineData("manifest replaced", "is another one than digests/node/0000000003.digest.json names")]
    public async Task Digests_find_what_is_taken_away_or_changed(string tampering, string problem)
    {
        for (var i = 0; i < 3; i++)
        {
            await BackupAsync();
            Time.Advance(TimeSpan.FromHours(1));
        }

        string At(string kind, int number) => Folder[$"store/{kind}s/node/{number:D10}.{(kind == "backup" ? "manifest" : kind)}.json"];
        void Change(string path, Action<JsonObject> change)
        {
            var document = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
            File.Delete(path);
            change(document);
            File.WriteAllText(path, document.ToJsonString());
        }

        switch (tampering)
        {
            case "newest manifest gone":
                File.Delete(At("backup", 3));
                break;
            case "digest gone":
                File.Delete(At("digest", 2));
                break;
            case "digest edited":
                Change(At("digest", 2), document => document["newestBackup"] = 1);
                break;
            case "digest copied":
                File.Delete(At("digest", 2));
                File.Copy(At("digest", 1), At("digest", 2));
                break;
            case "digest replayed":
                Change(At("digest", 2), Key.Sign);
                break;
            case "manifest replaced":
                Change(At("backup", 3), document =>
                {
                    document["producer"]!["host"] = "another";
                    Key.Sign(document);
                });
                break;
        }

        var verdict = await VerifyAsync();
        verdict.Problems.ShouldContain(found => found.Contains(problem, StringComparison.Ordinal), string.Join('\n', verdict.Problems));
        verdict.ChainIntact.ShouldBeFalse();
    }

    [Fact]
    public async Task A_page_of_pieces_in_which_one_is_bad_names_that_one_and_lets_the_others_go()
    {
        var (manifest, _, _) = await BackupAsync();
        var bad = manifest.Files[0].Pieces[0].Key;
        File.Delete(Folder[$"store/{bad}"]);
        File.WriteAllBytes(Folder[$"store/{bad}"], [1, 2, 3]);
        for (var i = 0; i < 40; i++)
        {
            (await VerifyAsync()).Problems.ShouldBe([$"backup 1, logs/audit.log: {bad}: its bytes are not those that were stored"]);
        }
    }

    [Fact]
    public async Task A_lock_that_is_shorter_than_a_backup_says_is_named_once_and_so_is_that_of_a_manifest()
    {
        await using var store = new LockingStore(Store);
        foreach (var days in new[] { 1, 9 })
        {
            await new BackupRun(store, Key, Options() with { Lock = TimeSpan.FromDays(days) }, Time).RunAsync([new BackupSource("logs", Folder["logs"])], None);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        var verdict = await VerifyLocksAsync();
        (verdict.LocksHold, verdict.Problems.Length).ShouldBe((true, 0));
        // Longer than the first backup asked for, and shorter than the second.
        var piece = store.Locks.Keys.First(key => key.StartsWith(BackupKeys.Content, StringComparison.Ordinal));
        store.Locks[piece] = Time.GetUtcNow().AddDays(5);
        store.Locks[BackupKeys.Manifest("node", 1)] = null;
        verdict = await VerifyLocksAsync();
        (verdict.LocksHold, verdict.ChainIntact).ShouldBe((false, true));
        verdict.Problems.Length.ShouldBe(2);
        verdict.Problems[0].ShouldStartWith($"{BackupKeys.Manifest("node", 1)}: locked until never, not until ");
        verdict.Problems[1].ShouldStartWith($"{piece}: locked until ");

        Task<BackupVerdict> VerifyLocksAsync() => new BackupVerification(store, Key.Public, null, Time).VerifyAsync("node", readAll: true, None);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_is_told()
    {
        await BackupAsync();
        Time.JumpWallClock(TimeSpan.FromHours(-1));
        await BackupAsync();
        (await VerifyAsync()).Problems.ShouldContain(problem => problem.Contains("0000000002.manifest.json: signed before the backup that it goes on from", StringComparison.Ordinal));
    }
}
