using System.Text;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>Columns in plain text: the first and the last one flush left, numbers between them flush right.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> _rows = [heads];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void AppendTo(StringBuilder text)
    {
        var widths = heads.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            var line = row.Select((cell, column) => column == 0 || column == row.Length - 1 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]));
            text.Append("  ").Append(string.Join("  ", line).TrimEnd()).Append('\n');
        }
    }
}
