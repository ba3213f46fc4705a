using Spectre.Console;

namespace Comptroller.Bench;

/// <summary>The table that a benchmark ends with.</summary>
internal sealed class Figures(string title)
{
    private readonly Table _table = new Table().Border(TableBorder.Markdown).AddColumn("Figure").AddColumn(new TableColumn("Value").RightAligned()).AddColumn("Note");

    public void Add(string name, string value, string note = "") => _table.AddRow(Markup.Escape(name), Markup.Escape(value), Markup.Escape(note));

    public void Print()
    {
        Console.WriteLine(title);
        AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(_table);
    }
}
