using System.Diagnostics;
using System.Globalization;

namespace Comptroller.Bench;

/// <summary>A <c>drift watch</c> as a process, told to the runtime as the operator tells it of its pods.</summary>
internal sealed class DriftProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private DriftProcess(ProcessUnderTest process, int port, TimeSpan ready) => (Process, Port, Ready) = (process, port, ready);

    public ProcessUnderTest Process { get; }

    public int Port { get; }

    /// <summary>From the start to the first judgement that could be made.</summary>
    public TimeSpan Ready { get; }

    /// <param name="binary">The operator.</param>
    /// <param name="folder">For its configuration.</param>
    /// <param name="state">Path of a Terraform state.</param>
    /// <param name="store">Address of the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<DriftProcess> StartAsync(string binary, string folder, string state, string store, CancellationToken cancellationToken)
    {
        var config = Path.Combine(folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(
            config, $"states:\n  - address: {state}\nlisten: 127.0.0.1:0\nstore: {store}\ngracePeriod: 0s\nqueue: 20000\napi:\n  anonymous: [read, intake]\n  rateLimit: {{perMinute: 10000000, burst: 1000000}}\n", cancellationToken);
        var listening = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var loaded = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var time = Stopwatch.StartNew();
        var process = ProcessUnderTest.Start(binary, ["drift", "watch", "--config", config], line =>
        {
            if (line.Contains("listening on", StringComparison.Ordinal))
            {
                var address = line[(line.IndexOf("http://", StringComparison.Ordinal) + "http://127.0.0.1:".Length)..];
                listening.TrySetResult(int.Parse(address[..address.IndexOf('/', StringComparison.Ordinal)], CultureInfo.InvariantCulture));
            }
            else if (line.Contains("resources in states", StringComparison.Ordinal))
            {
                loaded.TrySetResult(time.Elapsed);
            }
            else if (!listening.Task.IsCompleted)
            {
                listening.TrySetException(new InvalidOperationException(line));
            }
        }, Builds.WatchEnvironment);
        return new DriftProcess(process, await listening.Task.WaitAsync(Patience, cancellationToken), await loaded.Task.WaitAsync(Patience, cancellationToken));
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
