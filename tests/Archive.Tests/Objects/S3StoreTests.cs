using System.Security.Cryptography;
using System.Text;
using Amazon.S3.Model;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Objects;

/// <summary>Against Ceph's gateway.</summary>
public sealed class S3StoreTests(RadosGateway gateway) : IClassFixture<RadosGateway>
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly byte[] Hello = Encoding.UTF8.GetBytes("hello");

    // An error that comes with a success must not be taken for an object, and an object that looks like one not for an error.
    private static readonly byte[] LooksLikeError = Encoding.UTF8.GetBytes("<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>");

    [RadosFact]
    public async Task Objects_are_written_once_listed_read_and_deleted()
    {
        await using var store = await gateway.StoreAsync(locked: false);
        (await store.ProbeAsync(None)).ShouldBe(new StoreProbe(Versioned: false, Lockable: false));
        (await store.PutAsync("a/b c/é+&'.txt", Hello, PutOptions.Default, None)).ShouldBeTrue();
        (await store.PutAsync("a/b c/é+&'.txt", "other"u8.ToArray(), PutOptions.Default, None)).ShouldBeFalse();
        (await StoreReading.ReadAsync(store, "a/b c/é+&'.txt")).ShouldBe(Hello);
        var found = await store.HeadAsync("a/b c/é+&'.txt", None);
        (found!.Bytes, found.Sha256).ShouldBe((5, Convert.ToHexStringLower(SHA256.HashData(Hello))));
        (await store.HeadAsync("none", None)).ShouldBeNull();
        (await store.OpenAsync("none", None)).ShouldBeNull();
        await store.PutAsync("b", Array.Empty<byte>(), PutOptions.Default, None);
        (await StoreReading.KeysAsync(store, "")).ShouldBe(["a/b c/é+&'.txt", "b"]);
        (await StoreReading.KeysAsync(store, "a/")).ShouldBe(["a/b c/é+&'.txt"]);
        await store.DeleteAsync("b", None);
        await store.DeleteAsync("b", None);
        (await StoreReading.KeysAsync(store, "b")).ShouldBeEmpty();
    }

    [RadosFact]
    public async Task More_objects_than_fit_on_a_page_are_all_listed()
    {
        await using var store = await gateway.StoreAsync(locked: false);
        await Parallel.ForAsync(0, 1010, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, cancel) => await store.PutAsync($"k/{i:D4}", Hello, PutOptions.Default, cancel));
        (await StoreReading.KeysAsync(store, "k/")).Count.ShouldBe(1010);
    }

    [RadosFact]
    public async Task What_somebody_writes_over_or_hides_is_told_and_restored_from_its_first_version()
    {
        using var directory = new TemporaryDirectory();
        using var key = SigningKey.Create();
        await using var store = await gateway.StoreAsync(locked: true);
        foreach (var name in new[] { "hidden", "overwritten", "whole" })
        {
            File.WriteAllText(directory[name], $"{name}\n");
        }

        BackupSource[] sources = [.. new[] { "hidden", "overwritten", "whole" }.Select(name => new BackupSource(name, directory[name]))];
        var backup = await new BackupRun(store, key, new BackupOptions { Stream = "node", Lock = TimeSpan.FromDays(1) }, TimeProvider.System).RunAsync(sources, None);
        var (bucket, names) = (store.Location.Split('/')[2], backup.Manifest.Files.Select(file => $"estate/{file.Pieces[0].Key}").ToList());
        using (var somebody = gateway.Client())
        {
            // A lock keeps versions; it keeps nobody from putting another one on top.
            await somebody.DeleteObjectAsync(bucket, names[0]);
            await somebody.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = names[1], ContentBody = "forged", UseChunkEncoding = false });
        }

        (await store.OpenFirstAsync("content/none", None)).ShouldBeNull();
        var problems = (await new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", false, None)).Problems;
        problems.Count(problem => problem.Contains("its first version in the store is whole", StringComparison.Ordinal)).ShouldBe(2);
        problems.ShouldContain(problem => problem.Contains("missing", StringComparison.Ordinal));
        problems.ShouldContain(problem => problem.Contains("not those that were stored", StringComparison.Ordinal));
        var restore = new BackupRestore(store, key.Public, null);
        await restore.RunAsync(BackupRestore.Plan((await restore.ChooseAsync("node", null, None)).Manifest, directory["out"], overwrite: false), None);
        foreach (var source in sources)
        {
            File.ReadAllText(directory[$"out/{source.Name}/{source.Name}"]).ShouldBe($"{source.Name}\n");
        }

        // Nor is a manifest gone that somebody writes another one over; but nothing goes on from it as if nothing had happened.
        using (var somebody = gateway.Client())
        {
            await somebody.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = $"estate/{backup.Key}", ContentBody = "{}", UseChunkEncoding = false });
        }

        (await new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", false, None)).Problems
            .ShouldContain(problem => problem.Contains(backup.Key, StringComparison.Ordinal) && problem.Contains("its first version in the store is whole", StringComparison.Ordinal));
        (await restore.ChooseAsync("node", null, None)).Manifest.Root.ShouldBe(backup.Manifest.Root);
        await Should.ThrowAsync<InvalidDataException>(() => new BackupRun(store, key, new BackupOptions { Stream = "node" }, TimeProvider.System).RunAsync(sources, None));
    }

    [RadosFact]
    public async Task What_is_locked_stays_and_can_be_locked_for_longer()
    {
        await using var store = await gateway.StoreAsync(locked: true);
        (await store.ProbeAsync(None)).ShouldBe(new StoreProbe(Versioned: true, Lockable: true));
        var until = DateTimeOffset.UtcNow.AddDays(2);
        await store.PutAsync("evidence", Hello, new PutOptions { RetainUntil = until, Compliance = true }, None);
        (await store.HeadAsync("evidence", None))!.RetainUntil!.Value.ShouldBe(until, TimeSpan.FromSeconds(1));
        (await Should.ThrowAsync<ObjectStoreException>(() => store.DeleteAsync("evidence", None))).IsDenied.ShouldBeTrue();
        await store.LockAsync("evidence", new PutOptions { RetainUntil = until.AddDays(5), Compliance = true }, None);
        (await store.HeadAsync("evidence", None))!.RetainUntil!.Value.ShouldBe(until.AddDays(5), TimeSpan.FromSeconds(1));
        await store.LockAsync("evidence", new PutOptions { RetainUntil = until, Compliance = true }, None);
        (await store.HeadAsync("evidence", None))!.RetainUntil!.Value.ShouldBe(until.AddDays(5), TimeSpan.FromSeconds(1));
        (await StoreReading.ReadAsync(store, "evidence")).ShouldBe(Hello);
        await store.PutAsync("free", Hello, PutOptions.Default, None);
        await store.DeleteAsync("free", None);
        (await store.HeadAsync("free", None)).ShouldBeNull();
    }

    [RadosFact]
    public async Task What_is_on_legal_hold_stays_whatever_its_lock_says()
    {
        await using var store = await gateway.StoreAsync(locked: true);
        await store.PutAsync("held", Hello, new PutOptions { LegalHold = true }, None);
        (await store.HeadAsync("held", None))!.LegalHold.ShouldBeTrue();
        (await Should.ThrowAsync<ObjectStoreException>(() => store.DeleteAsync("held", None))).IsDenied.ShouldBeTrue();
        await store.PutAsync("later", Hello, PutOptions.Default, None);
        await store.LockAsync("later", new PutOptions { LegalHold = true }, None);
        await Should.ThrowAsync<ObjectStoreException>(() => store.DeleteAsync("later", None));
    }

    [RadosFact]
    public async Task Mistakes_are_told_in_words_and_without_the_secret()
    {
        await using var wrong = await gateway.StoreAsync(locked: false, options => options with { Credentials = new S3Credentials("AUDITKEY", "not-the-secret") });
        var refused = await Should.ThrowAsync<ObjectStoreException>(() => wrong.ProbeAsync(None));
        (refused.IsDenied, refused.IsPassing).ShouldBe((true, false));
        refused.Message.ShouldContain("the credentials are not valid here");
        refused.ToString().ShouldNotContain("not-the-secret");

        await using var nowhere = new S3Store(gateway.Options("no-such-bucket"), TimeProvider.System);
        (await Should.ThrowAsync<ObjectStoreException>(() => nowhere.ProbeAsync(None))).Message.ShouldContain("no such bucket; make it first");
        (await Should.ThrowAsync<ObjectStoreException>(() => nowhere.PutAsync("x", Hello, PutOptions.Default, None))).Message.ShouldContain("no such bucket; make it first");

        await using var unlocked = await gateway.StoreAsync(locked: false);
        await Should.ThrowAsync<ObjectStoreException>(() => unlocked.PutAsync("x", Hello, new PutOptions { RetainUntil = DateTimeOffset.UtcNow.AddDays(1) }, None));

        await using var guarded = await gateway.StoreAsync(locked: false, options => options with { AllowLocal = false });
        (await Should.ThrowAsync<ObjectStoreException>(() => guarded.ProbeAsync(None))).Message.ShouldContain("where no object store of a user may be");
    }

    [RadosFact]
    public async Task A_store_that_is_busy_cut_off_or_away_for_a_moment_is_tried_again()
    {
        await using var faults = FaultProxy.Start(gateway.Endpoint);
        await using var setup = await gateway.StoreAsync(locked: false);
        await using var store = new S3Store(gateway.Options(setup.Location.Split('/')[2]) with { Endpoint = faults.Endpoint }, new ImpatientTime());
        foreach (var fault in Enum.GetValues<Fault>())
        {
            faults.Next(fault, 2);
            (await store.PutAsync($"put/{fault}", LooksLikeError, PutOptions.Default, None)).ShouldBeTrue($"{fault}");
            faults.Next(fault, 2);
            (await StoreReading.ReadAsync(store, $"put/{fault}")).ShouldBe(LooksLikeError, $"{fault}");
        }

        faults.Seen.ShouldBeGreaterThanOrEqualTo((Enum.GetValues<Fault>().Length - 1) * 4, "all but the slow one are met again");
    }

    [RadosFact]
    public async Task Backup_verification_and_restore_come_through_every_fault_of_the_way_or_say_that_they_did_not()
    {
        using var directory = new TemporaryDirectory();
        using var key = SigningKey.Create();
        Directory.CreateDirectory(directory["logs"]);
        await File.WriteAllTextAsync(directory["logs/audit.log"], string.Concat(Enumerable.Range(0, 90_000).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"e{{i * 7919L}}","actor":"someone"}""" + "\n")));
        await using var faults = FaultProxy.Start(gateway.Endpoint);
        await using var setup = await gateway.StoreAsync(locked: false);
        foreach (var fault in Enum.GetValues<Fault>())
        {
            await using var store = new S3Store(gateway.Options(setup.Location.Split('/')[2]) with { Endpoint = faults.Endpoint, Prefix = $"{fault}/" }, new ImpatientTime());
            faults.Next(fault, 4);
            var made = await new BackupRun(store, key, new BackupOptions { Stream = "node" }, TimeProvider.System).RunAsync([new BackupSource("logs", directory["logs"])], None);
            made.Manifest.Files[0].Pieces.Length.ShouldBe(2);
            faults.Next(fault, 4);
            (await new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", readAll: true, None)).Problems.ShouldBeEmpty($"{fault}");
            faults.Next(fault, 4);
            await RestoreAsync(store, directory[$"{fault}"]);
            (await File.ReadAllBytesAsync(directory[$"{fault}/logs/audit.log"])).ShouldBe(await File.ReadAllBytesAsync(directory["logs/audit.log"]), $"{fault}");
        }

        foreach (var fault in new[] { Fault.InternalError, Fault.ResetBefore, Fault.CutAnswer, Fault.ErrorWithSuccess })
        {
            await using var store = new S3Store(gateway.Options(setup.Location.Split('/')[2]) with { Endpoint = faults.Endpoint, Prefix = "Slow/" }, new ImpatientTime());
            faults.Next(fault, int.MaxValue);
            (await Should.ThrowAsync<ObjectStoreException>(() => new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", readAll: true, None))).IsPassing.ShouldBeTrue($"{fault}");
            await Should.ThrowAsync<ObjectStoreException>(() => RestoreAsync(store, directory["none"]));
            Directory.Exists(directory["none"]).ShouldBeFalse();
        }

        faults.Next(Fault.Slow, 0);

        async Task RestoreAsync(S3Store store, string target)
        {
            var restore = new BackupRestore(store, key.Public, null);
            await restore.RunAsync(BackupRestore.Plan((await restore.ChooseAsync("node", null, None)).Manifest, target, overwrite: false), None);
        }
    }

    [RadosFact]
    public async Task A_backup_goes_there_is_locked_proved_and_comes_back()
    {
        using var directory = new TemporaryDirectory();
        using var key = SigningKey.Create();
        Directory.CreateDirectory(directory["logs"]);
        await File.WriteAllTextAsync(directory["logs/audit.log"], string.Concat(Enumerable.Range(0, 20_000).Select(i => $$"""{"timestamp":"2026-01-01T00:00:00Z","event_type":"e{{i}}"}""" + "\n")));
        await using var store = await gateway.StoreAsync(locked: true);
        var options = new BackupOptions { Stream = "node", Lock = TimeSpan.FromDays(1), Compliance = true };
        var outcome = await new BackupRun(store, key, options, TimeProvider.System).RunAsync([new BackupSource("logs", directory["logs"])], None);
        var again = await new BackupRun(store, key, options with { Lock = TimeSpan.FromDays(9) }, TimeProvider.System).RunAsync([new BackupSource("logs", directory["logs"])], None);
        again.Manifest.Totals.NewPieces.ShouldBe(0);

        var verdict = await new BackupVerification(store, key.Public, null, TimeProvider.System).VerifyAsync("node", readAll: true, None);
        verdict.Problems.ShouldBeEmpty();
        (await store.HeadAsync(outcome.Manifest.Files[0].Pieces[0].Key, None))!.RetainUntil!.Value.ShouldBe(again.Manifest.RetainUntil!.Value, TimeSpan.FromSeconds(1));
        var restore = new BackupRestore(store, key.Public, null);
        await restore.RunAsync(BackupRestore.Plan((await restore.ChooseAsync("node", null, None)).Manifest, directory["out"], overwrite: false), None);
        (await File.ReadAllBytesAsync(directory["out/logs/audit.log"])).ShouldBe(await File.ReadAllBytesAsync(directory["logs/audit.log"]));
    }
}
