using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Log;

public sealed class AuditLogTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly LogOptions Small = LogOptions.Default with { SegmentBytes = 40_000, Retention = null };

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();

    private string File => _directory["audit.log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_event_is_kept_as_one_ascii_line_in_the_order_of_fields_that_readers_know()
    {
        await using (var log = await OpenAsync())
        {
            (await log.AppendAsync(new AuditEvent { EventType = "policy_updated", Actor = "zoë\n\u0007", Resource = "apol/audit/prod", Outcome = "success", LeadId = "L-1", Workflow = "w", Details = new JsonObject { ["b"] = 1, ["a"] = "ü" } }, None)).ShouldBe(1);
            (await log.AppendAsync(new AuditEvent { EventType = "started" }, None)).ShouldBe(2);
        }

        System.IO.File.ReadAllText(File).ShouldBe(
            """{"timestamp":"2026-01-01T00:00:00.000000Z","event_type":"policy_updated","actor":"zo\u00EB","resource":"apol/audit/prod","outcome":"success","lead_id":"L-1","workflow":"w","details":{"b":1,"a":"\u00FC"}}"""
            + "\n" + """{"timestamp":"2026-01-01T00:00:00.000000Z","event_type":"started","actor":"system"}""" + "\n");
    }

    [Fact]
    public async Task What_the_log_does_not_take_is_refused_by_name_and_nothing_of_it_is_written()
    {
        await using var log = await OpenAsync();
        foreach (var (bad, field) in new (AuditEvent, string)[]
        {
            (new AuditEvent { EventType = "\u0001" }, "event_type"),
            (new AuditEvent { EventType = new string('x', 51) }, "event_type"),
            (new AuditEvent { EventType = "x", Actor = new string('x', 201) }, "actor"),
            (new AuditEvent { EventType = "x", LeadId = "a/../b" }, "lead_id"),
            (new AuditEvent { EventType = "x", Details = new JsonObject { ["x"] = new string('x', 51_200) } }, "details"),
        })
        {
            (await Should.ThrowAsync<EventRefusedException>(async () => await log.AppendAsync(bad, None))).Message.ShouldStartWith($"{field}: ");
        }

        (await log.AppendAsync(new AuditEvent { EventType = "x" }, None)).ShouldBe(1);
        System.IO.File.ReadAllLines(File).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Many_writers_get_each_its_own_number_and_all_events_are_there()
    {
        await using var log = await OpenAsync();
        var numbers = await Task.WhenAll(Enumerable.Range(0, 20).Select(writer => Task.Run(async () =>
        {
            var own = new List<long>();
            for (var i = 0; i < 100; i++)
            {
                own.Add(await log.AppendAsync(Event(i, $"writer-{writer}"), None));
            }

            return own;
        })));

        numbers.SelectMany(own => own).Order().ShouldBe(Enumerable.Range(1, 2000).Select(number => (long)number));
        numbers.ShouldAllBe(own => own.SequenceEqual(own.Order()));
        var found = log.Find(new LogQuery { Actor = "writer-7", Limit = 1000 }, None).Events;
        found.Select(each => each.Seq).ShouldBe(numbers[7]);
    }

    [Fact]
    public async Task Full_segments_are_sealed_and_searched_by_their_index()
    {
        await using var log = await OpenAsync(Small);
        for (var i = 0; i < 2000; i++)
        {
            await log.AppendAsync(Event(i, i < 1000 ? "early" : "late"), None);
        }

        await Settle.UntilAsync(() => !_directory.Files.Any(file => file.EndsWith(".log", StringComparison.Ordinal) && file != "audit.log"));
        var names = _directory.Files.ToList();
        names.Count(name => name.EndsWith(".log.gz", StringComparison.Ordinal)).ShouldBeGreaterThan(2);
        names.Count(name => name.EndsWith(".index.json", StringComparison.Ordinal)).ShouldBe(names.Count(name => name.EndsWith(".log.gz", StringComparison.Ordinal)));

        var late = new LogReader(File).Find(new LogQuery { Actor = "late", Limit = 10_000 });
        late.Events.Count.ShouldBe(1000);
        late.Events[0].Seq.ShouldBe(1001);
        late.BlocksSkipped.ShouldBeGreaterThan(0);
        new LogReader(File).Find(new LogQuery { EventType = "type-3", Limit = 5 }).Events.Select(found => found.Seq).ShouldBe([4, 14, 24, 34, 44]);
        new LogReader(File).Find(new LogQuery { Actor = "nobody" }).Events.ShouldBeEmpty();
        LogVerification.Verify(File).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Times_bound_a_query_from_and_before()
    {
        await using var log = await OpenAsync(Small);
        var start = _time.GetUtcNow();
        for (var i = 0; i < 600; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(1));
            await log.AppendAsync(Event(i, "a"), None);
        }

        var hour = log.Find(new LogQuery { Since = start.AddMinutes(100), Until = start.AddMinutes(160), Limit = 1000 }, None).Events;
        hour.Count.ShouldBe(60);
        hour[0].Seq.ShouldBe(100);
    }

    [Fact]
    public async Task A_cached_answer_is_never_old()
    {
        await using var log = await OpenAsync();
        var query = new LogQuery { Actor = "a", Limit = 3 };
        await log.AppendAsync(Event(1, "a"), None);
        log.Find(query, None).Events.Count.ShouldBe(1);
        log.Find(query, None).FromCache.ShouldBeTrue();
        await log.AppendAsync(Event(2, "b"), None);
        await log.AppendAsync(Event(3, "a"), None);
        var grown = log.Find(query, None);
        grown.FromCache.ShouldBeFalse();
        grown.Events.Select(found => found.Seq).ShouldBe([1, 3]);
        await log.AppendAsync(Event(4, "a"), None);
        log.Find(query, None).Events.Count.ShouldBe(3);
        await log.AppendAsync(Event(5, "a"), None);
        log.Find(query, None).FromCache.ShouldBeTrue("it has as many as were asked for");
    }

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

        var verdict = LogVerification.Verify(File);
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

        System.IO.File.AppendAllText(File, tail);
        await using var reopened = await OpenAsync();
        reopened.Recovery.TornBytes.ShouldBe(tail.Length);
        reopened.Recovery.Damage.ShouldBeEmpty();
        System.IO.File.ReadAllText(reopened.Recovery.TornFile!).ShouldBe(tail);
        var events = reopened.Find(new LogQuery(), None).Events;
        events.Count.ShouldBe(3);
        Encoding.UTF8.GetString(events[2].Json.Span).ShouldContain("\"event_type\":\"log_recovered\"");
        LogVerification.Verify(File).Problems.ShouldBeEmpty();
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
        var marks = ChainFile.Read(_directory["audit.chain"]);
        marks[^1].Seq.ShouldBe(300);
        var lines = System.IO.File.ReadAllLines(File).ToList();
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

        System.IO.File.WriteAllText(File, string.Join('\n', lines) + "\n");
        if (marks.Count == 2 || change == "truncate")
        {
            LogVerification.Verify(File).Problems.ShouldHaveSingleItem().ShouldEndWith(problem);
        }

        LogVerification.Verify(File).Problems.ShouldNotBeEmpty();
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

        var sealedFile = _directory.Files.First(file => file.EndsWith(".log.gz", StringComparison.Ordinal));
        var bytes = System.IO.File.ReadAllBytes(_directory[sealedFile]);
        for (var at = 0; at < bytes.Length; at += 97)
        {
            bytes[at] ^= 0x10;
            System.IO.File.WriteAllBytes(_directory[sealedFile], bytes);
            LogVerification.Verify(File).Problems.ShouldContain(problem => problem.StartsWith(sealedFile, StringComparison.Ordinal), $"byte {at}");
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

        var segments = new LogPaths(File).Segments();
        segments.Count.ShouldBeGreaterThan(2);
        System.IO.File.Delete(segments[1].Path);
        LogVerification.Verify(File).Problems.ShouldBe([$"events {segments[1].FirstSeq} to {segments[1].LastSeq} are missing: no segment holds them"]);
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

        var segment = new LogPaths(File).Segments()[^1];
        await using (var text = new System.IO.Compression.GZipStream(System.IO.File.OpenRead(segment.Path), System.IO.Compression.CompressionMode.Decompress))
        await using (var raw = System.IO.File.Create(segment.Path[..^3]))
        {
            await text.CopyToAsync(raw);
        }

        System.IO.File.Delete(segment.Path);
        System.IO.File.Delete(segment.IndexPath);
        System.IO.File.WriteAllText($"{segment.Path}.0123.partial", "half");

        await using var reopened = await OpenAsync(Small);
        reopened.Recovery.SealedLate.ShouldBe(1);
        reopened.Find(new LogQuery { Limit = 1000 }, None).Events.Count.ShouldBe(700);
        _directory.Files.ShouldNotContain(file => file.EndsWith(".partial", StringComparison.Ordinal));
        LogVerification.Verify(File).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Retention_deletes_and_says_so_in_the_log()
    {
        await using var log = await OpenAsync(Small with { Retention = TimeSpan.FromDays(90), SegmentAge = TimeSpan.FromDays(30) });
        for (var i = 0; i < 700; i++)
        {
            await log.AppendAsync(Event(i, "a"), None);
        }

        await Settle.UntilAsync(() => _directory.Files.Count(file => file.EndsWith(".log.gz", StringComparison.Ordinal)) >= 2 && new LogPaths(File).Segments().All(segment => segment.IsSealed));
        await Settle.UntilAsync(() => _time.ArmedTimers > 0);
        _time.Advance(TimeSpan.FromDays(91));
        await Settle.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return log.Find(new LogQuery { EventType = "segment_expired" }, None).Events.Count >= 2;
        });

        await Settle.UntilAsync(() => new LogPaths(File).Segments().All(segment => segment.FirstSeq > 300 || segment.LastSeq > 650));
        log.Find(new LogQuery { Limit = 1 }, None).Events[0].Seq.ShouldBeGreaterThan(300);
    }

    [Fact]
    public async Task Only_one_process_writes()
    {
        await using var log = await OpenAsync();
        (await Should.ThrowAsync<IOException>(() => OpenAsync())).Message.ShouldContain("another process writes to this log");
    }

    [Fact]
    public async Task A_log_of_the_system_before_is_read_and_taken_up()
    {
        const string Old = """{"timestamp": "2026-02-04T21:09:45.123456Z", "event_type": "lead_qualified", "actor": "scorer", "lead_id": "L-7", "workflow": null, "details": {"score": 0.91, "name": "Z\u00fcrich"}, "signature": "00ff"}""";
        System.IO.File.WriteAllText(File, Old + "\n" + Old + "\n");
        await using (var rotated = new System.IO.Compression.GZipStream(System.IO.File.Create(_directory["audit.20260204_210945.log.gz"]), System.IO.Compression.CompressionLevel.Optimal))
        {
            rotated.Write(Encoding.UTF8.GetBytes(Old + "\n"));
        }

        await using var log = await OpenAsync();
        log.Recovery.Adopted.ShouldBe(2);
        log.Recovery.IsClean.ShouldBeTrue();
        (await log.AppendAsync(Event(1, "a"), None)).ShouldBe(3);
        log.Find(new LogQuery { LeadId = "L-7" }, None).Events.Count.ShouldBe(3);
        log.Find(new LogQuery { EventType = "type-1" }, None).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_state_tells_what_the_running_log_does()
    {
        await using (var log = await OpenAsync())
        {
            await log.AppendAsync(Event(1, "a"), None);
            await Should.ThrowAsync<EventRefusedException>(async () => await log.AppendAsync(new AuditEvent { EventType = "" }, None));
            _ = log.Find(new LogQuery(), None);
            await Settle.UntilAsync(() => _time.ArmedTimers > 0);
            await Settle.UntilAsync(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                return State() is { Events: 1, CacheEntries: 1 };
            });
            var state = State();
            state.ValidationErrors.ShouldBe(1);
            state.Closed.ShouldBeFalse();
            state.ProcessId.ShouldBe(Environment.ProcessId);
        }

        State().Closed.ShouldBeTrue();
    }

    private LogState State() => System.Text.Json.JsonSerializer.Deserialize(System.IO.File.ReadAllBytes(_directory["audit.state.json"]), LogStateJson.Default.LogState)!;

    private Task<AuditLog> OpenAsync(LogOptions? options = null) => AuditLog.OpenAsync(File, options ?? LogOptions.Default, _time, None);

    private static AuditEvent Event(int i, string actor) => new() { EventType = $"type-{i % 10}", Actor = actor, Resource = $"thing/{i}", Details = new JsonObject { ["i"] = i } };
}
