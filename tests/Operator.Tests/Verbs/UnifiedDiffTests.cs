using System.Globalization;
using System.Text.RegularExpressions;
using Comptroller.Operator.Verbs;

namespace Comptroller.Operator.Tests.Verbs;

public sealed partial class UnifiedDiffTests
{
    [Fact]
    public void Changes_are_shown_with_three_lines_around_them_and_joined_when_these_meet() => UnifiedDiff.Of(
        "p.yaml",
        string.Join('\n', Enumerable.Range(1, 30)),
        string.Join('\n', Enumerable.Range(1, 30).Where(i => i != 5).Select(i => i == 11 ? "eleven" : i == 30 ? "30\nmore" : $"{i}"))).ShouldBe(
        """
        --- p.yaml
        +++ p.yaml
        @@ -2,13 +2,12 @@
         2
         3
         4
        -5
         6
         7
         8
         9
         10
        -11
        +eleven
         12
         13
         14
        @@ -27,4 +26,5 @@
         27
         28
         29
        -30
        \ No newline at end of file
        +30
        +more
        \ No newline at end of file

        """);

    [Fact]
    public void Equal_texts_have_no_difference() => UnifiedDiff.Of("x", "a\n", "a\n").ShouldBeEmpty();

    [Fact]
    public void A_difference_that_is_applied_gives_the_other_text()
    {
        var random = new Random(4);
        for (var round = 0; round < 2_000; round++)
        {
            var (before, after) = (Text(random), Text(random));
            Patched(before, UnifiedDiff.Of("x", before, after)).ShouldBe(after, $"{before}\n----\n{after}");
        }
    }

    private static string Text(Random random) =>
        string.Join('\n', Enumerable.Range(0, random.Next(25)).Select(_ => "abc"[random.Next(3)])) + (random.Next(2) == 0 ? "\n" : "");

    private static string Patched(string text, string difference)
    {
        var lines = text.Split('\n').Select(line => line + "\n").ToList();
        lines[^1] = lines[^1][..^1];
        lines.RemoveAll(line => line.Length == 0);
        var script = difference.Replace("\n\\ No newline at end of file", "\0").Split('\n').Skip(2).Where(line => line.Length > 0)
            .Select(line => line.EndsWith('\0') ? line[..^1] : line + "\n");
        var (at, shift, result) = (0, 0, lines.ToList());
        foreach (var line in script)
        {
            if (Hunk().Match(line) is { Success: true } hunk)
            {
                var length = int.Parse(hunk.Groups["length"].Value, CultureInfo.InvariantCulture);
                at = int.Parse(hunk.Groups["start"].Value, CultureInfo.InvariantCulture) - (length == 0 ? 0 : 1);
                at += shift;
                continue;
            }

            switch (line[0])
            {
                case '+':
                    result.Insert(at++, line[1..]);
                    shift++;
                    break;
                case '-':
                    result[at].ShouldBe(line[1..]);
                    result.RemoveAt(at);
                    shift--;
                    break;
                default:
                    result[at++].ShouldBe(line[1..]);
                    break;
            }
        }

        return string.Concat(result);
    }

    [GeneratedRegex(@"^@@ -(?<start>\d+),(?<length>\d+) \+\d+,\d+ @@", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Hunk();
}
