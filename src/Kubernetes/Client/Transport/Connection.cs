using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Kubernetes.Client.Credentials;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>
/// The pool of connections of one identity (rule T1). When trust or client certificate change a new one takes over, and the old
/// one goes when the last request on it has ended.
/// </summary>
internal sealed class Connection : IDisposable
{
    /// <summary>No HttpClient: its timeout would cut watches after 100 s (rule T1), and its buffering is not wanted either.</summary>
    private readonly HttpMessageInvoker invoker;
    private int users = 1;

    public Connection(
        KubeClientConfiguration configuration, KubeClientOptions options, X509Certificate2Collection? anchors, ClientCertificate? certificate)
    {
        Anchors = anchors;
        Certificate = certificate;
        var handler = CreateHandler(configuration, options, anchors, certificate);
        Trust = handler.SslOptions.CertificateChainPolicy;
        invoker = new HttpMessageInvoker(handler, disposeHandler: true);
    }

    public X509Certificate2Collection? Anchors { get; }
    public ClientCertificate? Certificate { get; }

    /// <summary>What every connection of the pool is judged by; null when the machine's own trust counts.</summary>
    internal X509ChainPolicy? Trust { get; }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        invoker.SendAsync(request, cancellationToken);

    /// <summary>False once the last user has gone.</summary>
    public bool TryUse()
    {
        var seen = Volatile.Read(ref users);
        while (seen > 0)
        {
            var before = Interlocked.CompareExchange(ref users, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    /// <summary>Gives back one use; the last one closes the connections.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref users) == 0)
        {
            invoker.Dispose();
        }
    }

    private static SocketsHttpHandler CreateHandler(
        KubeClientConfiguration configuration, KubeClientOptions options, X509Certificate2Collection? anchors, ClientCertificate? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            // A dead path would otherwise linger in the kernel for a quarter of an hour (rule T2).
            KeepAlivePingDelay = options.PingDelay,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            UseCookies = false,
        };
        if (configuration.Proxy is { } proxy)
        {
            handler.Proxy = new WebProxy(proxy) { Credentials = CredentialsOf(proxy) };
        }
        else if (configuration.Server.IsLoopback)
        {
            // As in Go: the environment's proxy is not asked for what runs on this machine.
            handler.UseProxy = false;
        }

        var tls = handler.SslOptions;
        tls.EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13;
        if (certificate is not null)
        {
            tls.ClientCertificateContext = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Chain, offline: true);
        }

        if (configuration.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359, MA0039 // The user asked for exactly this, and a CA beside it is refused (rule T6).
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359, MA0039
        }
        else if (anchors is not null)
        {
            // A chain policy and no callback: hand-written checks trusted what they should not (rule T4, CVE-2025-9708).
            tls.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(anchors);
            tls.CertificateChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1", "serverAuth"));
        }

        return handler;
    }

    private static NetworkCredential? CredentialsOf(Uri proxy)
    {
        if (proxy.UserInfo.Length == 0)
        {
            return null;
        }

        var parts = proxy.UserInfo.Split(':', 2);
        return new NetworkCredential(Uri.UnescapeDataString(parts[0]), parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : "");
    }
}
