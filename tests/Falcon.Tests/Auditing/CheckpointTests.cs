using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Store;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Auditing;

/// <summary>Runs that are stopped in the middle, and what the next one does.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const string Devices = "devices/combined/devices/v1";
    private const string Assessments = "zero-trust-assessment/entities/assessments/v1";
    private const string Prevention = "policy/combined/prevention/v1";

    private static readonly AuditOptions Everything = new() { Types = PolicyType.All, ZeroTrust = TrustScope.Hosts };

    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Theory]
    [InlineData(Devices, 4)]
    [InlineData(Devices, 1)]
    [InlineData(Assessments, 1)]
    [InlineData(Assessments, 17)]
    [InlineData("configuration-assessment/combined/assessments/v1", 2)]
    public async Task A_run_that_is_stopped_goes_on_where_it_was_and_ends_like_one_that_was_not(string path, int request)
    {
        using var stop = new CancellationTokenSource();
        await using var audit = await StartAsync(StoppedAt(path, request, stop));
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        (await audit.Store.LastCompleteAsync(default)).ShouldBeNull();
        (await audit.Store.RunsAsync(9, default)).ShouldBeEmpty();
        var (prevention, calls) = (audit.Simulator.Calls[Prevention], audit.Simulator.TotalCalls);
        _time.Advance(TimeSpan.FromSeconds(20));
        var outcome = await audit.RunAsync(Everything);
        outcome.IsResumed.ShouldBeTrue();
        outcome.Run.Result.ShouldBe(RunResult.Complete);
        outcome.Run.Cid.ShouldNotBeEmpty();
        outcome.Run.Started.ShouldBe(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero), TimeSpan.FromSeconds(1));
        audit.Simulator.Calls[Prevention].ShouldBe(prevention);
        // Every request of both parts, the one that was broken off maybe excepted.
        outcome.Run.ApiCalls.ShouldBeInRange(audit.Simulator.TotalCalls - 1, audit.Simulator.TotalCalls);
        (audit.Simulator.TotalCalls - calls).ShouldBeLessThan(calls + 30);

        using var directory = new Scratch();
        await using var unbroken = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 2000, PageCap = 250, Policies = 60 }, directory.Path, new VirtualTime());
        var wanted = await unbroken.RunAsync(Everything);
        (outcome.Run.Hosts, outcome.Run.Policies).ShouldBe((wanted.Run.Hosts, wanted.Run.Policies));
        var (hosts, wantedHosts) = (await HostsAsync(audit), await HostsAsync(unbroken));
        hosts.Count.ShouldBe(2000);
        hosts.ShouldBe(wantedHosts);
        (await audit.RunAsync(Everything)).IsResumed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_goes_on_at_its_page_and_at_its_host()
    {
        using var stop = new CancellationTokenSource();
        await using var audit = await StartAsync(StoppedAt(Devices, 4, stop));
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        await audit.RunAsync(Everything);
        // Eight pages and the one that was broken off.
        audit.Simulator.Calls[Devices].ShouldBe(9);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Hosts_come_anew_when_the_API_has_forgotten_the_page(bool timeTells)
    {
        using var stop = new CancellationTokenSource();
        var stopped = StoppedAt(Devices, 4, stop);
        await using var audit = await StartAsync(stopped with
        {
            Faults = request => !timeTells && request is { Path: Devices, Number: 5 } ? new Fault { Status = 400 } : stopped.Faults!(request),
        });
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        _time.Advance(timeTells ? TimeSpan.FromMinutes(3) : TimeSpan.Zero);
        var outcome = await audit.RunAsync(Everything);
        outcome.Run.Result.ShouldBe(RunResult.Complete);
        outcome.Run.Hosts.Total.ShouldBe(2000);
        audit.Simulator.Calls[Devices].ShouldBe(timeTells ? 12 : 13);
    }

    [Fact]
    public async Task A_run_about_something_else_or_an_hour_later_starts_anew_and_leaves_nothing_of_the_old_one()
    {
        foreach (var isOther in (bool[])[true, false])
        {
            using var stop = new CancellationTokenSource();
            await using var audit = await StartAsync(StoppedAt(Assessments, 2, stop));
            await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
            _time.Advance(isOther ? TimeSpan.Zero : TimeSpan.FromMinutes(61));
            (await audit.RunAsync(isOther ? Everything with { HostFilter = "platform_name:'Mac'" } : Everything)).IsResumed.ShouldBeFalse();
            await using var connection = await audit.Store.Connections.OpenAsync(default);
            (await connection.ScalarAsync("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'hosts_%'", default)).ShouldBe(1L);
            (await connection.ScalarAsync("SELECT COUNT(*) FROM run_facts WHERE name = 'checkpoint'", default)).ShouldBe(0L);
        }
    }

    [Fact]
    public async Task Another_tenant_does_not_go_on_with_the_policies_of_the_first()
    {
        using var stop = new CancellationTokenSource();
        await using (var first = await StartAsync(StoppedAt(Devices, 1, stop)))
        {
            await Should.ThrowAsync<OperationCanceledException>(() => first.RunAsync(Everything, cancellationToken: stop.Token));
            (await first.Store.HasCheckpointAsync(default)).ShouldBeTrue();
        }

        await using var second = await StartAsync(new SimulatorOptions { Hosts = 20, Cid = new string('b', 32) });
        var outcome = await second.RunAsync(Everything);
        outcome.IsResumed.ShouldBeFalse();
        outcome.Run.Cid.ShouldBe(new string('b', 32));
        second.Simulator.Calls[Prevention].ShouldBeGreaterThan(0);
        (await second.Store.HasCheckpointAsync(default)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_that_was_resumed_and_fails_then_is_recorded_and_its_rows_go()
    {
        using var stop = new CancellationTokenSource();
        var broken = false;
        var stopped = StoppedAt(Assessments, 2, stop);
        await using var audit = await StartAsync(stopped with { Faults = request => broken && request.Path == Assessments ? new Fault { Status = 500 } : stopped.Faults!(request) });
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        broken = true;
        (await audit.RunAsync(Everything)).Run.Result.ShouldBe(RunResult.Failed);
        broken = false;
        (await audit.RunAsync(Everything)).IsResumed.ShouldBeFalse();
        (await audit.Store.RunsAsync(9, default)).Select(run => run.Result).ShouldBe([RunResult.Failed, RunResult.Complete]);
    }

    [Fact]
    public async Task A_run_that_lacks_a_type_of_policy_leaves_no_checkpoint()
    {
        using var stop = new CancellationTokenSource();
        var stopped = StoppedAt(Devices, 4, stop);
        await using var audit = await StartAsync(stopped with { Faults = request => request.Path == Prevention ? new Fault { MissingScope = true } : stopped.Faults!(request) });
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        (await audit.RunAsync(Everything)).IsResumed.ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_whose_scanned_groups_could_not_be_asked_leaves_no_checkpoint()
    {
        using var stop = new CancellationTokenSource();
        var stopped = StoppedAt(Assessments, 2, stop);
        await using var audit = await StartAsync(stopped with
        {
            WithoutGroups = _ => true,
            Faults = request => !stop.IsCancellationRequested && request.Path == "devices/queries/host-group-members/v1" ? new Fault { MissingScope = true } : stopped.Faults!(request),
        });
        await Should.ThrowAsync<OperationCanceledException>(() => audit.RunAsync(Everything, cancellationToken: stop.Token));
        (await audit.Store.HasCheckpointAsync(default)).ShouldBeFalse();
        var next = await audit.RunAsync(Everything);
        next.IsResumed.ShouldBeFalse();
        next.Run.Result.ShouldBe(RunResult.Complete);
    }

    [Fact]
    public async Task A_long_run_is_saved_every_minute_so_that_a_kill_costs_no_more()
    {
        var saved = new List<int>();
        SimulatedAudit? audit = null;
        await using var started = audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 2000,
            PageCap = 250,
            Faults = request =>
            {
                if (request.Path == Devices)
                {
                    // As a reader with a connection of its own sees it, which is what would be left.
                    saved.Add(Saved(audit!));
                    _time.Advance(TimeSpan.FromSeconds(25));
                }

                return null;
            },
        });
        await started.RunAsync(Everything);
        saved.ShouldBe([0, 0, 0, 750, 750, 750, 1500, 1500]);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static int Saved(SimulatedAudit audit)
    {
        using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={audit.Store.Connections.FilePath};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM run_facts WHERE name = 'checkpoint'";
        return command.ExecuteScalar() is string json ? (int)RunCheckpoint.Read(json)!.Received : 0;
    }

    private static async Task<List<string>> HostsAsync(SimulatedAudit audit)
    {
        var run = (await audit.Store.LastCompleteAsync(default))!;
        return await audit.Store.HostsAsync(run.Id, PolicyType.All, default).Select(host => $"{host.Host.DeviceId} {host.Verdict.Statuses.Bits} {host.Trust}").ToListAsync();
    }

    private static SimulatorOptions StoppedAt(string path, int number, CancellationTokenSource stop) => new()
    {
        Hosts = 2000,
        PageCap = 250,
        Policies = 60,
        Faults = request =>
        {
            if (request.Path == path && request.Number == number)
            {
                stop.Cancel();
            }

            return null;
        },
    };

    private Task<SimulatedAudit> StartAsync(SimulatorOptions options) => SimulatedAudit.StartAsync(options, _directory, _time);

    private sealed class Scratch : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory().FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
