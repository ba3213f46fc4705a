using System.Net;
using System.Text;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Crds.Workloads;
using Comptroller.Operator.PolicyAuditSchedules.Rendering;
using Comptroller.Operator.Workloads;

namespace Comptroller.Operator.PolicyAuditSchedules.Runs;

/// <summary>
/// Asks daemons what their newest run found. A daemon holds no token for Kubernetes, and a container hands its termination message over only
/// when it ends: so the operator asks the pod, at the address that the kubelet reports.
/// </summary>
internal sealed class DaemonResults : IDisposable
{
    private readonly HttpClient http;

    public DaemonResults()
        : this(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                MaxConnectionsPerServer = 1,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
            },
            TimeSpan.FromSeconds(5))
    {
    }

    /// <param name="handler">Sends; disposed with this.</param>
    /// <param name="timeout">For one whole answer.</param>
    public DaemonResults(HttpMessageHandler handler, TimeSpan timeout) =>
        http = new HttpClient(handler) { Timeout = timeout, MaxResponseContentBufferSize = ResultText.MostBytes };

    /// <summary>
    /// The newest run of each pod that tells one. A pod that does not answer, or answers something else, tells nothing. Pods that are not ready
    /// are asked too: a daemon whose runs keep failing is not, and that is what there is to tell.
    /// </summary>
    public async Task<IReadOnlyList<AuditRun>> AskAsync(IEnumerable<ObservedPod> daemons, CancellationToken cancellationToken)
    {
        var runs = new List<AuditRun>();
        foreach (var daemon in daemons)
        {
            if (daemon.IsRunning && IPAddress.TryParse(daemon.Status.PodIp, out var address) && await AskAsync(address, cancellationToken) is { } result)
            {
                runs.Add(AuditRun.Of(daemon, result));
            }
        }

        return runs;
    }

    public void Dispose() => http.Dispose();

    private async Task<AuditRunResult?> AskAsync(IPAddress pod, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await http.GetAsync(new UriBuilder("http", pod.ToString(), AuditConfiguration.HealthPort, "/result").Uri, cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK ? AuditRunResult.Read(Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(cancellationToken)), out _) : null;
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // It starts, stops, or a NetworkPolicy is in the way; Stale tells when that lasts.
            return null;
        }
    }
}
