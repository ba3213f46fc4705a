using System.Net;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Crds.DriftWatches;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.DriftWatches;

/// <summary>
/// Asks the pods of a watch what they know, at the address that the kubelet reports: they hold no token for Kubernetes, and a container hands
/// its termination message over only when it ends.
/// </summary>
internal sealed class DriftReports : IDisposable
{
    private readonly HttpClient http;

    /// <summary>The certificate must name the Service, as senders want it too. Whose authority it is of is between them: what is told is no secret, and nothing is sent.</summary>
    private static X509ChainPolicy AnyAuthority => new() { RevocationMode = X509RevocationMode.NoCheck, VerificationFlags = X509VerificationFlags.AllowUnknownCertificateAuthority };

    public DriftReports()
        : this(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                MaxConnectionsPerServer = 1,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
                SslOptions = { CertificateChainPolicy = AnyAuthority },
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
    public async Task<DriftWatchReport?> AskAsync(DriftWatch resource, IEnumerable<ObservedPod> pods, CancellationToken cancellationToken)
    {
        DriftWatchReport? unreliable = null;
        foreach (var pod in pods.OrderByDescending(pod => pod.IsReady).ThenBy(pod => pod.Metadata.Name, StringComparer.Ordinal))
        {
            if (pod.IsRunning && IPAddress.TryParse(pod.Status.PodIp, out var address) && await AskAsync(address, resource, cancellationToken) is { } report)
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

    private async Task<DriftWatchReport?> AskAsync(IPAddress pod, DriftWatch resource, CancellationToken cancellationToken)
    {
        try
        {
            var intake = resource.Spec.Intake;
            using var question = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(intake.Tls is null ? "http" : "https", pod.ToString(), intake.Port, DriftWatchReport.Path).Uri);
            // The pod is asked by its address, which no certificate names.
            question.Headers.Host = intake.Tls is null ? null : DriftObjects.Host(resource.Metadata);
            using var answer = await http.SendAsync(question, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? DriftWatchReport.Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken)) : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It starts, stops, or a NetworkPolicy is in the way; Unobserved tells.
            return null;
        }
    }
}
