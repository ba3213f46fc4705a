using System.Globalization;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;

namespace Comptroller.Drift.Reports;

/// <summary>A scan as a table, for people.</summary>
public static class TextReport
{
    private const int MostValue = 60;

    public static string Of(ScanReport report)
    {
        var text = new StringBuilder();
        if (report.Findings.Length > 0)
        {
            string[][] rows = [["SEVERITY", "KIND", "RESOURCE", "ATTRIBUTE", "CHANGE"], .. report.Findings.Select(Row)];
            var widths = Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length)).ToArray();
            foreach (var row in rows)
            {
                text.Append(string.Join("  ", row.Select((cell, column) => column < widths.Length ? cell.PadRight(widths[column]) : cell)).TrimEnd()).Append('\n');
            }

            text.Append('\n');
        }

        text.Append(Summary(report)).Append('\n');
        return text.ToString();
    }

    /// <summary>One line about the whole.</summary>
    public static string Summary(ScanReport report)
    {
        var parts = new List<string>
        {
            report.Drifted == 0 ? "no drift" : $"{report.Drifted} drifted {(report.Drifted == 1 ? "resource" : "resources")}",
            $"{report.Compared} compared",
        };
        if (report.Coverage is { } coverage)
        {
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"coverage {coverage * 100:0.#} %"));
        }

        parts.AddRange(report.Suppressed.Select(each => $"{each.Value} suppressed ({each.Key})"));
        return string.Join(", ", parts);
    }

    /// <summary>A finding in words.</summary>
    public static string Sentence(Finding finding) => finding.Kind switch
    {
        FindingKind.Unmanaged => $"{finding.Title} is in no Terraform state",
        FindingKind.Deleted => $"{finding.Title} ({finding.ResourceId}) is gone",
        _ when finding.Attribute == Finding.WholeResource => $"{finding.Title} was modified{(finding.Event is { } change ? $" by {change.Name}" : "")}",
        _ => $"{finding.Title}: {finding.Attribute}: {Short(finding.Old)} became {Short(finding.New)}",
    };

    internal static string Short(JsonElement value)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Undefined or JsonValueKind.Null => "nothing",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };
        // Values come from outside; control characters would speak to the terminal.
        text = new string([.. text.Select(character => char.IsControl(character) ? ' ' : character)]);
        return text.Length <= MostValue ? text : text[..(MostValue - 1)] + "…";
    }

    private static string[] Row(Finding finding) =>
    [
        finding.Severity.Name(),
        finding.Kind.Name(),
        finding.Title,
        finding.Attribute.StartsWith('(') ? "" : finding.Attribute,
        finding.Kind != FindingKind.Modified ? "" : finding.Attribute == Finding.WholeResource ? Short(finding.New) : $"{Short(finding.Old)} -> {Short(finding.New)}",
    ];
}
