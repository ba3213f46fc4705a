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
public sealed class FoundryStoreTests : IDisposable
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
        audit.Simulator.Objects.Keys.Select(key => key[..2]).Distinct().ShouldBe(["a-", "b-", "cu"], ignoreOrder: true);
        audit.Simulator.Objects.Values.ShouldAllBe(bytes => bytes.Length < 400_000);
        audit.Simulator.Objects.Keys.Count(key => key.StartsWith("a-hosts-", StringComparison.Ordinal)).ShouldBeGreaterThan(2);

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

        // The other machine audits next, into the slot that is free, and this one takes it over.
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
    public async Task Parts_that_are_lost_mixed_or_foreign_are_never_read_as_a_run()
    {
        await using var audit = await StartAsync(2500);
        await audit.RunAsync(Everything, foundry: true);
        var objects = audit.Simulator.Objects;
        await using var connections = new StoreConnections(Path.Combine(_directory, "other", "db.sqlite"));
        var other = new AuditStore(connections);
        await other.PrepareAsync(default);

        var part = objects["a-hosts-000002"];
        objects.Remove("a-hosts-000002");
        (await FailAsync()).ShouldContain("lacks the object \"a-hosts-000002\"");

        var mixed = JsonNode.Parse(part)!;
        mixed["run"] = "another";
        objects["a-hosts-000002"] = Encoding.UTF8.GetBytes(mixed.ToJsonString());
        (await FailAsync()).ShouldContain("was written while it was read");
        (await audit.Foundry.TryRestoreAsync(other, default)).ShouldNotBeNull().ShouldEndWith("going on without the runs before this one");
        _faults = request => request.Path.EndsWith("a-hosts-000001", StringComparison.Ordinal) ? new Fault { Status = 503 } : null;
        (await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.TryRestoreAsync(other, default))).Failure.ShouldBe(FalconFailure.Unavailable);
        _faults = _ => null;

        var fewer = JsonNode.Parse(part)!;
        fewer["items"]!.AsArray().RemoveAt(0);
        objects["a-hosts-000002"] = Encoding.UTF8.GetBytes(fewer.ToJsonString());
        (await FailAsync()).ShouldContain("holds 2499 of the 2500 hosts");
        objects["a-hosts-000002"] = part;

        var current = objects["current"];
        foreach (var foreign in (string[])["""{"some": "thing"}""", """{"version": 2, "slot": "a", "run": "x", "policies": 1, "hosts": 1, "runs": []}""", """{"version": 1, "slot": "a", "run": "x", "policies": 1, "hosts": 1, "runs": [{"Id": "x"}]}"""])
        {
            objects["current"] = Encoding.UTF8.GetBytes(foreign);
            (await FailAsync()).ShouldContain("is not an audit of version 1");
        }

        (await other.LastCompleteAsync(default)).ShouldBeNull();
        objects["current"] = current;
        (await audit.Foundry.RestoreAsync(other, default)).ShouldBeTrue();

        async Task<string> FailAsync() => (await Should.ThrowAsync<FalconApiException>(() => audit.Foundry.RestoreAsync(other, default))).Message;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

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
