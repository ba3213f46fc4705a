using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Archive.Compression;
using Comptroller.Archive.Log;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Archive.Tests.Log;

/// <summary>Events are written, found again, and let go.</summary>
public sealed class AuditLogTests : LogScene
{
    [Fact]
    public async Task An_event_is_kept_as_one_ascii_line_in_the_order_of_fields_that_readers_know()
    {
        await using (var log = await OpenAsync())
        {
            (await log.AppendAsync(new AuditEvent { EventType = "policy_updated", Actor = "zoë\n\u0007", Resource = "apol/audit/prod", Outcome = "success", LeadId = "L-1", Workflow = "w", Details = new JsonObject { ["b"] = 1, ["a"] = "ü" } }, None)).ShouldBe(1);
            (await log.AppendAsync(new AuditEvent { EventType = "started" }, None)).ShouldBe(2);
        }

        File.ReadAllText(Live).ShouldBe(
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
        File.ReadAllLines(Live).Length.ShouldBe(1);
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

        await Settle.UntilAsync(() => !Folder.Files.Any(file => file.EndsWith(".log", StringComparison.Ordinal) && file != "audit.log"));
        var names = Folder.Files.ToList();
        names.Count(name => name.EndsWith(".log.gz", StringComparison.Ordinal)).ShouldBeGreaterThan(2);
        names.Count(name => name.EndsWith(".index.json", StringComparison.Ordinal)).ShouldBe(names.Count(name => name.EndsWith(".log.gz", StringComparison.Ordinal)));

        var late = new LogReader(Live).Find(new LogQuery { Actor = "late", Limit = 10_000 });
        late.Events.Count.ShouldBe(1000);
        late.Events[0].Seq.ShouldBe(1001);
        late.BlocksSkipped.ShouldBeGreaterThan(0);
        new LogReader(Live).Find(new LogQuery { EventType = "type-3", Limit = 5 }).Events.Select(found => found.Seq).ShouldBe([4, 14, 24, 34, 44]);
        new LogReader(Live).Find(new LogQuery { Actor = "nobody" }).Events.ShouldBeEmpty();
        LogVerification.Verify(Live).Problems.ShouldBeEmpty();
    }

    [Fact]
    public async Task Times_bound_a_query_from_and_before()
    {
        await using var log = await OpenAsync(Small);
        var start = Time.GetUtcNow();
        for (var i = 0; i < 600; i++)
        {
            Time.Advance(TimeSpan.FromMinutes(1));
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
    public async Task Retention_deletes_and_says_so_in_the_log()
    {
        await using var log = await OpenAsync(Small with { Retention = TimeSpan.FromDays(90), SegmentAge = TimeSpan.FromDays(30) });
        for (var i = 0; i < 700; i++)
        {
            await log.AppendAsync(Event(i, "a"), None);
        }

        await Settle.UntilAsync(() => Folder.Files.Count(file => file.EndsWith(".log.gz", StringComparison.Ordinal)) >= 2 && new LogPaths(Live).Segments().All(segment => segment.IsSealed));
        await Settle.UntilAsync(() => Time.ArmedTimers > 0);
        Time.Advance(TimeSpan.FromDays(91));
        await Settle.UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            return log.Find(new LogQuery { EventType = "segment_expired" }, None).Events.Count >= 2;
        });

        await Settle.UntilAsync(() => new LogPaths(Live).Segments().All(segment => segment.FirstSeq > 300 || segment.LastSeq > 650));
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
        File.WriteAllText(Live, Old + "\n" + Old + "\n");
        await using (var rotated = new GZipStream(File.Create(Folder["audit.20260204_210945.log.gz"]), CompressionLevel.Optimal))
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
            await Settle.UntilAsync(() => Time.ArmedTimers > 0);
            await Settle.UntilAsync(() =>
            {
                Time.Advance(TimeSpan.FromSeconds(5));
                return State() is { Events: 1, CacheEntries: 1 };
            });
            var state = State();
            state.ValidationErrors.ShouldBe(1);
            state.Closed.ShouldBeFalse();
            state.ProcessId.ShouldBe(Environment.ProcessId);
        }

        State().Closed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_full_queue_makes_callers_wait_and_drops_nothing()
    {
        using var time = new HeldTime();
        Task<long>[] appends;
        await using (var log = await AuditLog.OpenAsync(Live, LogOptions.Default with { QueueCapacity = 2 }, time, None))
        {
            time.Hold();
            await log.AppendAsync(Event(0, "a"), None);
            // The writer is held behind the first. Two wait in the queue, and the others for room in it.
            appends = [.. Enumerable.Range(1, 5).Select(i => log.AppendAsync(Event(i, "a"), None).AsTask())];
            using var impatient = new CancellationTokenSource();
            var leaving = log.AppendAsync(Event(9, "impatient"), impatient.Token).AsTask();
            await impatient.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => leaving);
            appends.ShouldAllBe(append => !append.IsCompleted);
            log.LastSeq.ShouldBe(1);
            time.Release();
            (await Task.WhenAll(appends)).Order().ShouldBe([2, 3, 4, 5, 6]);
            log.Find(new LogQuery { Actor = "impatient" }, None).Events.ShouldBeEmpty();
        }

        State().Delayed.ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task A_segment_is_sealed_in_members_of_a_megabyte_that_are_read_alone_and_together()
    {
        await using var log = await OpenAsync(Small with { SegmentBytes = 2_500_000 });
        var filling = new string('x', 1000);
        for (var i = 0; i < 2400; i += 100)
        {
            await Task.WhenAll(Enumerable.Range(i, 100).Select(each => log.AppendAsync(new AuditEvent { EventType = "x", Actor = $"actor-{each / 100}", Details = new JsonObject { ["text"] = filling } }, None).AsTask()));
        }

        await Settle.UntilAsync(() => new LogPaths(Live).Segments() is [{ IsSealed: true }]);
        var paths = new LogPaths(Live);
        var segment = paths.Segments()[0];
        var index = new LogReader(paths, live: null).IndexOf(segment)!;
        index.Blocks.Length.ShouldBe(3);
        index.Blocks.SkipLast(1).ShouldAllBe(block => block.TextLength >= 1 << 20);
        var stored = File.ReadAllBytes(segment.Path);
        var alone = new MemoryStream();
        foreach (var block in index.Blocks)
        {
            var text = new byte[block.TextLength];
            GzipMember.Read(new MemoryStream(stored, (int)block.Offset, block.Length), text);
            alone.Write(text);
        }

        var together = new MemoryStream();
        await using (var all = new GZipStream(new MemoryStream(stored), CompressionMode.Decompress))
        {
            await all.CopyToAsync(together);
        }

        together.ToArray().ShouldBe(alone.ToArray());
        var found = new LogReader(Live).Find(new LogQuery { Actor = "actor-3", Limit = 1000 });
        (found.Events.Count, found.BlocksSkipped).ShouldBe((100, 2), "the first member is read, and the live segment");
    }

    [Fact]
    public async Task A_segment_that_is_old_enough_is_sealed_although_it_is_short()
    {
        await using var log = await OpenAsync(LogOptions.Default with { SegmentAge = TimeSpan.FromHours(1) });
        await log.AppendAsync(Event(1, "a"), None);
        new LogPaths(Live).Segments().ShouldBeEmpty();
        await Settle.UntilAsync(() => Time.ArmedTimers > 0);
        Time.Advance(TimeSpan.FromHours(1));
        await Settle.UntilAsync(() => new LogPaths(Live).Segments() is [{ IsSealed: true, LastSeq: 1 }]);
    }

    [Fact]
    public void An_answer_that_was_looked_for_while_the_cache_was_emptied_is_not_kept()
    {
        File.WriteAllText(Live, """{"timestamp":"2026-01-01T00:00:00Z","event_type":"x"}""" + "\n");
        var (cache, looks) = (new QueryCache(10), 0);
        var reader = new LogReader(new LogPaths(Live), () =>
        {
            if (looks++ == 0)
            {
                // As retention does when it has deleted something.
                cache.Clear();
            }

            return new LiveSnapshot(1, 2, new FileInfo(Live).Length, []);
        });
        cache.Find(new LogQuery(), reader, 2, None).Events.Count.ShouldBe(1);
        cache.Count.ShouldBe(0);
        cache.Find(new LogQuery(), reader, 2, None).FromCache.ShouldBeFalse();
        cache.Find(new LogQuery(), reader, 2, None).FromCache.ShouldBeTrue();
    }

    [Fact]
    public async Task Who_closes_a_log_to_others_finds_its_segments_closed_as_well()
    {
        await WriteAsync(1, Small);
        Folder.CloseToOthers("audit.log");
        await WriteAsync(700, Small);
        File.AppendAllText(Live, "torn");
        await WriteAsync(1, Small);
        var texts = Folder.Files.Where(file => file.EndsWith(".log", StringComparison.Ordinal) || file.EndsWith(".gz", StringComparison.Ordinal) || file.Contains(".torn-", StringComparison.Ordinal)).ToList();
        texts.Count.ShouldBeGreaterThan(3);
        texts.ShouldAllBe(file => !Folder.IsOpenToOthers(file));
    }

    /// <summary>Holds everybody who asks for the time, but for those that came with whoever holds it.</summary>
    private sealed class HeldTime : TimeProvider, IDisposable
    {
        private readonly AsyncLocal<bool> _isHolder = new();
        private readonly ManualResetEventSlim _free = new(initialState: true);

        public void Hold()
        {
            _isHolder.Value = true;
            _free.Reset();
        }

        public void Release() => _free.Set();

        public override DateTimeOffset GetUtcNow()
        {
            if (!_isHolder.Value)
            {
                _free.Wait(TimeSpan.FromSeconds(30)).ShouldBeTrue();
            }

            return System.GetUtcNow();
        }

        public void Dispose() => _free.Dispose();
    }
}
