using System.Diagnostics;
using System.Globalization;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Bench;

/// <summary>What the operator costs: a burst of new resources, many at rest, a quiet cluster, and a restart.</summary>
/// <param name="program">The operator's executable or assembly.</param>
/// <param name="count">Resources created at once.</param>
/// <param name="resident">Resources at rest; not below <paramref name="count"/>.</param>
/// <param name="quietSeconds">Length of the quiet period.</param>
internal sealed class OperatorBench(string program, int count, int resident, int quietSeconds)
{
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    private readonly Figures _figures = new($"operator: {count} at once, {resident} resident ({Machine.Describe()})");

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await MeasureAsync(cancellationToken);
            return 0;
        }
        finally
        {
            // Minutes of measuring are not lost to a later part that fails.
            _figures.Print();
        }
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var sandbox = await SandboxProcess.StartAsync(cancellationToken);
        using var client = KubeClient.Create(sandbox.Configuration, new KubeClientOptions { Product = "bench", MaxConcurrency = 50 });
        await Policies.CreateNamespacesAsync(client, cancellationToken);
        double cpuPerObject;
        await using (var comptroller = OperatorProcess.Start(program, sandbox.KubeconfigPath))
        {
            await comptroller.ReadyAsync(cancellationToken);
            cpuPerObject = await BurstAsync(sandbox, comptroller, client, cancellationToken);
            await GrowAsync(sandbox, comptroller, client, cancellationToken);
            await QuietAsync(sandbox, comptroller, cancellationToken);
            await comptroller.Process.StopAsync();
        }

        await RestartAsync(sandbox, cancellationToken);
        await FloorAsync(sandbox, cpuPerObject, cancellationToken);
    }

    private async Task<double> BurstAsync(SandboxProcess sandbox, OperatorProcess comptroller, KubeClient client, CancellationToken cancellationToken)
    {
        var ready = await Policies.WatchReadyAsync(client, count, cancellationToken);
        var before = await sandbox.MetricsAsync(cancellationToken);
        var (operatorCpu, sandboxCpu) = (comptroller.Process.CpuSeconds, sandbox.Process.CpuSeconds);
        var time = Stopwatch.StartNew();
        await Policies.CreateAsync(client, 0, count, cancellationToken);
        var created = time.Elapsed;
        await ready;
        var elapsed = time.Elapsed;
        await SettledAsync(sandbox, comptroller, cancellationToken);
        operatorCpu = comptroller.Process.CpuSeconds - operatorCpu;
        sandboxCpu = sandbox.Process.CpuSeconds - sandboxCpu;
        var calls = ApiCalls.Between(before, await sandbox.MetricsAsync(cancellationToken));

        Add("Objects/s, created to Ready", count / elapsed.TotalSeconds, "0", $"{Machine.Load}; {elapsed.TotalSeconds:0.0} s, of which creating took {created.TotalSeconds:0.0} s");
        Add("Writes per object", calls.Writes / count, "0.00", "reference 5.00");
        foreach (var (verb, resource, calledCount) in calls.All.Where(call => call.Count >= count / 100d))
        {
            Add($"  {verb} {resource} per object", calledCount / count, "0.00");
        }

        Add("Operator CPU per object, ms", operatorCpu * 1000 / count, "0.00", $"reference 5.6; {Machine.Load}");
        Add("Sandbox CPU per object, ms", sandboxCpu * 1000 / count, "0.00", "the creation of the policies included");
        Add("Operator CPU / Sandbox CPU", operatorCpu / sandboxCpu, "0.00", "reference 0.24 of API server and etcd together, a different server");
        Add($"Resident memory at {count}, MiB", comptroller.Process.ResidentMiB, "0", "reference 86-96");
        return operatorCpu * 1000 / count;
    }

    private async Task GrowAsync(SandboxProcess sandbox, OperatorProcess comptroller, KubeClient client, CancellationToken cancellationToken)
    {
        var ready = await Policies.WatchReadyAsync(client, resident, cancellationToken);
        await Policies.CreateAsync(client, count, resident - count, cancellationToken);
        await ready;
        await SettledAsync(sandbox, comptroller, cancellationToken);
        Add($"Resident memory at {resident}, MiB", comptroller.Process.ResidentMiB, "0", $"reference 297, 190 after a forced collection; goal < 150; peak {comptroller.Process.PeakResidentMiB:0}");
        var page = await comptroller.MetricsAsync(cancellationToken);
        Add("  managed heap, MiB", page.Sum("dotnet_gc_heap_bytes") / (1 << 20), "0", $"committed {page.Sum("dotnet_gc_committed_bytes") / (1 << 20):0}");
        foreach (var (outcome, number) in page.ByAll("comptroller_events_total", "outcome").Where(entry => entry.Value > 0))
        {
            Add($"  events {outcome}", number, "0");
        }
    }

    private async Task QuietAsync(SandboxProcess sandbox, OperatorProcess comptroller, CancellationToken cancellationToken)
    {
        var before = await sandbox.MetricsAsync(cancellationToken);
        var cpu = comptroller.Process.CpuSeconds;
        await Task.Delay(TimeSpan.FromSeconds(quietSeconds), cancellationToken);
        cpu = comptroller.Process.CpuSeconds - cpu;
        var calls = ApiCalls.Between(before, await sandbox.MetricsAsync(cancellationToken));
        Add($"Quiet {quietSeconds} s: writes", calls.Writes, "0", "reference 0");
        Add($"Quiet {quietSeconds} s: lists", calls.Lists, "0", "reference 0");
        Add($"Quiet {quietSeconds} s: operator CPU, s", cpu, "0.00", "reference 0.15 in 60 s");
        Add("Resident memory after the quiet period, MiB", comptroller.Process.ResidentMiB, "0");
    }

    private async Task RestartAsync(SandboxProcess sandbox, CancellationToken cancellationToken)
    {
        var before = await sandbox.MetricsAsync(cancellationToken);
        await using var comptroller = OperatorProcess.Start(program, sandbox.KubeconfigPath);
        var synced = await comptroller.ReadyAsync(cancellationToken);
        var reconciled = await comptroller.ReconciledAsync(resident, cancellationToken);
        var cpu = comptroller.Process.CpuSeconds;
        var memory = comptroller.Process.ResidentMiB;
        await SettledAsync(sandbox, comptroller, cancellationToken);
        var calls = ApiCalls.Between(before, await sandbox.MetricsAsync(cancellationToken));
        Add($"Restart with {resident}: all synced, s", synced.TotalSeconds, "0.00", Machine.Load);
        Add($"Restart with {resident}: all reconciled, s", reconciled.TotalSeconds, "0.00", $"reference 3.9; goal < 3; operator CPU {cpu.ToString("0.00", Invariant)} s");
        Add("Restart: writes", calls.Writes, "0", $"reference 0; and {calls.Reviews} access reviews");
        Add("Restart: lists", calls.Lists, "0", "pages");
        Add("Resident memory after the restart, MiB", memory, "0");
        await comptroller.Process.StopAsync();
    }

    private async Task FloorAsync(SandboxProcess sandbox, double operatorCpuPerObject, CancellationToken cancellationToken)
    {
        var sandboxCpu = sandbox.Process.CpuSeconds;
        double? perObject = null;
        await using var floor = ProcessUnderTest.Start(
            Path.Combine(AppContext.BaseDirectory, "Comptroller.Bench.dll"),
            ["floor", "--kubeconfig", sandbox.KubeconfigPath, "--count", count.ToString(Invariant)],
            line =>
            {
                if (line.StartsWith(FloorBaseline.CpuLine, StringComparison.Ordinal))
                {
                    perObject = double.Parse(line[FloorBaseline.CpuLine.Length..], Invariant);
                }
                else
                {
                    Console.Error.WriteLine($"floor: {line}");
                }
            });
        await floor.ExitedAsync(cancellationToken);
        var cpu = perObject ?? throw new InvalidOperationException("the floor gave no figure; its output above says why");
        Add("Floor: CPU per object, ms", cpu, "0.00", $"the same writes from a plain loop; {Machine.Load}");
        Add("Operator CPU / floor CPU", operatorCpuPerObject / cpu, "0.00", $"Sandbox CPU per object beside the floor: {(sandbox.Process.CpuSeconds - sandboxCpu) * 1000 / count:0.00} ms");
    }

    /// <summary>Waits until the queue is empty and nobody wrote for a second and a half: events are written behind the reconciles.</summary>
    private static async Task SettledAsync(SandboxProcess sandbox, OperatorProcess comptroller, CancellationToken cancellationToken)
    {
        var last = await sandbox.MetricsAsync(cancellationToken);
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1.5), cancellationToken);
            var next = await sandbox.MetricsAsync(cancellationToken);
            var page = await comptroller.MetricsAsync(cancellationToken);
            if (ApiCalls.Between(last, next).Writes == 0 && page.Sum("workqueue_depth") == 0 && page.Sum("controller_runtime_active_workers") == 0)
            {
                return;
            }

            last = next;
        }
    }

    private void Add(string name, double value, string format, string note = "") => _figures.Add(name, value.ToString(format, Invariant), note);
}
