using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>What one request shows of us: a header, a TLS certificate, both or nothing.</summary>
internal sealed record Identity(AuthenticationHeaderValue? Authorization, ClientCertificate? Certificate)
{
    public static Identity Anonymous { get; } = new(null, null);

    /// <summary>Never the content: a printed record would show the token.</summary>
    public override string ToString() => "***";
}

/// <summary>Where identities come from.</summary>
internal interface ICredential : IDisposable
{
    /// <exception cref="CredentialException">There is no identity to be had.</exception>
    ValueTask<Identity> CurrentAsync(CancellationToken cancellationToken);

    /// <summary>The server answered 401 to this identity. True when <see cref="CurrentAsync"/> may give a better one (rules T5, T7).</summary>
    bool Reject(Identity identity);
}

/// <summary>Credentials could not be had. The message says what to do and holds no secret.</summary>
internal sealed class CredentialException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A client certificate with its key and what lies between it and the CA.</summary>
internal sealed record ClientCertificate(X509Certificate2 Leaf, X509Certificate2Collection Chain)
{
    /// <summary>Two reads of the same certificate are the same certificate: connections made with one serve the other.</summary>
    public bool Equals(ClientCertificate? other) => other is not null && Leaf.Equals(other.Leaf);

    public override int GetHashCode() => Leaf.GetHashCode();

    /// <exception cref="CredentialException">The PEM is bad, or the key is not the certificate's.</exception>
    public static ClientCertificate FromPem(string certificate, string key, string source)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(certificate);
            return new(X509Certificate2.CreateFromPem(certificate, key), chain);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new CredentialException($"the client certificate and key of {source} cannot be used: {e.Message}", e);
        }
    }
}
