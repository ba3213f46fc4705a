using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Comptroller.Sandbox.Tests.Kubectl;

/// <summary>
/// A golden file: lines that start with <c>$ </c> are commands, what follows is their output, with what differs from run to run masked.
/// Lines that start with <c># </c> before a command explain it.
/// </summary>
internal static partial class GoldenScript
{
    public static IEnumerable<(IReadOnlyList<string> Comments, string Command)> Commands(string text)
    {
        var comments = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                comments.Add(line);
            }
            else if (line.StartsWith("$ ", StringComparison.Ordinal))
            {
                yield return (comments, line[2..]);
                comments = [];
            }
        }
    }

    /// <summary>Runs every command of a golden file and writes the file anew.</summary>
    public static async Task<string> ReplayAsync(string text, KubectlSession session, CancellationToken cancellationToken)
    {
        var page = new StringBuilder();
        foreach (var (comments, command) in Commands(text))
        {
            var (output, exitCode) = await session.RunAsync(command, cancellationToken);
            page.Append(page.Length > 0 ? "\n" : "");
            comments.ForEach(comment => page.Append(comment).Append('\n'));
            page.Append("$ ").Append(command).Append('\n').Append(Mask(output, session.Address));
            page.Append(output.Length > 0 && !output.EndsWith('\n') ? "\n" : "");
            page.Append(exitCode == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[exit {exitCode}]\n"));
        }

        return page.ToString();
    }

    private static void ForEach(this IReadOnlyList<string> items, Action<string> action)
    {
        foreach (var item in items)
        {
            action(item);
        }
    }

    internal static string Mask(string output, Uri address)
    {
        var text = output.Replace(address.GetLeftPart(UriPartial.Authority), "<server>", StringComparison.Ordinal)
            .Replace(address.Authority, "<server>", StringComparison.Ordinal);
        text = Uid().Replace(text, "<uid>");
        text = Version().Replace(text, "${key}<rv>${end}");
        text = TimeStamp().Replace(text, "<time>");
        text = LocalTime().Replace(text, "<time>");
        text = ShortWatch().Replace(text, "");
        text = LogPrefix().Replace(text, "${level}<log> ");
        text = Token().Replace(text, "<token>");
        text = Certificate().Replace(text, "<certificate>");
        text = GeneratedName().Replace(text, "${prefix}<suffix>");
        text = TempFile().Replace(text, "<temp>");

        // An age changes the width of its column, so the gaps of such a line say nothing.
        return string.Concat(text.Split('\n').Select((line, i) => (i > 0 ? "\n" : "") + ((Age().IsMatch(line) && !Field().IsMatch(line)) || line.Contains("AGE", StringComparison.Ordinal)
            || line.Contains("LAST SEEN", StringComparison.Ordinal)
            ? Gap().Replace(Age().Replace(line, "<age>"), "   ").TrimEnd()
            : line)));
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Uid();

    [GeneratedRegex("(?<key>(resourceVersion\"?: \"?)|(Resource Version:\\s+)|(resourceVersion=))[0-9]+(?<end>\"?)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| [+-]\d{4} \S+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TimeStamp();

    [GeneratedRegex(@"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex LocalTime();

    [GeneratedRegex(@"^(?<level>[IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex LogPrefix();

    /// <summary>
    /// kubectl ends its watch when its own --timeout is over; whether it then also warns that the watch was short depends on which of its
    /// threads wakes first, against any server.
    /// </summary>
    [GeneratedRegex(@"^W\d{4} .*very short watch: .*\n", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex ShortWatch();

    [GeneratedRegex(@"eyJ[\w-]+\.[\w-]+\.[\w-]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Token();

    [GeneratedRegex(@"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex Certificate();

    [GeneratedRegex(@"(?<prefix>\bgenerated-)[bcdfghjklmnpqrstvwxz2456789]{5}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex GeneratedName();

    [GeneratedRegex(@"<directory>/(LIVE|MERGED|kubectl-edit)-[\w.-]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TempFile();

    [GeneratedRegex(@"(?<=^|\s{2,})(\d+(ms|s|m|h|d|y)){1,2}(?=\s|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Age();

    /// <summary>A line of <c>kubectl describe</c> that names one field.</summary>
    [GeneratedRegex(@"^\s*[A-Z][\w ]*: ", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Field();

    [GeneratedRegex(@" {2,}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Gap();
}
