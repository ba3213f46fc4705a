using Comptroller.Falcon.Reports;

namespace Comptroller.Falcon.Tests.Reports;

public sealed class RetentionTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;

    [Fact]
    public void Age_and_count_are_kept_by_type_and_files_of_others_are_left_alone()
    {
        string[] kept = ["policy-audit_2026-03-10_00-00-00_UTC.json", "policy-audit_2026-03-09_00-00-00_UTC.json.gz", "host-summary_2026-03-10_00-00-00_UTC_2.json", "notes.json", "policy-audit_yesterday.json", "policy-audit_2026-02-31_00-00-00_UTC.json"];
        string[] gone = ["policy-audit_2026-03-08_00-00-00_UTC.json", "host-summary_2026-01-31_00-00-00_UTC.json", "report_2026-01-30_00-00-00_UTC.html"];
        foreach (var name in kept.Concat(gone))
        {
            File.WriteAllText(Path.Combine(_directory, name), "{}");
        }

        var deleted = Retention.Apply(_directory, new DateTimeOffset(2026, 3, 10, 12, 0, 0, TimeSpan.Zero), TimeSpan.FromDays(30), 2);
        deleted.Select(Path.GetFileName).ShouldBe(gone, ignoreOrder: true);
        Directory.EnumerateFiles(_directory).Select(Path.GetFileName).ShouldBe(kept, ignoreOrder: true);
        Retention.Apply(Path.Combine(_directory, "none"), DateTimeOffset.UnixEpoch, TimeSpan.Zero, 1).ShouldBeEmpty();
    }

    [Fact]
    public void A_cell_that_a_spreadsheet_would_run_is_disarmed() =>
        Csv.Line("=cmd()", "-1", "a,b", "say \"hi\"", null).ShouldBe("'=cmd(),'-1,\"a,b\",\"say \"\"hi\"\"\",");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
