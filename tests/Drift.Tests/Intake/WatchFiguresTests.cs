using System.Diagnostics.Metrics;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Tests.Intake;

public sealed class WatchFiguresTests
{
    [Fact]
    public void Drifts_of_two_types_are_two_series_since_one_would_hide_the_other()
    {
        using var figures = new WatchFigures();
        figures.Standing(
        [
            new DriftCount(DriftStatus.Open, Severity.High, FindingKind.Modified, "aws", "aws_some_type", 3),
            new DriftCount(DriftStatus.Open, Severity.High, FindingKind.Modified, "aws", "aws_other_type", 5),
        ]);
        var seen = Measured("driftwatch_drifts");
        seen["provider=aws type=aws_some_type kind=modified severity=high status=open"].ShouldBe(3);
        seen["provider=aws type=aws_other_type kind=modified severity=high status=open"].ShouldBe(5);
    }

    [Fact]
    public void Each_state_says_when_it_was_last_current_and_one_that_never_was_says_nothing()
    {
        using var figures = new WatchFigures();
        figures.Refreshed([new StateSourceStatus("figures-fresh", 7, "l", 2, Given.Now, null), new StateSourceStatus("figures-never", null, null, 0, null, "403")], Given.Now);
        var seen = Measured("driftwatch_state_last_success_timestamp_seconds");
        seen["state=figures-fresh"].ShouldBe(Given.Now.ToUnixTimeSeconds());
        seen.ShouldNotContainKey("state=figures-never");
    }

    // Other tests of this process have meters of the same name.
    private static Dictionary<string, double> Measured(string name)
    {
        var seen = new Dictionary<string, double>(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == name)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => seen.TryAdd(Named(tags), value));
        listener.SetMeasurementEventCallback<double>((_, value, tags, _) => seen.TryAdd(Named(tags), value));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    private static string Named(ReadOnlySpan<KeyValuePair<string, object?>> tags) => string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"));
}
