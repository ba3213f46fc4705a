using System.Security.Cryptography;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Backups that must stop before their end, and go on elsewhere without a journal.</summary>
public sealed class PausedBackupTests : IDisposable
{
    private const int Pieces = 6;

    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();
    private readonly SigningKey _key = SigningKey.Create();
    private readonly FileStore _store;

    public PausedBackupTests()
    {
        _store = new FileStore(_directory["store"]);
        Directory.CreateDirectory(_directory["logs"]);
        for (var i = 0; i < Pieces; i++)
        {
            File.WriteAllBytes(_directory[$"logs/{i}"], RandomNumberGenerator.GetBytes(10_000));
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task At_the_end_of_its_window_a_backup_stops_and_the_next_ones_send_only_the_rest()
    {
        (await PauseAsync(2)).Pieces.ShouldBe(2);
        (await new BackupCatalog(_store, _key.Public).NumbersAsync("node", None)).ShouldBeEmpty();
        _time.Advance(TimeSpan.FromHours(20));
        (await PauseAsync(3)).Pieces.ShouldBe(3);

        _time.Advance(TimeSpan.FromHours(20));
        var watched = new WatchedStore(_store);
        var outcome = await RunAsync(watched, Options());
        (watched.Offered, watched.ReadBack, outcome.Manifest.Files.Length).ShouldBe((1, 0, Pieces));
        (await new BackupVerification(_store, _key.Public, null, _time).VerifyAsync("node", true, None)).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_window_that_closes_before_anything_was_sent_forgets_nothing_of_the_one_before()
    {
        await PauseAsync(4);
        (await Should.ThrowAsync<BackupPausedException>(() => RunAsync(_store, Options() with { Until = _time.GetUtcNow() }))).Pieces.ShouldBe(0);
        var watched = new WatchedStore(_store);
        await RunAsync(watched, Options());
        watched.Offered.ShouldBe(2);
    }

    [Fact]
    public async Task A_backup_that_is_stopped_by_its_pod_is_gone_on_with_as_well()
    {
        using var stop = new CancellationTokenSource();
        var killed = new WatchedStore(_store) { Before = offered => { if (offered > 3) { stop.Cancel(); } } };
        await Should.ThrowAsync<OperationCanceledException>(() => new BackupRun(killed, _key, Options(), _time).RunAsync(Sources, stop.Token));
        var watched = new WatchedStore(_store);
        await RunAsync(watched, Options());
        (watched.Offered, watched.ReadBack).ShouldBe((3, 0));
    }

    [Fact]
    public async Task A_list_that_somebody_else_signed_is_not_believed_and_a_piece_that_is_gone_is_sent_again()
    {
        await PauseAsync(4);
        var list = _directory[_directory.Files.Single(file => file.StartsWith("store/unfinished/node/", StringComparison.Ordinal))];
        File.Delete(_directory[_directory.Files.First(file => file.StartsWith("store/content/", StringComparison.Ordinal))]);
        var watched = new WatchedStore(_store);
        using (var thief = SigningKey.Create())
        {
            // Newer than the real one, and about pieces that are not there.
            await new UnfinishedBackups(_store, thief.Public).NoteAsync("node", thief, [], _time.GetUtcNow().AddHours(1), None);
        }

        await RunAsync(watched, Options());
        watched.Offered.ShouldBe(3);
        (await new BackupVerification(_store, _key.Public, null, _time).VerifyAsync("node", true, None)).Problems.ShouldBeEmpty();
        File.Exists(list).ShouldBeTrue("whoever backs up may not be allowed to delete");
    }

    [Fact]
    public async Task Pruning_leaves_what_may_be_gone_on_with_and_lets_the_rest_go()
    {
        await PauseAsync(4);
        await RunAsync(_store, Options() with { Stream = "other" }, [new BackupSource("logs", _directory["logs/5"])]);
        // The store's files are as old as this test; its clock says when the grace is over.
        var from = _directory.Files.Single(file => file.StartsWith("store/unfinished/", StringComparison.Ordinal));
        _time.Advance(DateTimeOffset.UtcNow - _time.GetUtcNow());
        File.Delete(_directory[from]);
        await new UnfinishedBackups(_store, _key.Public).NoteAsync("node", _key, await PiecesAsync(), _time.GetUtcNow(), None);

        _time.Advance(TimeSpan.FromDays(8));
        (await PruneAsync()).Pieces.ShouldBe(0);
        _time.Advance(UnfinishedBackups.Kept - TimeSpan.FromDays(7));
        (await PruneAsync()).Pieces.ShouldBe(4);
        _directory.Files.ShouldNotContain(file => file.StartsWith("store/unfinished/", StringComparison.Ordinal));
    }

    private BackupSource[] Sources => [new BackupSource("logs", _directory["logs"])];

    private static BackupOptions Options() => new() { Stream = "node", Parallelism = 1 };

    private async Task<BackupPausedException> PauseAsync(int after)
    {
        var until = _time.GetUtcNow().AddHours(1);
        var closing = new WatchedStore(_store) { Before = offered => { if (offered > after) { _time.Advance(TimeSpan.FromHours(1)); } } };
        return await Should.ThrowAsync<BackupPausedException>(() => RunAsync(closing, Options() with { Until = until }));
    }

    private Task<BackupOutcome> RunAsync(IObjectStore store, BackupOptions options, BackupSource[]? sources = null) => new BackupRun(store, _key, options, _time).RunAsync(sources ?? Sources, None);

    private async Task<IReadOnlyList<ManifestPiece>> PiecesAsync()
    {
        var pieces = new List<ManifestPiece>();
        await foreach (var found in _store.ListAsync(BackupKeys.Content, None))
        {
            pieces.Add(new ManifestPiece { Sha256 = Path.GetFileName(found.Key).Split('.')[0], Bytes = 10_000, Key = found.Key, StoredBytes = found.Bytes, StoredSha256 = "" });
        }

        return pieces;
    }

    private async Task<PruneOutcome> PruneAsync()
    {
        var prune = new BackupPrune(_store, _key, _time);
        return await prune.RunAsync(await prune.PlanAsync("other", new RetentionPolicy { KeepLast = 1 }, None), None);
    }
}
