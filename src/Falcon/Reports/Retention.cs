using System.Globalization;
using System.Text.RegularExpressions;

namespace Comptroller.Falcon.Reports;

/// <summary>Deletes old reports: by age, and by count of each type. Touches nothing that is not named like a report.</summary>
public static partial class Retention
{
    /// <summary>Deletes what is too old or too many.</summary>
    /// <param name="directory">Where reports are; files below it are not looked at.</param>
    /// <param name="now">The time.</param>
    /// <param name="maxAge">Older ones go.</param>
    /// <param name="maxPerType">Of each type the newest stay; 0 for any number.</param>
    /// <returns>Paths of what was deleted.</returns>
    public static IReadOnlyList<string> Apply(string directory, DateTimeOffset now, TimeSpan maxAge, int maxPerType)
    {
        var deleted = new List<string>();
        if (!Directory.Exists(directory))
        {
            return deleted;
        }

        var reports = Directory.EnumerateFiles(directory)
            .Select(path => (Path: path, Match: Name().Match(Path.GetFileName(path))))
            .Where(file => file.Match.Success)
            .Select(file => (file.Path, Type: file.Match.Groups["type"].Value, At: Time(file.Match)))
            .Where(file => file.At is not null)
            .GroupBy(file => file.Type, StringComparer.Ordinal);
        foreach (var type in reports)
        {
            var newestFirst = type.OrderByDescending(file => file.At).ThenByDescending(file => file.Path, StringComparer.Ordinal).ToList();
            for (var i = 0; i < newestFirst.Count; i++)
            {
                if (now - newestFirst[i].At!.Value > maxAge || (maxPerType > 0 && i >= maxPerType))
                {
                    File.Delete(newestFirst[i].Path);
                    deleted.Add(newestFirst[i].Path);
                }
            }
        }

        return deleted;
    }

    /// <summary>Whether a file is named as a report is.</summary>
    internal static bool IsReport(string name) => Name().IsMatch(name);

    // By the name, not by the time of the file: a restored backup does not make reports new.
    private static DateTimeOffset? Time(Match match) => DateTimeOffset.TryParseExact(
        match.Groups["at"].Value, "yyyy-MM-dd_HH-mm-ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;

    [GeneratedRegex(@"^(?<type>policy-audit|host-summary|host-details|metrics|sca-scan|report)_(?<at>[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])_([01][0-9]|2[0-3])-[0-5][0-9]-[0-5][0-9])_[A-Za-z0-9+-]+(_[0-9]+)?\.(json|json\.gz|html)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Name();
}
