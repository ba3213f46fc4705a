using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Comptroller.Bench;

/// <summary>The operator as a process of its own, watched from outside: its pages, and what the kernel says.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly Uri _metrics;
    private readonly Uri _readiness;

    // A page per look would keep a connection open in the operator during the quiet period.
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    private OperatorProcess(string program, string kubeconfigPath)
    {
        var (metrics, probes) = (FreePort(), FreePort());
        _metrics = new Uri($"http://127.0.0.1:{metrics}/metrics");
        _readiness = new Uri($"http://127.0.0.1:{probes}/readyz");
        Started = Stopwatch.StartNew();
        Process = ProcessUnderTest.Start(
            program,
            [
                "operator", "--kubeconfig", kubeconfigPath, "--metrics-bind-address", $"127.0.0.1:{metrics}",
                "--health-probe-bind-address", $"127.0.0.1:{probes}", "--max-concurrent-reconciles", "4", "--log-level", "Warning",
            ],
            line => Console.Error.WriteLine($"operator: {line}"));
    }

    public ProcessUnderTest Process { get; }

    /// <summary>Runs since just before the process was created.</summary>
    public Stopwatch Started { get; }

    public static OperatorProcess Start(string program, string kubeconfigPath) => new(program, kubeconfigPath);

    /// <summary>Waits for 200 on /readyz, which means that every required cache is filled; the time since the start.</summary>
    public async Task<TimeSpan> ReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                using var answer = await _http.GetAsync(_readiness, limit.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    return Started.Elapsed;
                }
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), limit.Token);
        }
    }

    public Task<MetricsPage> MetricsAsync(CancellationToken cancellationToken) => MetricsPage.ReadAsync(_http, _metrics, cancellationToken);

    /// <summary>Waits until so many reconciliations succeeded and none waits or runs; the time since the start.</summary>
    public async Task<TimeSpan> ReconciledAsync(int count, CancellationToken cancellationToken)
    {
        while (true)
        {
            var page = await MetricsAsync(cancellationToken);
            var succeeded = page.Sum("controller_runtime_reconcile_total") - page.Sum("controller_runtime_reconcile_total", "result=\"error\"");
            if (succeeded >= count && page.Sum("workqueue_depth") == 0 && page.Sum("controller_runtime_active_workers") == 0)
            {
                return Started.Elapsed;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
