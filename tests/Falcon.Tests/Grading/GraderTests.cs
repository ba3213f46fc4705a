using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Grading;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Tests.Grading;

/// <summary>Where the replaced tool fails open. The rest of grading is in testdata/cases.json.</summary>
public sealed class GraderTests
{
    [Theory]
    [InlineData("Windows")]
    [InlineData("Mac")]
    [InlineData("Linux")]
    public void A_disabled_prevention_policy_fails_on_every_platform(string platform)
    {
        var grade = Grade(PolicyType.Prevention, $$"""{"id": "p", "name": "p", "platform_name": "{{platform}}", "enabled": false, "prevention_settings": []}""");
        grade.Passed.ShouldBe(false);
        grade.Checks[0].SettingId.ShouldBe("enabled");
    }

    [Fact]
    public void Each_missing_setting_is_a_failed_check()
    {
        var grade = Grade(PolicyType.Prevention, """{"id": "p", "platform_name": "Linux", "enabled": true, "prevention_settings": []}""");
        grade.Checks.Select(check => check.SettingId).ShouldBe(["CloudAntiMalware", "OnSensorMLSlider"]);
        grade.Checks.ShouldAllBe(check => check.Failures[0].Actual!.ToString() == "MISSING");
        (grade.ChecksCount, grade.FailuresCount, grade.Score).ShouldBe((2, 2, 0));
    }

    [Theory]
    [InlineData("pause", "")]
    [InlineData("canary", "")]
    [InlineData("", "")]
    [InlineData("ga", "pause")]
    public void A_ring_that_does_not_deliver_fails_whatever_its_points(string ring, string value)
    {
        var settings = string.Join(',', new[] { "vulnerability_management", "system_critical", "sensor_operations", "rapid_response_al_bl_listing" }
            .Select(id => $$$"""{"id": "{{{id}}}", "ring_assignment": "{{{ring}}}", "delay_hours": "0", "pinned_content_version": "", "override": {"value": "{{{value}}}"}}"""));
        var grade = Grade(PolicyType.ContentUpdate, $$$"""{"id": "c", "platform_name": "all", "enabled": true, "settings": {"ring_assignment_settings": [{{{settings}}}]}}""");
        (grade.Passed, grade.FailuresCount).ShouldBe((false, 4));
    }

    [Theory]
    [InlineData("prevention", """{"id": "x", "platform_name": "Windows", "enabled": true, "prevention_settings": null}""")]
    [InlineData("prevention", """{"id": "x", "platform_name": "Windows", "enabled": true, "prevention_settings": {"a": 1}}""")]
    [InlineData("content_update", """{"id": "x", "platform_name": "all", "enabled": true, "settings": null}""")]
    [InlineData("it_automation", """{"id": "x", "target": "Linux", "is_enabled": true, "config": null}""")]
    [InlineData("ods_scheduled_scan", """{"id": "x", "schedule": null}""")]
    [InlineData("ods_scheduled_scan", """{"id": "x", "schedule": {"interval": 1}, "cloud_ml_level_detection": "high"}""")]
    [InlineData("response", """{"id": "x", "platform_name": "Windows", "enabled": true, "settings": [1]}""")]
    public void A_malformed_policy_fails_alone_and_says_where(string type, string policy)
    {
        PolicyType.TryParse(type, out var parsed).ShouldBeTrue();
        var grade = Grade(parsed!, policy);
        grade.Id.ShouldBe("x");
        (grade.Passed, grade.Status, grade.UngradableText, grade.Score).ShouldBe((false, "ungradable", "malformed", 0));
        grade.Checks.Single().Failures.Single().Minimum!.ToString().ShouldNotBeEmpty();
    }

    [Fact]
    public void A_policy_that_is_no_object_is_malformed() => Grade(PolicyType.Firewall, "[1]").UngradableText.ShouldBe("malformed");

    [Fact]
    public void A_scan_that_never_runs_fails()
    {
        var scan = """{"id": "s", "status": "scheduled", "schedule": {"interval": 0}, "cloud_ml_level_detection": 3, "sensor_ml_level_detection": 3, "cloud_ml_level_prevention": 3, "sensor_ml_level_prevention": 3, "cloud_pup_adware_level_prevention": 3, "quarantine": true}""";
        Grade(PolicyType.ScheduledScan, scan).Checks.Single(check => !check.Passed).SettingId.ShouldBe("schedule.interval");
    }

    [Fact]
    public void Every_check_of_a_firewall_policy_is_counted()
    {
        var policy = """{"id": "f", "platform_name": "Windows", "enabled": true}""";
        var grade = Grader.Grade(PolicyType.Firewall, JsonElement.Parse(policy), GradingFiles.BuiltIn[PolicyType.Firewall],
            JsonElement.Parse("""{"default_inbound": "ALLOW", "enforce": true, "test_mode": false}"""));
        (grade.ChecksCount, grade.FailuresCount, grade.Score).ShouldBe((4, 1, 75));
    }

    [Theory]
    [InlineData(3, 1, 66.67)]
    [InlineData(32, 31, 3.12)]
    [InlineData(32, 29, 9.38)]
    [InlineData(0, 0, 0)]
    public void Scores_are_rounded_half_to_even(int checks, int failures, double score) => Scores.Percent(checks, failures).ShouldBe(score);

    [Fact]
    public void A_grading_file_with_mistakes_names_all_of_them()
    {
        var file = """
            {"prevention_policies": [{"platform_name": "Windows", "enabeld": true, "prevention_settings": [{"settings": [{"id": "A", "value": {"detection": "EXTREME"}}]}]},
             {"platform_name": 7, "enabled": "yes"}], "metadata": {"version": "2"}}
            """;
        var error = Should.Throw<GradingFileException>(() => GradingFile.Read(PolicyType.Prevention, Encoding.UTF8.GetBytes(file), "p.json"));
        error.Problems.ShouldBe(
        [
            "p.json: prevention_policies[0].enabeld: unknown key; known here: platform_name, enabled, prevention_settings",
            "p.json: prevention_policies[0].prevention_settings[0].settings[0].value.detection: must be one of DISABLED, CAUTIOUS, MODERATE, AGGRESSIVE, EXTRA_AGGRESSIVE",
            "p.json: prevention_policies[1].platform_name: must be a text",
            "p.json: prevention_policies[1].enabled: must be true or false",
        ]);
    }

    [Theory]
    [InlineData("ods_scheduled_scan", """{"platform_requirements": [{"platform_name": "Windows", "policy_requirements": {"quarantene": true}}]}""", "quarantene: unknown key")]
    [InlineData("content_update", """{"policies": [{"platform_name": "all", "settings": {"ring_assignment_settings": [{"id": "a", "ring_points": "soon"}]}}]}""", "whole number of points")]
    [InlineData("it_automation", """{"Windows": true}""", "Windows: must be an object")]
    [InlineData("firewall", "[]", "the file: must be an object")]
    [InlineData("firewall", "{", "f:1: this is not JSON")]
    public void A_grading_file_that_would_check_nothing_is_refused(string type, string file, string wanted)
    {
        PolicyType.TryParse(type, out var parsed).ShouldBeTrue();
        Should.Throw<GradingFileException>(() => GradingFile.Read(parsed!, Encoding.UTF8.GetBytes(file), "f")).Message.ShouldContain(wanted);
    }

    [Fact]
    public async Task A_directory_overrides_the_built_in_files_one_by_one()
    {
        var directory = Directory.CreateTempSubdirectory().FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, PolicyType.Firewall.GradingFileName), """{"metadata": {"version": "7"}, "platform_requirements": []}""");
        var files = await GradingFiles.ReadAsync(directory, CancellationToken.None);
        files[PolicyType.Firewall].Version.ShouldBe("7");
        files[PolicyType.Firewall].Digest.Length.ShouldBe(64);
        files[PolicyType.Response].Source.ShouldBe("built-in");
        Directory.Delete(directory, recursive: true);
        await Should.ThrowAsync<DirectoryNotFoundException>(() => GradingFiles.ReadAsync(directory, CancellationToken.None));
    }

    private static PolicyGrade Grade(PolicyType type, string policy) => Grader.Grade(type, JsonElement.Parse(policy), GradingFiles.BuiltIn[type]);
}
