using System.CommandLine;
using System.Text;
using System.Text.Json;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Tests.Reports;
using Comptroller.Falcon.Store;
using Comptroller.FalconSimulator;
using Comptroller.Operator.Verbs.Falcon;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary><c>falcon audit</c> and <c>falcon fetch</c>.</summary>
public sealed class AuditVerbTests
{
    [Theory]
    [InlineData("50", 0)]
    [InlineData("99.9", 1)]
    public async Task The_threshold_decides_between_exit_0_and_1(string minimum, int exit)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 });
        var run = await tenant.RunAsync("audit", "--min-score", minimum);
        run.Exit.ShouldBe(exit, run.Error);
        run.Output.ShouldStartWith("complete: score ");
        run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).ShouldBe(tenant.Reports(), ignoreOrder: true);
        foreach (var name in (string[])["policy-audit", "host-summary", "host-details"])
        {
            var report = JsonElement.Parse(await File.ReadAllBytesAsync(tenant.Reports($"{name}_*.json").Single()));
            SchemaCheck.Check(JsonElement.Parse(ReportSchemas.Text(name)), report).ShouldBeEmpty();
        }

        (await File.ReadAllTextAsync(tenant.Reports("report_*.html").Single())).ShouldEndWith("</html>\n");
    }

    [Fact]
    public async Task A_run_hands_its_result_to_the_container()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 });
        var log = tenant.PathOf("termination-log");
        (await tenant.RunAsync("audit", "--termination-log", log)).Exit.ShouldBe(0);
        var result = AuditRunResult.Read(await File.ReadAllTextAsync(log), out var error).ShouldNotBeNull(error);
        (result.Outcome, result.Hosts, result.ApiErrors, result.Throttled).ShouldBe((AuditOutcomes.Complete, 200, 0, 0));
        result.Score!.Value.ShouldBeInRange(50, 99.9);
        result.ApiCalls.ShouldBe(tenant.Simulator.TotalCalls);
        result.Policies.Count.ShouldBe(9);
        result.GradingVersion.ShouldNotBeNullOrEmpty();
        result.FinishedAt.ShouldBeGreaterThanOrEqualTo(result.StartedAt);
    }

    [Theory]
    [InlineData("policy/combined/firewall/v1", 403, AuditOutcomes.Failed, "firewall: queryCombinedFirewallPolicies: access is denied (403)")]
    [InlineData("devices/combined/devices/v1", 400, AuditOutcomes.Failed, "CombinedDevicesByFilter: the API answers 400")]
    [InlineData("oauth2/token", 401, AuditOutcomes.Failed, "oauth2AccessToken: the API client is refused (401): check client id, secret and cloud")]
    public async Task What_could_not_be_audited_is_exit_2_and_said_on_the_screen_and_to_the_container(string path, int status, string outcome, string said)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20, Faults = request => request.Path == path ? new Fault { Status = status } : null });
        var log = tenant.PathOf("termination-log");
        var run = await tenant.RunAsync("audit", "--termination-log", log);
        run.Exit.ShouldBe(2);
        run.Output.ShouldContain(said);
        var result = AuditRunResult.Read(await File.ReadAllTextAsync(log), out var error).ShouldNotBeNull(error);
        result.Outcome.ShouldBe(outcome);
        result.Message!.ShouldContain(said.Split(": ", 2)[1].Split(':')[0]);
        result.ApiErrors.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task The_store_of_another_customer_is_exit_2_and_keeps_what_it_has()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        var hosts = await tenant.RunAsync("hosts");
        await using var other = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 30, Cid = new string('b', 32) });
        await File.WriteAllTextAsync(other.Config, (await File.ReadAllTextAsync(other.Config)).Replace(other.Store, tenant.Store, StringComparison.Ordinal));
        var run = await other.RunAsync("audit");
        run.Exit.ShouldBe(2);
        run.Error.ShouldContain($"holds audits of the customer {new SimulatorOptions().Cid}, and these hosts are of {new string('b', 32)}: give each tenant a store of its own");
        other.Reports().ShouldBeEmpty();
        (await tenant.RunAsync("hosts")).ShouldBe(hosts);
    }

    [Fact]
    public async Task A_malformed_policy_degrades_the_run_and_is_named_to_the_container()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20, Faults = request => request.Path == "policy/combined/prevention/v1" ? new Fault { MalformedPolicy = true } : null });
        var log = tenant.PathOf("termination-log");
        (await tenant.RunAsync("audit", "--termination-log", log)).Exit.ShouldBe(0);
        var result = AuditRunResult.Read(await File.ReadAllTextAsync(log), out var error).ShouldNotBeNull(error);
        result.Outcome.ShouldBe(AuditOutcomes.Degraded);
        result.Message!.ShouldStartWith("cannot be read and count as failed: prevention policy ");
        result.Score.ShouldNotBeNull();
    }

    [Fact]
    public async Task Every_endpoint_answering_500_is_exit_2_and_no_report()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Faults = _ => new Fault { Status = 500 } }, "  rate_limit: {retry_attempts: 1}");
        var run = await tenant.RunAsync("audit");
        run.Exit.ShouldBe(2);
        run.Output.ShouldContain("failed:");
        run.Output.ShouldContain("the API answers 500");
        tenant.Reports().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new[] { "--policy-types", "firewal" }, "\"firewal\" is none of prevention, sensor-update")]
    [InlineData(new[] { "--cloud", "mars-1" }, "\"mars-1\" is not a Falcon cloud")]
    [InlineData(new[] { "--rate-limit", "Fastest" }, "\"Fastest\" is none of Large")]
    [InlineData(new[] { "--last-seen", "soon" }, "\"soon\" is not a time such as hour")]
    [InlineData(new[] { "--host-groups", "Nobody" }, "no host group is called 'Nobody'")]
    [InlineData(new[] { "--grading", "/does/not/exist" }, "/does/not/exist: no such directory")]
    [InlineData(new[] { "--client-secret", "hunter2" }, "--client-secret")]
    public async Task A_mistake_is_exit_2_and_says_what_may_stand_there(string[] arguments, string said)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        var log = tenant.PathOf("termination-log");
        var run = await tenant.RunAsync("audit", [.. arguments, "--termination-log", log]);
        run.Exit.ShouldBe(2);
        (run.Error + run.Output).ShouldContain(said);
        tenant.Reports().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_mistake_in_the_file_is_named_with_its_line()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions());
        tenant.Configure("  check_intervall: 5");
        var run = await tenant.RunAsync("audit");
        run.Exit.ShouldBe(2);
        run.Error.ShouldContain("config.yaml:12: daemon.check_intervall: unknown key");
    }

    [Fact]
    public async Task Secrets_are_in_no_report_no_log_and_no_store()
    {
        var refuse = false;
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200, Faults = request => refuse && request.Path != "oauth2/token" ? new Fault { Status = 403 } : null });
        var log = tenant.PathOf("termination-log");
        var good = tenant.Start("audit", "--termination-log", log);
        (await good.ExitAsync()).ShouldBe(0, good.Log.ToString());
        var tokens = tenant.Simulator.Tokens;
        refuse = true;
        var bad = await tenant.RunAsync("audit", "--termination-log", log);
        tenant.Configure("", secret: "another-s3cr3t-that-is-wrong");
        refuse = false;
        var wrong = await tenant.RunAsync("audit", "--termination-log", log);
        (bad.Exit, wrong.Exit).ShouldBe((2, 2));
        tokens.ShouldNotBeEmpty();
        string[] secrets = [FalconTenant.Secret, "another-s3cr3t-that-is-wrong", .. tokens];
        var texts = tenant.Directory.EnumerateFiles("*", SearchOption.AllDirectories).Where(file => file.Name != "config.yaml")
            .Select(file => (file.Name, Text: Encoding.Latin1.GetString(File.ReadAllBytes(file.FullName))))
            .Append((Name: "screen", Text: good.Log.ToString() + bad.Output + bad.Error + wrong.Output + wrong.Error))
            .ToList();
        texts.Count.ShouldBeGreaterThan(5);
        foreach (var secret in secrets)
        {
            texts.Where(text => text.Text.Contains(secret, StringComparison.Ordinal)).Select(text => text.Name).ShouldBeEmpty();
        }

        await good.DisposeAsync();
    }

    [Fact]
    public async Task A_stopped_run_leaves_a_checkpoint_says_so_and_the_next_one_goes_on_from_it()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions
        {
            Hosts = 2000,
            Faults = request => request is { Path: "zero-trust-assessment/entities/assessments/v1", Number: 14 } ? new Fault { Delay = TimeSpan.FromMinutes(5) } : null,
        });
        var log = tenant.PathOf("termination-log");
        await using var run = tenant.Start("audit", "--zero-trust", "--termination-log", log);
        await Kubernetes.Tests.Testing.Settle.UntilAsync(() => tenant.Simulator.Calls.GetValueOrDefault("zero-trust-assessment/entities/assessments/v1") >= 14);
        await run.TerminateAsync();
        (await run.ExitAsync()).ShouldBe(2);
        AuditRunResult.Read(await File.ReadAllTextAsync(log), out _)!.Message!.ShouldContain("goes on from there");
        var next = await tenant.RunAsync("audit", "--zero-trust");
        next.Exit.ShouldBe(0, next.Error);
        next.Output.ShouldContain(", resumed");
        // Ten of the first thousand hosts were done and are not asked for again.
        tenant.Simulator.Calls["zero-trust-assessment/entities/assessments/v1"].ShouldBe(14 + 10);
        tenant.Simulator.Calls["devices/combined/devices/v1"].ShouldBe(1);
    }

    [Fact]
    public async Task A_stop_after_the_end_of_a_run_does_not_keep_its_result_back()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        var log = tenant.PathOf("termination-log");
        using var stop = new CancellationTokenSource();
        await using var error = new Stopping(stop);
        var exit = await new RootCommand { FalconVerb.Create() }.Parse(["falcon", "audit", "--config", tenant.Config, "--output-dir", tenant.Output, "--termination-log", log])
            .InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = TextWriter.Null, Error = error }, stop.Token);
        stop.IsCancellationRequested.ShouldBeTrue();
        exit.ShouldBe(0);
        AuditRunResult.Read(await File.ReadAllTextAsync(log), out var problem).ShouldNotBeNull(problem).Hosts.ShouldBe(20);
    }

    [Fact]
    public async Task An_audit_of_no_host_says_that_the_filter_matches_none()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 0 });
        var run = await tenant.RunAsync("audit", "--tags", "prd");
        run.Exit.ShouldBe(0, run.Error);
        run.Output.ShouldContain("no host matches the filter");
    }

    [Fact]
    public async Task One_host_is_shown_as_the_API_has_it_now()
    {
        var gone = false;
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20, Faults = request => gone && request.Path == "devices/entities/devices/v2" ? new Fault { EndEarly = true } : null });
        (await tenant.RunAsync("fetch")).Exit.ShouldBe(0);
        var live = await tenant.RunAsync("host", "host-0000007", "--live");
        live.Exit.ShouldBe(0, live.Error);
        JsonElement.Parse(live.Output).GetProperty("os_version").GetString().ShouldBe("Ubuntu 24.04");
        tenant.Simulator.Calls["devices/entities/devices/v2"].ShouldBe(1);
        (await tenant.RunAsync("host", "nobody", "--live")).Error.ShouldContain("no host of the last complete run is called nobody");
        gone = true;
        var missing = await tenant.RunAsync("host", "host-0000007", "--live");
        (missing.Exit, missing.Output).ShouldBe((2, ""));
        missing.Error.ShouldContain("only 0 of 1 were received");
    }

    [Fact]
    public async Task An_audit_beside_another_one_fails_or_gives_way_as_it_is_told()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        (await tenant.RunAsync("fetch")).Exit.ShouldBe(0);
        var calls = tenant.Simulator.TotalCalls;
        var log = tenant.PathOf("termination-log");
        await using (var store = new StoreConnections(tenant.Store))
        await using (await StoreLock.TakeAsync(store, default))
        {
            var failed = await tenant.RunAsync("audit", "--termination-log", log);
            (failed.Exit, AuditRunResult.Read(await File.ReadAllTextAsync(log), out _)!.Outcome).ShouldBe((2, AuditOutcomes.Failed));
            var skipped = await tenant.RunAsync("audit", "--termination-log", log, "--when-busy", "skip");
            (skipped.Exit, AuditRunResult.Read(await File.ReadAllTextAsync(log), out _)!.Outcome).ShouldBe((0, AuditOutcomes.Skipped), skipped.Error);
            skipped.Output.ShouldContain("skipped: ");
            skipped.Output.ShouldContain("another audit is writing here");
            (await tenant.RunAsync("audit", "--lock-timeout", "1s", "--when-busy", "skip")).Exit.ShouldBe(0);
        }

        tenant.Simulator.TotalCalls.ShouldBe(calls);
        tenant.Reports().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_volume_that_fails_is_not_one_that_is_in_use()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        // A link to itself: what the system says of it is neither "no permission" nor "not there".
        var loop = Path.Combine(Path.GetDirectoryName(tenant.Store)!, ".comptroller-falcon.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(loop)!);
        File.CreateSymbolicLink(loop, loop);

        var failed = await tenant.RunAsync("audit", "--when-busy", "skip");

        failed.Exit.ShouldBe(2, failed.Output);
        failed.Output.ShouldNotContain("skipped");
    }

    [Fact]
    public async Task The_Zero_Trust_score_of_the_tenant_is_on_the_screen_and_in_the_result_and_hosts_below_a_score_are_listed()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 300, PageCap = 50, TrustScore = host => host % 100 });
        var log = tenant.PathOf("termination-log");
        var run = await tenant.RunAsync("audit", "--zero-trust", "tenant", "--termination-log", log);
        run.Exit.ShouldBe(0, run.Error);
        run.Output.ShouldContain("Zero Trust 49.5 on average of 300 assessed hosts of the tenant");
        AuditRunResult.Read(await File.ReadAllTextAsync(log), out _)!.ZeroTrustScore.ShouldBe(49.5);
        tenant.Simulator.Calls.ContainsKey("zero-trust-assessment/entities/assessments/v1").ShouldBeFalse();
        (await tenant.RunAsync("hosts")).Output.ShouldContain("300 hosts, ");
        (await tenant.RunAsync("hosts")).Output.ShouldContain("; Zero Trust 49.5 on average of 300");

        var below = await tenant.RunAsync("hosts", "--zero-trust-below", "20");
        below.Exit.ShouldBe(0, below.Error);
        below.Error.ShouldContain("60 hosts of the tenant have a Zero Trust score below 20");
        below.Output.ShouldContain("\n60 hosts, ");
        below.Output.Split('\n')[0].ShouldEndWith(" ZTA");
        below.Output.Split('\n').Single(line => line.StartsWith("HOST-0000107", StringComparison.Ordinal)).ShouldEndWith(" 7");
        tenant.Simulator.Calls["zero-trust-assessment/queries/assessments/v1"].ShouldBe(2);
        var linux = (await tenant.RunAsync("hosts", "--zero-trust-below", "20", "-p", "Linux", "-o", "json")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        linux.Length.ShouldBe(12);
        linux.ShouldAllBe(line => JsonElement.Parse(line).GetProperty("zero_trust").GetProperty("overall").GetInt32() < 20);
        (await tenant.RunAsync("hosts", "--zero-trust-below", "1", "-o", "csv")).Output.Split('\n')[1].ShouldEndWith(",0");
        var wrong = await tenant.RunAsync("hosts", "--zero-trust-below", "101");
        (wrong.Exit, wrong.Error.Contains("--zero-trust-below: 101 is not from 1 to 100", StringComparison.Ordinal)).ShouldBe((2, true));
        var unknown = await tenant.RunAsync("audit", "--zero-trust", "everything");
        (unknown.Exit, unknown.Error.Contains("neither tenant nor hosts", StringComparison.Ordinal)).ShouldBe((2, true));
    }

    [Fact]
    public async Task An_audit_into_a_Foundry_collection_is_shown_where_there_is_no_store_yet()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 200 }, FalconTenant.Foundry);
        var first = await tenant.RunAsync("audit");
        first.Exit.ShouldBe(0, first.Error);
        JsonElement.Parse(await File.ReadAllBytesAsync(tenant.Reports("policy-audit_*").Single())).GetProperty("metadata").GetProperty("database_type").GetString().ShouldBe("foundry_collections");
        var policies = (await tenant.RunAsync("policies", "-o", "json")).Output;
        Directory.Delete(Path.GetDirectoryName(tenant.Store)!, recursive: true);
        var shown = await tenant.RunAsync("policies", "-o", "json");
        shown.Output.ShouldBe(policies, shown.Error);
        shown.Error.ShouldContain("the last complete run was read from the collection policy_audits");
        (await tenant.RunAsync("hosts")).Output.ShouldContain("\n200 hosts, ");

        tenant.Configure(FalconTenant.Foundry.Replace("app_id: f", "collection: other, app_id: f", StringComparison.Ordinal));
        var calls = tenant.Simulator.Calls["devices/combined/devices/v1"];
        var refused = await tenant.RunAsync("audit");
        refused.Exit.ShouldBe(2);
        refused.Error.ShouldContain("has no collection \"other\"");
        tenant.Simulator.Calls["devices/combined/devices/v1"].ShouldBe(calls);
    }

    [Fact]
    public async Task Fetch_stores_and_writes_no_report()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = 20 });
        (await tenant.RunAsync("fetch")).Exit.ShouldBe(0);
        tenant.Reports().ShouldBeEmpty();
        (await tenant.RunAsync("hosts")).Output.ShouldContain("20 hosts, ");
    }

    /// <summary>Asks to stop when the first report is named, which is after the run has ended.</summary>
    private sealed class Stopping(CancellationTokenSource stop) : StringWriter
    {
        public override Task WriteLineAsync(string? value)
        {
            stop.Cancel();
            return base.WriteLineAsync(value);
        }
    }
}
