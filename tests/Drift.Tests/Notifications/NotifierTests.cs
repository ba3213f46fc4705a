using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Notifications;
using Comptroller.Drift.Tests.Api;

namespace Comptroller.Drift.Tests.Notifications;

public sealed class NotifierTests
{
    private static readonly ImmutableArray<IPNetwork> Loopback = [IPNetwork.Parse("127.0.0.0/8")];

    [Fact]
    public async Task Drifts_of_one_window_are_one_message_and_the_end_is_another()
    {
        await using var receiver = new Receiver("200 OK");
        await using var watch = await StartAsync(receiver.Url);
        using var notifier = Notifier(watch);
        await notifier.GatherAsync(CancellationToken.None);
        await watch.SeeAsync(1, 2, 3);
        (await notifier.GatherAsync(CancellationToken.None)).ShouldBeFalse("the window is open");
        await DeliverAsync(notifier, watch);
        receiver.Requests.ShouldBeEmpty();
        watch.Clock.Advance(TimeSpan.FromSeconds(31));
        (await notifier.GatherAsync(CancellationToken.None)).ShouldBeTrue();
        await DeliverAsync(notifier, watch);
        var message = JsonElement.Parse(receiver.Requests.ShouldHaveSingleItem().Body);
        message.GetProperty("drifts").EnumerateArray().Select(drift => drift.GetProperty("resource_id").GetString()).Order().ShouldBe(["vpc-1", "vpc-2", "vpc-3"]);
        await watch.Store.DecideAsync((await watch.DriftsAsync())[0].Id, new Decision(DriftStatus.Resolved, "test"), watch.Clock.GetUtcNow(), CancellationToken.None);
        watch.Clock.Advance(TimeSpan.FromSeconds(31));
        await GatherAllAsync(notifier);
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(2);
        JsonElement.Parse(receiver.Requests.Last().Body).GetProperty("drifts")[0].GetProperty("change").GetString().ShouldBe("resolved");
    }

    [Fact]
    public async Task A_message_is_signed_and_carries_its_token_and_an_id_that_stays()
    {
        using var directory = new TemporaryDirectory();
        var (secret, token) = (directory.Write("s3cret\n"), directory.Write("t0ken\n"));
        await using var receiver = new Receiver("503 Busy", "200 OK");
        await using var watch = await StartAsync(receiver.Url, channel => channel with { SecretFile = secret, TokenFile = token });
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(2);
        var (head, body) = receiver.Requests.Last();
        var at = Header(head, "X-DriftWatch-Timestamp");
        Header(head, "X-DriftWatch-Signature").ShouldBe(MachineMessages.Signature("s3cret"u8.ToArray(), long.Parse(at), System.Text.Encoding.UTF8.GetBytes(body)));
        Header(head, "Authorization").ShouldBe("Bearer t0ken");
        Header(head, "X-DriftWatch-Delivery").ShouldBe(Header(receiver.Requests.First().Head, "X-DriftWatch-Delivery"));
    }

    [Fact]
    public async Task What_cannot_be_delivered_waits_then_is_a_dead_letter_that_can_be_sent_again()
    {
        await using var receiver = new Receiver("500 No", "500 No", "500 No", "500 No", "500 No", "500 No", "200 OK");
        await using var watch = await StartAsync(receiver.Url);
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(3, "three attempts at once");
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(3, "it is put off");
        watch.Clock.Advance(TimeSpan.FromHours(2));
        await DeliverAsync(notifier, watch);
        var dead = (await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldHaveSingleItem();
        var letter = Letter.OfJson(dead.Value);
        (letter.Channel, letter.Error, letter.Attempts).ShouldBe(("siem", "the receiver answered 500", 2));
        dead.Value.ShouldNotContain("secret-token");
        (await notifier.RetryAsync(dead.Key, CancellationToken.None)).ShouldBeTrue();
        (await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldBeEmpty();
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(7);
        (await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldBeEmpty();
        (await notifier.RetryAsync("nope", CancellationToken.None)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_refusal_for_good_is_a_dead_letter_at_once()
    {
        await using var receiver = new Receiver("404 Gone");
        await using var watch = await StartAsync(receiver.Url);
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(1);
        var dead = (await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldHaveSingleItem();
        (await notifier.DropAsync(dead.Key, CancellationToken.None)).ShouldBeTrue();
        (await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_receiver_that_asks_for_a_long_pause_is_left_alone_for_that_long()
    {
        await using var receiver = new Receiver("429 Slow\r\nRetry-After: 1800", "200 OK");
        await using var watch = await StartAsync(receiver.Url);
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        watch.Clock.Advance(TimeSpan.FromMinutes(29));
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(1);
        watch.Clock.Advance(TimeSpan.FromMinutes(2));
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await using var receiver = new Receiver("302 Found\r\nLocation: http://127.0.0.1/metadata");
        await using var watch = await StartAsync(receiver.Url);
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        Letter.OfJson((await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldHaveSingleItem().Value).Error.ShouldBe("the receiver answered 302");
    }

    [Fact]
    public async Task A_restart_loses_no_message_and_repeats_none()
    {
        await using var receiver = new Receiver("200 OK");
        await using var watch = await StartAsync(receiver.Url);
        using (var first = Notifier(watch))
        {
            await first.GatherAsync(CancellationToken.None);
            await watch.SeeAsync(1);
            watch.Clock.Advance(TimeSpan.FromSeconds(31));
            await GatherAllAsync(first);
        }

        await watch.SeeAsync(2);
        watch.Clock.Advance(TimeSpan.FromSeconds(31));
        using var second = Notifier(watch);
        await GatherAllAsync(second);
        await GatherAllAsync(second);
        await DeliverAsync(second, watch);
        receiver.Requests.SelectMany(request => JsonElement.Parse(request.Body).GetProperty("drifts").EnumerateArray()).Select(drift => drift.GetProperty("resource_id").GetString()).ShouldBe(["vpc-1", "vpc-2"]);
    }

    [Fact]
    public async Task What_a_stopped_process_was_about_to_send_does_not_wait_for_its_lease()
    {
        await using var receiver = new Receiver("200 OK");
        await using var watch = await StartAsync(receiver.Url);
        var config = watch.View.Config.Notifications;
        using (var first = new Notifier(config, watch.Store, watch.Clock, new Postman(config, watch.Clock, TimeSpan.FromMilliseconds(1))))
        {
            await first.GatherAsync(CancellationToken.None);
            await watch.SeeAsync(1);
            watch.Clock.Advance(TimeSpan.FromSeconds(31));
            await GatherAllAsync(first);
            using var stop = new CancellationTokenSource();
            receiver.Instead = stop.Cancel;
            await Should.ThrowAsync<OperationCanceledException>(() => first.DeliverAsync(config.Channels[0], stop.Token).WaitAsync(TimeSpan.FromMinutes(1)));
        }

        receiver.Instead = null;
        using var second = Notifier(watch);
        await DeliverAsync(second, watch);
        receiver.Requests.Count.ShouldBe(2, "nobody knows whether the receiver took the first one");
    }

    [Fact]
    public async Task An_alert_is_said_again_before_it_ends_and_ended_when_it_is_over()
    {
        await using var receiver = new Receiver("200 OK");
        await using var watch = await StartAsync(receiver.Url, channel => channel with { Type = ChannelType.Alertmanager });
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        receiver.Requests.Single().Head.ShouldContain("POST /hook/secret-token/api/v2/alerts");
        watch.Clock.Advance(TimeSpan.FromMinutes(61));
        await DeliverAsync(notifier, watch);
        receiver.Requests.Count.ShouldBe(2);
        var end = JsonElement.Parse(receiver.Requests.Last().Body)[0].GetProperty("endsAt").GetDateTimeOffset();
        end.ShouldBeGreaterThan(watch.Clock.GetUtcNow().AddHours(1));
        await watch.Store.DecideAsync((await watch.DriftsAsync())[0].Id, new Decision(DriftStatus.Acknowledged, "test"), watch.Clock.GetUtcNow(), CancellationToken.None);
        watch.Clock.Advance(TimeSpan.FromSeconds(31));
        await GatherAllAsync(notifier);
        await DeliverAsync(notifier, watch);
        JsonElement.Parse(receiver.Requests.Last().Body)[0].GetProperty("endsAt").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(watch.Clock.GetUtcNow());
    }

    [Fact]
    public async Task Without_an_exception_nothing_is_sent_to_this_machine()
    {
        await using var receiver = new Receiver("200 OK");
        await using var watch = await StartAsync(receiver.Url, networks: []);
        using var notifier = Notifier(watch);
        await TellAsync(notifier, watch);
        watch.Clock.Advance(TimeSpan.FromHours(2));
        await DeliverAsync(notifier, watch);
        receiver.Requests.ShouldBeEmpty();
        Letter.OfJson((await notifier.DeadAsync("", 10, CancellationToken.None)).ShouldHaveSingleItem().Value).Error.ShouldContain("notifications.allowedNetworks");
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.8.8", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::a9fe:a9fe", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("10.0.0.1", true)]
    [InlineData("192.168.1.1", true)]
    [InlineData("203.0.113.9", true)]
    [InlineData("2001:db8::1", true)]
    public void Addresses_that_only_this_machine_reaches_are_out_of_bounds(string address, bool isAllowed) => UrlGuard.Allows(IPAddress.Parse(address), []).ShouldBe(isAllowed);

    private static async Task<WatchFixture> StartAsync(Uri url, Func<ChannelConfig, ChannelConfig>? change = null, ImmutableArray<IPNetwork>? networks = null)
    {
        var channel = new ChannelConfig { Name = "siem", Type = ChannelType.Webhook, Url = url };
        return await WatchFixture.StartAsync(new DriftConfig { Notifications = new NotificationConfig { AllowedNetworks = networks ?? Loopback, Channels = [change?.Invoke(channel) ?? channel] } });
    }

    private static Notifier Notifier(WatchFixture watch)
    {
        // Attempts wait for little; what is put off waits for the clock of the test.
        var config = watch.View.Config.Notifications;
        return new Notifier(config, watch.Store, watch.Clock, new Postman(config, watch.Clock, TimeSpan.FromMilliseconds(1)));
    }

    private static async Task TellAsync(Notifier notifier, WatchFixture watch)
    {
        await notifier.GatherAsync(CancellationToken.None);
        await watch.SeeAsync(1);
        watch.Clock.Advance(TimeSpan.FromSeconds(31));
        await GatherAllAsync(notifier);
        await DeliverAsync(notifier, watch);
    }

    private static async Task GatherAllAsync(Notifier notifier)
    {
        while (await notifier.GatherAsync(CancellationToken.None))
        {
        }
    }

    private static Task<bool> DeliverAsync(Notifier notifier, WatchFixture watch) => notifier.DeliverAsync(watch.View.Config.Notifications.Channels[0], CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(1));

    private static string Header(string head, string name) => head.Split("\r\n").Single(line => line.StartsWith($"{name}: ", StringComparison.Ordinal))[(name.Length + 2)..];
}
