using System.Diagnostics.Metrics;
using Comptroller.Kubernetes.Diagnostics;

namespace Comptroller.Kubernetes.Tests.Diagnostics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly Meter meter = new("tests");
    private readonly PrometheusExporter exporter;

    public PrometheusExporterTests() => exporter = new PrometheusExporter(each => each == meter);

    public void Dispose()
    {
        exporter.Dispose();
        meter.Dispose();
    }

    [Fact]
    public void Counters_add_up_per_label_set_whatever_the_order_of_the_labels()
    {
        var counter = meter.CreateCounter<long>("requests_total", null, "Requests");
        counter.Add(0, Tag("code", "500"));
        counter.Add(2, Tag("code", "200"), Tag("verb", "GET"));
        counter.Add(3, Tag("verb", "GET"), Tag("code", "200"));
        var text = Scrape();
        text.Types["requests_total"].ShouldBe("counter");
        text.Help["requests_total"].ShouldBe("Requests");
        text.Samples["requests_total{code=200,verb=GET}"].ShouldBe(5);
        text.Samples["requests_total{code=500}"].ShouldBe(0);
    }

    [Fact]
    public async Task Scrapes_at_the_same_time_all_see_every_gauge()
    {
        meter.CreateObservableGauge("leader", () => 1);
        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 200).Select(_ => exporter.Render()).ToList())));
        pages.SelectMany(page => page).ShouldAllBe(page => page.Contains("leader 1\n"));
    }

    [Fact]
    public void A_histogram_has_cumulative_buckets_with_the_advised_bounds_a_sum_and_a_count()
    {
        var histogram = meter.CreateHistogram(
            "time_seconds", null, "Time", tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 10, 99 })
        {
            histogram.Record(value, Tag("controller", "x"));
        }

        var text = Scrape();
        text.Types["time_seconds"].ShouldBe("histogram");
        text.Samples["time_seconds_bucket{controller=x,le=0.1}"].ShouldBe(2);
        text.Samples["time_seconds_bucket{controller=x,le=1}"].ShouldBe(3);
        text.Samples["time_seconds_bucket{controller=x,le=10}"].ShouldBe(4);
        text.Samples["time_seconds_bucket{controller=x,le=+Inf}"].ShouldBe(5);
        text.Samples["time_seconds_sum{controller=x}"].ShouldBe(109.65, 1e-9);
        text.Samples["time_seconds_count{controller=x}"].ShouldBe(5);
    }

    [Fact]
    public async Task A_meter_that_goes_during_a_scrape_takes_its_own_values_with_it_and_no_others()
    {
        var name = $"passing-{Guid.NewGuid()}";
        using var passing = new PrometheusExporter(each => each == meter || each.Name == name);
        meter.CreateObservableGauge("staying", () => 1.0, null, "Stays");
        using var stop = new CancellationTokenSource();
        var coming = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var one = new Meter(name);
                one.CreateObservableGauge("passing", () => 1.0, null, "Passes");
            }
        });
        for (var i = 0; i < 20_000; i++)
        {
            passing.Render().ShouldContain("staying 1");
        }

        await stop.CancelAsync();
        await coming;
    }

    [Fact]
    public void An_observed_gauge_shows_what_it_says_now_and_vanishes_when_it_says_nothing()
    {
        double? value = 3;
        meter.CreateObservableGauge("depth", () => value is { } now ? new Measurement<double>[] { new(now, Tag("name", "q")) } : [], null, "Depth");
        Scrape().Samples["depth{name=q}"].ShouldBe(3);
        value = 1;
        Scrape().Samples["depth{name=q}"].ShouldBe(1);
        value = null;
        exporter.Render().ShouldNotContain("depth");
    }

    [Fact]
    public void Names_and_label_values_are_escaped()
    {
        meter.CreateCounter<long>("http.requests-total", null, "a\\b\nc").Add(1, Tag("a.b", "q\"\\\n{}"));
        var text = Scrape();
        text.Samples["http_requests_total{a_b=q\"\\\n{}}"].ShouldBe(1);
        text.Help["http_requests_total"].ShouldBe("a\\\\b\\nc");
    }

    [Fact]
    public void Two_instruments_of_one_name_share_a_family()
    {
        meter.CreateCounter<long>("shared_total").Add(1, Tag("k", "a"));
        meter.CreateCounter<long>("shared_total").Add(1, Tag("k", "b"));
        Scrape().Samples.Count.ShouldBe(2);
    }

    [Fact]
    public void Other_meters_are_not_served()
    {
        using var other = new Meter("others");
        other.CreateCounter<long>("foreign_total").Add(1);
        exporter.Render().ShouldBeEmpty();
    }

    [Fact]
    public void Measuring_known_labels_allocates_nothing()
    {
        var counter = meter.CreateCounter<long>("hot_total");
        var tag = Tag("k", "v");
        counter.Add(1, tag);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            counter.Add(1, tag);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    [Fact]
    public void The_process_tells_its_cpu_memory_and_start_under_the_usual_names()
    {
        using var process = new PrometheusExporter(each => each.Name == ProcessMetrics.MeterName);
        using var metrics = new ProcessMetrics();
        var text = PrometheusText.Parse(process.Render());
        text.Types["process_cpu_seconds_total"].ShouldBe("counter");
        text.Samples["process_cpu_seconds_total{}"].ShouldBeGreaterThan(0);
        text.Samples["process_resident_memory_bytes{}"].ShouldBeGreaterThan(1e6);
        text.Samples["process_start_time_seconds{}"].ShouldBeGreaterThan(1.6e9);
        text.Samples.ShouldContainKey("dotnet_gc_collections_total{generation=2}");
    }

    private PrometheusText Scrape() => PrometheusText.Parse(exporter.Render());

    private static KeyValuePair<string, object?> Tag(string key, object? value) => new(key, value);
}
