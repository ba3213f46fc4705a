using System.Diagnostics;
using System.Globalization;

namespace Comptroller.Bench;

/// <summary>One audit as a process of its own against the simulated API: wall, processor time, memory, calls, reports and store.</summary>
internal sealed class FalconBench(string binary, int hosts, int policies)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var simulator = ProcessUnderTest.Start(
            Builds.FalconSimulator, ["--hosts", $"{hosts}", "--policies", $"{policies}"], line => address.TrySetResult(line));
        var cloud = await address.Task.WaitAsync(Patience, cancellationToken);
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        var verdict = "";
        var time = Stopwatch.StartNew();
        var audit = ProcessUnderTest.Start(
            binary,
            ["falcon", "audit", "--policy-types", "all", "--product-types", "all", "--rate-limit", "VeryLarge",
                "--store", Path.Combine(folder.FullName, "db.sqlite"), "--output-dir", Path.Combine(folder.FullName, "output")],
            line => verdict = line.Contains("API calls", StringComparison.Ordinal) ? line : verdict,
            new Dictionary<string, string> { ["FALCON_BASE_URL"] = cloud, ["FALCON_CLIENT_ID"] = "simulated-client", ["FALCON_CLIENT_SECRET"] = "simulated-secret" });
        var (peak, cpu) = (0.0, 0.0);
        var ended = audit.ExitedAsync(cancellationToken);
        while (!ended.IsCompleted)
        {
            try
            {
                (peak, cpu) = (audit.PeakResidentMiB, audit.CpuSeconds);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It ended between two looks; the last figures stand.
            }

            await Task.WhenAny(ended, Task.Delay(20, cancellationToken));
        }

        var exit = await ended;
        time.Stop();
        await audit.DisposeAsync();
        var reports = folder.EnumerateFiles("*.json", SearchOption.AllDirectories).Sum(file => file.Length);
        var figures = new Figures($"falcon: {hosts} hosts, {policies} policies ({Machine.Describe()})");
        figures.Add("Exit code", $"{exit}", verdict);
        figures.Add("Wall, s", time.Elapsed.TotalSeconds.ToString("0.0", Invariant), Machine.Load);
        figures.Add("Processor time, s", cpu.ToString("0.0", Invariant));
        figures.Add("Peak resident memory, MiB", peak.ToString("0", Invariant), "the replaced tool: 1219 MB at 20 000 hosts");
        figures.Add("Hosts a second, all steps", (hosts / time.Elapsed.TotalSeconds).ToString("0", Invariant));
        figures.Add("Store, MB", (folder.EnumerateFiles("db.sqlite*").Sum(file => file.Length) / 1e6).ToString("0.0", Invariant));
        figures.Add("JSON reports, MB", (reports / 1e6).ToString("0.0", Invariant));
        figures.Print();
        folder.Delete(recursive: true);
        return exit == 0 ? 0 : 1;
    }
}
