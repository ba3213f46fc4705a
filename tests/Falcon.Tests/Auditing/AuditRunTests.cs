using System.IO.Compression;
using System.Text.Json;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Hosts;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.Falcon.Tests.Reports;
using Comptroller.FalconSimulator;

namespace Comptroller.Falcon.Tests.Auditing;

/// <summary>Whole audits against the simulator.</summary>
public sealed class AuditRunTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly VirtualTime _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_run_fetches_grades_and_reports_everything()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 500, Policies = 60 });
        var outcome = await audit.RunAsync(new AuditOptions { Types = PolicyType.All, ZeroTrust = TrustScope.Hosts });
        outcome.Run.Message.ShouldBe("");
        outcome.Run.Result.ShouldBe(RunResult.Complete);
        outcome.Run.Hosts.Total.ShouldBe(500);
        outcome.Run.Hosts.AllPassed.ShouldBeInRange(1, 499);
        outcome.Run.Hosts.AnyFailed.ShouldBeInRange(1, 499);
        outcome.Types.ShouldAllBe(type => type.Grades.Count >= 3);
        outcome.Run.Policies.Score.ShouldBeInRange(50, 99.9);
        outcome.Run.ApiCalls.ShouldBe(audit.Simulator.TotalCalls);

        foreach (var name in ReportSchemas.Names.Where(name => name != "metrics"))
        {
            var report = JsonElement.Parse(await File.ReadAllBytesAsync(Directory.EnumerateFiles(audit.Output, $"{name}_*.json").Single()));
            SchemaCheck.Check(JsonElement.Parse(ReportSchemas.Text(name)), report).Take(5).ShouldBeEmpty();
        }

        var stored = (await audit.Store.LastCompleteAsync(default))!;
        stored.ShouldBe(outcome.Run with { Id = stored.Id });
        var hosts = await audit.Store.HostsAsync(stored.Id, PolicyType.All, default).ToListAsync();
        hosts.Count.ShouldBe(500);
        hosts.Count(host => host.Verdict.AllPassed).ShouldBe((int)stored.Hosts.AllPassed);
        hosts.ShouldAllBe(host => host.Trust == new ZeroTrust(80, 70, 75));
        hosts.ShouldAllBe(host => host.Verdict.Statuses[PolicyType.ConfigurationAssessment] != HostStatus.NotGraded);
        (await audit.Store.PoliciesAsync(stored.Id, default)).Keys.ShouldBe(PolicyType.All, ignoreOrder: true);
    }

    [Fact]
    public async Task The_Zero_Trust_score_of_the_tenant_costs_one_request_and_is_in_store_summaries_and_page()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 500, TrustScore = host => host % 100 });
        var outcome = await audit.RunAsync(new AuditOptions { ZeroTrust = TrustScope.Tenant });
        outcome.Trust.ShouldNotBeNull();
        (outcome.Trust.Average, outcome.Trust.Assessed).ShouldBe((49.5, 500));
        outcome.Trust.Platforms.Select(platform => platform.Name).ShouldBe(["Windows", "Linux", "Mac"], ignoreOrder: true);
        outcome.Trust.Platforms.Sum(platform => platform.Assessed).ShouldBe(500);
        audit.Simulator.Calls["zero-trust-assessment/entities/audit/v1"].ShouldBe(1);
        audit.Simulator.Calls.ContainsKey("zero-trust-assessment/entities/assessments/v1").ShouldBeFalse();
        var stored = (await audit.Store.LastCompleteAsync(default))!;
        (await audit.Store.TenantTrustAsync(stored.Id, default))!.ToJson().ShouldBe(outcome.Trust.ToJson());
        foreach (var name in (string[])["policy-audit", "host-summary"])
        {
            var report = JsonElement.Parse(await File.ReadAllBytesAsync(Directory.EnumerateFiles(audit.Output, $"{name}_*.json").Single()));
            SchemaCheck.Check(JsonElement.Parse(ReportSchemas.Text(name)), report).ShouldBeEmpty();
            report.GetProperty("summary").GetProperty("zero_trust").GetProperty("average_overall_score").GetDouble().ShouldBe(49.5);
        }

        HtmlReport.Render(outcome, [outcome.Run]).ShouldContain("Zero Trust 49.5 on average of 500 assessed hosts");

        _time.Advance(TimeSpan.FromHours(2));
        (await audit.RunAsync(new AuditOptions())).Trust.ShouldBeNull();
        (await audit.Store.TenantTrustAsync((await audit.Store.LastCompleteAsync(default))!.Id, default)).ShouldBeNull();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tenant_score_that_cannot_be_had_fails_the_run(bool scope)
    {
        await using var audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 20,
            Faults = request => request.Path != "zero-trust-assessment/entities/audit/v1" ? null : scope ? new Fault { MissingScope = true } : new Fault { EndEarly = true },
        });
        var outcome = await audit.RunAsync(new AuditOptions { ZeroTrust = TrustScope.Tenant });
        outcome.Run.Result.ShouldBe(RunResult.Failed);
        outcome.Run.Message.ShouldContain(scope ? "Zero Trust Assessment" : "getAuditV1: no average_overall_score");
    }

    [Fact]
    public async Task Hosts_whose_records_lack_groups_are_found_among_the_members_of_each_scanned_group_once()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 3000, Policies = 90, PageCap = 40, WithoutGroups = host => host % 3 == 0 });
        var outcome = await audit.RunAsync(new AuditOptions { Types = [PolicyType.ScheduledScan] });
        outcome.Run.Result.ShouldBe(RunResult.Complete);
        var statuses = await StatusesAsync(audit, outcome);

        var told = _directory + "-told";
        await using var other = await SimulatedAudit.StartAsync(new SimulatorOptions { Hosts = 3000, Policies = 90 }, told, _time);
        statuses.ShouldBe(await StatusesAsync(other, await other.RunAsync(new AuditOptions { Types = [PolicyType.ScheduledScan] })));
        Directory.Delete(told, recursive: true);

        // Scans that pass are in 6 groups of 150 members; those that do not are asked nothing, and neither is a tenant whose records tell.
        var groups = outcome.Types.Single().Grades.Count(grade => grade.Passed == true);
        audit.Simulator.Calls["devices/queries/host-group-members/v1"].ShouldBe(groups * 4);
        other.Simulator.Calls.ContainsKey("devices/queries/host-group-members/v1").ShouldBeFalse();
        statuses.Values.Distinct().ShouldBe([HostStatus.Passed, HostStatus.Failed, HostStatus.NotApplicable], ignoreOrder: true);

        static async Task<Dictionary<string, HostStatus>> StatusesAsync(SimulatedAudit audit, AuditOutcome outcome) =>
            await audit.Store.HostsAsync(outcome.Run.Id, outcome.Audited, default).ToDictionaryAsync(host => host.Host.DeviceId, host => host.Verdict.Statuses[PolicyType.ScheduledScan]);
    }

    [Fact]
    public async Task Groups_that_cannot_be_asked_leave_their_hosts_ungraded_and_the_run_partial()
    {
        await using var audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 200,
            WithoutGroups = _ => true,
            Faults = request => request is { Path: "devices/queries/host-group-members/v1", Number: 2 } ? new Fault { EndEarly = true } : null,
        });
        var outcome = await audit.RunAsync(new AuditOptions { Types = [PolicyType.Prevention, PolicyType.ScheduledScan] });
        outcome.Run.Result.ShouldBe(RunResult.Partial);
        outcome.Run.Message.ShouldContain("queryGroupMembers: only 0 of 10 were received");
        var report = JsonElement.Parse(await File.ReadAllBytesAsync(Directory.EnumerateFiles(audit.Output, "host-details_*.json").Single()));
        report.GetProperty("hosts").EnumerateArray().Select(host => host.GetProperty("policy_status").GetProperty("ods_scheduled_scan").GetProperty("status").GetString()).Distinct()
            // The first group has answered: its members are covered whatever the others would say.
            .ShouldBe(["PASSED", "NOT GRADED", "N/A"], ignoreOrder: true);
    }

    [Fact]
    public async Task Few_calls_suffice_for_many_hosts()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 30_000, Policies = 50 });
        (await audit.RunAsync(new AuditOptions { Types = PolicyType.All })).Run.ApiCalls.ShouldBeLessThan(60);
    }

    [Theory]
    [InlineData("policy/combined/firewall/v1")]
    [InlineData("fwmgr/entities/policies/v1")]
    public async Task A_missing_scope_makes_the_run_partial_names_the_scope_and_keeps_the_last_data(string path)
    {
        var broken = false;
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 20, Faults = request => broken && request.Path == path ? new Fault { MissingScope = true } : null });
        var first = await audit.RunAsync(new AuditOptions());
        broken = true;
        _time.Advance(TimeSpan.FromHours(2));
        var second = await audit.RunAsync(new AuditOptions());
        second.Run.Result.ShouldBe(RunResult.Partial);
        second.Run.Message.ShouldContain("Firewall management");
        second.Types.Single(type => !type.Fetched).MissingScope.ShouldBeTrue();
        (await audit.Store.LastCompleteAsync(default))!.Id.ShouldBe(first.Run.Id);
        (await audit.Store.RunsAsync(10, default)).Select(run => run.Result).ShouldBe([RunResult.Complete, RunResult.Partial]);
        (await audit.Store.HostsAsync(first.Run.Id, first.Audited, default).ToListAsync()).Count.ShouldBe(20);
        var report = JsonElement.Parse(await File.ReadAllBytesAsync(Directory.EnumerateFiles(audit.Output, "policy-audit_*.json").Order(StringComparer.Ordinal).Last()));
        report.GetProperty("policies").GetProperty("firewall").GetProperty("permission_error").GetBoolean().ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Half_a_fleet_is_a_failed_run(bool endEarly)
    {
        await using var audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Faults = request => request is { Path: "devices/combined/devices/v1", Number: > 4 } ? endEarly ? new Fault { EndEarly = true } : new Fault { Status = 500 } : null,
        });
        var outcome = await audit.RunAsync(new AuditOptions());
        outcome.Run.Result.ShouldBe(RunResult.Failed);
        (await audit.Store.LastCompleteAsync(default)).ShouldBeNull();
        Directory.Exists(audit.Output).ShouldBeFalse();
    }

    [Fact]
    public async Task Every_endpoint_answering_500_is_a_failed_run()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Faults = request => request.Path != "oauth2/token" ? new Fault { Status = 500 } : null });
        var outcome = await audit.RunAsync(new AuditOptions());
        outcome.Run.Result.ShouldBe(RunResult.Failed);
        outcome.Types.ShouldAllBe(type => !type.Fetched);
    }

    [Fact]
    public async Task A_token_that_is_revoked_and_a_429_in_the_middle_cost_requests_and_no_data()
    {
        await using var audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 100,
            Faults = request => (request.Path, request.Number) switch
            {
                ("devices/combined/devices/v1", 4) => new Fault { RevokeTokens = true },
                ("devices/combined/devices/v1", 7) => new Fault { Status = 429, RetryAfter = _time.GetUtcNow().AddSeconds(40) },
                _ => null,
            },
        });
        var run = (await audit.RunAsync(new AuditOptions())).Run;
        (run.Result, run.Hosts.Total, run.Throttled, run.ApiErrors).ShouldBe((RunResult.Complete, 1000, 1, 0));
        audit.Simulator.Calls["oauth2/token"].ShouldBe(2);
        _time.Elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(39));
    }

    [Fact]
    public async Task Hosts_that_enrol_or_leave_during_the_walk_do_not_fail_the_run()
    {
        var more = 0;
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 1000, PageCap = 100, HostsJoined = () => more, Faults = request => { more = request.Path == "devices/combined/devices/v1" ? request.Number - 1 : 0; return null; } });
        (await audit.RunAsync(new AuditOptions())).Run.Result.ShouldBe(RunResult.Complete);
    }

    [Theory]
    [InlineData(null, "the tenant has no host")]
    [InlineData("tags:['FalconGroupingTags/prd']", "no host matches the filter")]
    public async Task An_audit_of_no_host_is_complete_and_says_so(string? filter, string message)
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 0 });
        var run = (await audit.RunAsync(new AuditOptions { HostFilter = filter })).Run;
        (run.Result, run.Hosts.Total, run.Message).ShouldBe((RunResult.Complete, 0, message));
    }

    [Fact]
    public async Task One_malformed_policy_fails_alone_and_degrades_the_run()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 20, Faults = request => request.Path == "policy/combined/prevention/v1" ? new Fault { MalformedPolicy = true } : null });
        var outcome = await audit.RunAsync(new AuditOptions { Types = [PolicyType.Prevention] });
        outcome.Run.Result.ShouldBe(RunResult.Degraded);
        outcome.Types[0].Grades.Count(grade => grade.UngradableText == "malformed").ShouldBe(1);
        outcome.Types[0].Grades.Count(grade => grade.Passed == true).ShouldBeGreaterThan(0);
        outcome.Run.Message.ShouldBe("1 policies cannot be read");
    }

    [Fact]
    public async Task A_cut_page_does_not_double_hosts()
    {
        await using var audit = await StartAsync(new SimulatorOptions
        {
            Hosts = 1000,
            PageCap = 300,
            Faults = request => request is { Path: "devices/combined/devices/v1", Number: 2 } ? new Fault { Cut = true } : null,
        });
        (await audit.RunAsync(new AuditOptions())).Run.Hosts.Total.ShouldBe(1000);
    }

    [Fact]
    public async Task A_report_that_cannot_be_written_leaves_the_last_run_and_no_half_file()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 50 });
        var first = await audit.RunAsync(new AuditOptions());
        _time.Advance(TimeSpan.FromHours(2));
        await Should.ThrowAsync<IOException>(() => audit.RunAsync(new AuditOptions(), fullDisk: true));
        (await audit.Store.LastCompleteAsync(default))!.Id.ShouldBe(first.Run.Id);
        Directory.EnumerateFiles(audit.Output).ShouldAllBe(path => !path.EndsWith(".partial", StringComparison.Ordinal));
        Directory.EnumerateFiles(audit.Output).Count().ShouldBe(4);
    }

    [Fact]
    public async Task What_a_killed_process_left_half_written_goes_with_the_next_run_and_nothing_else_does()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 50 });
        Directory.CreateDirectory(audit.Output);
        string[] kept = ["notes.partial", "policy-audit_2026-02-01_00-00-00_UTC.json"];
        foreach (var name in kept.Append("host-details_2026-02-01_00-00-00_UTC.json.gz.partial"))
        {
            await File.WriteAllTextAsync(Path.Combine(audit.Output, name), "{");
        }

        // Another process writes this one.
        await using var writing = ReportFile.Open(audit.Output, "metrics", _time.GetUtcNow(), compress: false);
        await audit.RunAsync(new AuditOptions());
        var names = Directory.EnumerateFiles(audit.Output).Select(Path.GetFileName).ToList();
        kept.ShouldBeSubsetOf(names!);
        names.Where(name => name!.EndsWith(".json.partial", StringComparison.Ordinal)).ShouldBe(["metrics_2026-03-01_12-00-00_UTC.json.partial"]);
        names.Count.ShouldBe(kept.Length + 1 + 4);
    }

    [Fact]
    public async Task The_data_of_older_runs_goes_and_their_figures_stay()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 50 });
        for (var i = 0; i < 3; i++)
        {
            await audit.RunAsync(new AuditOptions());
            _time.Advance(TimeSpan.FromHours(2));
        }

        (await audit.Store.RunsAsync(2, default)).Select(run => run.Id).ShouldBe([2, 3]);
        await using var connection = await audit.Store.Connections.OpenAsync(default);
        (await connection.ScalarAsync("SELECT COUNT(*) FROM sqlite_master WHERE name LIKE 'hosts_%'", default)).ShouldBe(1L);
        (await connection.ScalarAsync("SELECT COUNT(DISTINCT run_id) FROM run_policies", default)).ShouldBe(1L);
    }

    [Fact]
    public async Task Compressed_reports_hold_the_same_and_the_page_opens_offline()
    {
        await using var audit = await StartAsync(new SimulatorOptions { Hosts = 50 });
        var outcome = await audit.RunAsync(new AuditOptions { Types = PolicyType.All }, compress: true);
        await using var file = new GZipStream(File.OpenRead(Directory.EnumerateFiles(audit.Output, "host-summary_*.json.gz").Single()), CompressionMode.Decompress);
        (await JsonDocument.ParseAsync(file)).RootElement.GetProperty("hosts").GetArrayLength().ShouldBe(50);
        var page = HtmlReport.Render(outcome, [outcome.Run, outcome.Run]);
        page.ShouldContain("<polyline");
        page.ShouldNotContain("http://");
        page.ShouldNotContain("https://");
        page.ShouldNotContain("<script");
    }

    [Fact]
    public async Task A_second_writer_on_one_volume_is_refused()
    {
        await using var store = new StoreConnections(Path.Combine(_directory, "db.sqlite"));
        await using (await StoreLock.TakeAsync(store, default))
        {
            (await Should.ThrowAsync<IOException>(() => StoreLock.TakeAsync(store, default))).Message.ShouldContain("another audit is writing here");
        }

        await (await StoreLock.TakeAsync(store, default)).DisposeAsync();
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private Task<SimulatedAudit> StartAsync(SimulatorOptions options) => SimulatedAudit.StartAsync(options, _directory, _time);
}
