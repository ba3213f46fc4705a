using System.Diagnostics.Metrics;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Operator.Workloads;

/// <summary>
/// What the statuses of a kind say, as gauges: a run's pod is gone before anybody could scrape it, and the status is not. Read from the cache
/// when somebody scrapes, also by a standby, so that a restart changes nothing and a deleted resource has none.
/// </summary>
/// <param name="meter">Name of the meter.</param>
/// <param name="items">All resources as they are now.</param>
/// <param name="namespaceLabel">Label with the namespace. Not "namespace": that would be the operator's own once Prometheus has scraped it.</param>
/// <param name="nameLabel">Label with the name.</param>
internal sealed class StatusGauges<T>(string meter, Func<IReadOnlyList<T>> items, string namespaceLabel, string nameLabel) : IDisposable
    where T : class, IKubernetesObject
{
    public Meter Meter { get; } = new(meter);

    public void Dispose() => Meter.Dispose();

    /// <summary>One series for each resource that has a value.</summary>
    public void Add(string name, string description, Func<T, double?> read) => Meter.CreateObservableGauge(name, () => Observe(read), unit: null, description);

    /// <summary>Several series for each resource, told apart by labels.</summary>
    public void AddMany(string name, string description, Func<T, IEnumerable<(double Value, KeyValuePair<string, object?>[] Labels)>> read) =>
        Meter.CreateObservableGauge(
            name,
            () => from item in items()
                  from each in read(item)
                  select new Measurement<double>(each.Value, [new(namespaceLabel, item.Metadata.Namespace), new(nameLabel, item.Metadata.Name), .. each.Labels]),
            unit: null, description);

    /// <summary>1, 0, or null when a condition is unknown or absent.</summary>
    public static double? Truth(IReadOnlyList<Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(each => each.Type == type)?.Status switch { "True" => 1, "False" => 0, _ => null };

    public static double? Seconds(DateTimeOffset? time) => time?.ToUnixTimeSeconds();

    private List<Measurement<double>> Observe(Func<T, double?> read)
    {
        var measurements = new List<Measurement<double>>();
        foreach (var item in items())
        {
            if (read(item) is { } value)
            {
                measurements.Add(new Measurement<double>(value, new(namespaceLabel, item.Metadata.Namespace), new(nameLabel, item.Metadata.Name)));
            }
        }

        return measurements;
    }
}
