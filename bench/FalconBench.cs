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
        var audit = ProcessUnderTest.Start(
            binary,
            ["falcon", "audit", "--policy-types", "all", "--product-types", "all", "--rate-limit", "VeryLarge",
                "--store", Path.Combine(folder.FullName, "db.sqlite"), "--output-dir", Path.Combine(folder.FullName, "output")],
            line => verdict = line.Contains("API calls", StringComparison.Ordinal) ? line : verdict,
            new Dictionary<string, string> { ["FALCON_BASE_URL"] = cloud, ["FALCON_CLIENT_ID"] = "simulated-client", ["FALCON_CLIENT_SECRET"] = "simulated-secret" });
        var (exit, wall, usage) = await MeasureAsync(audit, cancellationToken);
        var floor = ProcessUnderTest.Start(typeof(FalconBench).Assembly.Location, ["falcon-pages", cloud]);
        var (_, floorWall, floorUsage) = await MeasureAsync(floor, cancellationToken);
        var reports = folder.EnumerateFiles("*.json", SearchOption.AllDirectories).Sum(file => file.Length);
        var figures = new Figures($"falcon: {hosts} hosts, {policies} policies ({Machine.Describe()})");
        figures.Add("Exit code", $"{exit}", verdict);
        figures.Add("Wall, s", Text(wall, "0.0"), $"{Text(wall / floorWall, "0.0")} times the floor, which receives the same pages and throws them away ({Text(floorWall, "0.0")} s); {Machine.Load}");
        figures.Add("Processor time, s", Text(usage.CpuSeconds, "0.0"), $"{Text(usage.CpuSeconds / floorUsage.CpuSeconds, "0.0")} times the floor ({Text(floorUsage.CpuSeconds, "0.0")} s)");
        figures.Add("Peak resident memory, MiB", Text(usage.PeakMiB), $"floor {Text(floorUsage.PeakMiB)}; the replaced tool: 1219 MB at 20 000 hosts");
        figures.Add("Hosts a second, all steps", Text(hosts / wall));
        figures.Add("Store, MB", (folder.EnumerateFiles("db.sqlite*").Sum(file => file.Length) / 1e6).ToString("0.0", Invariant));
        figures.Add("JSON reports, MB", (reports / 1e6).ToString("0.0", Invariant));
        figures.Print();
        folder.Delete(recursive: true);
        return exit == 0 ? 0 : 1;
    }

    private static async Task<(int Exit, double Wall, Usage Usage)> MeasureAsync(ProcessUnderTest process, CancellationToken cancellationToken)
    {
        var time = Stopwatch.StartNew();
        var usage = new Usage(0, 0);
        var ended = process.ExitedAsync(cancellationToken);
        while (!ended.IsCompleted)
        {
            try
            {
                usage = new Usage(process.CpuSeconds, process.PeakResidentMiB);
            }
            catch (Exception e) when (e is IOException or InvalidOperationException)
            {
                // It ended between two looks; the last figures stand.
            }

            await Task.WhenAny(ended, Task.Delay(20, cancellationToken));
        }

        var wall = time.Elapsed.TotalSeconds;
        var exit = await ended;
        await process.DisposeAsync();
        return (exit, wall, usage);
    }

    private static string Text(double value, string format = "0") => value.ToString(format, Invariant);
}
