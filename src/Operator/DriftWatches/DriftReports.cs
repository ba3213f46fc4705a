using System.Net;
using Comptroller.Crds.DriftWatches;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>
/// Asks the pods of a watch what they know, at the address that the kubelet reports: they hold no token for Kubernetes, and a container hands
/// its termination message over only when it ends.
/// </summary>
internal sealed class DriftReports : IDisposable
{
    private readonly HttpClient http;

    public DriftReports()
        : this(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                MaxConnectionsPerServer = 1,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
                // Pods are asked by their addresses, which no certificate names. What they tell is no secret, and nothing is sent.
                SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            },
            TimeSpan.FromSeconds(5))
    {
    }

    /// <param name="handler">Sends; disposed with this.</param>
    /// <param name="timeout">For one whole answer.</param>
    public DriftReports(HttpMessageHandler handler, TimeSpan timeout) =>
        http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = DriftWatchReport.MostBytes };

    /// <summary>
    /// What the first pod tells that can be relied on; else what any tells; null when none answers. Pods of one watch share a store, so one
    /// knows the drifts of all. Those that are not ready are asked too: why they are not is what there is to tell.
    /// </summary>
    public async Task<DriftWatchReport?> AskAsync(DriftWatchSpec spec, IEnumerable<ObservedPod> pods, CancellationToken cancellationToken)
    {
        DriftWatchReport? unreliable = null;
        foreach (var pod in pods.OrderByDescending(pod => pod.IsReady).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal))
        {
            if (pod.IsRunning && IPAddress.TryParse(pod.Status.PodIp, out var address) && await AskAsync(address, spec.Intake, cancellationToken) is { } report)
            {
                if (report.Unready is null)
                {
                    return report;
                }

                unreliable ??= report;
            }
        }

        return unreliable;
    }

    public void Dispose() => http.Dispose();

    private async Task<DriftWatchReport?> AskAsync(IPAddress pod, DriftIntake intake, CancellationToken cancellationToken)
    {
        try
        {
            var address = new UriBuilder(intake.Tls is null ? "http" : "https", pod.ToString(), intake.Port, DriftWatchReport.Path).Uri;
            using var answer = await http.GetAsync(address, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? DriftWatchReport.Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken)) : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It starts, stops, or a NetworkPolicy is in the way; Unobserved tells.
            return null;
        }
    }
}
