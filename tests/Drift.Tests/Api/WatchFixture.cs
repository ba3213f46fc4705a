using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Events;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Notifications;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Api;

/// <summary>A store with a state, and the API over it.</summary>
internal sealed class WatchFixture : IAsyncDisposable
{
    private readonly string _folder;

    private WatchFixture(string folder, DriftStore store, StateIndex state, DriftConfig config, FixedClock clock)
    {
        (_folder, Store, Clock) = (folder, store, clock);
        var keys = new ApiKeys(store, clock);
        View = new WatchView
        {
            Config = config,
            Store = store,
            Keys = keys,
            Doorkeeper = new Doorkeeper(config, keys, clock, _ => { }),
            State = () => state,
            States = () => [new StateSourceStatus("test.tfstate", 7, "l", state.Count, Given.Now, null)],
            Unready = () => null,
            Activity = provider => provider == Provider.Aws ? new ProviderActivity(10, 6, 1, Given.Now.AddSeconds(-90)) : ProviderActivity.None,
            Started = Given.Now.AddHours(-2),
            Reload = () => Reloads++,
            Version = "0.1.0",
            Time = clock,
        };
        Notifier = new Notifier(config.Notifications, store, clock);
        Api = new DriftApi(View, new DeadLetterEndpoints(Notifier).Routes);
        Feed = new DriftFeed(store);
    }

    public DriftStore Store { get; }

    /// <summary>How often somebody asked to read and compare at once.</summary>
    public int Reloads { get; private set; }

    public FixedClock Clock { get; }

    public WatchView View { get; }

    public DriftApi Api { get; }

    public DriftFeed Feed { get; }

    public Notifier Notifier { get; }

    public static async Task<WatchFixture> StartAsync(DriftConfig? config = null, params string[] resources)
    {
        var folder = Directory.CreateTempSubdirectory("drift-").FullName;
        var store = await DriftStore.OpenAsync(Path.Combine(folder, "d.sqlite"), CancellationToken.None);
        return new WatchFixture(folder, store, await Given.State(resources), config ?? new DriftConfig(), new FixedClock(Given.Now));
    }

    /// <summary>Unmanaged networks of these numbers are seen.</summary>
    public Task SeeAsync(params int[] numbers) => SeeAsync(numbers.Select(number => Given.Alert($$$"""{"ct.name":"CreateVpc","ct.user":"eve","ct.srcip":"203.0.113.9","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-{{{number}}}\"}}"}""")));

    public async Task SeeAsync(IEnumerable<string> alerts)
    {
        var sightings = new Dictionary<DriftKey, Sighting>();
        foreach (var alert in alerts)
        {
            foreach (var finding in Given.Judged(alert, View.State(), View.Config.Rules).Findings)
            {
                Sighting.Add(sightings, finding, Clock.GetUtcNow());
            }
        }

        (await Store.ApplyAsync(new Verdicts { Now = Clock.GetUtcNow(), Grace = TimeSpan.Zero, Sightings = sightings.Values }, CancellationToken.None)).ShouldBeTrue();
    }

    /// <summary>Asks as somebody who may do everything.</summary>
    public async Task<(int Status, JsonElement Body)> AskAsync(string method, string target, string body = "")
    {
        var parsed = ApiTarget.Parse(target);
        var match = Api.Find(method, parsed.Path);
        match.Route.ShouldNotBeNull($"{method} {target}");
        var answer = await DriftApi.AnswerAsync(match, parsed, new Caller("key:test", Scopes.Admin), Encoding.UTF8.GetBytes(body), CancellationToken.None);
        return (answer.Status, JsonElement.Parse(answer.Body.Span));
    }

    public async Task<JsonElement> DataAsync(string method, string target, string body = "")
    {
        var (status, answer) = await AskAsync(method, target, body);
        status.ShouldBeOneOf([200, 201], answer.ToString());
        return answer.GetProperty("data");
    }

    public async Task<string> ErrorAsync(int status, string method, string target, string body = "")
    {
        var (actual, answer) = await AskAsync(method, target, body);
        actual.ShouldBe(status, answer.ToString());
        answer.GetProperty("success").GetBoolean().ShouldBeFalse();
        answer.GetProperty("error").GetProperty("code").GetInt32().ShouldBe(status);
        return answer.GetProperty("error").GetProperty("message").GetString()!;
    }

    public async Task<ImmutableArray<DriftRecord>> DriftsAsync() => (await Store.ListAsync(new DriftQuery { Most = 1000 }, CancellationToken.None)).Drifts;

    public async ValueTask DisposeAsync()
    {
        Feed.Dispose();
        Notifier.Dispose();
        await Store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
