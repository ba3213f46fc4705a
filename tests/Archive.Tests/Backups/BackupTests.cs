using System.Security.Cryptography;
using System.Text;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Backups are made, go on from one another and come back when they were broken off.</summary>
public sealed class BackupTests : BackupScene
{
    [Fact]
    public async Task What_is_backed_up_is_verified_and_comes_back_byte_for_byte()
    {
        var (manifest, _, _) = await BackupAsync();
        manifest.Files.Select(file => file.Path).ShouldBe(["logs/audit.log", "logs/blob", "logs/empty", "logs/old/audit-1.log"]);
        manifest.Files[0].Pieces.Length.ShouldBe(2);
        manifest.Files[0].Lines.ShouldBe(20_000);
        manifest.Files[0].OldestEventTime.ShouldBe(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        manifest.Files[0].NewestEventTime.ShouldBe(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(19_999));
        manifest.Totals.StoredBytes.ShouldBeLessThan(manifest.Totals.Bytes / 4);

        var verdict = await VerifyAsync();
        verdict.Problems.ShouldBeEmpty();
        verdict.Files.ShouldBe(4);
        (await RestoreAsync("out")).ShouldAllBe(step => step.Action == RestoreAction.Create);
        foreach (var file in manifest.Files)
        {
            File.ReadAllBytes(Folder[$"out/{file.Path}"]).ShouldBe(File.ReadAllBytes(Folder[file.Path]));
            File.GetLastWriteTimeUtc(Folder[$"out/{file.Path}"]).ShouldBe(File.GetLastWriteTimeUtc(Folder[file.Path]));
        }
    }

    [Fact]
    public async Task A_single_event_can_be_proved_to_be_in_the_backup()
    {
        var (manifest, _, _) = await BackupAsync();
        var lines = File.ReadAllLines(Folder["logs/old/audit-1.log"]);
        var leaves = lines.Select(line => MerkleTree.Leaf(Encoding.UTF8.GetBytes(line))).ToArray();
        var file = manifest.Files.Single(file => file.Path == "logs/old/audit-1.log");
        MerkleTree.VerifyInclusion(leaves[777], 777, file.Lines, MerkleTree.InclusionProof(leaves, 777), Convert.FromHexString(file.MerkleRoot)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_second_run_sends_only_what_is_new()
    {
        var first = await BackupAsync();
        first.Manifest.Totals.NewPieces.ShouldBe(4);
        var second = await BackupAsync();
        second.UnchangedFiles.ShouldBe(4);
        second.Manifest.Totals.NewPieces.ShouldBe(0);
        (await BackupAsync(reread: true)).Manifest.Totals.NewPieces.ShouldBe(0);

        // Rotated as kube-apiserver does, and written on.
        File.Move(Folder["logs/audit.log"], Folder["logs/audit-2026.log"]);
        WriteLog("logs/audit.log", 1000, seed: 3);
        var fourth = await BackupAsync();
        fourth.Manifest.Totals.NewPieces.ShouldBe(1);
        fourth.Manifest.Number.ShouldBe(4);
        fourth.Manifest.Chain.TreeSize.ShouldBe(3);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_log_that_grew_sends_its_last_piece_again_and_no_other()
    {
        await BackupAsync();
        File.AppendAllText(Folder["logs/audit.log"], Line(9, 20_000));
        (await BackupAsync()).Manifest.Totals.NewPieces.ShouldBe(1);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(TextCodec.Brotli, ".br")]
    [InlineData(TextCodec.Zstd, ".zst")]
    public async Task Backups_of_several_codecs_stand_in_one_stream(TextCodec codec, string suffix)
    {
        if (codec == TextCodec.Zstd && !Zstandard.IsAvailable)
        {
            return;
        }

        await BackupAsync();
        File.AppendAllText(Folder["logs/audit.log"], Line(9, 20_000));
        var (manifest, _, _) = await BackupAsync(Options() with { Codec = codec, CompressionLevel = 1 });
        manifest.Files.SelectMany(file => file.Pieces).Select(piece => Path.GetExtension(piece.Key)).Distinct().ShouldBe([".gz", ".raw", suffix], ignoreOrder: true);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        await RestoreAsync("out");
        File.ReadAllBytes(Folder["out/logs/audit.log"]).ShouldBe(File.ReadAllBytes(Folder["logs/audit.log"]));
    }

    [Fact]
    public async Task A_link_in_a_source_is_not_followed()
    {
        File.WriteAllText(Folder["secret"], "secret");
        File.CreateSymbolicLink(Folder["logs/link"], Folder["secret"]);
        (await BackupAsync()).Manifest.Files.ShouldNotContain(file => file.Path == "logs/link");
    }

    [Fact]
    public async Task Two_backups_at_once_form_one_chain()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => BackupAsync()));
        outcomes.Select(outcome => outcome.Manifest.Number).Order().ShouldBe([1, 2, 3, 4, 5, 6]);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_two_at_once_the_second_goes_behind_the_first_although_its_cut_is_older()
    {
        await using var raced = new RacedStore(Store, async () =>
        {
            Time.Advance(TimeSpan.FromSeconds(10));
            (await BackupAsync()).Manifest.Number.ShouldBe(1);
        });
        var (second, _, _) = await new BackupRun(raced, Key, Options(), Time).RunAsync([new BackupSource("logs", Folder["logs"])], None);
        (second.Number, second.SignedAt).ShouldBe((2, second.CreatedAt.AddSeconds(10)));
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_backup_that_breaks_off_at_any_write_is_not_listed_and_the_next_one_goes_on()
    {
        foreach (var writes in new[] { 0, 1, 1, 1, 1 })
        {
            await using var flaky = new FlakyStore(Store, writes);
            var options = Options() with { Journal = Folder["journal"], Parallelism = 1 };
            await Should.ThrowAsync<ObjectStoreException>(() => new BackupRun(flaky, Key, options, Time).RunAsync([new BackupSource("logs", Folder["logs"])], None));
            (await new BackupCatalog(Store, Key.Public).NumbersAsync("node", None)).ShouldBeEmpty();
        }

        // Between them they have sent all four pieces, and none the manifest. What the last one had signed is made a backup first.
        File.Exists(Folder["journal.manifest"]).ShouldBeTrue();
        var outcome = await new BackupRun(Store, Key, Options() with { Journal = Folder["journal"] }, Time).RunAsync([new BackupSource("logs", Folder["logs"])], None);
        (outcome.Manifest.Totals.NewPieces, outcome.Manifest.Number).ShouldBe((0, 2));
        Folder.Files.ShouldNotContain(file => file.StartsWith("journal", StringComparison.Ordinal));
        (await VerifyAsync()).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("piece pruned")]
    [InlineData("went on without it")]
    [InlineData("edited")]
    public async Task A_manifest_that_was_left_behind_is_made_a_backup_only_when_it_still_is_one(string what)
    {
        var options = Options() with { Journal = Folder["journal"] };
        await using var flaky = new FlakyStore(Store, 4);
        await Should.ThrowAsync<ObjectStoreException>(() => new BackupRun(flaky, Key, options, Time).RunAsync([new BackupSource("logs", Folder["logs"])], None));
        switch (what)
        {
            case "piece pruned":
                File.Delete(Folder[Folder.Files.First(file => file.StartsWith("store/content/", StringComparison.Ordinal))]);
                break;
            case "went on without it":
                await BackupAsync();
                break;
            default:
                File.WriteAllText(Folder["journal.manifest"], File.ReadAllText(Folder["journal.manifest"]).Replace("\"lines\":", "\"lines\":1", StringComparison.Ordinal));
                break;
        }

        var outcome = await BackupAsync(options);
        outcome.Manifest.Number.ShouldBe(what == "went on without it" ? 2 : 1);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        File.Exists(Folder["journal.manifest"]).ShouldBeFalse();
    }

    [Fact]
    public async Task No_more_is_sent_than_the_line_is_to_carry()
    {
        const int Rate = 1_000_000;
        File.WriteAllBytes(Folder["logs/blob"], RandomNumberGenerator.GetBytes(18 << 20));
        var from = Time.GetUtcNow();
        var run = Task.Run(() => BackupAsync(Options() with { BytesPerSecond = Rate, Parallelism = 3 }));
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!run.IsCompleted)
        {
            // The clock moves only when a piece waits for it.
            Time.Advance(Time.NextDue() ?? TimeSpan.Zero);
            await Task.Delay(1, patience.Token);
        }

        var sent = (await run).Manifest.Totals.NewStoredBytes;
        sent.ShouldBeGreaterThan(18 << 20);
        // What the last one sends is paid for by a piece that never comes.
        (Time.GetUtcNow() - from).TotalSeconds.ShouldBeInRange((sent - PieceForm.Length) / (double)Rate - 0.001, sent / (double)Rate);
    }

    [Fact]
    public async Task A_lock_is_not_promised_where_there_is_none() =>
        (await Should.ThrowAsync<ObjectStoreException>(() => BackupAsync(Options() with { Lock = TimeSpan.FromDays(1) }))).Message.ShouldContain("does not lock objects");
}
