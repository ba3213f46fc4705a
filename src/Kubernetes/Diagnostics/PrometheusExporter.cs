using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>
/// Collects the measurements of chosen meters and renders them in the Prometheus text format 0.0.4. Create it before the
/// instruments are used: what was measured earlier is not seen.
/// </summary>
public sealed class PrometheusExporter : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener listener = new();
    private readonly Lock gate = new();
    private readonly Lock scraping = new();
    private readonly SortedDictionary<string, MetricFamily> families = new(StringComparer.Ordinal);

    /// <param name="includes">Which meters to serve; null means those of this product.</param>
    public PrometheusExporter(Func<Meter, bool>? includes = null)
    {
        includes ??= meter => meter.Name.StartsWith("Comptroller.", StringComparison.Ordinal);
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (includes(instrument.Meter))
            {
                self.EnableMeasurementEvents(instrument, FamilyOf(instrument));
            }
        };
        listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => Measure(family, value, tags));
        listener.SetMeasurementEventCallback<float>(static (_, value, tags, family) => Measure(family, value, tags));
        listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => Measure(family, value, tags));
        listener.SetMeasurementEventCallback<int>(static (_, value, tags, family) => Measure(family, value, tags));
        listener.Start();
    }

    /// <summary>The page. One scrape at a time: the start of a second one would hide the gauges that the first has just measured.</summary>
    public string Render()
    {
        lock (scraping)
        {
            return Scrape();
        }
    }

    public void Dispose() => listener.Dispose();

    private string Scrape()
    {
        MetricFamily[] all;
        lock (gate)
        {
            all = [.. families.Values];
        }

        foreach (var family in all)
        {
            family.StartScrape();
        }

        listener.RecordObservableInstruments();
        var text = new StringBuilder(16 * 1024);
        foreach (var family in all)
        {
            family.Render(text);
        }

        return text.ToString();
    }

    private MetricFamily FamilyOf(Instrument instrument)
    {
        var name = MetricFamily.Sanitize(instrument.Name);
        lock (gate)
        {
            if (!families.TryGetValue(name, out var family))
            {
                families.Add(name, family = new MetricFamily(name, instrument));
            }

            return family;
        }
    }

    /// <summary>An instrument whose meter is disposed while it is read comes without its family, and would fail the whole scrape.</summary>
    private static void Measure(object? family, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) => (family as MetricFamily)?.Measure(value, tags);

    internal static string Format(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
