using System.Text.Json;
using Comptroller.FalconSimulator;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>The verbs that show what is stored, after one audit of a tenant whose API is gone then.</summary>
public sealed class StoredVerbsTests : IAsyncLifetime
{
    private FalconTenant _tenant = null!;

    public async Task InitializeAsync()
    {
        _tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 60, Policies = 81 });
        (await _tenant.RunAsync("audit", "--zero-trust")).Exit.ShouldBe(0);
        await _tenant.Simulator.DisposeAsync();
    }

    public Task DisposeAsync() => _tenant.DisposeAsync().AsTask();

    [Fact]
    public async Task Policies_are_shown_filtered_and_in_three_forms()
    {
        var text = await _tenant.RunAsync("policies", "-t", "firewall", "--details");
        text.Exit.ShouldBe(0, text.Error);
        text.Output.ShouldContain("default_inbound: \"ALLOW\", wanted \"DENY\"");
        text.Output.ShouldContain("6 passed, 3 failed, 0 ungradable; score 91.67 %");
        var json = JsonElement.Parse((await _tenant.RunAsync("policies", "-t", "prevention", "-p", "windows", "-s", "failed", "-o", "json")).Output);
        json.GetArrayLength().ShouldBeGreaterThan(0);
        json.EnumerateArray().ShouldAllBe(policy => policy.GetProperty("platform").GetString() == "Windows" && policy.GetProperty("status").GetString() == "failed" && policy.GetProperty("failures").GetArrayLength() > 0);
        var csv = (await _tenant.RunAsync("policies", "-o", "csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        csv[0].ShouldBe("Type,Platform,Policy Name,Score,Status,Total Checks,Passed,Failed");
        csv.Length.ShouldBe(1 + JsonElement.Parse((await _tenant.RunAsync("policies", "-o", "json")).Output).GetArrayLength());
    }

    [Fact]
    public async Task Hosts_are_shown_filtered_and_in_three_forms()
    {
        (await _tenant.RunAsync("hosts")).Output.ShouldContain("60 hosts, ");
        var failed = (await _tenant.RunAsync("hosts", "-s", "any-failed", "-o", "json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        failed.Length.ShouldBeGreaterThan(0);
        failed.ShouldAllBe(line => JsonElement.Parse(line).GetProperty("any_policy_failed").GetBoolean());
        var csv = (await _tenant.RunAsync("hosts", "-p", "Mac", "--tags", "prod", "-o", "csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        csv[0].ShouldBe("Hostname,Device ID,Platform,Prevention,Sensor Update,Content Update,Firewall,Device Control,IT Automation,ODS Scheduled Scan,Response (RTR),Secure Config Assessment,Zero Trust");
        csv.Length.ShouldBe(1 + 2);
        csv[1].ShouldEndWith(",(80/70) 75");
        (await _tenant.RunAsync("hosts", "--host-group-ids", "group-003")).Output.ShouldContain("\n3 hosts, ");
    }

    [Fact]
    public async Task One_host_is_shown_whatever_the_case_of_its_name_and_an_unknown_one_is_exit_2()
    {
        var host = await _tenant.RunAsync("host", "host-0000007");
        host.Exit.ShouldBe(0, host.Error);
        host.Output.ShouldStartWith("HOST-0000007  ");
        host.Output.ShouldContain("Zero Trust                 (80/70) 75");
        var unknown = await _tenant.RunAsync("host", "nobody");
        (unknown.Exit, unknown.Error.Split('\n')[^2]).ShouldBe((2, "no host of the last complete run is called nobody"));
    }

    [Fact]
    public async Task Policies_are_graded_again_by_other_files_without_the_API()
    {
        var builtIn = JsonElement.Parse((await _tenant.RunAsync("grade", "-o", "json")).Output);
        builtIn.GetProperty("firewall").GetProperty("failed").GetInt32().ShouldBe(3);
        builtIn.GetProperty("ods-scheduled-scan").GetProperty("total").GetInt32().ShouldBeGreaterThan(0);
        var grading = Directory.CreateDirectory(_tenant.PathOf("lenient")).FullName;
        await File.WriteAllTextAsync(Path.Combine(grading, "firewall_policies_grading.json"),
            """{"platform_requirements": [{"platform_name": "all", "policy_requirements": {"enabled": true, "default_inbound": "ALLOW", "enforce": true, "test_mode": false}}]}""");
        var lenient = JsonElement.Parse((await _tenant.RunAsync("grade", "--grading", grading, "-o", "json")).Output);
        lenient.GetProperty("firewall").GetProperty("failed").GetInt32().ShouldBe(6);
        lenient.GetProperty("prevention").ToString().ShouldBe(builtIn.GetProperty("prevention").ToString());
        (await _tenant.RunAsync("grade", "--min-score", "99.9")).Exit.ShouldBe(1);
        (await _tenant.RunAsync("grade", "-o", "csv")).Output.ShouldStartWith("Policy Type,Passed,Failed,Ungradable,Total,Score\n");
        (await _tenant.RunAsync("grade")).Output.ShouldContain("\nTOTAL ");
    }

    [Fact]
    public async Task Cleanup_deletes_by_age_and_count_and_leaves_the_rest()
    {
        foreach (var name in (string[])["policy-audit_2020-01-01_00-00-00_UTC.json", "policy-audit_2020-01-01_00-00-00_UTC.json.gz", "mine.json"])
        {
            await File.WriteAllTextAsync(Path.Combine(_tenant.Output, name), "{}");
        }

        var before = _tenant.Reports().Count();
        (await _tenant.RunAsync("cleanup")).Output.ShouldBe("2 reports deleted\n");
        _tenant.Reports().Count().ShouldBe(before - 2);
        (await _tenant.RunAsync("cleanup", "--max-age-days", "0")).Output.ShouldBe("4 reports deleted\n");
        _tenant.Reports().Select(Path.GetFileName).ShouldBe(["mine.json"]);
    }

    [Fact]
    public async Task A_store_that_is_not_there_or_holds_no_run_is_exit_2_and_says_what_to_do()
    {
        var absent = await _tenant.RunAsync("policies", "--store", _tenant.PathOf("none.sqlite"));
        absent.Exit.ShouldBe(2);
        absent.Error.ShouldContain("no such store; run comptroller falcon audit first");
        File.Exists(_tenant.PathOf("none.sqlite")).ShouldBeFalse();
        await File.WriteAllTextAsync(_tenant.PathOf("other.sqlite"), new string('x', 5000));
        (await _tenant.RunAsync("policies", "--store", _tenant.PathOf("other.sqlite"))).Error.ShouldContain("not a database");
    }

    [Theory]
    [InlineData("policy-audit")]
    [InlineData("host-summary")]
    [InlineData("host-details")]
    [InlineData("metrics")]
    public async Task Schemas_are_printed(string report)
    {
        var root = new System.CommandLine.RootCommand { Operator.Verbs.Falcon.FalconVerb.Create() };
        using var output = new StringWriter();
        (await Operator.Verbs.Invocation.RunAsync(root, ["falcon", "schema", report], output)).ShouldBe(0);
        JsonElement.Parse(output.ToString()).GetProperty("$schema").GetString().ShouldBe("http://json-schema.org/draft-07/schema#");
    }
}
