using System.Text.Json.Nodes;
using Comptroller.Archive.Backups;
using Comptroller.Archive.Evidence;
using Comptroller.Archive.Objects;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Backups;

/// <summary>Hourly digests go with the backups that they are about, and what is left still proves that nothing else went.</summary>
public sealed class DigestPruningTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();
    private readonly SigningKey _key = SigningKey.Create();
    private readonly FileStore _store;

    public DigestPruningTests() => _store = new FileStore(_directory["store"]);

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Digests_before_the_oldest_backup_that_stays_are_deleted_and_the_chain_is_proved_across_the_cut()
    {
        await DaysAsync(4);
        var plan = await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None);
        // Six a day: one with the backup and five in the hours behind it.
        plan.Digests!.Through.ShouldBe(12);
        (await Prune().RunAsync(plan, None)).Digests.ShouldBe(12);
        Digests().ShouldBe(Enumerable.Range(13, 12));
        (await ProblemsAsync()).ShouldBeEmpty();

        // And once more, by another record.
        await DaysAsync(1);
        (await Prune().RunAsync(await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None), None)).Digests.ShouldBe(6);
        (await ProblemsAsync()).ShouldBeEmpty();
        (await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None)).Digests.ShouldBeNull();
    }

    [Theory]
    [InlineData("the next one gone", "digests/node/0000000013.digest.json: missing")]
    [InlineData("all gone", "digests/node/0000000013.digest.json: missing")]
    [InlineData("record gone", "digests/node/0000000001.digest.json to digests/node/0000000012.digest.json: missing")]
    [InlineData("record of another digest", "digests/node/0000000013.digest.json: does not go on from the digest that was pruned")]
    [InlineData("record edited", "changed after it was signed")]
    public async Task What_goes_beside_the_cut_is_found(string tampering, string problem)
    {
        await DaysAsync(4);
        await Prune().RunAsync(await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 2 }, None), None);
        var record = Directory.GetFiles(_directory["store/prunes/node"]).ShouldHaveSingleItem();
        switch (tampering)
        {
            case "the next one gone":
                File.Delete(Digest(13));
                break;
            case "all gone":
                Directory.Delete(_directory["store/digests/node"], recursive: true);
                break;
            case "record gone":
                File.Delete(record);
                break;
            case "record of another digest":
                Change(record, document => { document["digestSha256"] = new string('0', 64); _key.Sign(document); });
                break;
            default:
                Change(record, document => document["digestsThrough"] = 13);
                break;
        }

        (await ProblemsAsync()).ShouldContain(found => found.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_pruning_that_was_killed_leaves_a_whole_end_and_the_next_one_goes_on()
    {
        await DaysAsync(3);
        var digests = Enumerable.Range(7, 6).ToDictionary(number => Digest(number), number => File.ReadAllBytes(Digest(number)));
        await Prune().RunAsync(await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 1 }, None), None);
        Digests()[0].ShouldBe(13);
        // As if it had been killed behind the first six.
        foreach (var (path, bytes) in digests)
        {
            await File.WriteAllBytesAsync(path, bytes);
        }

        (await ProblemsAsync()).ShouldBeEmpty();
        (await Prune().RunAsync(await Prune().PlanAsync("node", new RetentionPolicy { KeepLast = 1 }, None), None)).Digests.ShouldBe(6);
        (await ProblemsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_digest_is_not_written_over_a_newest_backup_that_is_gone()
    {
        await DaysAsync(2);
        File.Delete(_directory["store/backups/node/0000000002.manifest.json"]);
        (await Should.ThrowAsync<InvalidDataException>(WriteAsync)).Message.ShouldBe(
            "backups/node/0000000002.manifest.json: missing; digests/node/0000000012.digest.json names it, and it is the newest one");
        Digests().Count.ShouldBe(12);
    }

    /// <summary>A backup at midnight, and a digest in each of the five hours behind it.</summary>
    private async Task DaysAsync(int days)
    {
        for (var day = 0; day < days; day++)
        {
            await File.AppendAllTextAsync(_directory["audit.log"], $$"""{"event_type":"e{{_time.GetUtcNow():O}}"}""" + "\n");
            await new BackupRun(_store, _key, new BackupOptions { Stream = "node" }, _time).RunAsync([new BackupSource("logs", _directory["audit.log"])], None);
            for (var hour = 0; hour < 5; hour++)
            {
                _time.Advance(TimeSpan.FromHours(1));
                await WriteAsync();
            }

            _time.Advance(TimeSpan.FromHours(19));
        }
    }

    private Task WriteAsync() => new DigestChain(_store, _key.Public).WriteAsync("node", _key, PutOptions.Default, _time, None);

    private BackupPrune Prune() => new(_store, _key, _time);

    private async Task<IReadOnlyList<string>> ProblemsAsync() => (await new BackupVerification(_store, _key.Public, null, _time).VerifyAsync("node", readAll: true, None)).Problems;

    private List<int> Digests() => [.. Directory.GetFiles(_directory["store/digests/node"]).Select(path => int.Parse(Path.GetFileName(path)[..10])).Order()];

    private string Digest(int number) => _directory[$"store/digests/node/{number:D10}.digest.json"];

    private static void Change(string path, Action<JsonObject> change)
    {
        var document = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        File.Delete(path);
        change(document);
        File.WriteAllText(path, document.ToJsonString());
    }
}
