using System.Text;
using System.Text.Json;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.AuditPolicies.Tests.Replay;

public sealed class JsonSkipTests
{
    [Fact]
    public void The_end_of_a_value_is_where_a_json_reader_finds_it()
    {
        var random = new Random(17);
        for (var round = 0; round < 20_000; round++)
        {
            var before = new string(' ', random.Next(70));
            var json = Encoding.UTF8.GetBytes($"{before}{Value(random, 0)}{(random.Next(2) == 0 ? "," : "}")}{Value(random, 3)}");
            var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
            reader.Read();
            reader.TrySkip();

            JsonSkip.Value(json, before.Length).ShouldBe((int)reader.BytesConsumed, Encoding.UTF8.GetString(json));
        }
    }

    [Fact]
    public void Every_value_that_is_cut_short_has_no_end()
    {
        foreach (var line in RecordedLog.Lines.Take(12))
        {
            var json = Encoding.UTF8.GetBytes(line);
            JsonSkip.Value(json, 0).ShouldBe(json.Length);
            for (var length = 1; length < json.Length; length++)
            {
                JsonSkip.Value(json.AsSpan(0, length), 0).ShouldBe(-1);
            }
        }
    }

    private static string Value(Random random, int depth) => random.Next(depth > 4 ? 3 : 5) switch
    {
        0 => Text(random),
        1 => random.Next(-5000, 5000).ToString(),
        2 => random.Next(3) switch { 0 => "true", 1 => "null", _ => "-1.5e+3" },
        3 => $"[{string.Join(random.Next(2) == 0 ? "," : " , ", Enumerable.Range(0, random.Next(5)).Select(_ => Value(random, depth + 1)))}]",
        _ => $"{{{string.Join(',', Enumerable.Range(0, random.Next(5)).Select(_ => $"{Text(random)}: {Value(random, depth + 1)}"))}}}",
    };

    // Runs of backslashes of any length before quotes, across the borders of blocks.
    private static string Text(Random random)
    {
        var text = new StringBuilder("\"");
        for (var i = random.Next(6); i > 0; i--)
        {
            text.Append(random.Next(6) switch
            {
                0 => new string('x', random.Next(40)),
                1 => string.Concat(Enumerable.Repeat("\\\\", random.Next(40))),
                2 => "\\\"",
                3 => "{}[]",
                4 => "ü€😀",
                _ => "\\u0026\\n",
            });
        }

        return text.Append('"').ToString();
    }
}
