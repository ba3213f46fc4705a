using System.Diagnostics;
using System.Globalization;

namespace Comptroller.Bench;

/// <summary>A state of hundreds of megabytes: how long a watch takes to read it, and how much memory beside what it keeps.</summary>
internal sealed class DriftStateBench(string binary, int megabytes)
{
    private const int Resources = 100_000;
    private const int Bare = 640;

    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("comptroller-bench-");
        try
        {
            var state = Path.Combine(folder.FullName, "s.tfstate");
            await new DriftEstate(Resources).WriteStateAsync(state, Math.Max(0, megabytes * 10 - Bare), cancellationToken);
            var time = Stopwatch.StartNew();
            await using (var file = File.OpenRead(state))
            {
                await file.CopyToAsync(Stream.Null, cancellationToken);
            }

            var plain = time.Elapsed;
            await using var watch = await DriftProcess.StartAsync(binary, folder.FullName, state, Path.Combine(folder.FullName, "d.sqlite"), cancellationToken);
            var size = new FileInfo(state).Length / 1e6;
            var figures = new Figures(string.Create(CultureInfo.InvariantCulture, $"drift-state: {size:0} MB, {Resources} resources ({Machine.Describe()}, {Machine.Load})"));
            figures.Add("Start to judging, s", watch.Ready.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{size / watch.Ready.TotalSeconds:0} MB/s; reading the file and throwing it away: {plain.TotalSeconds:0.0} s"));
            figures.Add("Peak resident, MiB", watch.Process.PeakResidentMiB.ToString("0", CultureInfo.InvariantCulture));
            figures.Add("Resident, MiB", watch.Process.ResidentMiB.ToString("0", CultureInfo.InvariantCulture), "the attributes themselves are kept: events are held against them");
            figures.Print();
            await watch.Process.StopAsync();
            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
