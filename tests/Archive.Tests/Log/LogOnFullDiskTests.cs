using Comptroller.Archive.Log;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.Tests.Verbs.Falcon;

namespace Comptroller.Archive.Tests.Log;

/// <summary>A log on a disk that runs full, and has room again.</summary>
public sealed class LogOnFullDiskTests : LogScene
{
    [SmallDiskTheory]
    [InlineData(1000)]
    [InlineData(1 << 20)]
    public async Task What_was_acknowledged_is_there_what_was_not_is_told_and_with_room_it_goes_on(long segmentBytes)
    {
        await using var disk = await SmallDisk.MountAsync(Folder["disk"], 2048);
        var path = Path.Combine(disk.Path, "audit.log");
        var taken = new List<long>();
        await using (var log = await AuditLog.OpenAsync(path, LogOptions.Default with { SegmentBytes = segmentBytes }, Time, None))
        {
            async Task AppendAsync(int i) => taken.Add(await log.AppendAsync(Event(i, "a"), None));
            for (var i = 0; i < 5; i++)
            {
                await AppendAsync(i);
            }

            await FillAsync(disk);
            // Some still fit into the page that the file has; among them one that would begin a new segment, for which there is no room.
            for (var i = 5; i < 5000 && await TryAsync(() => AppendAsync(i)); i++)
            {
            }

            taken.Count.ShouldBeInRange(6, 4999);
            // The writer tries to begin a segment behind each of them, and takes that back.
            await Settle.UntilAsync(() => new LogPaths(path).Segments().Count == 0 && new FileInfo(path) is { Exists: true, Length: > 1000 });
            await TicksAsync();
            File.Delete(Path.Combine(disk.Path, "filling"));
            await AppendAsync(5000);
            await AppendAsync(5001);
            taken.ShouldBe(Enumerable.Range(1, taken.Count).Select(seq => (long)seq));
            log.Find(new LogQuery { Limit = 10_000 }, None).Events.Select(found => found.Seq).ShouldBe(taken);
            new LogPaths(path).Segments().Count.ShouldBe(segmentBytes == 1000 ? 1 : 0);
        }

        LogVerification.Verify(path).Problems.ShouldBeEmpty();
        Directory.GetFiles(disk.Path, "*.partial").Length.ShouldBeLessThanOrEqualTo(1);
        await using var reopened = await AuditLog.OpenAsync(path, LogOptions.Default, Time, None);
        reopened.Recovery.IsClean.ShouldBeTrue();
        Directory.GetFiles(disk.Path, "*.partial").ShouldBeEmpty();

        // The state is written on each, or cannot be.
        async Task TicksAsync()
        {
            for (var tick = 0; tick < 5; tick++)
            {
                await Settle.UntilAsync(() => Time.ArmedTimers > 0);
                Time.Advance(TimeSpan.FromSeconds(5));
                await Settle.BrieflyAsync();
            }
        }
    }

    [SmallDiskTheory]
    [InlineData(102)]
    public async Task A_note_of_which_half_was_written_is_written_over(int fitting)
    {
        await using var disk = await SmallDisk.MountAsync(Folder["disk"], 1024);
        var path = Path.Combine(disk.Path, "audit.chain");
        var head = new byte[LineChain.Length];
        using (var chain = await ChainFile.CreateAsync(path, 0, head, None))
        {
            for (var seq = 1; seq < fitting; seq++)
            {
                chain.TryMark(seq, head).ShouldBeTrue();
            }

            await FillAsync(disk);
            // A page has room for 102 of them and sixteen bytes.
            chain.TryMark(fitting, head).ShouldBeFalse();
            chain.TryMark(fitting + 1, head).ShouldBeFalse();
            File.Delete(Path.Combine(disk.Path, "filling"));
            chain.TryMark(fitting + 2, head).ShouldBeTrue();
        }

        ChainFile.Read(path).Select(mark => mark.Seq).ShouldBe([.. Enumerable.Range(0, fitting).Select(seq => (long)seq), fitting + 2]);
    }

    private static async Task<bool> TryAsync(Func<Task> append)
    {
        try
        {
            await append();
            return true;
        }
        catch (IOException e)
        {
            e.Message.ShouldContain("the event was not written");
            return false;
        }
    }

    private static async Task FillAsync(SmallDisk disk)
    {
        await using var filling = new FileStream(Path.Combine(disk.Path, "filling"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                await filling.WriteAsync(new byte[4096], None);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }
}
