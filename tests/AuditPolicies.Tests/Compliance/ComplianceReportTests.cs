using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Tests.Linting;

namespace Comptroller.AuditPolicies.Tests.Compliance;

public sealed class ComplianceReportTests
{
    [Theory]
    [InlineData("Forensic", "Both are met")]
    [InlineData("Baseline", "CIS is followed")]
    public void What_CIS_and_the_STIG_disagree_on_is_shown_with_where_a_profile_stands(string profile, string here) =>
        Conflicts(Postures.OfProfile(profile).Policy, Standard.All).Single().Here.ShouldStartWith(here);

    [Theory]
    [InlineData("""[{"level": "RequestResponse"}]""", "STIG is followed")]
    [InlineData("""[{"level": "Request"}]""", "Neither is followed")]
    public void So_it_is_with_policies_of_ones_own(string rules, string here) =>
        Conflicts(Policies.Of(rules), Standard.All).Single().Here.ShouldStartWith(here);

    [Fact]
    public void Who_follows_one_of_them_only_hears_of_no_conflict() =>
        Conflicts(Postures.OfProfile("Baseline").Policy, Standard.All.Where(standard => standard.Name != "STIG")).ShouldBeEmpty();

    [Fact]
    public void Both_files_and_the_policy_report_count_alike()
    {
        var report = ComplianceReport.Of(Postures.OfProfile("Baseline"), Standard.All);

        var json = ReportFiles.Json(report, "audit/production", "abc");
        var controls = json["standards"]!.AsArray().SelectMany(standard => standard!["controls"]!.AsArray()).ToList();
        var summary = PolicyReport.Render(report, "openreports.io/v1alpha1", "Report", "production-compliance", new JsonObject { ["namespace"] = "audit" });
        var results = summary["results"]!.AsArray();
        var rows = ReportFiles.Markdown(report, "audit/production", "abc").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Skip(1).ToList();

        foreach (var (result, word) in new[] { ("Pass", "pass"), ("Fail", "fail"), ("Manual", "skip") })
        {
            var count = controls.Count(control => (string)control!["result"]! == result);
            count.ShouldBeGreaterThan(0);
            json["standards"]!.AsArray().Sum(standard => (int)standard![result.ToLowerInvariant()]!).ShouldBe(count);
            ((int)summary["summary"]![word]!).ShouldBe(count);
            results.Count(entry => (string)entry!["result"]! == word).ShouldBe(count);
            rows.Count(row => row.Contains($" | {result} | ", StringComparison.Ordinal)).ShouldBe(count);
        }

        results.Count.ShouldBe(controls.Count);
        ((string)summary["metadata"]!["namespace"]!).ShouldBe("audit");
    }

    [Fact]
    public void Equal_postures_give_equal_text() =>
        ReportFiles.Markdown(ComplianceReport.Of(Postures.OfProfile("Strict"), Standard.All), "a/b", "c")
            .ShouldBe(ReportFiles.Markdown(ComplianceReport.Of(Postures.OfProfile("Strict"), Standard.All), "a/b", "c"));

    [Fact]
    public void A_name_from_the_policy_cannot_break_the_table()
    {
        var policy = Policies.Of("""[{"level": "None", "users": ["a|b\n## c <script>"]}, {"level": "Metadata"}]""");

        var text = ReportFiles.Markdown(ComplianceReport.Of(Postures.Sound(policy), Standard.All), "audit/production", "abc");

        text.ShouldContain("a\\|b ## c &lt;script>");
        text.ShouldNotContain("\n## c ", Case.Sensitive);
    }

    [Fact]
    public void Evidence_stays_small_however_many_exceptions_there_are()
    {
        var exceptions = string.Join(",", Enumerable.Range(0, 900).Select(index => $$"""{"level": "None", "users": ["user-{{index}}"]}"""));

        var report = ComplianceReport.Of(Postures.Sound(Policies.Of($$"""[{{exceptions}}, {"level": "Metadata"}]""")), Standard.All);

        report.Standards.SelectMany(verdict => verdict.Controls).Max(control => control.Judgement.Evidence.Length).ShouldBeLessThan(64);
        ReportFiles.Json(report, "a/b", "c").ToJsonString().Length.ShouldBeLessThan(256 * 1024);
    }

    private static ImmutableArray<Conflict> Conflicts(Policy policy, IEnumerable<Standard> standards) => ComplianceReport.Of(Postures.Sound(policy), standards).Conflicts;
}
