using System.Diagnostics.Metrics;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>One observed gauge with many label sets, each read only when somebody scrapes: no cost while nobody looks.</summary>
public sealed class GaugeSet
{
    private readonly Lock gate = new();
    private readonly List<(Func<double> Read, KeyValuePair<string, object?>[] Tags)> sources = [];

    internal GaugeSet(Meter meter, string name, string description) =>
        meter.CreateObservableGauge(name, Observe, unit: null, description);

    public void Add(Func<double> read, params KeyValuePair<string, object?>[] tags)
    {
        lock (gate)
        {
            sources.Add((read, tags));
        }
    }

    private IEnumerable<Measurement<double>> Observe()
    {
        lock (gate)
        {
            return sources.ConvertAll(source => new Measurement<double>(source.Read(), source.Tags));
        }
    }
}
