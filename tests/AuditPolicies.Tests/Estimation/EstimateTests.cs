using Comptroller.AuditPolicies.Estimation;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Replay;

namespace Comptroller.AuditPolicies.Tests.Estimation;

/// <summary>Worked examples, computed by hand.</summary>
public sealed class EstimateTests
{
    // 500 events a second of 1 013 bytes: 43.2 million events and 43.8 GB a day.
    private static readonly AuditVolume AllAtMetadata = new(500, 500 * EventSizes.Mean(Level.Metadata), false, "");

    [Fact]
    public void Five_hundred_requests_a_second_at_metadata_are_44_gigabytes_a_day_and_290_to_395_in_90_days()
    {
        var estimate = StorageEstimate.Of(AllAtMetadata, new StorageOptions());

        estimate.EventsPerSecond.ShouldBe(500);
        (estimate.BytesPerDay / 1e9).ShouldBe(43.76, 0.01);
        (estimate.NodeBytesPerDay / 1e9).ShouldBe(14.59, 0.01);
        (estimate.NodeBytesPerDay / 24 / 1e6).ShouldBe(608, 1);
        (estimate.CentralMeasured / 1e9).ShouldBe(291.7, 0.1);
        (estimate.CentralPlanned / 1e9).ShouldBe(393.9, 0.1);
        (estimate.CentralDisk / 1e9).ShouldBe(472.6, 0.1);
    }

    [Theory]
    [InlineData(3, 100, 0.69)] // 4 files of 100 MiB: 41 minutes
    [InlineData(null, null, 1.897)] // Talos: 11 files of 100 MiB
    [InlineData(973, 100, 168)] // 974 files, 102 GB, are what a week takes
    public void The_history_on_a_node_follows_from_rotation(int? backups, int? megabytes, double hours)
    {
        var estimate = StorageEstimate.Of(AllAtMetadata, new StorageOptions { Log = new LogSettings { MaxBackups = backups, MaxSizeMegabytes = megabytes } });

        estimate.LocalHistory.TotalHours.ShouldBe(hours, hours * 0.005);
        estimate.BusiestLocalHistory.TotalHours.ShouldBe(hours / 1.5, hours * 0.005);
    }

    [Fact]
    public void The_history_on_a_node_is_never_longer_than_the_maximum_age()
    {
        var quiet = new AuditVolume(0.001, 1, false, "");

        StorageEstimate.Of(quiet, new StorageOptions()).LocalHistory.ShouldBe(TimeSpan.FromDays(30));
        StorageEstimate.Of(quiet with { BytesPerSecond = 0 }, new StorageOptions { Log = new LogSettings { MaxAgeDays = 7 } }).LocalHistory.ShouldBe(TimeSpan.FromDays(7));
    }

    [Fact]
    public void Compressing_saves_disk_on_the_node_and_nothing_else()
    {
        var plain = StorageEstimate.Of(AllAtMetadata, new StorageOptions());
        var compressed = StorageEstimate.Of(AllAtMetadata, new StorageOptions { Log = new LogSettings { Compress = true } });

        plain.LocalDisk.ShouldBe(11 * 100 * 1_048_576.0);
        compressed.LocalDisk.ShouldBe((100 + (1000 / 12.0)) * 1_048_576, 1);
        compressed.ShouldBe(plain with { LocalDisk = compressed.LocalDisk });
    }

    [Fact]
    public void Typical_requests_at_metadata_agree_with_the_measured_mean()
    {
        TypicalTraffic.Requests.Sum(request => request.Share).ShouldBe(1, 1e-9);

        var volume = AuditVolume.OfRequests(RecordedLog.Everything(Level.Metadata) with { OmitStages = Stages.RequestReceived }, 500);

        volume.EventsPerSecond.ShouldBe(510, 0.001); // 2 % are watches, which are written twice
        (volume.BytesPerSecond / volume.EventsPerSecond).ShouldBe(1_013, 30);
        (volume.BytesPerSecond * 86_400 / 1e9).ShouldBe(44, 2);
    }

    [Fact]
    public void What_is_not_recorded_costs_nothing_and_a_stage_that_is_left_in_doubles_the_lines()
    {
        var everything = RecordedLog.Everything(Level.Metadata);
        var none = AuditVolume.OfRequests(RecordedLog.Everything(Level.None), 100);
        var once = AuditVolume.OfRequests(everything with { OmitStages = Stages.RequestReceived | Stages.ResponseStarted }, 100);
        var twice = AuditVolume.OfRequests(everything with { OmitStages = Stages.ResponseStarted }, 100);
        var quiet = AuditVolume.OfRequests(everything with { OmitStages = Stages.RequestReceived, Rules = [Silent("leases"), .. everything.Rules] }, 100);

        (none.EventsPerSecond, none.BytesPerSecond).ShouldBe((0, 0));
        once.EventsPerSecond.ShouldBe(100, 1e-6);
        twice.EventsPerSecond.ShouldBe(200, 1e-6);
        quiet.EventsPerSecond.ShouldBe(74, 1e-6); // 28 % are leases, and the watches count twice
    }

    [Fact]
    public void A_log_gives_its_bytes_over_its_period()
    {
        var first = RecordedLog.Event("get", "\"resource\":\"pods\"");
        var last = first.Replace("00:19:32.103971Z", "00:20:12.103971Z", StringComparison.Ordinal);

        var volume = AuditVolume.OfLog(RecordedLog.Replay($"{last}\n{first}\n", RecordedLog.Everything(Level.Metadata)))!;

        volume.EventsPerSecond.ShouldBe(2 / 40.0);
        volume.BytesPerSecond.ShouldBe((first.Length + last.Length + 2) / 40.0);
        volume.IsLowerBound.ShouldBeFalse();
        volume.Basis.ShouldBe("2 recorded events over 40 seconds; less than a day does not show how load changes over it");
    }

    [Fact]
    public void A_log_without_a_period_gives_nothing()
    {
        AuditVolume.OfLog(RecordedLog.Replay(RecordedLog.Event("get", "\"resource\":\"pods\""), RecordedLog.Everything(Level.Metadata))).ShouldBeNull();
        AuditVolume.OfLog(RecordedLog.Replay("", RecordedLog.Everything(Level.Metadata))).ShouldBeNull();
    }

    [Fact]
    public void Bodies_that_were_not_recorded_make_it_a_lower_bound()
    {
        var volume = AuditVolume.OfLog(RecordedLog.Replay(RecordedLog.Text, RecordedLog.Everything(Level.RequestResponse)))!;

        volume.IsLowerBound.ShouldBeTrue();
        volume.Basis.ShouldContain("a lower bound");
    }

    private static PolicyRule Silent(string resource) => new() { Level = Level.None, Resources = [new GroupResources { Group = "coordination.k8s.io", Resources = [resource] }] };
}
