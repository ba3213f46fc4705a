using System.Reflection;
using System.Text;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.RateLimiting;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Api;

/// <summary>What must be true of every operation alike, whatever it asks: nothing that is missing is taken for nothing.</summary>
public sealed class EveryOperationTests : IDisposable
{
    private const string AppId = "fedcba9876543210fedcba9876543210";

    private static readonly Dictionary<FalconOperation, Func<FalconApi, Task>> Calls = new()
    {
        [FalconOperation.Cid] = api => api.CidAsync(default),
        [FalconOperation.Devices] = api => api.HostsAsync(null, HostReader.Fields, default, _ => { }, null, default),
        [FalconOperation.DeviceDetails] = api => api.HostDetailsAsync(["00000000000000000000000010000001"], _ => { }, default),
        [FalconOperation.HostGroups] = api => api.HostGroupIdsAsync(["Group 1"], default),
        [FalconOperation.Assessments] = api => api.AssessmentsAsync(["00000000000000000000000010000001"], _ => { }, default),
        [FalconOperation.AssessmentsByScore] = api => api.ScoresBelowAsync(80, default),
        [FalconOperation.TenantAssessment] = api => api.TenantTrustAsync(default),
        [FalconOperation.GroupMembers] = api => api.GroupMembersAsync("group-001", _ => { }, default),
        [FalconOperation.Prevention] = api => api.CombinedAsync(FalconOperation.Prevention, default),
        [FalconOperation.SensorUpdate] = api => api.CombinedAsync(FalconOperation.SensorUpdate, default),
        [FalconOperation.ContentUpdate] = api => api.CombinedAsync(FalconOperation.ContentUpdate, default),
        [FalconOperation.Firewall] = api => api.CombinedAsync(FalconOperation.Firewall, default),
        [FalconOperation.FirewallContainers] = api => api.ByIdAsync(FalconOperation.FirewallContainers, ["firewall-0000"], default),
        [FalconOperation.DeviceControl] = api => api.CombinedAsync(FalconOperation.DeviceControl, default),
        [FalconOperation.DeviceControlSettings] = api => api.ByIdAsync(FalconOperation.DeviceControlSettings, ["device-control-0000"], default),
        [FalconOperation.Response] = api => api.CombinedAsync(FalconOperation.Response, default),
        [FalconOperation.ItAutomationIds] = api => api.ItAutomationAsync(default),
        [FalconOperation.ItAutomation] = api => api.ItAutomationAsync(default),
        [FalconOperation.ScheduledScanIds] = api => api.ScheduledScansAsync(default),
        [FalconOperation.ScheduledScans] = api => api.ScheduledScansAsync(default),
        [FalconOperation.ScanRunIds] = api => api.ScanRunsAsync(["scan-0000"], DateTimeOffset.UnixEpoch, _ => { }, default),
        [FalconOperation.ScanRuns] = api => api.ScanRunsAsync(["scan-0000"], DateTimeOffset.UnixEpoch, _ => { }, default),
        [FalconOperation.Findings] = api => api.FindingsAsync("00000000000000000000000010000001", default),
        [FalconOperation.DescribeCollection] = api => Collection(api).CheckAsync(default),
        [FalconOperation.ListObjects] = api => Collection(api).KeysAsync("a", default),
        [FalconOperation.GetObject] = api => Collection(api).GetAsync("a", default),
        [FalconOperation.PutObject] = api => Collection(api).PutAsync("a", "{}"u8.ToArray(), default),
        [FalconOperation.DeleteObject] = api => Collection(api).DeleteAsync("a", default),
    };

    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly RateLimiter _limiter;

    public EveryOperationTests() => _limiter = new RateLimiter(RateLimit.Small, _time);

    public static TheoryData<string> Names => [.. Calls.Keys.Select(operation => operation.Name)];

    [Fact]
    public void None_is_left_out() => typeof(FalconOperation).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (FalconOperation)field.GetValue(null)!)
        .Where(operation => operation != FalconOperation.Token).ShouldBe(Calls.Keys, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_that_the_API_lets_do_succeeds(string name)
    {
        await CallAsync(name, _ => null);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_missing_scope_is_named_with_the_access_that_is_wanted(string name)
    {
        var error = await Should.ThrowAsync<FalconApiException>(() => CallAsync(name, _ => new Fault { MissingScope = true }));
        error.Failure.ShouldBe(FalconFailure.Scope);
        error.Operation.Name.ShouldBe(name);
        error.Message.ShouldContain($"\"{error.Operation.Scope}\": {error.Operation.Access}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_server_error_is_tried_again_and_one_that_lasts_is_an_error(string name)
    {
        await CallAsync(name, number => number == 1 ? new Fault { Status = 502 } : null);
        (await Should.ThrowAsync<FalconApiException>(() => CallAsync(name, _ => new Fault { Status = 502 }))).Failure.ShouldBe(FalconFailure.Unavailable);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_429_is_waited_out_and_one_that_lasts_is_an_error(string name)
    {
        await CallAsync(name, number => number == 1 ? new Fault { Status = 429, RetryAfter = _time.GetUtcNow().AddSeconds(30) } : null);
        _time.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(30));
        (await Should.ThrowAsync<FalconApiException>(() => CallAsync(name, _ => new Fault { Status = 429 }))).Failure.ShouldBe(FalconFailure.Throttled);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_revoked_token_is_replaced_once(string name)
    {
        await CallAsync(name, number => number == 1 ? new Fault { RevokeTokens = true } : null);
        (await Should.ThrowAsync<FalconApiException>(() => CallAsync(name, _ => new Fault { RevokeTokens = true }))).Failure.ShouldBe(FalconFailure.Credentials);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task An_answer_that_is_cut_is_asked_for_again(string name)
    {
        if (name != FalconOperation.PutObject.Name)
        {
            (await CallAsync(name, number => number == 1 ? new Fault { Cut = true } : null)).ShouldBeGreaterThan(1);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Errors_beside_results_are_a_failure(string name)
    {
        // An object is its own answer; there is nothing beside it.
        if (name != FalconOperation.GetObject.Name)
        {
            (await Should.ThrowAsync<FalconApiException>(() => CallAsync(name, _ => new Fault { PartialErrors = true }))).Failure.ShouldBe(FalconFailure.Partial);
        }
    }

    [Fact]
    public async Task Scores_below_a_limit_arrive_over_capped_pages_and_half_of_them_is_a_failure()
    {
        await using var simulator = await Simulator.StartAsync(new SimulatorOptions { Hosts = 1234, PageCap = 100, TrustScore = host => host % 100, Time = _time }, default);
        using var client = Client(simulator);
        var scores = await new FalconApi(client).ScoresBelowAsync(30, default);
        scores.Count.ShouldBe(390);
        scores.Values.ShouldAllBe(score => score < 30);
        simulator.Calls[FalconOperation.AssessmentsByScore.Path].ShouldBe(4);

        await using var cut = await Simulator.StartAsync(
            new SimulatorOptions { Hosts = 1234, PageCap = 100, TrustScore = _ => 1, Time = _time, Faults = request => request.Number == 3 ? new Fault { EndEarly = true } : null }, default);
        using var other = Client(cut);
        var error = await Should.ThrowAsync<FalconApiException>(() => new FalconApi(other).ScoresBelowAsync(30, default));
        error.Failure.ShouldBe(FalconFailure.Partial);
        error.Message.ShouldContain("only 300 of 1234");
    }

    [Fact]
    public async Task Members_of_a_group_arrive_over_capped_pages_and_an_unknown_group_is_an_error()
    {
        await using var simulator = await Simulator.StartAsync(new SimulatorOptions { Hosts = 10_000, PageCap = 200, Time = _time }, default);
        using var client = Client(simulator);
        var members = new HashSet<string>(StringComparer.Ordinal);
        await new FalconApi(client).GroupMembersAsync("group-007", member => members.Add(member), default);
        members.Count.ShouldBe(500);
        simulator.Calls[FalconOperation.GroupMembers.Path].ShouldBe(3);
        (await Should.ThrowAsync<FalconApiException>(() => new FalconApi(client).GroupMembersAsync("nobody", _ => { }, default))).Failure.ShouldBe(FalconFailure.Refused);
    }

    [Fact]
    public async Task Keys_of_a_collection_arrive_over_capped_pages_and_only_those_that_begin_so()
    {
        await using var simulator = await Simulator.StartAsync(new SimulatorOptions { PageCap = 10, Time = _time }, default);
        for (var i = 0; i < 35; i++)
        {
            simulator.Objects[$"a-{i:D3}"] = "{}"u8.ToArray();
            simulator.Objects[$"b-{i:D3}"] = "{}"u8.ToArray();
        }

        using var client = Client(simulator);
        var collection = Collection(new FalconApi(client));
        (await collection.KeysAsync("a-", default)).Count.ShouldBe(35);
        (await collection.KeysAsync("b-", default)).Count.ShouldBe(35);
        (await collection.KeysAsync("c-", default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_collection_lacks_is_said()
    {
        await using var simulator = await Simulator.StartAsync(new SimulatorOptions { Time = _time }, default);
        using var client = Client(simulator);
        (await Should.ThrowAsync<FalconApiException>(() => Collection(new FalconApi(client)).GetAsync("gone", default))).Message.ShouldContain("no object \"gone\"");
        (await Should.ThrowAsync<FalconApiException>(() => new FoundryCollection(client, AppId, "other").CheckAsync(default))).Message
            .ShouldContain($"the Foundry app {AppId} has no collection \"other\": create it in the app");
        (await Should.ThrowAsync<FalconApiException>(() => new FoundryCollection(client, new string('0', 32), "policy_audits").CheckAsync(default))).Failure.ShouldBe(FalconFailure.Refused);
    }

    public void Dispose() => _limiter.Dispose();

    private static FoundryCollection Collection(FalconApi api) => new(api.Client, AppId, "policy_audits");

    /// <summary>Calls an operation of a simulator that goes wrong by the number of the request to it; returns how many there were.</summary>
    private async Task<int> CallAsync(string name, Func<int, Fault?> faults)
    {
        var (operation, call) = Calls.Single(entry => entry.Key.Name == name);
        var requests = 0;
        await using var simulator = await Simulator.StartAsync(
            new SimulatorOptions { Hosts = 50, Time = _time, Faults = request => request.Path.StartsWith(operation.Path, StringComparison.Ordinal) ? faults(++requests) : null }, default);
        simulator.Objects["a"] = Encoding.UTF8.GetBytes("""{"some": "object"}""");
        using var client = Client(simulator);
        await call(new FalconApi(client));
        return requests;
    }

    private FalconClient Client(Simulator simulator) =>
        new(new FalconClientOptions { Address = simulator.Address, Credentials = new FalconCredentials("simulated-client", "simulated-secret") }, _limiter, _time);
}
