using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Comptroller.Kubernetes.Client.Credentials;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>
/// Whom we trust to be the API server (rule T4). A CA file is looked at again every five minutes; a new content that cannot be
/// parsed leaves the old trust in place.
/// </summary>
internal sealed class TrustAnchors : IDisposable
{
    private static readonly TimeSpan FilePeriod = TimeSpan.FromMinutes(5);

    private readonly PolledFile? file;
    private readonly ILogger logger;
    private volatile Anchors? anchors;

    public TrustAnchors(KubeClientConfiguration configuration, TimeProvider time, ILogger logger)
    {
        this.logger = logger;
        if (configuration.InsecureSkipTlsVerify)
        {
            return;
        }

        if (configuration.CertificateAuthorityPem is { } pem)
        {
            anchors = new Anchors(pem, Parse(pem, "the configuration"));
        }
        else if (configuration.CertificateAuthorityFile is { } path)
        {
            file = new PolledFile(path, FilePeriod, time, logger);
        }
    }

    /// <summary>The certificates to trust; the same instance until they change; null when the machine's own trust counts.</summary>
    /// <exception cref="CredentialException">There is a CA file but no usable content yet.</exception>
    public async ValueTask<X509Certificate2Collection?> CurrentAsync(CancellationToken cancellationToken)
    {
        if (file is null)
        {
            return anchors?.Certificates;
        }

        var pem = await file.ReadAsync(cancellationToken);
        var last = anchors;
        if (last is not null && last.Pem == pem)
        {
            return last.Certificates;
        }

        try
        {
            anchors = new Anchors(pem, Parse(pem, file.Path));
        }
        catch (CredentialException e) when (last is not null)
        {
            ClientLog.KeptOldFile(logger, file.Path, e.Message);
            anchors = last with { Pem = pem };
        }

        return anchors.Certificates;
    }

    public void Dispose() => file?.Dispose();

    /// <exception cref="CredentialException">The PEM holds no certificate.</exception>
    public static X509Certificate2Collection Parse(string pem, string source)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException e)
        {
            throw new CredentialException($"the certificate authority of {source} is not valid PEM: {e.Message}", e);
        }

        return certificates.Count > 0
            ? certificates
            : throw new CredentialException($"the certificate authority of {source} holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
    }

    private sealed record Anchors(string Pem, X509Certificate2Collection Certificates);
}
