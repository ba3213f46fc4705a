using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Operator.Tests.Estates;

/// <summary>One operator inside the test process: the same composition root as the program, reached over its own ports.</summary>
internal sealed class OperatorRun : IAsyncDisposable
{
    /// <summary>Between two looks at a probe, which nothing announces.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource stop = new();
    private readonly HttpClient http = new();

    private OperatorRun(OperatorOptions options) => Completion = Task.Run(() => OperatorHost.RunAsync(options with { Log = Log }, stop.Token));

    public LogCapture Log { get; } = new();

    /// <summary>The exit code.</summary>
    public Task<int> Completion { get; }

    public static OperatorRun Start(KubeClientConfiguration cluster, Func<OperatorOptions, OperatorOptions>? adjust = null)
    {
        var options = new OperatorOptions
        {
            Cluster = cluster,
            MetricsBindAddress = "127.0.0.1:0",
            ProbeBindAddress = "127.0.0.1:0",
            Instance = "operator",
        };
        return new OperatorRun(adjust?.Invoke(options) ?? options);
    }

    /// <summary>As SIGTERM does; returns the exit code.</summary>
    public async Task<int> StopAsync()
    {
        await stop.CancelAsync();
        return await Completion.WaitAsync(Estate.Patience);
    }

    public Task UntilReadyAsync() => UntilReadyzAsync((healthy, _) => healthy);

    /// <summary>Waits until /readyz says what is expected; fails with its last answer.</summary>
    public async Task UntilReadyzAsync(Func<bool, string, bool> holds)
    {
        var text = "";
        await UntilAsync(
            async cancellationToken =>
            {
                using var answer = await http.GetAsync(await AddressAsync("probes", "readyz"), cancellationToken);
                text = await answer.Content.ReadAsStringAsync(cancellationToken);
                return holds(answer.IsSuccessStatusCode, text);
            },
            () => $"/readyz says: {text}\n{Log}");
    }

    public async Task<string> ReadyzAsync() => await http.GetStringAsync(await AddressAsync("probes", "readyz"));

    /// <summary>Waits until at least this many reconciles have ended and none is running or queued.</summary>
    public async Task UntilIdleAsync(double reconciles)
    {
        var text = "";
        await UntilAsync(
            async cancellationToken =>
            {
                text = await http.GetStringAsync(await AddressAsync("metrics", "metrics"), cancellationToken);
                return Sum(text, "controller_runtime_reconcile_total") >= reconciles
                    && Sum(text, "workqueue_depth") == 0 && Sum(text, "controller_runtime_active_workers") == 0;
            },
            () => $"fewer than {reconciles} reconciles: {string.Join('\n', text.Split('\n').Where(line => line.StartsWith("controller_runtime", StringComparison.Ordinal)))}");
    }

    /// <summary>Reconciles that have ended so far, whatever became of them.</summary>
    public async Task<double> ReconcilesAsync() => Sum(await http.GetStringAsync(await AddressAsync("metrics", "metrics")), "controller_runtime_reconcile_total");

    /// <summary>The metrics page.</summary>
    public async Task<string> MetricsAsync() => await http.GetStringAsync(await AddressAsync("metrics", "metrics"));

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
        http.Dispose();
        await Log.DisposeAsync();
    }

    private async Task UntilAsync(Func<CancellationToken, Task<bool>> holds, Func<string> seen)
    {
        using var patience = new CancellationTokenSource(Estate.Patience);
        try
        {
            while (!await holds(patience.Token))
            {
                await Task.Delay(Pause, patience.Token);
            }
        }
        catch (OperationCanceledException e) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException(seen(), e);
        }
    }

    /// <summary>The port was chosen by the system; the first line of the log names it.</summary>
    private async Task<Uri> AddressAsync(string field, string path) =>
        new(new Uri((string)JsonNode.Parse(await Log.LineAsync("Serving probes"))![field]!), path);

    private static double Sum(string page, string metric) => page.Split('\n')
        .Where(line => line.StartsWith(metric, StringComparison.Ordinal) && line[metric.Length] is ' ' or '{')
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
