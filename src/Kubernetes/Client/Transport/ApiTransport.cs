using Comptroller.Kubernetes.Client.Credentials;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>Sends a request as the configured user over the connection that is current, and repeats it once after a 401.</summary>
internal sealed class ApiTransport(
    KubeClientConfiguration configuration, KubeClientOptions options, ICredential credential, TrustAnchors trust, ILogger logger) : IDisposable
{
    private readonly Lock swapping = new();
    private Connection? current;
    private bool disposed;

    /// <summary>The answer's headers have arrived; its body is still to be read. The caller disposes it.</summary>
    /// <param name="createRequest">Called once per attempt: a request message cannot be sent twice.</param>
    /// <param name="cancellationToken">Ends the request and the reading of its body.</param>
    /// <exception cref="CredentialException">There are no credentials to send.</exception>
    /// <exception cref="HttpRequestException">No answer came.</exception>
    public async Task<TransportAnswer> SendAsync(Func<HttpRequestMessage> createRequest, CancellationToken cancellationToken)
    {
        var identity = await credential.CurrentAsync(cancellationToken);
        var answer = await SendOnceAsync(createRequest, identity, cancellationToken);
        if (answer.Message.StatusCode != System.Net.HttpStatusCode.Unauthorized || !credential.Reject(identity))
        {
            return answer;
        }

        ClientLog.CredentialsRejected(
            logger, answer.Message.RequestMessage!.Method.Method, answer.Message.RequestMessage.RequestUri!.AbsolutePath);
        answer.Dispose();
        return await SendOnceAsync(createRequest, await credential.CurrentAsync(cancellationToken), cancellationToken);
    }

    public void Dispose()
    {
        lock (swapping)
        {
            disposed = true;
            current?.Dispose();
            current = null;
        }

        credential.Dispose();
        trust.Dispose();
    }

    private async Task<TransportAnswer> SendOnceAsync(
        Func<HttpRequestMessage> createRequest, Identity identity, CancellationToken cancellationToken)
    {
        var anchors = await trust.CurrentAsync(cancellationToken);
        var connection = Use(new(identity.Certificate, anchors));
        var request = createRequest();
        try
        {
            request.Headers.Authorization = identity.Authorization;
            // The Host header is what the handler takes for SNI and for the name check (rule T8).
            request.Headers.Host = configuration.TlsServerName;
            Impersonate(request);
            var message = await connection.SendAsync(request, cancellationToken);
            return new TransportAnswer(message, request, connection);
        }
        catch
        {
            request.Dispose();
            connection.Dispose();
            throw;
        }
    }

    private void Impersonate(HttpRequestMessage request)
    {
        if (configuration.Impersonation is not { } impersonation)
        {
            return;
        }

        request.Headers.TryAddWithoutValidation("Impersonate-User", impersonation.User);
        if (impersonation.Uid is { } uid)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-Uid", uid);
        }

        if (impersonation.Groups.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Impersonate-Group", impersonation.Groups);
        }

        foreach (var (key, values) in impersonation.Extra)
        {
            request.Headers.TryAddWithoutValidation($"Impersonate-Extra-{Uri.EscapeDataString(key)}", values);
        }
    }

    private Connection Use((ClientCertificate? Certificate, System.Security.Cryptography.X509Certificates.X509Certificate2Collection? Anchors) wanted)
    {
        lock (swapping)
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(KubeClient));
            if (current is null || !ReferenceEquals(current.Anchors, wanted.Anchors) || !Equals(current.Certificate, wanted.Certificate))
            {
                if (current is not null)
                {
                    ClientLog.ConnectionsRenewed(logger);
                    current.Dispose();
                }

                current = new Connection(configuration, options, wanted.Anchors, wanted.Certificate);
            }

            current.TryUse();
            return current;
        }
    }
}

/// <summary>An answer and the connection it holds open.</summary>
internal sealed class TransportAnswer(HttpResponseMessage message, HttpRequestMessage request, Connection connection) : IDisposable
{
    private int disposed;

    public HttpResponseMessage Message { get; } = message;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 0)
        {
            Message.Dispose();
            request.Dispose();
            connection.Dispose();
        }
    }
}
