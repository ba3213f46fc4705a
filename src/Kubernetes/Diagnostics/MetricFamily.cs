using System.Diagnostics.Metrics;
using System.Text;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>All time series of one metric name.</summary>
internal sealed class MetricFamily
{
    /// <summary>Upper bounds for a histogram whose instrument names none: Prometheus' own default, in seconds.</summary>
    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock gate = new();
    private readonly string name;
    private readonly string help;
    private readonly string type;
    private readonly bool absolute;
    private readonly double[]? bounds;
    private readonly Dictionary<int, Series> byHash = [];
    private readonly SortedDictionary<string, Series> byLabels = new(StringComparer.Ordinal);

    public MetricFamily(string name, Instrument instrument)
    {
        this.name = name;
        help = instrument.Description ?? "";
        var shape = instrument.GetType().GetGenericTypeDefinition();
        absolute = instrument.IsObservable || shape == typeof(Gauge<>);
        type = shape == typeof(Counter<>) || shape == typeof(ObservableCounter<>) ? "counter"
            : shape == typeof(Histogram<>) ? "histogram"
            : "gauge";
        if (type == "histogram")
        {
            bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } ? [.. advised] : DefaultBounds;
        }
    }

    public void Measure(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        lock (gate)
        {
            var series = SeriesOf(tags);
            series.Fresh = true;
            if (bounds is not null)
            {
                series.Sum += value;
                var bucket = Array.BinarySearch(bounds, value);
                series.Buckets![bucket < 0 ? ~bucket : bucket]++;
            }
            else if (absolute)
            {
                series.Value = value;
            }
            else
            {
                series.Value += value;
            }
        }
    }

    /// <summary>Observed values count only when they are reported again.</summary>
    public void StartScrape()
    {
        lock (gate)
        {
            foreach (var series in byLabels.Values)
            {
                series.Fresh = !absolute || type == "histogram";
            }
        }
    }

    public void Render(StringBuilder text)
    {
        lock (gate)
        {
            if (!byLabels.Values.Any(series => series.Fresh))
            {
                return;
            }

            text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            foreach (var series in byLabels.Values)
            {
                if (!series.Fresh)
                {
                    continue;
                }

                if (bounds is null)
                {
                    Line(text, "", series.Labels, null, series.Value);
                }
                else
                {
                    RenderHistogram(text, series);
                }
            }
        }
    }

    /// <summary>Makes a name that Prometheus accepts: dots and dashes become underscores.</summary>
    public static string Sanitize(string name)
    {
        var valid = new StringBuilder(name.Length);
        foreach (var c in name)
        {
            valid.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_');
        }

        return char.IsAsciiDigit(valid[0]) ? $"_{valid}" : valid.ToString();
    }

    private void RenderHistogram(StringBuilder text, Series series)
    {
        long count = 0;
        for (var i = 0; i < series.Buckets!.Length; i++)
        {
            count += series.Buckets[i];
            Line(text, "_bucket", series.Labels, i < bounds!.Length ? PrometheusExporter.Format(bounds[i]) : "+Inf", count);
        }

        Line(text, "_sum", series.Labels, null, series.Sum);
        Line(text, "_count", series.Labels, null, count);
    }

    private void Line(StringBuilder text, string suffix, string labels, string? le, double value)
    {
        text.Append(name).Append(suffix);
        if (labels.Length > 0 || le is not null)
        {
            text.Append('{').Append(labels);
            if (le is not null)
            {
                text.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(le).Append('"');
            }

            text.Append('}');
        }

        text.Append(' ').Append(PrometheusExporter.Format(value)).Append('\n');
    }

    /// <summary>Finds the series without rendering its labels: measuring is on the hot path, rendering is not.</summary>
    private Series SeriesOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = default(HashCode);
        foreach (var (key, value) in tags)
        {
            hash.Add(key);
            hash.Add(value);
        }

        var code = hash.ToHashCode();
        for (var series = byHash.GetValueOrDefault(code); series is not null; series = series.Next)
        {
            if (Same(series.Tags, tags))
            {
                return series;
            }
        }

        var labels = RenderLabels(tags);
        // The same labels in another order are the same series: it gets a second way in.
        var known = byLabels.GetValueOrDefault(labels);
        var created = new Series(tags.ToArray(), labels, bounds is null ? null : new long[bounds.Length + 1]);
        if (known is null)
        {
            byLabels.Add(labels, created);
            created.Next = byHash.GetValueOrDefault(code);
            byHash[code] = created;
            return created;
        }

        return known;
    }

    private static bool Same(KeyValuePair<string, object?>[] known, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (known.Length != tags.Length)
        {
            return false;
        }

        for (var i = 0; i < known.Length; i++)
        {
            if (known[i].Key != tags[i].Key || !Equals(known[i].Value, tags[i].Value))
            {
                return false;
            }
        }

        return true;
    }

    private static string RenderLabels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var sorted = tags.ToArray();
        Array.Sort(sorted, static (left, right) => string.CompareOrdinal(left.Key, right.Key));
        var text = new StringBuilder();
        foreach (var (key, value) in sorted)
        {
            text.Append(text.Length > 0 ? "," : "").Append(Sanitize(key).Replace(':', '_')).Append("=\"");
            foreach (var c in Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "")
            {
                _ = c switch
                {
                    '\\' => text.Append("\\\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    _ => text.Append(c),
                };
            }

            text.Append('"');
        }

        return text.ToString();
    }

    private sealed class Series(KeyValuePair<string, object?>[] tags, string labels, long[]? buckets)
    {
        public KeyValuePair<string, object?>[] Tags { get; } = tags;
        public string Labels { get; } = labels;
        public long[]? Buckets { get; } = buckets;
        public double Value { get; set; }
        public double Sum { get; set; }
        public bool Fresh { get; set; }
        public Series? Next { get; set; }
    }
}
