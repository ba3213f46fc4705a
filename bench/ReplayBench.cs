using System.Globalization;

namespace Comptroller.Bench;

/// <summary>Bytes per second of one core, and peak memory, of <c>audit-policy replay</c> beside a plain walk over the same lines.</summary>
internal sealed class ReplayBench(string program, string policy, IReadOnlyList<string> logs)
{
    private const int Runs = 3;
    private static readonly int[] Megabytes = [20, 200, 2000];
    private static readonly CultureInfo Invariant = CultureInfo.InvariantCulture;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var directory = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var figures = new Figures($"replay: fastest of {Runs} on {Machine.Describe()}, {Machine.Load}");
            var measured = new List<(double Megabytes, Usage Replay, Usage Baseline)>();
            foreach (var log in logs.Count > 0 ? logs : Generated(directory.FullName))
            {
                var megabytes = new FileInfo(log).Length / 1e6;
                var replay = await BestAsync(program, ["audit-policy", "replay", "--policy", policy, "--log", log], cancellationToken);
                var baseline = await BestAsync(typeof(ReplayBench).Assembly.Location, ["lines", log], cancellationToken);
                measured.Add((megabytes, replay, baseline));
                figures.Add($"{Text(megabytes)} MB: CPU, s", Text(replay.CpuSeconds, "0.00"), $"start included: {Text(megabytes / replay.CpuSeconds)} MB/s; baseline {Text(baseline.CpuSeconds, "0.00")} s");
                figures.Add($"{Text(megabytes)} MB: peak resident memory, MiB", Text(replay.PeakMiB), $"baseline {Text(baseline.PeakMiB)}");
            }

            // The difference between two lengths has no start in it.
            var (small, large) = (measured.MinBy(each => each.Megabytes), measured.MaxBy(each => each.Megabytes));
            if (large.Megabytes > small.Megabytes)
            {
                var (rate, floor) = (Rate(small.Megabytes, large.Megabytes, small.Replay, large.Replay), Rate(small.Megabytes, large.Megabytes, small.Baseline, large.Baseline));
                figures.Add("MB/s of one core, without the start", Text(rate), $"baseline {Text(floor)}: {Text(rate / floor, "0.00")} times as fast; goal 200");
            }

            figures.Print();
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    // The next one is written when the one before is measured, and that one is gone.
    private static IEnumerable<string> Generated(string directory)
    {
        foreach (var megabytes in Megabytes)
        {
            var path = Path.Combine(directory, $"audit-{megabytes}.jsonl");
            AuditLogWriter.Write(path, megabytes * 1_000_000L);
            yield return path;
            File.Delete(path);
        }
    }

    // The others were disturbed.
    private static async Task<Usage> BestAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        var runs = new List<Usage>();
        for (var run = 0; run < Runs; run++)
        {
            await using var process = ProcessUnderTest.Start(program, arguments);
            runs.Add(await process.UsageAsync(cancellationToken));
        }

        return new Usage(runs.Min(usage => usage.CpuSeconds), runs.Max(usage => usage.PeakMiB));
    }

    private static double Rate(double small, double large, Usage ofSmall, Usage ofLarge) => (large - small) / (ofLarge.CpuSeconds - ofSmall.CpuSeconds);

    private static string Text(double value, string format = "0") => value.ToString(format, Invariant);
}
