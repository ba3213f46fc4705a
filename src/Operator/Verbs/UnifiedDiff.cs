using System.Globalization;
using System.Text;

namespace Comptroller.Operator.Verbs;

/// <summary>The difference of two texts as <c>diff -u</c> writes it and <c>patch</c> reads it.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    // Texts that differ more are shown as one replaced by the other: the search for the shortest way takes the square of it.
    private const int MostDifferences = 2_000;

    /// <summary>Empty when the texts are equal.</summary>
    public static string Of(string name, string before, string after)
    {
        if (before == after)
        {
            return "";
        }

        var (old, now) = (Lines(before), Lines(after));
        var script = Script(old, now);
        var text = new StringBuilder($"--- {name}\n+++ {name}\n");
        for (var next = script.FindIndex(line => line.Sign != ' '); next >= 0;)
        {
            var start = Math.Max(0, next - Context);
            var end = next;
            for (var i = next; i < script.Count && i <= end + (2 * Context); i++)
            {
                end = script[i].Sign != ' ' ? i : end;
            }

            var hunk = script[start..Math.Min(script.Count, end + Context + 1)];
            text.Append(CultureInfo.InvariantCulture, $"@@ -{Range(script, start, hunk, '+')} +{Range(script, start, hunk, '-')} @@\n");
            foreach (var (sign, line) in hunk)
            {
                text.Append(sign).Append(line.EndsWith('\n') ? line : line + "\n\\ No newline at end of file\n");
            }

            next = end + 1 < script.Count ? script.FindIndex(end + 1, line => line.Sign != ' ') : -1;
        }

        return text.ToString();
    }

    // "start,length" of the lines that one side has; the start of no lines is the line before.
    private static string Range(List<(char Sign, string Line)> script, int start, List<(char Sign, string Line)> hunk, char otherSide)
    {
        var before = script.Take(start).Count(line => line.Sign != otherSide);
        var length = hunk.Count(line => line.Sign != otherSide);
        return string.Create(CultureInfo.InvariantCulture, $"{(length == 0 ? before : before + 1)},{length}");
    }

    private static List<(char Sign, string Line)> Script(string[] old, string[] now)
    {
        var start = old.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        var end = old.Skip(start).Reverse().Zip(now.Skip(start).Reverse()).TakeWhile(pair => pair.First == pair.Second).Count();
        return
        [
            .. old[..start].Select(line => (' ', line)),
            .. Shortest(old[start..^end], now[start..^end]),
            .. old[^end..].Select(line => (' ', line)),
        ];
    }

    // E. W. Myers, An O(ND) Difference Algorithm and Its Variations (1986).
    private static IEnumerable<(char Sign, string Line)> Shortest(string[] old, string[] now)
    {
        var reach = new int[(2 * (old.Length + now.Length)) + 3];
        var zero = old.Length + now.Length + 1;
        var trace = new List<int[]>();
        for (var differences = 0; differences <= Math.Min(MostDifferences, old.Length + now.Length); differences++)
        {
            for (var diagonal = -differences; diagonal <= differences; diagonal += 2)
            {
                var isDown = diagonal == -differences || (diagonal != differences && reach[zero + diagonal - 1] < reach[zero + diagonal + 1]);
                var x = isDown ? reach[zero + diagonal + 1] : reach[zero + diagonal - 1] + 1;
                while (x < old.Length && x - diagonal < now.Length && old[x] == now[x - diagonal])
                {
                    x++;
                }

                reach[zero + diagonal] = x;
                if (x >= old.Length && x - diagonal >= now.Length)
                {
                    return Trace(old, now, trace);
                }
            }

            trace.Add(reach[(zero - differences - 1)..(zero + differences + 2)]);
        }

        return old.Select(line => ('-', line)).Concat(now.Select(line => ('+', line)));
    }

    // Back from the end: each step of the trace holds how far each diagonal reached with one difference less.
    private static List<(char Sign, string Line)> Trace(string[] old, string[] now, List<int[]> trace)
    {
        var script = new List<(char Sign, string Line)>();
        var (x, y) = (old.Length, now.Length);
        for (var differences = trace.Count; differences > 0; differences--)
        {
            var reach = trace[differences - 1];
            var diagonal = x - y;
            int At(int of) => of + differences is >= 0 and var index && index < reach.Length ? reach[index] : -1;
            var isDown = diagonal == -differences || (diagonal != differences && At(diagonal - 1) < At(diagonal + 1));
            var fromX = isDown ? At(diagonal + 1) : At(diagonal - 1);
            var fromY = fromX - (isDown ? diagonal + 1 : diagonal - 1);
            var (startX, startY) = isDown ? (fromX, fromY + 1) : (fromX + 1, fromY);
            while (x > startX && y > startY)
            {
                script.Add((' ', old[--x]));
                y--;
            }

            script.Add(isDown ? ('+', now[fromY]) : ('-', old[fromX]));
            (x, y) = (fromX, fromY);
        }

        while (x > 0)
        {
            script.Add((' ', old[--x]));
        }

        script.Reverse();
        return script;
    }

    private static string[] Lines(string text)
    {
        var lines = text.Split('\n').Select(line => line + "\n").ToArray();
        lines[^1] = lines[^1][..^1];
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
