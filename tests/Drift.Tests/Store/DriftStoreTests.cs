using System.Text;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Store;

/// <summary>What every store does, whatever it is.</summary>
public abstract class DriftStoreTests : IAsyncLifetime
{
    private DriftStore _store = null!;
    private StateIndex _state = null!;

    /// <summary>Columns that the version before had not.</summary>
    protected static readonly string[] FormerlyMissing = ["principal_id", "account", "role", "region", "request"];

    protected abstract Task<string> AddressAsync();

    public async Task InitializeAsync()
    {
        if (await AddressAsync() is { Length: > 0 } address)
        {
            _store = await DriftStore.OpenAsync(address, CancellationToken.None);
        }

        _state = await Given.State([.. Enumerable.Range(0, 30).Select(number => Given.Resource("aws_instance", $"web{number}", $$"""{"id":"i-{{number}}","instance_type":"t3.micro"}"""))]);
    }

    public async Task DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }
    }

    protected async Task A_drift_is_found_listed_counted_and_told_of()
    {
        (await SeeAsync(0, "t3.large")).ShouldBeTrue();
        await SeeAsync(0, "t3.large");
        await SeeAsync(0, "t3.large");
        await SeeAsync(0, "m7.large");
        var drift = (await ListAsync(new DriftQuery())).ShouldHaveSingleItem();
        (drift.Occurrences, drift.New, drift.Status, drift.ResourceId).ShouldBe((4, "\"m7.large\"", DriftStatus.Open, "i-0"));
        (await _store.FindAsync(drift.Id, CancellationToken.None)).ShouldBe(drift);
        (await _store.FindAsync("none", CancellationToken.None)).ShouldBeNull();
        var actor = (await _store.ActorsAsync(drift.Id, CancellationToken.None)).ShouldHaveSingleItem();
        (actor.Name, actor.Occurrences, actor.SourceAddress).ShouldBe(("eve", 4, "203.0.113.9"));
        await _store.DecideAsync(drift.Id, new Decision(DriftStatus.Acknowledged, "ann", "known"), Given.Now, CancellationToken.None);
        (await _store.CountsAsync(CancellationToken.None)).ShouldHaveSingleItem().ShouldBe(new DriftCount(DriftStatus.Acknowledged, Severity.Medium, FindingKind.Modified, "aws", "aws_instance", 1));
        var timeline = await _store.TimelineAsync(drift.Id, 0, 10, CancellationToken.None);
        timeline.Select(change => (change.Name, change.By, change.Value)).ShouldBe([("detected", "eve", "\"t3.large\""), ("changed", "eve", "\"m7.large\""), ("acknowledged", "ann", null)]);
        (await _store.ChangesAsync(timeline[0].Number, 10, CancellationToken.None)).ShouldBe(timeline.Skip(1));
        (await _store.LastChangeAsync(CancellationToken.None)).ShouldBe(timeline[^1].Number);
        await _store.WaitForChangeAsync(timeline[0].Number, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
    }

    protected async Task Pages_hold_what_was_asked_for_and_all_of_it()
    {
        foreach (var number in Enumerable.Range(0, 30))
        {
            await SeeAsync(number, number % 3 == 0 ? "t3.large" : "m7.large", number % 2 == 0 ? "eve" : "adam");
        }

        await _store.DecideAsync((await ListAsync(new DriftQuery { ResourceId = "i-7" }))[0].Id, new Decision(DriftStatus.Resolved, "ann"), Given.Now, CancellationToken.None);
        (await ListAsync(new DriftQuery { Most = 7 })).Select(drift => drift.ResourceId).ShouldBe(Enumerable.Range(0, 30).Reverse().Select(number => $"i-{number}"));
        (await ListAsync(new DriftQuery { Statuses = [DriftStatus.Open, DriftStatus.Pending], Most = 4 })).Count.ShouldBe(29);
        (await ListAsync(new DriftQuery { Actor = "eve", Most = 4 })).Count.ShouldBe(15);
        (await ListAsync(new DriftQuery { Actor = "eve", Text = "WEB2", Most = 4 })).Select(drift => drift.Address).ShouldBe([.. new[] { 28, 26, 24, 22, 20, 2 }.Select(number => $"aws_instance.web{number}")]);
        (await ListAsync(new DriftQuery { Type = "aws_instance", Severity = Severity.Medium, Kind = FindingKind.Modified, Provider = "aws", Since = Given.Now.AddHours(-1) })).Count.ShouldBe(30);
        (await ListAsync(new DriftQuery { Since = Given.Now.AddHours(1) })).ShouldBeEmpty();
        var (passed, behind) = await _store.PassAsync(new DriftQuery(), 7, CancellationToken.None);
        passed.ShouldBe(7);
        (await _store.ListAsync(new DriftQuery { Before = behind, Most = 1 }, CancellationToken.None)).Drifts[0].ResourceId.ShouldBe("i-22");
        (await _store.PassAsync(new DriftQuery { Before = behind }, 100, CancellationToken.None)).ShouldBe((23, null));
        (await _store.PassAsync(new DriftQuery { Actor = "eve", Since = Given.Now.AddHours(-1) }, 100, CancellationToken.None)).ShouldBe((15, null));
        (await _store.DriftedAsync(["i-3", "i-7", "i-none"], CancellationToken.None)).ShouldBe([("i-3", "aws_instance")]);
        (await ListAsync(new DriftQuery { Text = "50%_" })).ShouldBeEmpty("% and _ are what they are");
    }

    protected async Task Only_what_a_person_may_decide_is_done()
    {
        await SeeAsync(0, "t3.large");
        var id = (await ListAsync(new DriftQuery()))[0].Id;
        await Should.ThrowAsync<InvalidOperationException>(() => _store.DecideAsync(id, new Decision(DriftStatus.Suppressed, "ann", "", Given.Now.AddSeconds(-1)), Given.Now, CancellationToken.None));
        (await _store.DecideAsync(id, new Decision(DriftStatus.Suppressed, "ann", "", Given.Now.AddSeconds(60)), Given.Now, CancellationToken.None))!.Until.ShouldBe(Given.Now.AddSeconds(60));
        (await _store.IsDueAsync(Given.Now.AddSeconds(59), CancellationToken.None)).ShouldBeFalse();
        (await _store.OpenDueAsync(Given.Now.AddSeconds(61), CancellationToken.None)).ShouldBe(1);
        await _store.DecideAsync(id, new Decision(DriftStatus.Resolved, "ann"), Given.Now, CancellationToken.None);
        (await Should.ThrowAsync<InvalidOperationException>(() => _store.DecideAsync(id, new Decision(DriftStatus.Acknowledged, "ann"), Given.Now, CancellationToken.None))).Message.ShouldContain("is resolved");
        (await _store.DecideAsync(id, new Decision(DriftStatus.Open, "ann"), Given.Now, CancellationToken.None))!.Status.ShouldBe(DriftStatus.Open);
    }

    protected async Task Old_and_too_many_are_forgotten_and_the_counts_with_them()
    {
        foreach (var number in Enumerable.Range(0, 10))
        {
            await SeeAsync(number, "t3.large");
            if (number < 8)
            {
                await _store.DecideAsync((await ListAsync(new DriftQuery { ResourceId = $"i-{number}" }))[0].Id, new Decision(DriftStatus.Resolved, "ann"), Given.Now.AddMinutes(number), CancellationToken.None);
            }
        }

        (await _store.ForgetAsync(new Retention(TimeSpan.FromHours(1), TimeSpan.FromHours(1), 100), Given.Now.AddHours(1).AddMinutes(2.5), CancellationToken.None)).ShouldBe(3, "of those by age");
        (await _store.ForgetAsync(new Retention(TimeSpan.FromHours(1), TimeSpan.FromHours(1), 2), Given.Now, CancellationToken.None)).ShouldBe(3, "of the five left but for two");
        (await ListAsync(new DriftQuery { Statuses = [DriftStatus.Resolved] })).Select(drift => drift.ResourceId).ShouldBe(["i-7", "i-6"]);
        (await _store.CountsAsync(CancellationToken.None)).Select(count => (count.Status, count.Count)).ShouldBe([(DriftStatus.Open, 2), (DriftStatus.Resolved, 2)], ignoreOrder: true);
        await SeeAsync(0, "t3.large");
        (await ListAsync(new DriftQuery { ResourceId = "i-0" })).ShouldHaveSingleItem().Occurrences.ShouldBe(1, "it begins again");
    }

    protected async Task Small_things_are_kept_claimed_and_taken_away()
    {
        await _store.PutAsync(new StoredItem("key", "b", "1"), CancellationToken.None);
        await _store.PutAsync(new StoredItem("key", "b", "2"), CancellationToken.None);
        (await _store.AddAsync(new StoredItem("key", "b", "3"), CancellationToken.None)).ShouldBeFalse();
        (await _store.AddAsync(new StoredItem("key", "a", "4"), CancellationToken.None)).ShouldBeTrue();
        (await _store.GetAsync("key", "b", CancellationToken.None))!.Value.ShouldBe("2");
        (await _store.ItemsAsync("key", "", 10, CancellationToken.None)).Select(item => item.Key).ShouldBe(["a", "b"]);
        (await _store.ItemsAsync("key", "a", 10, CancellationToken.None)).ShouldHaveSingleItem();
        (await _store.CountItemsAsync("key", CancellationToken.None)).ShouldBe(2);
        (await _store.RemoveAsync("key", "a", CancellationToken.None)).ShouldBeTrue();
        (await _store.RemoveAsync("key", "a", CancellationToken.None)).ShouldBeFalse();
        await _store.PutAsync(new StoredItem("notification", "n", "{}", Given.Now), CancellationToken.None);
        (await _store.ClaimItemsAsync("notification", 10, TimeSpan.FromSeconds(30), Given.Now, CancellationToken.None)).ShouldHaveSingleItem().Claims.ShouldBe(1);
        (await _store.ClaimItemsAsync("notification", 10, TimeSpan.FromSeconds(30), Given.Now.AddSeconds(29), CancellationToken.None)).ShouldBeEmpty("somebody works on it");
        (await _store.ClaimItemsAsync("notification", 10, TimeSpan.FromSeconds(30), Given.Now.AddSeconds(31), CancellationToken.None)).ShouldHaveSingleItem().Claims.ShouldBe(2, "who had it has died");
    }

    protected async Task What_another_worker_took_over_is_not_written_a_second_time()
    {
        await _store.AppendAsync([.. new[] { "{}", "[]", "null" }.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))], Given.Now, CancellationToken.None);
        (await _store.CountWaitingAsync(CancellationToken.None)).ShouldBe(3);
        var first = await _store.ClaimAsync("one", 2, TimeSpan.Zero, Given.Now, CancellationToken.None);
        first.Select(body => Encoding.UTF8.GetString(body.Body.Span)).ShouldBe(["{}", "[]"]);
        var second = await _store.ClaimAsync("two", 2, TimeSpan.FromHours(1), Given.Now.AddSeconds(1), CancellationToken.None);
        second.Select(body => body.Number).ShouldBe(first.Select(body => body.Number), "the lease of the first has ended");
        (await _store.ClaimAsync("three", 2, TimeSpan.FromHours(1), Given.Now.AddSeconds(1), CancellationToken.None)).Count.ShouldBe(1, "the others are somebody's");
        (await ApplyAsync("one", first)).ShouldBeFalse();
        (await ListAsync(new DriftQuery())).ShouldBeEmpty();
        (await ApplyAsync("two", second)).ShouldBeTrue();
        (await ListAsync(new DriftQuery())).ShouldHaveSingleItem();
        (await _store.CountWaitingAsync(CancellationToken.None)).ShouldBe(1);
    }

    protected async Task A_name_with_a_NUL_keeps_nothing_out()
    {
        await SeeAsync(1, "t3.large", "e\\u0000ve");
        (await ListAsync(new DriftQuery())).ShouldHaveSingleItem().ResourceId.ShouldBe("i-1");
    }

    private Task<bool> ApplyAsync(string worker, IReadOnlyList<WaitingBody> bodies) =>
        _store.ApplyAsync(Verdicts(0, "t3.large", "eve") with { Worker = worker, Done = [.. bodies.Select(body => body.Number)] }, CancellationToken.None);

    private Task<bool> SeeAsync(int instance, string type, string user = "eve") => _store.ApplyAsync(Verdicts(instance, type, user), CancellationToken.None);

    private protected Verdicts Verdicts(int instance, string type, string user)
    {
        var alert = Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-{{instance}}","ct.request.instancetype":"{{type}}","ct.user":"{{user}}","ct.srcip":"203.0.113.9","ct.useragent":"console"}""");
        var sightings = new Dictionary<DriftKey, Sighting>();
        foreach (var finding in Given.Judged(alert, _state).Findings)
        {
            Sighting.Add(sightings, finding, Given.Now);
        }

        return new Verdicts { Now = Given.Now, Grace = TimeSpan.Zero, Sightings = sightings.Values };
    }

    private async Task<IReadOnlyList<DriftRecord>> ListAsync(DriftQuery query)
    {
        var drifts = new List<DriftRecord>();
        do
        {
            var page = await _store.ListAsync(query, CancellationToken.None);
            page.Drifts.Length.ShouldBeLessThanOrEqualTo(query.Most);
            drifts.AddRange(page.Drifts);
            query = query with { Before = page.Next };
        }
        while (query.Before is not null);
        return drifts;
    }
}

public sealed class SqliteStoreTests : DriftStoreTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<string> AddressAsync() => Task.FromResult(Path.Combine(_folder, $"{Guid.NewGuid():N}.sqlite"));

    [Fact]
    public Task SQLite_finds_lists_counts_and_tells() => A_drift_is_found_listed_counted_and_told_of();

    [Fact]
    public Task SQLite_pages_hold_all_that_was_asked_for() => Pages_hold_what_was_asked_for_and_all_of_it();

    [Fact]
    public Task SQLite_does_only_what_may_be_decided() => Only_what_a_person_may_decide_is_done();

    [Fact]
    public Task SQLite_forgets_what_is_old_or_too_much() => Old_and_too_many_are_forgotten_and_the_counts_with_them();

    [Fact]
    public Task SQLite_keeps_small_things() => Small_things_are_kept_claimed_and_taken_away();

    [Fact]
    public Task SQLite_writes_nothing_twice() => What_another_worker_took_over_is_not_written_a_second_time();

    [Fact]
    public Task SQLite_takes_any_name() => A_name_with_a_NUL_keeps_nothing_out();

    [Fact]
    public async Task A_store_of_the_version_before_is_brought_up_to_date_with_all_that_it_holds()
    {
        var path = await AddressAsync();
        await using (var former = await DriftStore.OpenAsync(path, CancellationToken.None))
        {
            await former.ApplyAsync(Verdicts(0, "t3.large", "eve"), CancellationToken.None);
        }

        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            await connection.OpenAsync();
            foreach (var column in FormerlyMissing)
            {
                await connection.Command($"ALTER TABLE actors DROP COLUMN {column}").ExecuteAsync(CancellationToken.None);
            }

            await connection.Command("PRAGMA user_version = 2").ExecuteAsync(CancellationToken.None);
        }

        // Another process opens it then, with no connection that remembers the tables as they were.
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        await using var store = await DriftStore.OpenAsync(path, CancellationToken.None);
        var drift = (await store.ListAsync(new DriftQuery(), CancellationToken.None)).Drifts.ShouldHaveSingleItem();
        (await store.LastActorsAsync([drift.Number], CancellationToken.None))[drift.Number].ShouldSatisfyAllConditions(actor => actor.Name.ShouldBe("eve"), actor => actor.Account.ShouldBe(""));
        await store.ApplyAsync(Verdicts(0, "t3.large", "eve"), CancellationToken.None);
        (await store.LastActorsAsync([drift.Number], CancellationToken.None))[drift.Number].Occurrences.ShouldBe(2);
    }

    [Fact]
    public async Task A_store_of_another_version_is_refused()
    {
        var path = await AddressAsync();
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=false"))
        {
            await connection.OpenAsync();
            await connection.Command("PRAGMA user_version = 1").ExecuteAsync(CancellationToken.None);
        }

        var message = (await Should.ThrowAsync<FormatException>(() => DriftStore.OpenAsync(path, CancellationToken.None))).Message;
        message.ShouldContain("older comptroller: it has version 1");
        message.ShouldContain($"mv {path} {path}.v1", Case.Sensitive, "how to go on");
    }
}

public sealed class PostgresStoreTests(Falcon.Tests.Store.PostgresServer server) : DriftStoreTests, IClassFixture<Falcon.Tests.Store.PostgresServer>
{
    protected override async Task<string> AddressAsync() => Falcon.Tests.Store.PostgresServer.Skip is null ? server.Url(await server.NewDatabaseAsync()) : "";

    [Falcon.Tests.Store.PostgresFact]
    public async Task A_database_of_another_version_is_refused_and_left_as_it_is()
    {
        var address = await AddressAsync();
        await using (var connection = new Npgsql.NpgsqlConnection(server.KeyValues(new Uri(address).AbsolutePath.Trim('/'))))
        {
            await connection.OpenAsync();
            await connection.Command("CREATE TABLE items (area TEXT, key TEXT, value TEXT); INSERT INTO items VALUES ('store', 'version', '9')").ExecuteAsync(CancellationToken.None);
            var message = (await Should.ThrowAsync<FormatException>(() => DriftStore.OpenAsync(address, CancellationToken.None))).Message;
            message.ShouldContain("newer comptroller: it has version 9");
            message.ShouldContain("ALTER SCHEMA public RENAME TO drift_v9");
            (await connection.Command("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'").NumberAsync(CancellationToken.None)).ShouldBe(1);
        }
    }

    [Falcon.Tests.Store.PostgresFact]
    public async Task A_database_of_the_version_before_is_brought_up_to_date_with_all_that_it_holds_and_by_two_at_once()
    {
        var address = await AddressAsync();
        await using (var former = await DriftStore.OpenAsync(address, CancellationToken.None))
        {
            await former.ApplyAsync(Verdicts(0, "t3.large", "eve"), CancellationToken.None);
            await former.PutAsync(new StoredItem("keys", "k", "v", null, 0), CancellationToken.None);
        }

        await using (var connection = new Npgsql.NpgsqlConnection(server.KeyValues(new Uri(address).AbsolutePath.Trim('/'))))
        {
            await connection.OpenAsync();
            foreach (var column in FormerlyMissing)
            {
                await connection.Command($"ALTER TABLE actors DROP COLUMN {column}").ExecuteAsync(CancellationToken.None);
            }

            await connection.Command("UPDATE items SET value = '2' WHERE area = 'store' AND key = 'version'").ExecuteAsync(CancellationToken.None);
        }

        // Replicas of the new program start together; the second finds the work done.
        var both = await Task.WhenAll(Task.Run(() => DriftStore.OpenAsync(address, CancellationToken.None)), Task.Run(() => DriftStore.OpenAsync(address, CancellationToken.None)));
        foreach (var store in both)
        {
            await using (store)
            {
                var drift = (await store.ListAsync(new DriftQuery(), CancellationToken.None)).Drifts.ShouldHaveSingleItem();
                (await store.LastActorsAsync([drift.Number], CancellationToken.None))[drift.Number].ShouldSatisfyAllConditions(actor => actor.Name.ShouldBe("eve"), actor => actor.Region.ShouldBe(""));
                (await store.GetAsync("keys", "k", CancellationToken.None))!.Value.ShouldBe("v");
                await store.ApplyAsync(Verdicts(0, "t3.large", "eve"), CancellationToken.None);
            }
        }

        await using var after = await DriftStore.OpenAsync(address, CancellationToken.None);
        (await after.ListAsync(new DriftQuery(), CancellationToken.None)).Drifts.ShouldHaveSingleItem().Occurrences.ShouldBe(3);
    }

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_finds_lists_counts_and_tells() => A_drift_is_found_listed_counted_and_told_of();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_pages_hold_all_that_was_asked_for() => Pages_hold_what_was_asked_for_and_all_of_it();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_does_only_what_may_be_decided() => Only_what_a_person_may_decide_is_done();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_forgets_what_is_old_or_too_much() => Old_and_too_many_are_forgotten_and_the_counts_with_them();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_keeps_small_things() => Small_things_are_kept_claimed_and_taken_away();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_writes_nothing_twice() => What_another_worker_took_over_is_not_written_a_second_time();

    [Falcon.Tests.Store.PostgresFact]
    public Task PostgreSQL_takes_any_name() => A_name_with_a_NUL_keeps_nothing_out();

    [Fact]
    public async Task An_address_that_cannot_be_read_is_refused_without_being_repeated() =>
        (await Should.ThrowAsync<FormatException>(() => DriftStore.OpenAsync("postgresql://u:secret@h/d?nonsense=secret", CancellationToken.None))).Message.ShouldNotContain("secret");
}
