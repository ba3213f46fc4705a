using System.Globalization;

namespace Comptroller.Bench;

/// <summary>What the published binary weighs, how soon it is ready, and what it holds while idle.</summary>
internal sealed class StartBench(string binary)
{
    private const int Runs = 9;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var sandbox = await SandboxProcess.StartAsync(cancellationToken);
        var program = Path.GetFullPath(binary);
        var (starts, cpu, memory) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < Runs; run++)
        {
            await using var comptroller = OperatorProcess.Start(program, sandbox.KubeconfigPath);
            starts.Add((await comptroller.ReadyAsync(cancellationToken)).TotalMilliseconds);
            cpu.Add(comptroller.Process.CpuSeconds * 1000);
            await Task.Delay(Idle, cancellationToken);
            memory.Add(comptroller.Process.ResidentMiB);
            await comptroller.Process.StopAsync();
        }

        var figures = new Figures($"start: median of {Runs} ({Machine.Describe()})");
        figures.Add("Size of the binary, MB", (new FileInfo(program).Length / 1e6).ToString("0.0", Invariant), "reference 45.5");
        figures.Add("Process start to /readyz 200, ms", Median(starts).ToString("0", Invariant), $"reference 223; fastest {starts.Min().ToString("0", Invariant)}; {Machine.Load}");
        figures.Add("CPU until then, ms", Median(cpu).ToString("0", Invariant));
        figures.Add($"Resident memory after {Idle.TotalSeconds:0} s idle, MiB", Median(memory).ToString("0", Invariant), "reference 67");
        figures.Print();
        return 0;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
