namespace Comptroller.Bench;

/// <summary>One reading of a Prometheus text page.</summary>
internal sealed class MetricsPage
{
    private readonly List<(string Series, double Value)> _samples;

    private MetricsPage(List<(string, double)> samples) => _samples = samples;

    public static async Task<MetricsPage> ReadAsync(HttpClient client, Uri address, CancellationToken cancellationToken)
    {
        var text = await client.GetStringAsync(address, cancellationToken);
        var samples = new List<(string, double)>();
        foreach (var line in text.Split('\n'))
        {
            var space = line.LastIndexOf(' ');
            if (space > 0 && line[0] != '#' && double.TryParse(line[(space + 1)..], out var value))
            {
                samples.Add((line[..space], value));
            }
        }

        return new MetricsPage(samples);
    }

    /// <summary>Sum of the series of one metric whose labels contain all of <paramref name="labels"/>, such as <c>verb="LIST"</c>.</summary>
    public double Sum(string metric, params string[] labels) =>
        _samples
            .Where(sample => (sample.Series == metric || sample.Series.StartsWith(metric + "{", StringComparison.Ordinal))
                && labels.All(label => sample.Series.Contains(label, StringComparison.Ordinal)))
            .Sum(sample => sample.Value);

    /// <summary>Values of one metric by some of its labels, joined by <c>|</c> in the order given.</summary>
    public Dictionary<string, double> ByAll(string metric, params string[] labels)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (series, value) in _samples.Where(sample => sample.Series.StartsWith(metric + "{", StringComparison.Ordinal)))
        {
            var key = string.Join('|', labels.Select(label => Label(series, label)));
            sums[key] = sums.GetValueOrDefault(key) + value;
        }

        return sums;
    }

    private static string Label(string series, string name)
    {
        var marker = name + "=\"";
        // The name of one label may end another's: "resource" is in "subresource".
        var start = series.IndexOf("{" + marker, StringComparison.Ordinal);
        start = start < 0 ? series.IndexOf("," + marker, StringComparison.Ordinal) : start;
        if (start < 0)
        {
            return "";
        }

        start += marker.Length + 1;
        return series[start..series.IndexOf('"', start)];
    }
}
