using System.Collections.Concurrent;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class RetryTests
{
    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Q2_who_is_asked_to_come_back_later_does(int code)
    {
        await using var server = await ScriptedServer.StartAsync();
        var clock = new ManualTimeProvider();
        var times = new ConcurrentQueue<DateTimeOffset>();
        server.Answer = (context, _) =>
        {
            times.Enqueue(clock.GetUtcNow());
            context.Response.Headers.RetryAfter = "7";
            return times.Count < 3 ? ScriptedServer.StatusAsync(context, code, "TooManyRequests") : ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        };
        using var client = server.Client(clock);

        var call = client.CreateAsync(KubernetesTypes.Leases, "b", [], "test", default);
        await clock.AdvanceUntilAsync(() => call.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));
        await call.EndsAsync();

        times.Count.ShouldBe(3);
        times.Zip(times.Skip(1), (first, second) => second - first).ShouldAllBe(wait => wait >= TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task Q2_ten_tries_are_the_most()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.StatusAsync(context, 429, "TooManyRequests");
        var clock = new ManualTimeProvider();
        using var client = server.Client(clock, new KubeClientOptions { Timeout = TimeSpan.FromHours(1) });

        var call = client.GetLeaseAsync();
        await clock.AdvanceUntilAsync(() => call.IsCompleted, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(30));

        (await Should.ThrowAsync<KubeApiException>(() => call)).IsTooManyRequests.ShouldBeTrue();
        server.Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task Q2_a_wait_beyond_the_deadline_is_not_begun()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) =>
        {
            context.Response.Headers.RetryAfter = "120";
            return ScriptedServer.StatusAsync(context, 429, "TooManyRequests");
        };
        using var client = server.Client(new ManualTimeProvider());

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(120));
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(409)]
    public async Task Q2_other_failures_are_reported_at_once(int code)
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.StatusAsync(context, code, "Conflict");
        using var client = server.Client(new ManualTimeProvider());

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync())).Code.ShouldBe(code);

        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Q2_a_write_on_a_broken_connection_is_not_replayed()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        using var client = server.Client(new ManualTimeProvider());

        var error = await Should.ThrowAsync<KubeApiException>(() => client.CreateAsync(KubernetesTypes.Leases, "b", [], "test", default));

        error.Reason.ShouldBe(FailureReason.ConnectionLost);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Q2_R6_a_caller_that_waits_by_itself_hears_of_a_refused_connection_at_once()
    {
        var server = await ScriptedServer.StartAsync();
        await server.DisposeAsync();
        using var client = server.Client(new ManualTimeProvider());

        var list = await Should.ThrowAsync<KubeApiException>(
            () => client.ListAsync(KubernetesTypes.Leases, null, new ListOptions { FailFast = true }, default).EndsAsync());
        var watch = await Should.ThrowAsync<KubeApiException>(
            async () => await client.WatchAsync(
                KubernetesTypes.Leases, null, new WatchOptions { ResourceVersion = "1", Timeout = TimeSpan.FromMinutes(5), FailFast = true }, default).FirstAsync().AsTask().EndsAsync());

        list.StatusMessage.ShouldBe($"{server.Address.GetLeftPart(UriPartial.Authority)} refused the connection: is it running there?");
        watch.StatusMessage.ShouldBe(list.StatusMessage);
    }

    [Fact]
    public async Task Q2_a_refused_connection_is_tried_again()
    {
        var first = await ScriptedServer.StartAsync();
        var clock = new ManualTimeProvider();
        using var client = first.Client(clock);
        await first.DisposeAsync();
        var call = client.CreateAsync(KubernetesTypes.Leases, "b", [], "test", default);
        await Settle.UntilAsync(() => clock.ArmedTimers == 2, "the call waits before its next try");

        await using var second = await ScriptedServer.StartAsync(port: first.Address.Port);
        second.Answer = (context, _) => ScriptedServer.JsonAsync(context, 201, TestClients.LeaseJson);
        await clock.AdvanceUntilAsync(() => call.IsCompleted, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(50));

        (await call.EndsAsync()).Metadata.Name.ShouldBe("a");
        second.Requests.Count.ShouldBe(1);
    }
}
