using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Log;

public sealed class PersonalDataTests
{
    private static readonly AuditEvent Event = new()
    {
        EventType = "login",
        Actor = "alice@example.com",
        Details = JsonNode.Parse("""{"ip":"10.1.2.3","count":3,"request":{"user":"alice@example.com","sourceIPs":["10.1.2.3",null]},"items":[{"Email":"x@y.z"}],"address":{"street":"Main"}}""")!.AsObject(),
    };

    [Fact]
    public void Names_and_addresses_are_taken_out_wherever_they_stand()
    {
        var concealed = PersonalData.Redacted.Conceal(Event);
        concealed.Actor.ShouldBe("[REDACTED]");
        concealed.Details!.ToJsonString().ShouldBe("""{"ip":"[REDACTED]","count":3,"request":{"user":"[REDACTED]","sourceIPs":["[REDACTED]",null]},"items":[{"Email":"[REDACTED]"}],"address":"[REDACTED]"}""");
        Event.Details!["ip"]!.ToString().ShouldBe("10.1.2.3", "what the caller holds stays as it is");
    }

    [Fact]
    public void Pseudonyms_of_one_key_are_equal_and_those_of_another_are_not()
    {
        var (one, other) = (PersonalData.Hashed(Encoding.ASCII.GetBytes("0123456789abcdef")), PersonalData.Hashed(Encoding.ASCII.GetBytes("0123456789abcdeF")));
        one.Conceal(Event).Actor.ShouldBe(one.OfActor("alice@example.com"));
        one.OfActor("alice@example.com").ShouldMatch(@"^\[REDACTED_[0-9a-f]{16}\]$");
        one.OfActor("alice@example.com").ShouldNotBe(other.OfActor("alice@example.com"));
        (one.OfActor("system"), one.OfActor("system:serviceaccount:a:b")).ShouldBe(("system", "system:serviceaccount:a:b"));
        Should.Throw<FormatException>(() => PersonalData.Hashed([1, 2, 3]));
    }

    [Fact]
    public async Task What_a_log_keeps_holds_no_name()
    {
        using var directory = new TemporaryDirectory();
        await using (var log = await AuditLog.OpenAsync(directory["audit.log"], LogOptions.Default with { Personal = PersonalData.Redacted }, TimeProvider.System, CancellationToken.None))
        {
            await log.AppendAsync(Event, CancellationToken.None);
        }

        (await File.ReadAllTextAsync(directory["audit.log"])).ShouldNotContain("alice");
    }

    [Theory]
    [InlineData("""{"timestamp":"2026-01-01T00:00:00Z","event_type":"x","actor":"a,\"b\"","details":{"k":1}}""", "2026-01-01T00:00:00Z,x,\"a,\"\"b\"\"\",,,,,\"{\"\"k\"\":1}\"")]
    [InlineData("""{"timestamp":"2026-01-01T00:00:00Z","event_type":"=HYPERLINK(1)","actor":"-1","resource":"@x","outcome":"+2","lead_id":null,"workflow":"w"}""", "2026-01-01T00:00:00Z,'=HYPERLINK(1),'-1,'@x,'+2,,w,")]
    public void A_row_of_a_table_is_quoted_and_no_formula(string line, string row) => EventCsv.Row(Encoding.UTF8.GetBytes(line)).ShouldBe(row);

    [Fact]
    public void Signatures_of_the_system_before_are_checked_as_python_wrote_them()
    {
        using var directory = new TemporaryDirectory();
        File.Copy(Path.Combine(AppContext.BaseDirectory, "testdata", "seed-signed.log"), directory["audit.log"]);
        var key = string.Concat(Enumerable.Repeat("ab", 32));
        var verdict = SignatureVerdict.Of(directory["audit.log"], key + "\n", CancellationToken.None);
        (verdict.Right, verdict.Unsigned, verdict.Wrong).ShouldBe((1, 1, 1));
        verdict.First.ShouldBe(["audit.log:2: its signature is not of this text and this key"]);
        SignatureVerdict.Of(directory["audit.log"], "another", CancellationToken.None).Wrong.ShouldBe(2);
    }
}
