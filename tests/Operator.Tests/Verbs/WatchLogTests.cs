using System.Text;
using System.Text.Json;
using Comptroller.Drift.Api.Streams;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Operator.Verbs.Drift;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>The log of a watch, in the form that the runbook's queries read.</summary>
[Collection(RunningWatch.Alone)]
public sealed class WatchLogTests
{
    [Fact]
    public async Task A_drift_is_one_line_of_JSON_with_the_names_of_the_runbook_and_no_values()
    {
        await using var watch = await RunningWatch.StartAsync(config => config);
        using var output = new MemoryStream();
        using var provider = new JsonLoggerProvider(output, new Noon(), "time");
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(provider));
        using var feed = new DriftFeed(watch.Store);
        using var stop = new CancellationTokenSource();
        var log = new WatchLog(feed, loggers.CreateLogger("drift"));
        var running = log.RunAsync(stop.Token);
        // It begins with what happens from now on; until it has begun, more happens.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var number = 1; Text(output).Length == 0; number++)
        {
            await watch.SeeAsync(number, 1);
            await Task.Delay(50, patience.Token);
        }

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(30)));
        var line = Text(output).Split('\n')[0];
        var told = JsonElement.Parse(line);
        var named = told.GetProperty("resource_id").GetString()!["vpc-".Length..];
        var (id, place) = (told.GetProperty("id").GetString(), told.GetProperty("event_id").GetString());
        line.ShouldBe(
            $$"""{"time":"2026-03-22T12:00:00.000Z","level":"info","msg":"Drift detected","logger":"drift","id":"{{id}}","provider":"aws","resource_type":"aws_vpc","resource_id":"vpc-{{named}}","attribute":"(resource not in any state)","kind":"unmanaged","severity":"medium","user":"eve","event":"CreateVpc","event_id":"{{place}}"}""");
    }

    [Fact]
    public async Task Callers_who_are_refused_are_in_the_log_as_the_runbook_asks_and_not_a_thousand_times()
    {
        await using var watch = await RunningWatch.StartAsync(config => config);
        using var output = new MemoryStream();
        using var provider = new JsonLoggerProvider(output, new Noon(), "time");
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(provider));
        using var feed = new DriftFeed(watch.Store);
        var log = new WatchLog(feed, loggers.CreateLogger("drift"));
        for (var note = 0; note < 1000; note++)
        {
            log.Note("rate limit exceeded for client key:ci");
        }

        var lines = Text(output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldBe("""{"time":"2026-03-22T12:00:00.000Z","level":"warn","msg":"rate limit exceeded for client key:ci","logger":"drift"}""");
        // A minute may end in between.
        lines.Length.ShouldBeInRange(60, 120);
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 22, 12, 0, 0, TimeSpan.Zero);
    }
}
