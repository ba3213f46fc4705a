using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Backups;

public sealed class BackupTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();
    private readonly SigningKey _key = SigningKey.Create();
    private readonly FileStore _store;

    public BackupTests()
    {
        _store = new FileStore(_directory["store"]);
        Directory.CreateDirectory(_directory["logs/old"]);
        WriteLog("logs/audit.log", 20_000, seed: 1);
        WriteLog("logs/old/audit-1.log", 10_000, seed: 2);
        File.WriteAllBytes(_directory["logs/empty"], []);
        File.WriteAllBytes(_directory["logs/blob"], RandomNumberGenerator.GetBytes(300_000));
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }

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
            File.ReadAllBytes(_directory[$"out/{file.Path}"]).ShouldBe(File.ReadAllBytes(_directory[file.Path]));
            File.GetLastWriteTimeUtc(_directory[$"out/{file.Path}"]).ShouldBe(File.GetLastWriteTimeUtc(_directory[file.Path]));
        }
    }

    [Fact]
    public async Task A_single_event_can_be_proved_to_be_in_the_backup()
    {
        var (manifest, _, _) = await BackupAsync();
        var lines = File.ReadAllLines(_directory["logs/old/audit-1.log"]);
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
        File.Move(_directory["logs/audit.log"], _directory["logs/audit-2026.log"]);
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
        File.AppendAllText(_directory["logs/audit.log"], Line(9, 20_000));
        (await BackupAsync()).Manifest.Totals.NewPieces.ShouldBe(1);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_earlier_state_comes_back_by_its_time()
    {
        await BackupAsync();
        var between = _time.GetUtcNow().AddSeconds(30);
        _time.Advance(TimeSpan.FromMinutes(1));
        var before = File.ReadAllBytes(_directory["logs/old/audit-1.log"]);
        WriteLog("logs/old/audit-1.log", 10, seed: 5);
        await BackupAsync();

        await RestoreAsync("then", between);
        File.ReadAllBytes(_directory["then/logs/old/audit-1.log"]).ShouldBe(before);
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync("never", _time.GetUtcNow().AddDays(-9)));
    }

    [Fact]
    public async Task A_flipped_byte_in_any_object_is_found_and_named()
    {
        await BackupAsync();
        foreach (var name in _directory.Files.Where(file => file.StartsWith("store/", StringComparison.Ordinal)).ToList())
        {
            var (path, key) = (_directory[name], name["store/".Length..]);
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
            _time.Advance(TimeSpan.FromHours(1));
        }

        var second = _directory["store/backups/node/0000000002.manifest.json"];
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
                File.Copy(_directory["store/backups/node/0000000001.manifest.json"], second);
                break;
            case "replayed":
                // Signed by the right key, but not what the third one goes on from.
                var replayed = JsonNode.Parse(text)!.AsObject();
                replayed["createdAt"] = "2026-01-01T00:30:00+00:00";
                _key.Sign(replayed);
                File.WriteAllText(second, replayed.ToJsonString());
                break;
            case "edited":
                File.WriteAllText(second, text.Replace("\"lines\":", "\"lines\":1", StringComparison.Ordinal));
                break;
            case "piece":
                File.WriteAllText(second, text);
                File.Delete(_directory[_directory.Files.First(file => file.StartsWith("store/content/", StringComparison.Ordinal) && new FileInfo(_directory[file]).Length > 250_000)]);
                break;
        }

        (await VerifyAsync()).Problems.ShouldContain(found => found.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_backups_at_once_form_one_chain()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => BackupAsync()));
        outcomes.Select(outcome => outcome.Manifest.Number).Order().ShouldBe([1, 2, 3, 4, 5, 6]);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_backup_that_breaks_off_at_any_write_is_not_listed_and_the_next_one_goes_on()
    {
        foreach (var writes in new[] { 0, 1, 1, 1, 1 })
        {
            await using var flaky = new FlakyStore(_store, writes);
            var options = Options() with { Journal = _directory["journal"], Parallelism = 1 };
            await Should.ThrowAsync<ObjectStoreException>(() => new BackupRun(flaky, _key, options, _time).RunAsync([new BackupSource("logs", _directory["logs"])], None));
            (await new BackupCatalog(_store, _key.Public).NumbersAsync("node", None)).ShouldBeEmpty();
        }

        // Between them they have sent all four pieces, and none the manifest. What the last one had signed is made a backup first.
        File.Exists(_directory["journal.manifest"]).ShouldBeTrue();
        var outcome = await new BackupRun(_store, _key, Options() with { Journal = _directory["journal"] }, _time).RunAsync([new BackupSource("logs", _directory["logs"])], None);
        (outcome.Manifest.Totals.NewPieces, outcome.Manifest.Number).ShouldBe((0, 2));
        _directory.Files.ShouldNotContain(file => file.StartsWith("journal", StringComparison.Ordinal));
        (await VerifyAsync()).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("piece pruned")]
    [InlineData("went on without it")]
    [InlineData("edited")]
    public async Task A_manifest_that_was_left_behind_is_made_a_backup_only_when_it_still_is_one(string what)
    {
        var options = Options() with { Journal = _directory["journal"] };
        await using var flaky = new FlakyStore(_store, 4);
        await Should.ThrowAsync<ObjectStoreException>(() => new BackupRun(flaky, _key, options, _time).RunAsync([new BackupSource("logs", _directory["logs"])], None));
        switch (what)
        {
            case "piece pruned":
                File.Delete(_directory[_directory.Files.First(file => file.StartsWith("store/content/", StringComparison.Ordinal))]);
                break;
            case "went on without it":
                await BackupAsync();
                break;
            default:
                File.WriteAllText(_directory["journal.manifest"], File.ReadAllText(_directory["journal.manifest"]).Replace("\"lines\":", "\"lines\":1", StringComparison.Ordinal));
                break;
        }

        var outcome = await BackupAsync(options);
        outcome.Manifest.Number.ShouldBe(what == "went on without it" ? 2 : 1);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        File.Exists(_directory["journal.manifest"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_page_of_pieces_in_which_one_is_bad_names_that_one_and_lets_the_others_go()
    {
        var (manifest, _, _) = await BackupAsync();
        var bad = manifest.Files[0].Pieces[0].Key;
        File.Delete(_directory[$"store/{bad}"]);
        File.WriteAllBytes(_directory[$"store/{bad}"], [1, 2, 3]);
        for (var i = 0; i < 40; i++)
        {
            (await VerifyAsync()).Problems.ShouldBe([$"backup 1, logs/audit.log: {bad}: its bytes are not those that were stored"]);
        }
    }

    [Fact]
    public async Task Encrypted_evidence_is_proved_without_the_private_key_and_read_with_it_only()
    {
        using var recipient = RSA.Create(2048);
        using var wrong = RSA.Create(2048);
        await BackupAsync(Options() with { Recipient = new RsaKeyWrap(recipient) });
        var secret = Encoding.UTF8.GetBytes("person-7@example.com");
        foreach (var file in _directory.Files.Where(file => file.StartsWith("store/content/", StringComparison.Ordinal)))
        {
            file.ShouldEndWith(".enc");
            File.ReadAllBytes(_directory[file]).AsSpan().IndexOf(secret).ShouldBe(-1);
        }

        var blind = await VerifyAsync();
        blind.Problems.ShouldBeEmpty();
        blind.EncryptedFiles.ShouldBe(3);
        (await VerifyAsync(recipient: new RsaKeyWrap(recipient))).EncryptedFiles.ShouldBe(0);
        (await VerifyAsync(recipient: new RsaKeyWrap(wrong))).Problems.ShouldNotBeEmpty();
        await Should.ThrowAsync<InvalidDataException>(() => RestoreAsync("closed"));
        await RestoreAsync("open", recipient: new RsaKeyWrap(recipient));
        File.ReadAllBytes(_directory["open/logs/audit.log"]).ShouldBe(File.ReadAllBytes(_directory["logs/audit.log"]));
    }

    [Fact]
    public async Task A_program_can_keep_the_keys_and_is_run_once_a_backup()
    {
        File.WriteAllText(_directory["kms"], "#!/bin/sh\necho \"$2\" >> \"$1\"\nif [ \"$2\" = wrap ]; then base64 -w0; else base64 -d; fi\n");
        var program = new[] { "/bin/sh", _directory["kms"], _directory["calls"] };
        await BackupAsync(Options() with { Recipient = new CommandKeyWrap(program, "estate") });
        (await VerifyAsync()).EncryptedFiles.ShouldBe(3);
        (await VerifyAsync(recipient: new CommandKeyWrap(program, "estate"))).Problems.ShouldBeEmpty();
        File.ReadAllLines(_directory["calls"]).ShouldBe(["wrap", "unwrap"]);
        (await VerifyAsync(recipient: new CommandKeyWrap(program, "another"))).Problems.ShouldContain(problem => problem.Contains("it is encrypted for key estate (command)", StringComparison.Ordinal));

        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap(["/bin/sh", "-c", "cat"], "x"))).Message.ShouldContain("is not a wrapped key");
        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap(["/bin/sh", "-c", "exit 3"], "x"))).Message.ShouldContain("it ended with 3");
        Should.Throw<InvalidDataException>(() => Envelope.Seal([1], new CommandKeyWrap([_directory["none"]], "x")));
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
        File.AppendAllText(_directory["logs/audit.log"], Line(9, 20_000));
        var (manifest, _, _) = await BackupAsync(Options() with { Codec = codec, CompressionLevel = 1 });
        manifest.Files.SelectMany(file => file.Pieces).Select(piece => Path.GetExtension(piece.Key)).Distinct().ShouldBe([".gz", ".raw", suffix], ignoreOrder: true);
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        await RestoreAsync("out");
        File.ReadAllBytes(_directory["out/logs/audit.log"]).ShouldBe(File.ReadAllBytes(_directory["logs/audit.log"]));
    }

    [Fact]
    public async Task Digests_name_every_backup_also_in_hours_without_any()
    {
        var digests = new DigestChain(_store, _key.Public);
        await BackupAsync();
        _time.Advance(TimeSpan.FromHours(1));
        var empty = await digests.WriteAsync("node", _key, PutOptions.Default, _time, None);
        (empty.Number, empty.Backups.Length, empty.NewestBackup, empty.EndTime - empty.StartTime).ShouldBe((2, 0, 1, TimeSpan.FromHours(1)));
        await BackupAsync();
        var verdict = await VerifyAsync();
        (verdict.Problems.Length, verdict.DigestsUntil).ShouldBe((0, _time.GetUtcNow()));
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
            _time.Advance(TimeSpan.FromHours(1));
        }

        string At(string kind, int number) => _directory[$"store/{kind}s/node/{number:D10}.{(kind == "backup" ? "manifest" : kind)}.json"];
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
                Change(At("digest", 2), _key.Sign);
                break;
            case "manifest replaced":
                Change(At("backup", 3), document =>
                {
                    document["producer"]!["host"] = "another";
                    _key.Sign(document);
                });
                break;
        }

        var verdict = await VerifyAsync();
        verdict.Problems.ShouldContain(found => found.Contains(problem, StringComparison.Ordinal), string.Join('\n', verdict.Problems));
        verdict.ChainIntact.ShouldBeFalse();
    }

    [Fact]
    public void Encrypted_frames_cannot_be_changed_cut_or_swapped()
    {
        using var key = RSA.Create(2048);
        var recipient = new RsaKeyWrap(key);
        foreach (var length in new[] { 0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20 })
        {
            var text = RandomNumberGenerator.GetBytes(length);
            var bytes = Envelope.Seal(text, recipient);
            Envelope.Open(bytes, recipient).ShouldBe(text);
            foreach (var at in new[] { 0, 9, 40, bytes.Length / 2, bytes.Length - 1 })
            {
                bytes[at] ^= 1;
                Should.Throw<InvalidDataException>(() => Envelope.Open(bytes, recipient), $"{length} at {at}");
                bytes[at] ^= 1;
            }

            foreach (var cut in new[] { 1, 17, (1 << 20) + 16 }.Where(cut => cut < bytes.Length))
            {
                Should.Throw<InvalidDataException>(() => Envelope.Open(bytes.AsSpan(0, bytes.Length - cut), recipient));
            }
        }

        var two = Envelope.Seal(RandomNumberGenerator.GetBytes(2 << 20), recipient);
        var (frame, start) = ((1 << 20) + 16, two.Length - (2 * ((1 << 20) + 16)));
        var swapped = two[..start].Concat(two[(start + frame)..]).Concat(two[start..(start + frame)]).ToArray();
        Should.Throw<InvalidDataException>(() => Envelope.Open(swapped, recipient));
    }

    [Fact]
    public async Task Restore_goes_on_where_it_ended_and_overwrites_only_when_told()
    {
        await BackupAsync();
        await RestoreAsync("out");
        File.Delete(_directory["out/logs/blob"]);
        (await RestoreAsync("out")).Count(step => step.Action == RestoreAction.AlreadyThere).ShouldBe(3);
        File.WriteAllText(_directory["out/logs/blob"], "mine");
        await Should.ThrowAsync<IOException>(() => RestoreAsync("out"));
        File.ReadAllText(_directory["out/logs/blob"]).ShouldBe("mine");
        await RestoreAsync("out", force: true);
        File.ReadAllBytes(_directory["out/logs/blob"]).ShouldBe(File.ReadAllBytes(_directory["logs/blob"]));
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("logs/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("logs//evil")]
    [InlineData("C:/evil")]
    public async Task A_path_that_leads_out_is_refused_before_anything_is_written(string path)
    {
        var (manifest, _, _) = await BackupAsync();
        var evil = manifest with { Files = [.. manifest.Files, manifest.Files[0] with { Path = path }] };
        Should.Throw<InvalidDataException>(() => BackupRestore.Plan(evil, _directory["out"], overwrite: true));
        Directory.Exists(_directory["out"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_link_in_the_target_is_refused()
    {
        var (manifest, _, _) = await BackupAsync();
        Directory.CreateDirectory(_directory["out"]);
        Directory.CreateDirectory(_directory["elsewhere"]);
        Directory.CreateSymbolicLink(_directory["out/logs"], _directory["elsewhere"]);
        Should.Throw<InvalidDataException>(() => BackupRestore.Plan(manifest, _directory["out"], overwrite: true)).Message.ShouldContain("a link is in the way");
    }

    [Fact]
    public async Task A_link_in_a_source_is_not_followed()
    {
        File.WriteAllText(_directory["secret"], "secret");
        File.CreateSymbolicLink(_directory["logs/link"], _directory["secret"]);
        (await BackupAsync()).Manifest.Files.ShouldNotContain(file => file.Path == "logs/link");
    }

    [Fact]
    public async Task A_piece_that_unpacks_to_more_than_it_says_stops_there()
    {
        var (manifest, _, _) = await BackupAsync();
        var bomb = new MemoryStream();
        Archive.Compression.GzipMember.Write(new byte[200 << 20], 6, bomb);
        var piece = manifest.Files[0].Pieces[0] with { Bytes = 1000 };
        Should.Throw<InvalidDataException>(() => PieceForm.Decode(piece, bomb.ToArray(), null)).Message.ShouldContain("holds more than the 1000 bytes");
        Should.Throw<InvalidDataException>(() => PieceForm.Decode(piece with { Bytes = int.MaxValue }, bomb.ToArray(), null)).Message.ShouldContain("no piece is longer");
    }

    [Fact]
    public async Task Pruned_backups_leave_a_signed_gap_and_what_is_left_is_whole()
    {
        for (var i = 0; i < 4; i++)
        {
            WriteLog("logs/old/audit-1.log", 100 + i, seed: i);
            await BackupAsync();
            _time.Advance(TimeSpan.FromDays(1));
        }

        var prune = new BackupPrune(_store, _key, _time);
        var plan = await prune.PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None);
        plan.Verdicts.Where(verdict => verdict.Goes).Select(verdict => verdict.Backup.Number).ShouldBe([2, 1]);
        File.WriteAllText(_directory["store/content/killed.partial"], "half of a piece");
        // The store's files are as old as this test; its clock says when the grace is over.
        _time.Advance(DateTimeOffset.UtcNow - _time.GetUtcNow() + TimeSpan.FromDays(3));
        var outcome = await prune.RunAsync(plan, None);
        (outcome.Backups, outcome.Pieces).ShouldBe((2, 2));
        outcome.Refused.ShouldBeEmpty();
        _directory.Files.ShouldNotContain(file => file.EndsWith(".partial", StringComparison.Ordinal));
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
        await RestoreAsync("out");

        // The record is signed: without it, or with another one, the gap is told.
        File.Delete(_directory[_directory.Files.Single(file => file.StartsWith("store/prunes/", StringComparison.Ordinal))]);
        (await VerifyAsync()).Problems[0].ShouldContain("0000000001.manifest.json to backups/node/0000000002.manifest.json: missing");
    }

    [Fact]
    public async Task The_newest_verified_backup_outlives_every_policy()
    {
        await BackupAsync();
        await new BackupVerification(_store, _key.Public, null, _time).RecordAsync(await VerifyAsync(), _key, None);
        _time.Advance(TimeSpan.FromDays(1));
        await BackupAsync();
        await BackupAsync();
        var plan = await new BackupPrune(_store, _key, _time).PlanAsync("node", new RetentionPolicy { KeepLast = 1 }, None);
        plan.Verdicts.Where(verdict => verdict.Goes).Select(verdict => verdict.Backup.Number).ShouldBe([2]);
    }

    [Fact]
    public async Task Of_two_at_once_the_second_goes_behind_the_first_although_its_cut_is_older()
    {
        await using var raced = new RacedStore(_store, async () =>
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            (await BackupAsync()).Manifest.Number.ShouldBe(1);
        });
        var (second, _, _) = await new BackupRun(raced, _key, Options(), _time).RunAsync([new BackupSource("logs", _directory["logs"])], None);
        (second.Number, second.SignedAt).ShouldBe((2, second.CreatedAt.AddSeconds(10)));
        (await VerifyAsync(all: true)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_was_set_back_is_told()
    {
        await BackupAsync();
        _time.JumpWallClock(TimeSpan.FromHours(-1));
        await BackupAsync();
        (await VerifyAsync()).Problems.ShouldContain(problem => problem.Contains("0000000002.manifest.json: signed before the backup that it goes on from", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_is_sent_than_the_line_is_to_carry()
    {
        const int Rate = 1_000_000;
        File.WriteAllBytes(_directory["logs/blob"], RandomNumberGenerator.GetBytes(18 << 20));
        var from = _time.GetUtcNow();
        var run = Task.Run(() => BackupAsync(Options() with { BytesPerSecond = Rate, Parallelism = 3 }));
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!run.IsCompleted)
        {
            // The clock moves only when a piece waits for it.
            _time.Advance(_time.NextDue() ?? TimeSpan.Zero);
            await Task.Delay(1, patience.Token);
        }

        var sent = (await run).Manifest.Totals.NewStoredBytes;
        sent.ShouldBeGreaterThan(18 << 20);
        // What the last one sends is paid for by a piece that never comes.
        (_time.GetUtcNow() - from).TotalSeconds.ShouldBeInRange((sent - PieceForm.Length) / (double)Rate - 0.001, sent / (double)Rate);
    }

    [Fact]
    public async Task A_lock_is_not_promised_where_there_is_none() =>
        (await Should.ThrowAsync<ObjectStoreException>(() => BackupAsync(Options() with { Lock = TimeSpan.FromDays(1) }))).Message.ShouldContain("does not lock objects");

    private static string Line(int seed, int i) =>
        $$$"""{"kind":"Event","level":"Metadata","auditID":"{{{seed}}}-{{{i * 7919}}}","stage":"ResponseComplete","user":{"username":"person-{{{i % 50}}}@example.com"},"verb":"get","objectRef":{"resource":"pods","name":"p-{{{i}}}"},"stageTimestamp":"{{{new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(i):yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}}}"}""" + "\n";

    private void WriteLog(string name, int lines, int seed) => File.WriteAllText(_directory[name], string.Concat(Enumerable.Range(0, lines).Select(i => Line(seed, i))));

    private BackupOptions Options(bool reread = false) => new() { Stream = "node", Reread = reread };

    private Task<BackupOutcome> BackupAsync(bool reread = false) => BackupAsync(Options(reread));

    private Task<BackupOutcome> BackupAsync(BackupOptions options) => new BackupRun(_store, _key, options, _time).RunAsync([new BackupSource("logs", _directory["logs"])], None);

    private Task<BackupVerdict> VerifyAsync(bool all = false, KeyWrap? recipient = null) => new BackupVerification(_store, _key.Public, recipient, _time).VerifyAsync("node", all, None);

    private async Task<IReadOnlyList<RestoreStep>> RestoreAsync(string target, DateTimeOffset? at = null, bool force = false, KeyWrap? recipient = null)
    {
        var restore = new BackupRestore(_store, _key.Public, recipient);
        var steps = BackupRestore.Plan((await restore.ChooseAsync("node", at, None)).Manifest, _directory[target], force);
        await restore.RunAsync(steps, None);
        return steps;
    }
}
