using System.Text.Json;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Tests.Reports;
using Comptroller.FalconSimulator;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.Verbs.Falcon;

/// <summary>Audits as processes that are killed, or that run out of disk: what was complete stays, nothing half is left, the next run is clean.</summary>
public sealed class BrokenRunTests
{
    private const int Hosts = 3000;

    [Fact]
    public async Task A_run_that_is_killed_anywhere_leaves_what_was_complete_and_the_next_one_is_clean()
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = Hosts, PageCap = 300, Faults = _ => new Fault { Delay = TimeSpan.FromMilliseconds(3) } });
        (await tenant.RunAsync("audit", "--zero-trust", "--rate-limit", "VeryLarge")).Exit.ShouldBe(0);
        var calls = tenant.Simulator.TotalCalls;
        // The same points on every run of the test: within the requests, and last within writing and committing.
        var random = new Random(4);
        foreach (var request in (int?[])[1, .. Enumerable.Range(0, 5).Select(_ => random.Next(2, calls)), calls, null, null])
        {
            var before = tenant.Simulator.TotalCalls;
            await using var run = tenant.Start("audit", "--zero-trust", "--rate-limit", "VeryLarge");
            if (request is { } point)
            {
                await Settle.UntilAsync(() => tenant.Simulator.TotalCalls >= before + point, $"request {point} of {calls}: {run.Log}");
            }
            else
            {
                await Settle.UntilAsync(() => tenant.Reports("*.partial").Any(), $"a report is begun: {run.Log}");
                await Task.Delay(random.Next(60));
            }

            await run.KillAsync();
            await AssertWholeAsync(tenant);
        }

        var last = await tenant.RunAsync("audit", "--zero-trust", "--rate-limit", "VeryLarge");
        last.Exit.ShouldBe(0, last.Error);
        last.Output.ShouldContain($"of {Hosts} hosts passed");
        tenant.Reports("*.partial").ShouldBeEmpty();
        await AssertWholeAsync(tenant);
    }

    [Theory]
    // The reports are the larger files; with less left not even the store can grow.
    [InlineData(2500)]
    [InlineData(300)]
    public async Task A_full_disk_fails_the_run_and_leaves_the_reports_and_the_data_before_it(int largestFileKiB)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = Hosts });
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
        new FileInfo(tenant.Reports("host-details_*").Single()).Length.ShouldBeGreaterThan(2500 * 1024);
        var before = tenant.Reports().ToDictionary(path => path, File.ReadAllBytes);
        var policies = (await tenant.RunAsync("policies", "-o", "json")).Output;
        var log = tenant.PathOf("termination-log");
        await using var run = tenant.StartLimited(largestFileKiB, "audit", "--termination-log", log);
        (await run.ExitAsync()).ShouldBe(2, run.Log.ToString());
        // One sentence for people, not a stack trace.
        run.Log.ToString().ShouldNotContain("   at ");
        (await File.ReadAllTextAsync(log)).ShouldContain("\"Failed\"");
        tenant.Reports().ShouldBe(before.Keys);
        foreach (var (path, bytes) in before)
        {
            (await File.ReadAllBytesAsync(path)).ShouldBe(bytes);
        }

        (await tenant.RunAsync("policies", "-o", "json")).Output.ShouldBe(policies);
        (await tenant.RunAsync("audit")).Exit.ShouldBe(0);
    }

    [SmallDiskTheory]
    // Of what the first run has left free: for the store but not for its reports; not even for the store.
    [InlineData(4096)]
    [InlineData(256)]
    public async Task A_disk_that_runs_full_for_everybody_fails_the_run_and_leaves_the_reports_and_the_data_before_it(int freeKiB)
    {
        await using var tenant = await FalconTenant.StartAsync(new SimulatorOptions { Hosts = Hosts });
        await using var disk = await SmallDisk.MountAsync(tenant.PathOf("disk"), 64 * 1024);
        string[] onDisk = ["--store", Path.Combine(disk.Path, "db.sqlite")];
        async Task<(int Exit, string Log)> AuditAsync()
        {
            await using var run = ProgramRun.Start(["falcon", "audit", "--config", tenant.Config, .. onDisk, "--output-dir", Path.Combine(disk.Path, "output")]);
            return (await run.ExitAsync(), run.Log.ToString());
        }

        (await AuditAsync()).Exit.ShouldBe(0);
        var before = Directory.EnumerateFiles(Path.Combine(disk.Path, "output")).Order(StringComparer.Ordinal).ToDictionary(path => path, File.ReadAllBytes);
        var policies = (await tenant.RunAsync("policies", [.. onDisk, "-o", "json"])).Output;
        await disk.LeaveAsync(freeKiB);
        var (exit, log) = await AuditAsync();
        exit.ShouldBe(2, log);
        (log.Contains("No space left on device", StringComparison.Ordinal) || log.Contains("disk is full", StringComparison.Ordinal)).ShouldBeTrue(log);
        log.ShouldNotContain("   at ");
        Directory.EnumerateFiles(Path.Combine(disk.Path, "output")).Order(StringComparer.Ordinal).ShouldBe(before.Keys);
        foreach (var (path, bytes) in before)
        {
            (await File.ReadAllBytesAsync(path)).ShouldBe(bytes);
        }

        await disk.LeaveAsync(64 * 1024);
        (await tenant.RunAsync("policies", [.. onDisk, "-o", "json"])).Output.ShouldBe(policies);
        (await AuditAsync()).Exit.ShouldBe(0);
    }

    private static async Task AssertWholeAsync(FalconTenant tenant)
    {
        foreach (var name in (string[])["policy-audit", "host-summary", "host-details"])
        {
            // The newest of each: those before it were looked at before.
            var report = JsonElement.Parse(await File.ReadAllBytesAsync(tenant.Reports($"{name}_*.json").Last()));
            SchemaCheck.Check(JsonElement.Parse(ReportSchemas.Text(name)), report).ShouldBeEmpty();
        }

        var hosts = await tenant.RunAsync("hosts", "-o", "csv");
        hosts.Exit.ShouldBe(0, hosts.Error);
        hosts.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(1 + Hosts);
        hosts.Error.ShouldEndWith(", complete\n");
    }
}
