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

    /// <summary>Values of one metric by one label.</summary>
    public Dictionary<string, double> By(string metric, string label)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (series, value) in _samples.Where(sample => sample.Series.StartsWith(metric + "{", StringComparison.Ordinal)))
        {
            var start = series.IndexOf(label + "=\"", StringComparison.Ordinal);
            if (start >= 0)
            {
                start += label.Length + 2;
                var key = series[start..series.IndexOf('"', start)];
                sums[key] = sums.GetValueOrDefault(key) + value;
            }
        }

        return sums;
    }
}
