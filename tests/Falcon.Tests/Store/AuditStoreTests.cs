using System.Data.Common;
using System.Text.Json;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.Falcon.Tests.Auditing;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Store;

/// <summary>What holds of every store: of a SQLite file, and of a real PostgreSQL where there is one.</summary>
public sealed class AuditStoreTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private static readonly PolicyType[] Types = [PolicyType.Prevention, PolicyType.Firewall];

    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public static TheoryData<string> Kinds => PostgresServer.Skip is null ? ["sqlite", "postgresql"] : ["sqlite"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Whether_a_host_is_scanned_does_not_depend_on_what_its_record_says_of_groups(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 300, WithoutGroups = host => host % 2 == 0 }, _directory, _time, await AddressAsync(kind));
        var outcome = await audit.RunAsync(new AuditOptions { Types = [PolicyType.ScheduledScan], ZeroTrust = TrustScope.Tenant });
        outcome.Run.Message.ShouldBe("");
        var groups = outcome.Types.Single().Grades.Where(grade => grade.Passed == true).Select(grade => $"group-{grade.Id[^3..]}").ToHashSet();
        var hosts = await audit.Store.HostsAsync(outcome.Run.Id, outcome.Audited, default).ToListAsync();
        hosts.Count(host => !host.Host.KnowsGroups).ShouldBe(150);
        foreach (var host in hosts)
        {
            var number = Convert.ToInt32(host.Host.DeviceId[^7..], 16);
            host.Verdict.Statuses[PolicyType.ScheduledScan].ShouldBe(
                host.Host.Platform != "Windows" ? HostStatus.NotApplicable : groups.Contains($"group-{number % 20:D3}") ? HostStatus.Passed : HostStatus.Failed, host.Host.Hostname);
        }

        (await audit.Store.TenantTrustAsync(outcome.Run.Id, default))!.Assessed.ShouldBe(300);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_whole_audit_is_stored_and_read_back(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 700, Policies = 60 }, _directory, _time, await AddressAsync(kind));
        var outcome = await audit.RunAsync(new AuditOptions { Types = PolicyType.All, ZeroTrust = TrustScope.Hosts });
        outcome.Run.Message.ShouldBe("");
        var run = (await audit.Store.LastCompleteAsync(default))!;
        run.ShouldBe(outcome.Run);
        var hosts = await audit.Store.HostsAsync(run.Id, PolicyType.All, default).ToListAsync();
        hosts.Select(host => host.Host.DeviceId).ShouldBeInOrder();
        hosts.Count.ShouldBe(700);
        hosts.ShouldAllBe(host => host.Trust == new ZeroTrust(80, 70, 75) && host.Host.Groups.Count == 1 && host.Host.PolicyOf(PolicyType.Firewall) != null);
        hosts.Count(host => host.Verdict.AnyFailed).ShouldBe((int)run.Hosts.AnyFailed);
        (await audit.Store.AuditedAsync(run.Id, default)).ShouldBe(PolicyType.All);
        var policies = await audit.Store.PoliciesAsync(run.Id, default);
        policies[PolicyType.Firewall].ShouldAllBe(policy => policy.Settings != null);
        // Graded again from what is stored, everything is as it was graded from the network.
        foreach (var type in outcome.Types)
        {
            PolicySummary.Of(AuditRun.Grade(type.Type, policies[type.Type], outcome.Options.Grading)).ShouldBe(type.Summary);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Readers_see_the_last_complete_run_until_the_next_one_is(string kind)
    {
        var store = await OpenAsync(kind);
        var first = await WriteAsync(store, "a", 300);
        await using (var writer = await store.BeginAsync(_ => false, default))
        {
            Add(writer, "b", 500);
            writer.Flush();
            await writer.AddPoliciesAsync(PolicyType.Firewall, [Policy("b")], default);
            (await store.LastCompleteAsync(default))!.Id.ShouldBe(first);
            (await HostsAsync(store, first)).Count.ShouldBe(300);
            (await store.PoliciesAsync(writer.Id, default)).ShouldBeEmpty();
            (await store.RunsAsync(9, default)).Count.ShouldBe(1);
            await writer.CompleteAsync(Run(), [.. Types]);
        }

        var second = (await store.LastCompleteAsync(default))!.Id;
        second.ShouldBeGreaterThan(first);
        (await HostsAsync(store, second)).Count.ShouldBe(500);
        await Should.ThrowAsync<DbException>(() => HostsAsync(store, first));
        (await store.RunsAsync(9, default)).Select(run => run.Id).ShouldBe([first, second]);
        await store.Connections.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_run_that_breaks_off_leaves_nothing(string kind)
    {
        var store = await OpenAsync(kind);
        var first = await WriteAsync(store, "a", 10);
        await using (var writer = await store.BeginAsync(_ => false, default))
        {
            Add(writer, "b", 1000);
            await writer.AddPoliciesAsync(PolicyType.Firewall, [Policy("b")], default);
        }

        (await store.LastCompleteAsync(default))!.Id.ShouldBe(first);
        (await HostsAsync(store, first)).ShouldBe(Enumerable.Range(0, 10).Select(i => $"a{i:D5}"));
        (await WriteAsync(store, "c", 5)).ShouldBe(first + 1);
        await store.Connections.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_checkpoint_outlives_its_writer_unseen_and_is_taken_up_or_forgotten(string kind)
    {
        var store = await OpenAsync(kind);
        var first = await WriteAsync(store, "a", 10);
        (await store.HasCheckpointAsync(default)).ShouldBeFalse();
        await StopAsync(store);
        (await store.HasCheckpointAsync(default)).ShouldBeTrue();
        (await store.LastCompleteAsync(default))!.Id.ShouldBe(first);
        (await HostsAsync(store, first)).Count.ShouldBe(10);
        await using (var writer = await store.BeginAsync(checkpoint => checkpoint.About == "x", default))
        {
            writer.Resumed.ShouldNotBeNull().Received.ShouldBe(250);
            (await writer.CountAsync(default)).ShouldBe(250);
            (await writer.PoliciesAsync(default)).Keys.ShouldBe([PolicyType.Firewall]);
            Add(writer, "b", 400);
            await writer.CompleteAsync(Run(), [.. Types]);
        }

        var second = (await store.LastCompleteAsync(default))!.Id;
        (await HostsAsync(store, second)).Count.ShouldBe(400);
        await StopAsync(store);
        await using (var writer = await store.BeginAsync(_ => false, default))
        {
            writer.Resumed.ShouldBeNull();
            (await writer.CountAsync(default)).ShouldBe(0);
        }

        await StopAsync(store);
        await store.RecordAsync(Run() with { Result = RunResult.Failed }, default);
        await using (var writer = await store.BeginAsync(_ => true, default))
        {
            writer.Resumed.ShouldBeNull();
        }

        (await HostsAsync(store, second)).Count.ShouldBe(400);
        await store.Connections.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_host_that_comes_twice_is_one_host_and_the_later_record_counts(string kind)
    {
        var store = await OpenAsync(kind);
        await using (var writer = await store.BeginAsync(_ => false, default))
        {
            Add(writer, "a", 450);
            Add(writer, "a", 450, platform: "Mac'); DROP TABLE runs; --");
            (await writer.CountAsync(default)).ShouldBe(450);
            await writer.CompleteAsync(Run(), [.. Types]);
        }

        var run = (await store.LastCompleteAsync(default))!;
        (await store.HostsAsync(run.Id, Types, default).ToListAsync()).ShouldAllBe(host => host.Host.Platform == "Mac'); DROP TABLE runs; --");
        await store.Connections.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task History_keeps_every_run_for_trends_and_the_page_draws_them(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(
            new SimulatorOptions { Hosts = 20, Faults = request => request is { Path: "policy/combined/firewall/v1", Number: 2 } ? new Fault { MissingScope = true } : null }, _directory, _time, await AddressAsync(kind));
        AuditOutcome? last = null;
        for (var i = 0; i < 4; i++)
        {
            last = await audit.RunAsync(new AuditOptions());
            _time.Advance(TimeSpan.FromHours(2));
        }

        var runs = await audit.Store.RunsAsync(3, default);
        runs.Select(run => run.Result).ShouldBe([RunResult.Partial, RunResult.Complete, RunResult.Complete]);
        runs.Select(run => run.Started).ShouldBeInOrder();
        runs[^1].ShouldBe(last!.Run);
        var page = await File.ReadAllTextAsync(audit.LastReports!.Written.Single(report => report.Type == "report").Path);
        page.ShouldContain("<polyline");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_second_writer_is_refused_until_the_first_is_gone(string kind)
    {
        await using var store = new StoreConnections(await AddressAsync(kind));
        await using (await StoreLock.TakeAsync(store, default))
        {
            (await Should.ThrowAsync<IOException>(() => StoreLock.TakeAsync(store, default))).Message.ShouldContain("another audit is writing here");
        }

        await (await StoreLock.TakeAsync(store, default)).DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_second_writer_may_wait_for_the_first_and_gives_up_in_the_end(string kind)
    {
        await using var store = new StoreConnections(await AddressAsync(kind));
        var first = await StoreLock.TakeAsync(store, default);
        var time = new VirtualTime();
        (await Should.ThrowAsync<IOException>(() => StoreLock.TakeAsync(store, TimeSpan.FromSeconds(90), time, default))).Message.ShouldContain("another audit is writing here");
        time.Elapsed.ShouldBe(TimeSpan.FromSeconds(90));

        var later = new VirtualTime();
        var second = Task.Run(() => StoreLock.TakeAsync(store, TimeSpan.FromDays(100_000), later, default));
        while (later.Waits.Count < 3)
        {
            await Task.Yield();
        }

        await first.DisposeAsync();
        await (await second).DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_completion_that_breaks_leaves_the_last_run_whole_and_no_checkpoint(string kind)
    {
        var store = await OpenAsync(kind);
        var first = await WriteAsync(store, "a", 10);
        await RefuseAsync(store, kind);
        await using (var writer = await store.BeginAsync(_ => false, default))
        {
            Add(writer, "b", 20);
            await Should.ThrowAsync<DbException>(() => writer.CompleteAsync(Run(), [.. Types]));
            await Should.ThrowAsync<InvalidOperationException>(() => writer.CheckpointAsync(new RunCheckpoint { About = "x", Started = default, Saved = default }, default));
        }

        (await store.LastCompleteAsync(default))!.Id.ShouldBe(first);
        (await HostsAsync(store, first)).Count.ShouldBe(10);
        (await store.HasCheckpointAsync(default)).ShouldBeFalse();
        await store.Connections.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_run_that_cannot_be_completed_takes_its_reports_back(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 50 }, _directory, _time, await AddressAsync(kind));
        var first = await audit.RunAsync(new AuditOptions());
        var reports = Directory.GetFiles(audit.Output).Order(StringComparer.Ordinal).ToList();
        reports.Count.ShouldBe(4);
        await RefuseAsync(audit.Store, kind);
        var named = 0;
        audit.AfterReports = () => named = Directory.GetFiles(audit.Output).Length;
        _time.Advance(TimeSpan.FromHours(2));
        await Should.ThrowAsync<DbException>(() => audit.RunAsync(new AuditOptions()));
        named.ShouldBe(8);
        Directory.GetFiles(audit.Output).Order(StringComparer.Ordinal).ShouldBe(reports);
        (await audit.Store.LastCompleteAsync(default))!.Id.ShouldBe(first.Run.Id);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_store_of_another_customer_is_refused_and_stays_as_it_is(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 50 }, _directory, _time, await AddressAsync(kind));
        var first = await audit.RunAsync(new AuditOptions());
        first.Run.Cid.ShouldNotBeEmpty();
        await using (var connection = await audit.Store.Connections.OpenAsync(default))
        {
            await connection.ExecuteAsync("UPDATE runs SET cid = 'of-somebody-else'", default);
        }

        _time.Advance(TimeSpan.FromHours(2));
        var error = await Should.ThrowAsync<FormatException>(() => audit.RunAsync(new AuditOptions()));
        error.Message.ShouldContain($"holds audits of the customer of-somebody-else, and these hosts are of {first.Run.Cid}: give each tenant a store of its own");
        (await audit.Store.RunsAsync(9, default)).Select(run => run.Id).ShouldBe([first.Run.Id]);
        (await HostsAsync(audit.Store, first.Run.Id)).Count.ShouldBe(50);
        Directory.GetFiles(audit.Output).Length.ShouldBe(4);
    }

    // A completion breaks after the hosts of the last run were dropped.
    private static async Task RefuseAsync(AuditStore store, string kind)
    {
        await using var connection = await store.Connections.OpenAsync(default);
        await connection.ExecuteAsync(kind == "sqlite"
            ? "CREATE TRIGGER refuse BEFORE INSERT ON runs BEGIN SELECT RAISE(FAIL, 'refused'); END"
            : "CREATE FUNCTION refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$ LANGUAGE plpgsql; CREATE TRIGGER refuse BEFORE INSERT ON runs EXECUTE FUNCTION refuse()", default);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_stop_after_the_reports_at_whatever_instant_lets_the_run_end_whole(string kind)
    {
        await using var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 50 }, _directory, _time, await AddressAsync(kind));
        await audit.RunAsync(new AuditOptions());
        // The first stop comes before the first statement of the completion, the others between or after its statements.
        for (var spins = 0; spins < 20; spins++)
        {
            using var stop = new CancellationTokenSource();
            Task? stopping = null;
            var wait = spins * 2000;
            audit.AfterReports = () =>
            {
                if (wait == 0)
                {
                    stop.Cancel();
                }

                stopping = Task.Run(() =>
                {
                    Thread.SpinWait(wait);
                    stop.Cancel();
                });
            };
            var outcome = await audit.RunAsync(new AuditOptions(), cancellationToken: stop.Token);
            await stopping!;
            outcome.Run.Result.ShouldBe(RunResult.Complete);
            (await audit.Store.LastCompleteAsync(default))!.Id.ShouldBe(outcome.Run.Id);
            (await HostsAsync(audit.Store, outcome.Run.Id)).Count.ShouldBe(50);
            (await audit.Store.HasCheckpointAsync(default)).ShouldBeFalse();
            _time.Advance(TimeSpan.FromHours(2));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Figures_are_kept_of_the_newest_runs_and_of_the_last_complete_one(string kind)
    {
        await using var connections = new StoreConnections(await AddressAsync(kind));
        var store = new AuditStore(connections) { History = 3 };
        await store.PrepareAsync(default);
        for (var i = 0; i < 5; i++)
        {
            await WriteAsync(store, "a", 10);
        }

        (await store.RunsAsync(99, default)).Select(run => run.Id).ShouldBe([3, 4, 5]);
        for (var i = 0; i < 5; i++)
        {
            await store.RecordAsync(Run() with { Result = RunResult.Failed }, default);
        }

        (await store.RunsAsync(99, default)).Select(run => run.Id).ShouldBe([5, 8, 9, 10]);
        (await HostsAsync(store, 5)).Count.ShouldBe(10);
        await WriteAsync(store, "b", 20);
        (await store.RunsAsync(99, default)).Select(run => run.Id).ShouldBe([9, 10, 11]);
        await Should.ThrowAsync<DbException>(() => HostsAsync(store, 5));
    }

    [Theory]
    [InlineData("postgresql://auditor:hunter2@db/falcon?colour=hunter3")]
    [InlineData("postgresql://auditor:hunter2@db/falcon?port=hunter3")]
    [InlineData("postgresql://auditor:hunter2@db/falcon?hunter3")]
    [InlineData("postgresql://auditor:hunter2@db:hunter3/falcon")]
    [InlineData("postgres:hunter2")]
    [InlineData("Host=db;Username=auditor;Password=hunter2;Colour=hunter3")]
    [InlineData("Host=db;Password=hunter2;Timeout=hunter3")]
    [InlineData("")]
    public void An_address_that_cannot_be_read_is_said_without_being_shown(string address)
    {
        var error = Should.Throw<FormatException>(() => new StoreConnections(address));
        error.Message.ShouldContain(address.Length > 0 ? "write postgresql://user:password@host" : "write the path of a SQLite file");
        error.ToString().ShouldNotContain("hunter");
    }

    [PostgresFact]
    public async Task PostgreSQL_is_reached_by_URL_and_by_key_values_and_a_wrong_password_is_said_without_being_shown()
    {
        var database = await postgres.NewDatabaseAsync();
        foreach (var address in (string[])[postgres.Url(database), postgres.KeyValues(database)])
        {
            await using var connections = new StoreConnections(address);
            connections.Kind.ShouldBe("postgresql");
            await using var connection = await connections.OpenAsync(default);
            (await connection.ScalarAsync("SELECT current_database()", default)).ShouldBe(database);
        }

        await using var wrong = new StoreConnections(postgres.Url(database, "hunter2hunter2"));
        var error = await Should.ThrowAsync<DbException>(() => wrong.OpenAsync(default));
        error.Message.ShouldContain("password authentication failed");
        error.ToString().ShouldNotContain("hunter2");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task StopAsync(AuditStore store)
    {
        await using var writer = await store.BeginAsync(_ => false, default);
        Add(writer, "b", 250);
        await writer.AddPoliciesAsync(PolicyType.Firewall, [Policy("b")], default);
        await writer.CheckpointAsync(new RunCheckpoint { About = "x", Started = default, Saved = default, Received = 250 }, default);
        Add(writer, "lost", 250);
    }

    private static async Task<long> WriteAsync(AuditStore store, string prefix, int hosts)
    {
        await using var writer = await store.BeginAsync(_ => false, default);
        Add(writer, prefix, hosts);
        await writer.CompleteAsync(Run(), [.. Types]);
        return writer.Id;
    }

    private static void Add(RunWriter writer, string prefix, int hosts, string platform = "Windows")
    {
        for (var i = 0; i < hosts; i++)
        {
            writer.Add(new Host { DeviceId = $"{prefix}{i:D5}", Platform = platform }, default, "");
        }
    }

    private static async Task<List<string>> HostsAsync(AuditStore store, long run) => await store.HostsAsync(run, Types, default).Select(host => host.Host.DeviceId).ToListAsync();

    private static FetchedPolicy Policy(string id) => new(JsonElement.Parse($$"""{"id": "{{id}}"}"""), null);

    private static StoredRun Run() => new() { Result = RunResult.Complete, Started = DateTimeOffset.UnixEpoch, Ended = DateTimeOffset.UnixEpoch };

    private async Task<AuditStore> OpenAsync(string kind)
    {
        var store = new AuditStore(new StoreConnections(await AddressAsync(kind)));
        await store.PrepareAsync(default);
        await store.PrepareAsync(default);
        return store;
    }

    private async Task<string> AddressAsync(string kind) => kind == "sqlite" ? Path.Combine(_directory, "db.sqlite") : postgres.Url(await postgres.NewDatabaseAsync());
}
