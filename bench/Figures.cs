using Spectre.Console;

namespace Comptroller.Bench;

/// <summary>The table that a benchmark ends with. Each figure is told on standard error when it is taken: one that is cut off has said what it knew.</summary>
internal sealed class Figures(string title)
{
    private readonly Table _table = new Table().Border(TableBorder.Markdown).AddColumn("Figure").AddColumn(new TableColumn("Value").RightAligned()).AddColumn("Note");

    public void Add(string name, string value, string note = "")
    {
        Console.Error.WriteLine($"{name}: {value}{(note.Length > 0 ? $" ({note})" : "")}");
        _table.AddRow(Markup.Escape(name), Markup.Escape(value), Markup.Escape(note));
    }

    public void Print()
    {
        Console.WriteLine(title);
        AnsiConsole.Profile.Width = 200;
        AnsiConsole.Write(_table);
    }
}
