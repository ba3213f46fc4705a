using System.Text;
using System.Text.Json;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Api;

public sealed class FeedTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private WatchFixture _watch = null!;

    public async Task InitializeAsync() => _watch = await WatchFixture.StartAsync();

    public async Task DisposeAsync() => await _watch.DisposeAsync();

    [Fact]
    public async Task A_client_that_waits_is_told_and_goes_on_from_there()
    {
        var start = await _watch.Feed.StartAsync(null, CancellationToken.None);
        var waiting = ReadAsync(start);
        await _watch.SeeAsync(1);
        var (events, last) = await waiting;
        events.ShouldHaveSingleItem().Drift.ResourceId.ShouldBe("vpc-1");
        var next = ReadAsync(last);
        await _watch.SeeAsync(2);
        (await next).Events.ShouldHaveSingleItem().Drift.ResourceId.ShouldBe("vpc-2");
    }

    [Fact]
    public async Task A_client_that_comes_back_is_given_what_it_missed_however_much()
    {
        await _watch.SeeAsync([.. Enumerable.Range(0, 2000)]);
        var numbers = new List<long>();
        for (var at = await _watch.Feed.StartAsync("0", CancellationToken.None); numbers.Count < 2000;)
        {
            var (events, last) = await ReadAsync(at);
            numbers.AddRange(events.Select(each => each.Number));
            at = last;
        }

        numbers.ShouldBe(numbers.Distinct().Order());
        // Another one, from the middle, while the newest are held.
        var (middle, _) = await ReadAsync(await _watch.Feed.StartAsync(numbers[999].ToString(), CancellationToken.None));
        middle[0].Number.ShouldBe(numbers[1000]);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("99999999")]
    [InlineData("99999999999999999999999")]
    public async Task A_place_that_there_never_was_is_now(string? lastEventId)
    {
        await _watch.SeeAsync(1, 2);
        (await _watch.Feed.StartAsync(lastEventId, CancellationToken.None)).ShouldBe(await _watch.Store.LastChangeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Many_clients_at_different_places_each_get_everything_once()
    {
        var clients = Enumerable.Range(0, 20).Select(number => Task.Run(async () =>
        {
            var (seen, at) = (new List<long>(), 0L);
            while (seen.Count < 300)
            {
                var (events, last) = await _watch.Feed.ReadAsync(at, 1 + number, CancellationToken.None).WaitAsync(Patience);
                seen.AddRange(events.Select(each => each.Number));
                at = last;
            }

            return seen;
        })).ToList();
        foreach (var hundred in (int[])[0, 100, 200])
        {
            await _watch.SeeAsync([.. Enumerable.Range(hundred, 100)]);
        }

        foreach (var seen in await Task.WhenAll(clients).WaitAsync(Patience))
        {
            seen.Take(300).ShouldBe(seen.Take(300).Distinct().Order());
        }
    }

    [Fact]
    public async Task An_event_is_one_document_on_one_line_with_its_number_and_provider()
    {
        await _watch.SeeAsync(1);
        var each = (await ReadAsync(0)).Events.Single();
        var lines = each.ToServerSentEvent().Split('\n');
        lines[0].ShouldBe($"id: {each.Number}");
        lines[1].ShouldBe("event: unmanaged");
        JsonElement.Parse(lines[2]["data: ".Length..]).GetProperty("provider").GetString().ShouldBe("aws");
        lines[3..].ShouldBe(["", ""]);
    }

    [Fact]
    public async Task A_conversation_over_a_socket()
    {
        await _watch.SeeAsync(1);
        var each = (await ReadAsync(0)).Events.Single();
        var conversation = new SocketConversation(new FeedFilter(), _watch.Clock);
        Json(conversation.Connected()).GetProperty("type").GetString().ShouldBe("connected");
        conversation.Event(each).ShouldBeNull("nothing is subscribed");
        Type(conversation, """{"type":"subscribe","topic":"drifts"}""").ShouldBe("subscribed");
        conversation.Event(each).ShouldBeNull("it is unmanaged, no drift of a managed resource");
        Type(conversation, """{"type":"subscribe","topic":"unmanaged"}""").ShouldBe("subscribed");
        var data = Json(conversation.Event(each)!);
        (data.GetProperty("type").GetString(), data.GetProperty("topic").GetString(), data.GetProperty("data").GetProperty("resource_id").GetString()).ShouldBe(("data", "unmanaged", "vpc-1"));
        Type(conversation, """{"type":"filter","provider":"gcp"}""").ShouldBe("filter_set");
        conversation.Event(each).ShouldBeNull();
        Type(conversation, """{"type":"filter","severity":"medium","resource_type":"aws_vpc"}""").ShouldBe("filter_set");
        conversation.Event(each).ShouldNotBeNull();
        Type(conversation, """{"type":"unsubscribe","topic":"unmanaged"}""").ShouldBe("unsubscribed");
        conversation.Event(each).ShouldBeNull();
        Type(conversation, """{"type":"ping"}""").ShouldBe("pong");
    }

    [Theory]
    [InlineData("""{"type":"query","topic":"drifts","provider":"aws","resource_type":"aws_vpc"}""", "drifts", "/api/v1/drifts?provider=aws&resource_type=aws_vpc", "vpc-1")]
    [InlineData("""{"type":"query"}""", "all", "/api/v1/drifts?", "vpc-1")]
    [InlineData("""{"type":"query","topic":"unmanaged","provider":"a&b=c"}""", "unmanaged", "/api/v1/drifts?kind=unmanaged&provider=a%26b%3Dc", "[]")]
    [InlineData("""{"type":"query","topic":"events"}""", "events", "/api/v1/events?", "detected")]
    [InlineData("""{"type":"query","topic":"stats"}""", "stats", "/api/v1/stats?", "severity_counts")]
    [InlineData("""{"type":"query","topic":"providers"}""", "providers", "/api/v1/providers?", "events_received")]
    [InlineData("""{"type":"query","topic":"state"}""", "state", "/api/v1/state?", "resource_count")]
    [InlineData("""{"type":"query","topic":"graph"}""", "graph", "/api/v1/graph/stats?", "node_count")]
    public async Task A_question_over_a_socket_is_answered_as_the_API_answers_it(string message, string topic, string target, string found)
    {
        await _watch.SeeAsync(1);
        var conversation = new SocketConversation(new FeedFilter(), _watch.Clock);
        var answer = conversation.Answer(Encoding.UTF8.GetBytes(message));
        answer.Query.ShouldNotBeNull().ShouldBe(new SocketQuery(topic, target));
        var asked = ApiTarget.Parse(target);
        var data = Json(conversation.Answered(answer.Query!, await DriftApi.AnswerAsync(_watch.Api.Find("GET", asked.Path), asked, new Caller("key:test", Scopes.Read), default, CancellationToken.None)));
        (data.GetProperty("type").GetString(), data.GetProperty("topic").GetString()).ShouldBe(("data", topic));
        data.GetProperty("data").GetRawText().ShouldContain(found);
    }

    [Fact]
    public async Task A_question_that_the_API_refuses_is_an_error_with_its_reason()
    {
        var conversation = new SocketConversation(new FeedFilter(), _watch.Clock);
        var query = conversation.Answer("""{"type":"query","topic":"drifts","severity":"bad"}"""u8.ToArray()).Query.ShouldNotBeNull();
        var asked = ApiTarget.Parse(query.Target);
        var error = Json(conversation.Answered(query, await DriftApi.AnswerAsync(_watch.Api.Find("GET", asked.Path), asked, new Caller("key:test", Scopes.Read), default, CancellationToken.None)));
        (error.GetProperty("type").GetString(), error.GetProperty("error").GetString()).ShouldBe(("error", "severity: \"bad\" is none of low, medium, high, critical"));
    }

    [Fact]
    public async Task Five_drifts_are_five_messages_of_the_documented_topic()
    {
        await using var watch = await WatchFixture.StartAsync(null, [.. Enumerable.Range(0, 5).Select(number => Given.Resource("aws_instance", $"web{number}", $$"""{"id":"i-{{number}}","instance_type":"t3.micro"}"""))]);
        await watch.SeeAsync(Enumerable.Range(0, 5).Select(number => Given.Alert($$"""{"ct.name":"ModifyInstanceAttribute","ct.request.instanceid":"i-{{number}}","ct.request.instancetype":"t3.large"}""")));
        var conversation = new SocketConversation(new FeedFilter(), watch.Clock);
        Type(conversation, """{"type":"subscribe","topic":"drifts"}""").ShouldBe("subscribed");
        var (events, _) = await watch.Feed.ReadAsync(0, 100, CancellationToken.None).WaitAsync(Patience);
        events.Select(conversation.Event).Count(message => message is not null && Json(message).GetProperty("topic").GetString() == "drift").ShouldBe(5);
    }

    [Theory]
    [InlineData("nonsense", "no JSON")]
    [InlineData("[]", "must be an object")]
    [InlineData("""{"type":"subscribe","topic":"everything"}""", "topic: \"everything\" is none of")]
    [InlineData("""{"type":"subscribe"}""", "topic")]
    [InlineData("""{"type":7}""", "type: unknown, or no text")]
    [InlineData("""{"type":"filter","severity":"bad"}""", "severity: \"bad\" is none of")]
    [InlineData("""{"type":"query","topic":"secrets"}""", "topic: \"secrets\" is none of all, drifts, events")]
    [InlineData("""{"type":"query","topic":"stats","provider":"aws"}""", "provider: stats takes no such thing")]
    [InlineData("""{"type":"shout"}""", "type: \"shout\" is none of")]
    public void What_a_client_says_wrong_is_answered_with_how(string message, string error)
    {
        var answer = Json(new SocketConversation(new FeedFilter(), _watch.Clock).Answer(Encoding.UTF8.GetBytes(message)).Text);
        answer.GetProperty("type").GetString().ShouldBe("error");
        answer.GetProperty("error").GetString()!.ShouldContain(error);
    }

    [Fact]
    public async Task Filters_are_by_least_severity_provider_and_type()
    {
        await _watch.SeeAsync(1);
        var each = (await ReadAsync(0)).Events.Single();
        new FeedFilter(Severity.High).Wants(each).ShouldBeFalse();
        new FeedFilter(Severity.Medium, "aws", "aws_vpc").Wants(each).ShouldBeTrue();
        new FeedFilter(null, "gcp").Wants(each).ShouldBeFalse();
        new FeedFilter(null, null, "aws_subnet").Wants(each).ShouldBeFalse();
    }

    private Task<(System.Collections.Immutable.ImmutableArray<FeedEvent> Events, long Last)> ReadAsync(long after) => _watch.Feed.ReadAsync(after, 100, CancellationToken.None).WaitAsync(Patience);

    private static string? Type(SocketConversation conversation, string message) => Json(conversation.Answer(Encoding.UTF8.GetBytes(message)).Text).GetProperty("type").GetString();

    private static JsonElement Json(string text) => JsonElement.Parse(text);
}
