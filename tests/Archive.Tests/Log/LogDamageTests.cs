using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;

namespace Comptroller.Archive.Tests.Log;

/// <summary>What a crash or somebody did to a log is found when it is opened, and when it is verified.</summary>
public sealed class LogDamageTests : LogScene
{
    [Fact]
    public async Task Numbers_and_chain_go_on_when_the_log_is_opened_again()
    {
        for (var run = 0; run < 3; run++)
        {
            await using var log = await OpenAsync(Small);
            log.Recovery.IsClean.ShouldBeTrue(string.Join(", ", log.Recovery.Damage));
            for (var i = 0; i < 300; i++)
            {
                (await log.AppendAsync(Event(i, "a"), None)).ShouldBe((run * 300) + i + 1);
            }
        }

        var verdict = LogVerification.Verify(Live);
        verdict.Problems.ShouldBeEmpty();
        verdict.Events.ShouldBe(900);
    }

    [Theory]
    [InlineData("{\"timestamp\":\"2026-01-01T00:00:00Z\",\"event_ty")]
    [InlineData("\0\0\0\0")]
    [InlineData("\0\0\0\0\n{\"timestamp\":\"2026-01-01T00:00:00Z\",\"event_type\":\"x\"}\n")]
    public async Task A_torn_tail_is_cut_off_kept_aside_and_told_in_the_log(string tail)
    {
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(Event(1, "a"), None);
            await log.AppendAsync(Event(2, "a"), None);
        }

        File.AppendAllText(Live, tail);
        await using var reopened = await OpenAsync();
        reopened.Recovery.TornBytes.ShouldBe(tail.Length);
        reopened.Recovery.Damage.ShouldBeEmpty();
        File.ReadAllText(reopened.Recovery.TornFile!).ShouldBe(tail);
        var events = reopened.Find(new LogQuery(), None).Events;
        events.Count.ShouldBe(3);
        Encoding.UTF8.GetString(events[2].Json.Span).ShouldContain("\"event_type\":\"log_recovered\"");
        LogVerification.Verify(Live).Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("flip", "events 1 to 300 are not as they were written")]
    [InlineData("delete", "events 1 to 300 are not as they were written")]
    [InlineData("swap", "events 1 to 300 are not as they were written")]
    [InlineData("truncate", "events 300 to 300 are missing at the end")]
    public async Task A_change_of_the_live_segment_is_found_by_verification_and_by_the_next_start(string change, string problem)
    {
        await using (var log = await OpenAsync())
        {
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => log.AppendAsync(Event(i, "a"), None).AsTask()));
        }

        // One batch or several: only the last note is sure.
        var marks = ChainFile.Read(Folder["audit.chain"]);
        marks[^1].Seq.ShouldBe(300);
        var lines = File.ReadAllLines(Live).ToList();
        switch (change)
        {
            case "flip":
                lines[150] = lines[150].Replace("type-", "typo-", StringComparison.Ordinal);
                break;
            case "delete":
                lines[150] = lines[0];
                break;
            case "swap":
                (lines[10], lines[20]) = (lines[20], lines[10]);
                break;
            default:
                lines.RemoveAt(299);
                break;
        }

        File.WriteAllText(Live, string.Join('\n', lines) + "\n");
        if (marks.Count == 2 || change == "truncate")
        {
            LogVerification.Verify(Live).Problems.ShouldHaveSingleItem().ShouldEndWith(problem);
        }

        LogVerification.Verify(Live).Problems.ShouldNotBeEmpty();
        await using var reopened = await OpenAsync();
        reopened.Recovery.Damage.ShouldNotBeEmpty();
        Encoding.UTF8.GetString(reopened.Find(new LogQuery { EventType = "log_recovered" }, None).Events[0].Json.Span).ShouldContain("\"outcome\":\"damaged\"");
    }

    [Fact]
    public async Task Every_flipped_byte_of_a_sealed_segment_is_found()
    {
        await using (var log = await OpenAsync(Small))
        {
            for (var i = 0; i < 700; i++)
            {
                await log.AppendAsync(Event(i, "a"), None);
            }
        }

        var sealedFile = Folder.Files.First(file => file.EndsWith(".log.gz", StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(Folder[sealedFile]);
        for (var at = 0; at < bytes.Length; at += 97)
        {
            bytes[at] ^= 0x10;
            File.WriteAllBytes(Folder[sealedFile], bytes);
            LogVerification.Verify(Live).Problems.ShouldContain(problem => problem.StartsWith(sealedFile, StringComparison.Ordinal), $"byte {at}");
            bytes[at] ^= 0x10;
        }
    }

    [Fact]
    public async Task A_missing_segment_is_named_by_its_events()
    {
        await using (var log = await OpenAsync(Small))
        {
            for (var i = 0; i < 1200; i++)
            {
                await log.AppendAsync(Event(i, "a"), None);
            }
        }

        var segments = new LogPaths(Live).Segments();
        segments.Count.ShouldBeGreaterThan(2);
        File.Delete(segments[1].Path);
        LogVerification.Verify(Live).Problems.ShouldBe([$"events {segments[1].FirstSeq} to {segments[1].LastSeq} are missing: no segment holds them"]);
    }

    [Fact]
    public async Task A_process_that_ended_while_sealing_leaves_text_that_the_next_one_seals()
    {
        await using (var log = await OpenAsync(Small))
        {
            for (var i = 0; i < 700; i++)
            {
                await log.AppendAsync(Event(i, "a"), None);
            }
        }

        var segment = new LogPaths(Live).Segments()[^1];
        await using (var text = new GZipStream(File.OpenRead(segment.Path), CompressionMode.Decompress))
        await using (var raw = File.Create(segment.Path[..^3]))
        {
            await text.CopyToAsync(raw);
        }

        File.Delete(segment.Path);
        File.Delete(segment.IndexPath);
        File.WriteAllText($"{segment.Path}.0123.partial", "half");

        await using var reopened = await OpenAsync(Small);
        reopened.Recovery.SealedLate.ShouldBe(1);
        reopened.Find(new LogQuery { Limit = 1000 }, None).Events.Count.ShouldBe(700);
        Folder.Files.ShouldNotContain(file => file.EndsWith(".partial", StringComparison.Ordinal));
        LogVerification.Verify(Live).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_its_chain_a_log_is_not_called_unchanged()
    {
        await WriteAsync(3);
        File.Delete(Folder["audit.chain"]);
        File.WriteAllText(Live, File.ReadAllText(Live).Replace("thing/1", "thing/9", StringComparison.Ordinal));
        LogVerification.Verify(Live).Problems.ShouldBe(["audit.log: no audit.chain beside it, so nothing proves what it holds"]);
        await using var reopened = await OpenAsync();
        reopened.Recovery.Damage.ShouldBe(["audit.chain is gone: nothing proves the events from 1 on"]);
        Encoding.UTF8.GetString(reopened.Find(new LogQuery { EventType = "log_recovered" }, None).Events.ShouldHaveSingleItem().Json.Span).ShouldContain("audit.chain is gone");
    }

    [Fact]
    public async Task A_live_segment_that_is_gone_is_told_and_its_numbers_are_not_given_again()
    {
        await WriteAsync(700, Small);
        var last = new LogPaths(Live).Segments()[^1].LastSeq!.Value;
        last.ShouldBeLessThan(700);
        File.Delete(Live);
        LogVerification.Verify(Live).Problems.ShouldBe([$"audit.log: missing; events {last + 1} to 700 were in it"]);
        await using (var reopened = await OpenAsync(Small))
        {
            reopened.Recovery.Damage.ShouldBe([$"events {last + 1} to 700 are missing: audit.log is gone"]);
            (await reopened.AppendAsync(Event(1, "a"), None)).ShouldBe(702, "701 tells of the damage");
        }

        LogVerification.Verify(Live).Problems.ShouldBe(["audit.log: does not go on from the segment before"]);
    }

    [Theory]
    [InlineData("version", 2)]
    [InlineData("firstSeq", 2)]
    [InlineData("bytes", 2)]
    [InlineData("storedBytes", 2)]
    [InlineData("sha256", "00")]
    [InlineData("storedSha256", "00")]
    [InlineData("chain", "00")]
    [InlineData("previousChain", "zz")]
    [InlineData("oldest", "2026-06-01T00:00:00+00:00")]
    [InlineData("newest", "2025-06-01T00:00:00+00:00")]
    [InlineData("colour", "red")]
    [InlineData("blocks/offset", 2)]
    [InlineData("blocks/length", 2)]
    [InlineData("blocks/textLength", 2)]
    [InlineData("blocks/firstSeq", 2)]
    [InlineData("blocks/events", 2)]
    [InlineData("blocks/oldest", "2026-06-01T00:00:00+00:00")]
    [InlineData("blocks/newest", "2025-06-01T00:00:00+00:00")]
    [InlineData("blocks/terms", "AAAAAAAAAAA=")]
    public async Task An_index_that_is_not_that_of_its_events_is_found(string member, object value)
    {
        await WriteAsync(700, Small);
        var segment = new LogPaths(Live).Segments()[0];
        var document = JsonNode.Parse(File.ReadAllText(segment.IndexPath))!.AsObject();
        var changed = member.StartsWith("blocks/", StringComparison.Ordinal) ? document["blocks"]![0]!.AsObject() : document;
        changed[member.Split('/')[^1]] = value is int number ? number : (string)value;
        File.WriteAllText(segment.IndexPath, document.ToJsonString());
        LogVerification.Verify(Live).Problems.ShouldContain(problem => problem.StartsWith($"{Path.GetFileName(segment.Path)}: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Text_that_waits_to_be_sealed_is_no_gap_and_a_change_of_it_is_found()
    {
        await WriteAsync(1200, Small);
        var segment = new LogPaths(Live).Segments()[1];
        string text;
        await using (var stored = new GZipStream(File.OpenRead(segment.Path), CompressionMode.Decompress))
        {
            text = await new StreamReader(stored).ReadToEndAsync();
        }

        File.Delete(segment.Path);
        File.Delete(segment.IndexPath);
        File.WriteAllText(segment.Path[..^".gz".Length], text);
        var verdict = LogVerification.Verify(Live);
        (verdict.Events, verdict.Problems.Length).ShouldBe((1200, 0), string.Join('\n', verdict.Problems));
        File.WriteAllText(segment.Path[..^".gz".Length], text.Replace($"thing/{segment.FirstSeq}", "thing/x", StringComparison.Ordinal));
        LogVerification.Verify(Live).Problems.ShouldHaveSingleItem().ShouldEndWith(": does not go on from the segment before");
    }
}
