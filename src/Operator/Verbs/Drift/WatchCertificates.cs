using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>The certificate of the server and the authorities of its clients, read again when their files change.</summary>
internal sealed class WatchCertificates
{
    private static readonly Oid ClientAuthentication = new("1.3.6.1.5.5.7.3.2");

    private readonly ReloadedFiles<SslStreamCertificateContext> _server;
    private readonly ReloadedFiles<X509Certificate2Collection>? _authorities;

    /// <exception cref="FormatException">A file cannot be used.</exception>
    public WatchCertificates(TlsConfig config, TimeProvider time, Action<string> warned)
    {
        _server = new ReloadedFiles<SslStreamCertificateContext>([config.CertificateFile, config.KeyFile], files => Server(files, config), time) { Warned = warned };
        _authorities = config.ClientCaFile is not { } path ? null : new ReloadedFiles<X509Certificate2Collection>([path], files => Authorities(files[0], path), time) { Warned = warned };
    }

    /// <summary>How one more connection is secured.</summary>
    public SslServerAuthenticationOptions Options() => new()
    {
        ServerCertificateContext = _server.Value,
        // Asked for, not demanded: callers with a token need none.
        ClientCertificateRequired = _authorities is not null,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null || (_authorities is not null && IsOfClient(certificate)),
    };

    private bool IsOfClient(X509Certificate certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities!.Value);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
        using var checkedCertificate = new X509Certificate2(certificate);
        return chain.Build(checkedCertificate);
    }

    private static SslStreamCertificateContext Server(IReadOnlyList<byte[]> files, TlsConfig config)
    {
        var (pem, key) = (Encoding.UTF8.GetString(files[0]), Encoding.UTF8.GetString(files[1]));
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(pem);
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(pem, key), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"tls: {config.CertificateFile} and {config.KeyFile} are no certificate and its key as PEM: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Authorities(byte[] file, string path)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Encoding.UTF8.GetString(file));
        }
        catch (CryptographicException e)
        {
            throw new FormatException($"tls.clientCAFile: {path}: no certificates as PEM: {e.Message}", e);
        }

        return authorities.Count > 0 ? authorities : throw new FormatException($"tls.clientCAFile: {path}: no certificate in it");
    }
}
