using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Store;
using Comptroller.Falcon.Tests.Auditing;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Store;

/// <summary>The last complete run in a Foundry collection.</summary>
public sealed class FoundryStoreTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IDisposable
{
    private static readonly AuditOptions Everything = new() { Types = PolicyType.All, ZeroTrust = TrustScope.Hosts };

    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private Func<SimulatedRequest, Fault?> _faults = _ => null;

    [Fact]
    public async Task A_run_is_the_same_on_a_machine_that_has_only_the_collection()
    {
        await using var audit = await StartAsync(2500, host => host % 7 == 0);
        var outcomes = new List<AuditOutcome>();
        for (var i = 0; i < 3; i++)
        {
            outcomes.Add(await audit.RunAsync(Everything, foundry: true));
            _time.Advance(TimeSpan.FromHours(2));
        }

        outcomes.ShouldAllBe(outcome => outcome.Run.Result == RunResult.Complete);
        // The run that counts and the one before, for those who are still reading it; the first is gone.
        Runs(audit).Count.ShouldBe(2);
        Runs(audit).ShouldAllBe(run => run.StartsWith("run-20260301T14", StringComparison.Ordinal) || run.StartsWith("run-20260301T16", StringComparison.Ordinal));
        audit.Simulator.Objects.Values.ShouldAllBe(bytes => bytes.Length < 400_000);
        audit.Simulator.Objects.Keys.Count(key => key.Contains("-hosts-", StringComparison.Ordinal)).ShouldBeGreaterThan(4);

        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeFalse();
        var (left, right) = ((await audit.Store.LastCompleteAsync(default))!, (await other.LastCompleteAsync(default))!);
        right.ShouldBe(left with { Id = right.Id });
        (await other.RunsAsync(10, default)).Select(run => run.Started).ShouldBe((await audit.Store.RunsAsync(10, default)).Select(run => run.Started));
        (await other.AuditedAsync(right.Id, default)).ShouldBe(PolicyType.All);
        (await other.TenantTrustAsync(right.Id, default))!.ToJson().ShouldBe(outcomes[2].Trust!.ToJson());
        (await TextAsync(other, right.Id)).ShouldBe(await TextAsync(audit.Store, left.Id));

        // The other machine audits next, and this one takes it over.
        _time.Advance(TimeSpan.FromHours(2));
        await using (var second = await StartAsync(10, audit.Simulator.Objects, "second"))
        {
            (await second.RunAsync(Everything, foundry: true)).Run.Result.ShouldBe(RunResult.Complete);
            foreach (var (key, value) in second.Simulator.Objects)
            {
                audit.Simulator.Objects[key] = value;
            }
        }

        (await audit.Foundry.RestoreAsync(audit.Store, default)).ShouldBeTrue();
        (await audit.Store.LastCompleteAsync(default))!.Hosts.Total.ShouldBe(10);
    }

    [Theory]
    [InlineData("-hosts-000002", 3)]
    [InlineData("current", 3)]
    [InlineData("-policies-000001", 403)]
    public async Task A_run_that_cannot_be_stored_has_failed_and_the_one_before_stays_whole(string key, int how)
    {
        await using var audit = await StartAsync(2500);
        (await audit.RunAsync(Everything, foundry: true)).Run.Result.ShouldBe(RunResult.Complete);
        var before = Directory.EnumerateFiles(audit.Output).Order(StringComparer.Ordinal).ToList();
        _time.Advance(TimeSpan.FromHours(2));
        // A whole answer of the listing, or the object, is still to be had: only what is put fails.
        _faults = request => request.Path.EndsWith(key, StringComparison.Ordinal) && request.Method == "PUT" ? how == 403 ? new Fault { MissingScope = true } : new Fault { Status = 503 } : null;
        var failed = await audit.RunAsync(Everything, foundry: true);
        failed.Run.Result.ShouldBe(RunResult.Failed);
        failed.Run.Message.ShouldContain(how == 403 ? "PutObject: the API client lacks the scope \"Custom storage\": write" : "PutObject: the API answers 503");
        Directory.EnumerateFiles(audit.Output).Order(StringComparer.Ordinal).ShouldBe(before);
        (await audit.Store.LastCompleteAsync(default))!.Id.ShouldBe(1);

        _faults = _ => null;
        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
        (await other.LastCompleteAsync(default))!.Started.ShouldBe((await audit.Store.LastCompleteAsync(default))!.Started);

        _time.Advance(TimeSpan.FromHours(2));
        (await audit.RunAsync(Everything, foundry: true)).Run.Result.ShouldBe(RunResult.Complete);
    }

    [Fact]
    public async Task A_run_that_brought_no_data_changes_nothing_in_the_collection()
    {
        await using var audit = await StartAsync(20);
        await audit.RunAsync(Everything, foundry: true);
        var current = audit.Simulator.Objects["current"];
        var count = audit.Simulator.Objects.Count;
        _time.Advance(TimeSpan.FromHours(2));
        _faults = request => request.Path.StartsWith("policy/combined/firewall", StringComparison.Ordinal) ? new Fault { Status = 500 } : null;
        (await audit.RunAsync(Everything, foundry: true)).Run.Result.ShouldBe(RunResult.Partial);
        audit.Simulator.Objects["current"].ShouldBe(current);
        audit.Simulator.Objects.Count.ShouldBe(count);
    }

    [Fact]
    public async Task Parts_that_are_lost_or_foreign_are_never_read_as_a_run()
    {
        await using var audit = await StartAsync(2500);
        await audit.RunAsync(Everything, foundry: true);
        var objects = audit.Simulator.Objects;
        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);

        var key = PartOf(audit, "-hosts-000002");
        var part = objects[key];
        objects.Remove(key);
        (await FailAsync()).ShouldContain($"lacks the object \"{key}\"");

        var foreign = JsonNode.Parse(part)!;
        foreign["run"] = "another";
        objects[key] = Encoding.UTF8.GetBytes(foreign.ToJsonString());
        (await FailAsync()).ShouldContain($"the object \"{key}\" of the collection \"policy_audits\" is of another run");
        (await audit.Foundry.TryRestoreAsync(other, default)).ShouldNotBeNull().ShouldEndWith("going on without the runs before this one");
        _faults = request => request.Path.EndsWith("-hosts-000001", StringComparison.Ordinal) ? new Fault { Status = 503 } : null;
        (await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.TryRestoreAsync(other, default))).Failure.ShouldBe(FalconFailure.Unavailable);
        _faults = _ => null;

        var fewer = JsonNode.Parse(part)!;
        fewer["items"]!.AsArray().RemoveAt(0);
        objects[key] = Encoding.UTF8.GetBytes(fewer.ToJsonString());
        (await FailAsync()).ShouldContain("holds 2499 of the 2500 hosts");
        objects[key] = part;

        var current = objects["current"];
        foreach (var other2 in (string[])["""{"some": "thing"}""", """{"version": 3, "run": "run-20260301T120000Z-0123456789ab", "policies": 1, "hosts": 1, "runs": []}""",
            """{"version": 2, "run": "run-20260301T120000Z-0123456789ab", "policies": 1, "hosts": 1, "runs": [{"Id": "x"}]}""", """{"version": 2, "run": "x", "policies": 1, "hosts": 1, "runs": [{}]}"""])
        {
            objects["current"] = Encoding.UTF8.GetBytes(other2);
            (await FailAsync()).ShouldContain("is not an audit of version 2");
        }

        // What cannot be replaced is said before an audit, not after it.
        objects["current"] = "{"u8.ToArray();
        (await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.TryRestoreAsync(other, default))).Message.ShouldContain("the object \"current\" is not JSON");

        (await other.LastCompleteAsync(default)).ShouldBeNull();
        objects["current"] = current;
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();

        async Task<string> FailAsync() => (await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.RestoreAsync(other, default))).Message;
    }

    [Theory]
    [InlineData("hosts", "id", "null")]
    [InlineData("hosts", "hostname", "5")]
    [InlineData("hosts", "statuses", "1.5")]
    [InlineData("hosts", "statuses", "1e99")]
    [InlineData("hosts", "statuses", "\"1\"")]
    [InlineData("hosts", "statuses", "15")]
    [InlineData("hosts", "statuses", "-1")]
    [InlineData("hosts", "statuses", "null")]
    [InlineData("hosts", "zero_trust", "[1, 2]")]
    [InlineData("hosts", "zero_trust", "[1, 2, 1e99]")]
    [InlineData("hosts", "zero_trust", "\"1\"")]
    [InlineData("hosts", "groups", "{}")]
    [InlineData("hosts", "tags", "[1]")]
    [InlineData("hosts", "policies", "[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]")]
    [InlineData("hosts", "piece", "\"%\"")]
    [InlineData("policies", "type", "\"horoscope\"")]
    [InlineData("policies", "body", "null")]
    public async Task A_damaged_part_is_named_with_its_field_and_the_next_audit_mends_it(string list, string field, string value)
    {
        await using var audit = await StartAsync(20);
        await audit.RunAsync(Everything, foundry: true);
        var key = PartOf(audit, $"-{list}-000001");
        var part = JsonNode.Parse(audit.Simulator.Objects[key])!;
        part["items"]![3]![field] = JsonNode.Parse(value);
        audit.Simulator.Objects[key] = Encoding.UTF8.GetBytes(part.ToJsonString());
        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        var error = await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.RestoreAsync(other, default));
        error.Message.ShouldContain($"the object \"{key}\" of the collection \"policy_audits\" is damaged: items[3]: field \"{field}\": ");
        (await other.LastCompleteAsync(default)).ShouldBeNull();
        (await audit.Foundry.TryRestoreAsync(other, default)).ShouldNotBeNull();

        _time.Advance(TimeSpan.FromHours(2));
        await audit.RunAsync(Everything, foundry: true);
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("[1, 2", "it is not JSON")]
    [InlineData("{\"run\": \"RUN\"}", "field \"items\": there is no list")]
    [InlineData("{\"run\": \"RUN\", \"items\": [{\"piece\": \"eyI=\", \"last\": false}]}", "its last item has no end")]
    public async Task A_part_that_is_no_part_is_damaged(string text, string problem)
    {
        await using var audit = await StartAsync(20);
        await audit.RunAsync(Everything, foundry: true);
        var key = PartOf(audit, "-hosts-000001");
        audit.Simulator.Objects[key] = Encoding.UTF8.GetBytes(text.Replace("RUN", Runs(audit).Single(), StringComparison.Ordinal));
        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        (await audit.Foundry.TryRestoreAsync(other, default)).ShouldNotBeNull().ShouldContain($"the object \"{key}\" of the collection \"policy_audits\" is damaged: {problem}");
    }

    // Two machines are at the collection at once: each ends in the middle of the other's parts.
    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    [InlineData(1, false, "/devices/")]
    public async Task Two_writers_at_once_leave_one_whole_run_the_later_one(int minutes, bool outerStays, string during = "-hosts-000002")
    {
        await using var outer = await StartAsync(2500);
        var clock = new VirtualTime(_time.GetUtcNow().AddMinutes(minutes));
        await using var inner = outer.Beside(Path.Combine(_directory, "inner"), clock);
        AuditOutcome? within = null;
        outer.BeforeRequest = async request =>
        {
            if (request.RequestUri!.AbsolutePath.Contains(during, StringComparison.Ordinal) && within is null)
            {
                within = await inner.RunAsync(Everything with { ZeroTrust = TrustScope.None }, foundry: true);
            }
        };
        var outcome = await outer.RunAsync(Everything, foundry: true);
        within!.Run.Result.ShouldBe(RunResult.Complete);
        outcome.Run.Result.ShouldBe(outerStays ? RunResult.Complete : RunResult.Failed);
        outcome.Run.Message.ShouldContain(outerStays ? "" : "has meanwhile got a later run, of 2026-03-01 12:01:0");

        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        (await outer.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
        var winner = outerStays ? outer : inner;
        var run = (await other.LastCompleteAsync(default))!;
        run.Started.ToUnixTimeMilliseconds().ShouldBe((outerStays ? outcome : within).Run.Started.ToUnixTimeMilliseconds());
        (await TextAsync(other, run.Id)).ShouldBe(await TextAsync(winner.Store, (await winner.Store.LastCompleteAsync(default))!.Id));

        // What the one that gave way has left behind goes once nobody can still be writing it.
        outer.BeforeRequest = null;
        _time.Advance(TimeSpan.FromHours(25));
        await outer.RunAsync(Everything, foundry: true);
        Runs(outer).Count.ShouldBe(2);
        (await outer.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_that_its_own_store_refuses_counts_in_the_collection_neither()
    {
        await using var audit = await StartAsync(20);
        audit.AfterReports = () => throw new IOException("No space left on device");
        await Should.ThrowAsync<IOException>(() => audit.RunAsync(Everything, foundry: true));
        audit.Simulator.Objects.Keys.ShouldNotContain("current");
        Directory.EnumerateFiles(audit.Output).ShouldBeEmpty();

        audit.AfterReports = null;
        _time.Advance(TimeSpan.FromHours(2));
        var first = await audit.RunAsync(Everything, foundry: true);
        var current = audit.Simulator.Objects["current"];
        _time.Advance(TimeSpan.FromHours(2));
        audit.AfterReports = () => throw new IOException("No space left on device");
        await Should.ThrowAsync<IOException>(() => audit.RunAsync(Everything, foundry: true));
        audit.Simulator.Objects["current"].ShouldBe(current);
        (await audit.Foundry.LastAsync(default))!.Started.ToUnixTimeMilliseconds().ShouldBe(first.Run.Started.ToUnixTimeMilliseconds());
        Directory.EnumerateFiles(audit.Output).Count().ShouldBe(4);
    }

    [Fact]
    public async Task Parts_that_somebody_deleted_during_the_upload_keep_the_run_from_counting()
    {
        await using var audit = await StartAsync(2500);
        await audit.RunAsync(Everything, foundry: true);
        var current = audit.Simulator.Objects["current"];
        var first = Runs(audit).Single();
        _time.Advance(TimeSpan.FromHours(2));
        audit.BeforeRequest = request =>
        {
            if (request.Method == HttpMethod.Put && request.RequestUri!.AbsolutePath.EndsWith("-hosts-000002", StringComparison.Ordinal))
            {
                audit.Simulator.Objects.Remove(audit.Simulator.Objects.Keys.Single(key => !key.StartsWith(first, StringComparison.Ordinal) && key.EndsWith("-hosts-000001", StringComparison.Ordinal)));
            }

            return Task.CompletedTask;
        };
        var outcome = await audit.RunAsync(Everything, foundry: true);
        outcome.Run.Result.ShouldBe(RunResult.Failed);
        outcome.Run.Message.ShouldContain("lacks the object");
        audit.Simulator.Objects["current"].ShouldBe(current);
    }

    [Fact]
    public async Task Old_runs_that_cannot_be_deleted_do_not_fail_the_new_one_and_are_said()
    {
        await using var audit = await StartAsync(20);
        _faults = request => request.Method == "DELETE" ? new Fault { MissingScope = true } : null;
        for (var i = 0; i < 3; i++)
        {
            (await audit.RunAsync(Everything, foundry: true)).Run.Result.ShouldBe(RunResult.Complete);
            _time.Advance(TimeSpan.FromHours(2));
        }

        audit.Foundry.Leftovers.ShouldNotBeNull().ShouldContain("still holds objects of old runs: DeleteObject: the API client lacks the scope \"Custom storage\": write");
        Runs(audit).Count.ShouldBe(3);
        _faults = _ => null;
        _time.Advance(TimeSpan.FromHours(25));
        await audit.RunAsync(Everything, foundry: true);
        audit.Foundry.Leftovers.ShouldBeNull();
        Runs(audit).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_run_counts_only_when_its_reports_have_their_names_and_a_kill_afterwards_loses_nothing()
    {
        await using var audit = await StartAsync(20);
        var named = -1;
        audit.BeforeRequest = request =>
        {
            if (request.Method == HttpMethod.Put && request.RequestUri!.AbsolutePath.EndsWith("/current", StringComparison.Ordinal))
            {
                named = Directory.EnumerateFiles(audit.Output).Count(path => !path.EndsWith(".partial", StringComparison.Ordinal));
            }

            return Task.CompletedTask;
        };
        // As a kill would: between the collection and the store, and nobody is left to take back what the collection has.
        audit.AfterReports = () =>
        {
            audit.BeforeRequest = _ => throw new HttpRequestException("killed");
            throw new IOException("killed");
        };
        await Should.ThrowAsync<IOException>(() => audit.RunAsync(Everything, foundry: true));
        named.ShouldBe(4);
        (await audit.Store.LastCompleteAsync(default)).ShouldBeNull();
        audit.BeforeRequest = null;
        (await audit.Foundry.RestoreAsync(audit.Store, default)).ShouldBeTrue();
        (await audit.Store.LastCompleteAsync(default))!.Hosts.Total.ShouldBe(20);
    }

    [Fact]
    public async Task A_policy_larger_than_an_object_is_stored_in_pieces()
    {
        await using var simulator = await Simulator.StartAsync(new SimulatorOptions { Time = _time }, default);
        using var limiter = new RateLimiter(RateLimit.VeryLarge, _time);
        using var client = new FalconClient(new FalconClientOptions { Address = simulator.Address, Credentials = new FalconCredentials("simulated-client", "simulated-secret") }, limiter, _time);
        var collection = new FoundryCollection(client, "fedcba9876543210fedcba9876543210", "policy_audits");
        var id = FoundryIndex.NewId(_time.GetUtcNow());
        string[] texts = ["short", new string('x', 74_000), new string('ö', 1_000_000), new string('y', 250_000), "end"];
        using var parts = new FoundryParts(collection, id, "policies");
        foreach (var text in texts)
        {
            await parts.AddAsync(text, (json, item) =>
            {
                json.WriteStartObject();
                json.WriteString("text", item);
                json.WriteEndObject();
            }, default);
        }

        await parts.PutAsync(default);
        parts.Count.ShouldBeGreaterThan(5);
        simulator.Objects.Values.ShouldAllBe(bytes => bytes.Length < 400_000);
        var found = new List<string>();
        await new FoundryPartReader(collection, new FoundryIndex(id, null, [], parts.Count, 0, null, [])).ReadAsync("policies", parts.Count, item => found.Add(item.GetProperty("text").GetString()!), default);
        found.ShouldBe(texts);
    }

    [PostgresFact]
    public async Task A_run_is_restored_into_PostgreSQL_as_into_SQLite()
    {
        await using var audit = await StartAsync(2500, host => host % 7 == 0);
        await audit.RunAsync(Everything, foundry: true);
        await using var connections = new StoreConnections(postgres.Url(await postgres.NewDatabaseAsync()));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeFalse();
        var (left, right) = ((await audit.Store.LastCompleteAsync(default))!, (await other.LastCompleteAsync(default))!);
        right.ShouldBe(left with { Id = right.Id });
        (await TextAsync(other, right.Id)).ShouldBe(await TextAsync(audit.Store, left.Id));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static HashSet<string> Runs(SimulatedAudit audit) => [.. audit.Simulator.Objects.Keys.Select(FoundryIndex.RunOf).OfType<string>()];

    private static string PartOf(SimulatedAudit audit, string end) => audit.Simulator.Objects.Keys.Single(key => key.EndsWith(end, StringComparison.Ordinal));

    private static async Task<string> TextAsync(AuditStore store, long run)
    {
        var text = new StringBuilder();
        await foreach (var row in store.HostsAsync(run, PolicyType.All, default))
        {
            var host = row.Host;
            text.AppendLine($"{host.DeviceId} {host.Hostname} {host.Platform} {host.ProductType} {host.OsVersion} {host.AgentVersion} {host.LastSeen} {host.KnowsGroups} "
                + $"{string.Join(',', host.Groups)} {string.Join(',', host.Tags)} {string.Join(',', host.Policies)} {row.Verdict} {row.Trust} {row.LastCompliantScan}");
        }

        foreach (var (type, policies) in (await store.PoliciesAsync(run, default)).OrderBy(entry => entry.Key.Index))
        {
            policies.ForEach(policy => text.AppendLine($"{type.Key} {policy.Policy.GetRawText()} {policy.Settings?.GetRawText()}"));
        }

        return text.ToString();
    }

    private Task<SimulatedAudit> StartAsync(int hosts, Func<int, bool>? withoutGroups = null) =>
        SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = hosts, WithoutGroups = withoutGroups, TrustScore = host => host % 100, Faults = request => _faults(request) }, _directory, _time);

    private async Task<SimulatedAudit> StartAsync(int hosts, IEnumerable<KeyValuePair<string, byte[]>> objects, string name)
    {
        var audit = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = hosts }, Path.Combine(_directory, name), _time);
        foreach (var (key, value) in objects)
        {
            audit.Simulator.Objects[key] = value;
        }

        return audit;
    }
}
