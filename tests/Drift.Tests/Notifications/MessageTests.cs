using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Notifications;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Tests.Notifications;

/// <summary>What each channel is sent, byte for byte. COMPTROLLER_UPDATE_GOLDENS=1 writes the expectations anew; read the difference before committing it.</summary>
public sealed class MessageTests
{
    private static readonly DriftRecord Drift = new()
    {
        Id = "0123456789abcdef01234567",
        Kind = FindingKind.Modified,
        Provider = "aws",
        Type = "aws_security_group",
        ResourceId = "sg-1",
        Address = "module.network.aws_security_group.web",
        State = "prod",
        Attribute = "ingress",
        New = """[{"cidr_blocks":["0.0.0.0/0"],"from_port":22}]""",
        Severity = Severity.Critical,
        Status = DriftStatus.Open,
        Actor = "eve <!channel> & co",
        Event = "AuthorizeSecurityGroupIngress",
        FirstSeen = Given.Now,
        LastSeen = Given.Now.AddMinutes(1),
    };

    private static readonly DriftRecord Resolved = Drift with
    {
        Id = "fedcba9876543210fedcba98",
        Type = "aws_instance",
        ResourceId = "i-1",
        Address = "aws_instance.web",
        Attribute = "instance_type",
        Old = "\"t3.micro\"",
        New = "\"t3.large\"",
        Severity = Severity.Medium,
        Status = DriftStatus.Resolved,
        ResolvedAt = Given.Now.AddMinutes(5),
        Actor = "",
    };

    public static TheoryData<ChannelType, string> Cases()
    {
        var cases = new TheoryData<ChannelType, string>();
        foreach (var type in Enum.GetValues<ChannelType>())
        {
            cases.Add(type, "one");
            cases.Add(type, "many");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_message_is_as_recorded(ChannelType type, string name)
    {
        IReadOnlyList<Notice> notices = name == "one" ? [new Notice("opened", Drift)]
            : [new Notice("opened", Drift), new Notice("resolved", Resolved), .. Enumerable.Range(0, 10).Select(number => new Notice("opened", Drift with { Id = $"{number:x24}", Severity = Severity.Low, Attribute = $"attribute{number}" }))];
        var message = JsonNode.Parse(Postman.Body(type, notices, "delivery-1", Given.Now.AddMinutes(6)))!.ToJsonString(new System.Text.Json.JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n";
        var file = Path.Combine(Source(), "testdata", "notifications", $"{type.ToString().ToLowerInvariant()}-{name}.json");
        if (Environment.GetEnvironmentVariable("COMPTROLLER_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(file, message);
        }

        message.ShouldBe(File.ReadAllText(file));
    }

    [Fact]
    public void A_resource_cannot_call_a_channel_and_long_values_are_cut()
    {
        var text = Encoding.UTF8.GetString(Postman.Body(ChannelType.Slack, [new Notice("opened", Drift with { New = $"\"{new string('x', 5000)}\"" })], "d", Given.Now));
        text.ShouldNotContain("<!channel>");
        text.ShouldContain("…");
        text.Length.ShouldBeLessThan(2000);
    }

    [Theory]
    [InlineData(ChannelType.Slack)]
    [InlineData(ChannelType.Discord)]
    [InlineData(ChannelType.Teams)]
    public void Names_that_whoever_drifted_chose_make_no_links_mentions_or_markup(ChannelType type)
    {
        const string Hostile = "[Approve](https://evil.example.com/a) <https://evil.example.com|here> <!channel> @everyone **bold** `x` {{DATE(2026-01-01T00:00:00Z)}} \r\n- list # head";
        var drift = Drift with { Actor = Hostile, ResourceId = Hostile, Address = "", Attribute = Hostile, New = System.Text.Json.JsonSerializer.Serialize(Hostile) };
        foreach (var notices in (IReadOnlyList<Notice>[])[[new Notice("opened", drift)], [new Notice("opened", drift), new Notice("resolved", drift)]])
        {
            var message = JsonNode.Parse(Postman.Body(type, notices, "d", Given.Now))!;
            if (type == ChannelType.Slack)
            {
                // Slack reads Markdown links nowhere; bare addresses and names stay texts where a text is verbatim, and a plain text is one.
                var marked = Objects(message).Where(each => (string?)each["type"] == "mrkdwn").ToList();
                marked.ShouldAllBe(each => (bool?)each["verbatim"] == true);
                marked.Select(each => (string)each["text"]!).Append((string)message["text"]!).ShouldAllBe(text => !text.Contains('<', StringComparison.Ordinal));
                continue;
            }

            foreach (var text in Texts(message).Where(text => text.Contains("Approve", StringComparison.Ordinal)))
            {
                text.ShouldNotContain("](");
                text.Contains("://", StringComparison.Ordinal).ShouldBeFalse();
                text.ShouldNotContain(" **bold");
                text.ShouldNotContain("{{");
                text.ShouldNotContain("\r");
                text.ShouldNotContain("\n");
                foreach (var mark in "[<*`#")
                {
                    text.Split(mark).SkipLast(1).ShouldAllBe(part => part.EndsWith('\\'), $"{mark} in {text}");
                }
            }

            if (type == ChannelType.Discord)
            {
                message["allowed_mentions"]!["parse"]!.AsArray().ShouldBeEmpty();
            }
        }
    }

    [Fact]
    public void A_signature_is_of_the_time_and_the_body() =>
        // printf '1784800800.{}' | openssl dgst -sha256 -hmac secret
        MachineMessages.Signature("secret"u8.ToArray(), 1784800800, "{}"u8).ShouldBe("sha256=501b448f127b1f44f046a9b7e5b1ebafe4010106c9116926db96d42816f784d7");

    [Theory]
    [InlineData(DriftStatus.Pending, DriftStatus.Open, null, true)]
    [InlineData(null, DriftStatus.Open, null, true)]
    [InlineData(null, DriftStatus.Pending, null, false)]
    [InlineData(null, DriftStatus.Suppressed, null, false)]
    [InlineData(DriftStatus.Open, DriftStatus.Open, "1", true)]
    [InlineData(DriftStatus.Open, DriftStatus.Resolved, null, true)]
    [InlineData(DriftStatus.Pending, DriftStatus.Resolved, null, false)]
    [InlineData(DriftStatus.Suppressed, DriftStatus.Resolved, null, false)]
    public void News_is_what_opens_changes_or_ends_what_was_open(DriftStatus? from, DriftStatus to, string? value, bool isNews) => Routing.IsNews(Change(from, to, value)).ShouldBe(isNews);

    [Fact]
    public void Of_a_window_the_last_is_told_and_what_began_and_ended_in_it_is_not()
    {
        var chat = new ChannelConfig { Name = "c", Type = ChannelType.Slack };
        Routing.For(chat, [(Change(null, DriftStatus.Open, "1"), Drift), (Change(DriftStatus.Open, DriftStatus.Open, "2"), Drift)]).ShouldHaveSingleItem().Change.Value.ShouldBe("2");
        Routing.For(chat, [(Change(null, DriftStatus.Open, "1"), Drift), (Change(DriftStatus.Open, DriftStatus.Resolved, null), Drift)]).ShouldBeEmpty();
        Routing.For(chat, [(Change(DriftStatus.Open, DriftStatus.Resolved, null), Drift)]).ShouldHaveSingleItem();
        Routing.For(chat with { Resolved = false }, [(Change(DriftStatus.Open, DriftStatus.Resolved, null), Drift)]).ShouldBeEmpty();
        Routing.For(chat, [(Change(DriftStatus.Open, DriftStatus.Acknowledged, null), Drift)]).ShouldBeEmpty("people did that");
        Routing.For(chat with { Type = ChannelType.Alertmanager }, [(Change(DriftStatus.Open, DriftStatus.Acknowledged, null), Drift)]).ShouldHaveSingleItem("it has to stop ringing");
    }

    [Fact]
    public void A_channel_hears_of_its_severities_kinds_and_types()
    {
        var all = new ChannelConfig { Name = "c", Type = ChannelType.Webhook };
        Routing.Wants(all, Drift).ShouldBeTrue();
        Routing.Wants(all with { Severity = Severity.High }, Resolved).ShouldBeFalse();
        Routing.Wants(all with { Types = [new Wildcard("aws_iam_*")] }, Drift).ShouldBeFalse();
        Routing.Wants(all with { Types = [new Wildcard("aws_*")] }, Drift).ShouldBeTrue();
        Routing.Wants(all with { Kinds = [FindingKind.Deleted] }, Drift).ShouldBeFalse();
    }

    private static DriftChange Change(DriftStatus? from, DriftStatus to, string? value) => new() { Drift = Drift.Id, At = Given.Now, From = from, To = to, Severity = Severity.Critical, Value = value };

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Objects(member.Value)).Prepend(item),
        JsonArray list => list.SelectMany(Objects),
        _ => [],
    };

    private static IEnumerable<string> Texts(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Texts(member.Value)),
        JsonArray list => list.SelectMany(Texts),
        JsonValue value when value.TryGetValue<string>(out var text) => [text],
        _ => [],
    };

    private static string Source([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.GetDirectoryName(Path.GetDirectoryName(path))!;
}
