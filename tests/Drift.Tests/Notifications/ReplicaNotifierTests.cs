using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Notifications;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Store;
using Comptroller.Falcon.Tests.Store;

namespace Comptroller.Drift.Tests.Notifications;

/// <summary>Several replicas on one PostgreSQL: a drift is told once, not once by each.</summary>
public sealed class ReplicaNotifierTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private const int Drifts = 60;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [PostgresFact]
    public async Task Of_three_replicas_one_tells_each_drift_and_when_one_stops_the_others_go_on()
    {
        var address = server.Url(await server.NewDatabaseAsync());
        await using var receiver = new Receiver("200 OK");
        var config = new NotificationConfig
        {
            GroupWindow = TimeSpan.Zero,
            AllowedNetworks = [IPNetwork.Parse("127.0.0.0/8")],
            Channels = [new ChannelConfig { Name = "siem", Type = ChannelType.Webhook, Url = receiver.Url }],
        };
        var replicas = new List<(DriftStore Store, Notifier Notifier, CancellationTokenSource Stop, Task Running)>();
        for (var number = 0; number < 3; number++)
        {
            var store = await DriftStore.OpenAsync(address, CancellationToken.None);
            var (notifier, stop) = (new Notifier(config, store, TimeProvider.System), new CancellationTokenSource());
            // What happens before anybody looks is no news: each has looked once before anything happens.
            await notifier.GatherAsync(CancellationToken.None);
            replicas.Add((store, notifier, stop, number == 2 ? StepsAsync(notifier, config.Channels[0], stop.Token) : notifier.RunAsync(stop.Token)));
        }

        using var patience = new CancellationTokenSource(Patience);
        for (var drift = 0; drift < Drifts; drift++)
        {
            await SeeAsync(replicas[drift % 2].Store, drift);
            if (drift == Drifts / 2)
            {
                await replicas[2].Stop.CancelAsync();
                await replicas[2].Running.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        while (Told(receiver).Distinct(StringComparer.Ordinal).Count() < Drifts)
        {
            await Task.Delay(50, patience.Token);
        }

        // Whoever would tell a second time has had every occasion: nothing waits, and each has looked again.
        foreach (var (_, notifier, _, _) in replicas)
        {
            await notifier.GatherAsync(CancellationToken.None);
            await notifier.DeliverAsync(config.Channels[0], CancellationToken.None);
        }

        Told(receiver).Count().ShouldBe(Drifts, "each is told once");
        receiver.Requests.Select(request => request.Head.Split("X-DriftWatch-Delivery: ")[1].Split("\r\n")[0]).ShouldBeUnique();
        foreach (var (store, notifier, stop, running) in replicas)
        {
            await stop.CancelAsync();
            await running.WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            notifier.Dispose();
            await store.DisposeAsync();
        }
    }

    // The one that stops does so between two steps: in the middle of one it keeps its claim for the minutes of its lease, and the others wait for that.
    private static async Task StepsAsync(Notifier notifier, ChannelConfig channel, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await notifier.GatherAsync(CancellationToken.None);
            await notifier.DeliverAsync(channel, CancellationToken.None);
            await Task.Delay(20, CancellationToken.None);
        }
    }

    private static IEnumerable<string> Told(Receiver receiver) =>
        receiver.Requests.SelectMany(request => JsonElement.Parse(request.Body).GetProperty("drifts").EnumerateArray().Select(drift => drift.GetProperty("resource_id").GetString()!).ToImmutableArray());

    private static async Task SeeAsync(DriftStore store, int number)
    {
        var sightings = new Dictionary<DriftKey, Sighting>();
        var state = await Given.State(Given.Resource("aws_vpc", "main", """{"id":"vpc-main"}"""));
        foreach (var finding in Given.Judged(Given.Alert($$$"""{"ct.name":"CreateVpc","ct.user":"eve","ct.response":"{\"vpc\":{\"vpcId\":\"vpc-{{{number}}}\"}}"}"""), state, RuleBook.Default).Findings)
        {
            Sighting.Add(sightings, finding, Given.Now);
        }

        (await store.ApplyAsync(new Verdicts { Now = TimeProvider.System.GetUtcNow(), Grace = TimeSpan.Zero, Sightings = sightings.Values }, CancellationToken.None)).ShouldBeTrue();
    }
}
