namespace Comptroller.Falcon.Reports;

/// <summary>Comma separated values by RFC 4180. A host may choose its name: a cell that a spreadsheet would run as a formula is disarmed.</summary>
public static class Csv
{
    /// <summary>One line, without its end.</summary>
    public static string Line(params IEnumerable<string?> cells) => string.Join(',', cells.Select(cell => Cell(cell ?? "")));

    private static string Cell(string text)
    {
        if (text.Length > 0 && (text[0] is '=' or '+' or '-' or '@' or '\t' or '\r'))
        {
            text = $"'{text}";
        }

        return text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}
