using System.Text;

namespace Comptroller.CrdGen;

/// <summary>Descriptions in lines, as CRDs of the field have them: a changed word is a changed line, and kubectl explain fits a terminal.</summary>
internal static class Prose
{
    /// <summary>kubectl explain indents by up to six columns of eighty.</summary>
    private const int Width = 72;

    public static string Wrap(string text)
    {
        var wrapped = new StringBuilder();
        var column = 0;
        foreach (var word in text.Split(' '))
        {
            // A paragraph's end sits inside a word: "end.\n\nBegin".
            if (column > 0)
            {
                var breaks = column + 1 + word.Split('\n')[0].Length > Width;
                wrapped.Append(breaks ? '\n' : ' ');
                column = breaks ? 0 : column + 1;
            }

            wrapped.Append(word);
            var lastBreak = word.LastIndexOf('\n');
            column = lastBreak < 0 ? column + word.Length : word.Length - lastBreak - 1;
        }

        return wrapped.ToString();
    }

    /// <summary>The text before it was wrapped.</summary>
    public static string Unwrap(string text) => string.Join("\n\n", text.Split("\n\n").Select(paragraph => paragraph.Replace('\n', ' ')));
}
