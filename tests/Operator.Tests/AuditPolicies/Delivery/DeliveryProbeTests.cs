using System.Collections.Concurrent;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.AuditPolicies.Delivery;
using Microsoft.Extensions.Logging.Abstractions;

namespace Comptroller.Operator.Tests.AuditPolicies.Delivery;

/// <summary>Thousands of resources ask; a server is asked a little.</summary>
public sealed class DeliveryProbeTests : IAsyncLifetime
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private readonly ManualTimeProvider time = new();
    private readonly RuntimeMetrics metrics = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<ObjectKey> told = new();
    private FakeVictoriaLogs server = null!;
    private VictoriaLogsClient client = null!;
    private DeliveryProbe probe = null!;
    private Task running = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        server = await FakeVictoriaLogs.StartAsync();
        client = new VictoriaLogsClient(new DeliveryCredentials(null), new AllowedAddresses(loopback: true), "test", time);
        probe = new DeliveryProbe(client, new RuntimeContext(time, NullLoggerFactory.Instance, metrics)) { Changed = told.Enqueue };
        running = probe.RunAsync(stop.Token, stop.Token);
    }

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await running.EndsAsync();
        client.Dispose();
        await server.DisposeAsync();
        stop.Dispose();
        metrics.Dispose();
    }

    [Fact]
    public async Task Equal_inquiries_are_one_and_all_who_asked_are_told()
    {
        for (var asker = 0; asker < 500; asker++)
        {
            probe.Look(Inquiry("infra"), Key(asker), Interval);
        }

        // Those who came after the answer found it at once and need not be told.
        await Settle.UntilAsync(() => probe.Look(Inquiry("infra"), Key(0), Interval) is not null);
        server.Queries.ShouldBe(1);
        probe.Look(Inquiry("infra"), Key(7), Interval)!.Recent!.Events.ShouldBe(900);
        told.Distinct().Count().ShouldBe(told.Count);
        told.ShouldContain(Key(0));
    }

    [Fact]
    public async Task What_is_known_is_asked_again_when_it_is_an_interval_old()
    {
        await SeeAsync(Inquiry("infra"));
        time.Advance(Interval / 2);
        probe.Look(Inquiry("infra"), Key(0), Interval).ShouldNotBeNull();
        server.Queries.ShouldBe(1);

        // A requeue comes up to 5 % early.
        time.Advance(Interval * 0.46);
        server.Events = _ => 0;
        probe.Look(Inquiry("infra"), Key(1), Interval)!.Recent!.Events.ShouldBe(900, "until the new answer is there the old one holds");
        await Settle.UntilAsync(() => told.Contains(Key(1)));
        probe.Look(Inquiry("infra"), Key(1), Interval)!.Recent!.Events.ShouldBe(0);
    }

    [Fact]
    public async Task A_wall_clock_that_jumps_neither_silences_the_questions_nor_asks_them_early()
    {
        await SeeAsync(Inquiry("infra"));
        time.JumpWallClock(TimeSpan.FromDays(400));
        probe.Look(Inquiry("infra"), Key(1), Interval).ShouldNotBeNull();
        server.Queries.ShouldBe(1, "no interval has passed, whatever the wall clock says");

        time.JumpWallClock(-TimeSpan.FromDays(800));
        time.Advance(Interval);
        server.Events = _ => 0;
        probe.Look(Inquiry("infra"), Key(2), Interval);
        await Settle.UntilAsync(() => told.Contains(Key(2)));
        probe.Look(Inquiry("infra"), Key(2), Interval)!.Recent!.Events.ShouldBe(0);
    }

    [Fact]
    public async Task The_pause_of_a_failing_server_ends_although_the_wall_clock_was_set_back()
    {
        var answer = server.Server.Answer;
        server.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 503, "");
        (await SeeAsync(Inquiry("infra"))).Trouble.ShouldNotBeNull();

        server.Server.Answer = answer;
        time.JumpWallClock(-TimeSpan.FromDays(2));
        time.Advance(Interval);
        probe.Look(Inquiry("infra"), Key(1), Interval);
        await Settle.UntilAsync(() => told.Contains(Key(1)));
        probe.Look(Inquiry("infra"), Key(1), Interval)!.Recent!.Events.ShouldBe(900);
    }

    [Fact]
    public async Task Only_silence_is_worth_a_second_question_and_retention_is_read_when_asked_for()
    {
        server.Events = cluster => cluster == "quiet" ? 0 : 5;
        (await SeeAsync(Inquiry("quiet"))).ShouldBe(new Sighting(new DeliveryAnswer(0, null), new DeliveryAnswer(0, null), null, null));
        var queries = server.Server.Requests.Select(FakeVictoriaLogs.QueryOf).ToList();
        queries.ShouldBe([Inquiry("quiet").Question.Recent, Inquiry("quiet").Question.Last]);

        (await SeeAsync(Inquiry("loud") with { Retention = true })).Retention.ShouldBe(TimeSpan.FromDays(90));
        server.Server.Requests.Select(request => request.Path).ShouldBe(["/select/logsql/query", "/select/logsql/query", "/select/logsql/query", "/metrics"]);
    }

    [Fact]
    public async Task A_server_that_does_not_tell_its_retention_may_still_deliver()
    {
        var answer = server.Server.Answer;
        server.Server.Answer = (context, request) => request.Path == "/metrics" ? FakeVictoriaLogs.TextAsync(context, 401, "") : answer(context, request);
        var seen = await SeeAsync(Inquiry("infra") with { Retention = true });
        seen.Trouble.ShouldBeNull();
        seen.Retention.ShouldBeNull();
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("")]
    [InlineData("{\"events\":\"many\"}")]
    public async Task An_answer_that_is_none_is_trouble(string body)
    {
        server.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 200, body);
        (await SeeAsync(Inquiry("infra"))).Trouble!.Message.ShouldBe("it does not answer as VictoriaLogs does");
    }

    [Fact]
    public async Task Five_thousand_clusters_of_a_failing_server_cost_a_handful_of_questions()
    {
        server.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 503, "");
        for (var cluster = 0; cluster < 5000; cluster++)
        {
            probe.Look(Inquiry($"c{cluster}"), Key(cluster), Interval);
        }

        await Settle.UntilAsync(() => told.Count == 5000);
        // Those that were under way when the first of them failed.
        server.Queries.ShouldBeInRange(1, 4);
        probe.Look(Inquiry("c4999"), Key(4999), Interval)!.Trouble!.Message.ShouldBe("it answers 503");

        // Each time for longer: 30 s, a minute, two ...
        var before = server.Queries;
        for (var minute = 0; minute < 60; minute++)
        {
            time.Advance(TimeSpan.FromMinutes(1));
            var mark = told.Count;
            probe.Look(Inquiry($"c{minute}"), Key(minute), TimeSpan.FromSeconds(10));
            await Settle.UntilAsync(() => told.Count > mark);
        }

        (server.Queries - before).ShouldBeInRange(6, 12);
    }

    [Fact]
    public async Task A_server_that_recovers_is_asked_as_before()
    {
        var answer = server.Server.Answer;
        server.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 503, "");
        (await SeeAsync(Inquiry("infra"))).Trouble.ShouldNotBeNull();

        server.Server.Answer = answer;
        time.Advance(Interval);
        probe.Look(Inquiry("infra"), Key(1), Interval);
        await Settle.UntilAsync(() => told.Contains(Key(1)));
        probe.Look(Inquiry("infra"), Key(1), Interval)!.Recent!.Events.ShouldBe(900);
    }

    [Fact]
    public async Task One_servers_trouble_is_not_anothers()
    {
        await using var other = await FakeVictoriaLogs.StartAsync();
        other.Server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 503, "");
        var elsewhere = Inquiry("infra") with { Target = new DeliveryTarget(other.Endpoint, 0, 0, null) };
        (await SeeAsync(elsewhere)).Trouble.ShouldNotBeNull();
        (await SeeAsync(Inquiry("infra"))).Trouble.ShouldBeNull();
    }

    private async Task<Sighting> SeeAsync(Inquiry inquiry)
    {
        Sighting? seen = null;
        await Settle.UntilAsync(() => (seen = probe.Look(inquiry, Key(0), Interval)) is not null);
        return seen!;
    }

    private Inquiry Inquiry(string cluster) => new(new DeliveryTarget(server.Endpoint, 0, 0, null), new DeliveryQuestion(cluster, TimeSpan.FromMinutes(15)), Retention: false);

    private static ObjectKey Key(int number) => new("audit", $"policy-{number}");
}
