using System.Text;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.AuditPolicies.Tests.Replay;

public sealed class LineReaderTests
{
    [Fact]
    public void Lines_do_not_depend_on_how_the_stream_hands_them_out()
    {
        var random = new Random(3);
        for (var round = 0; round < 400; round++)
        {
            const int Longest = 200;
            var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, random.Next(0, 30)).Select(_ => new string((char)('a' + random.Next(26)), random.Next(4) == 0 ? random.Next(190, 400) : random.Next(40)) + (random.Next(8) == 0 ? "\r\n" : "\n"))));
            text = text[..^(random.Next(2) == 0 ? 0 : Math.Min(text.Length, random.Next(20)))];
            var expected = Expected(text, Longest);

            var lines = Read(new LineReader(new RaggedStream(text, random), Longest, random.Next(1, 64)));

            lines.ShouldBe(expected);
        }
    }

    [Fact]
    public void A_replay_does_not_depend_on_how_the_stream_hands_the_log_out()
    {
        var random = new Random(5);
        var log = Encoding.UTF8.GetBytes(RecordedLog.Text);
        var whole = Summary(RecordedLog.Replay(log, ReferenceCases.Seed));
        for (var round = 0; round < 10; round++)
        {
            var replay = new LogReplay(ReferenceCases.Seed);
            replay.Read("log", new LineReader(new RaggedStream(log, random), LineReader.LongestLine, random.Next(1, 5_000)));

            Summary(replay.Report(top: 100)).ShouldBe(whole);
        }
    }

    private static string Summary(ReplayReport report) =>
        string.Join('\n', [report.Log.ToString(), .. report.Levels, .. report.Rules, .. report.Users.Items, .. report.Resources.Items, .. report.Verbs.Items]);

    private static List<string> Expected(byte[] text, int longest)
    {
        var parts = Encoding.UTF8.GetString(text).Split('\n').ToList();
        if (parts[^1].Length == 0)
        {
            parts.RemoveAt(parts.Count - 1);
        }

        return parts.ConvertAll(part => part.Length > longest ? "too long" : part);
    }

    private static List<string> Read(LineReader reader)
    {
        var lines = new List<string>();
        while (reader.Fill())
        {
            while (reader.TryTake(out var line, out var tooLong))
            {
                lines.Add(tooLong ? "too long" : Encoding.UTF8.GetString(line));
            }
        }

        if (reader.TryTakeRest(out var rest, out var restTooLong))
        {
            lines.Add(restTooLong ? "too long" : Encoding.UTF8.GetString(rest));
        }

        return lines;
    }

    /// <summary>Hands out few bytes at a time, as a pipe does.</summary>
    private sealed class RaggedStream(byte[] content, Random random) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, random.Next(1, 300))]);
    }
}
