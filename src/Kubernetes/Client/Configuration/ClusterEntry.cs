using Comptroller.Kubernetes.Client.Credentials;
using Comptroller.Kubernetes.Client.Transport;

namespace Comptroller.Kubernetes.Client.Configuration;

/// <summary>Reads a <c>cluster</c> of a kubeconfig (rule T6).</summary>
internal static class ClusterEntry
{
    public static async Task<KubeClientConfiguration> ReadAsync(KubeConfigEntry entry, CancellationToken cancellationToken)
    {
        var server = entry.Text("server") ?? throw entry.Error("server", "server is not set");
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw entry.Error("server", "server must be an http or https URL, such as https://10.0.0.1:6443");
        }

        // Data wins over a file, and then the file is not even looked at.
        var pem = entry.Data("certificate-authority-data");
        var file = pem is null ? entry.FilePath("certificate-authority") : null;
        var insecure = entry.Flag("insecure-skip-tls-verify");
        if (insecure && (pem ?? file) is not null)
        {
            throw entry.Error(
                "insecure-skip-tls-verify", "insecure-skip-tls-verify and a certificate-authority exclude each other; remove one of them");
        }

        var field = pem is null ? "certificate-authority" : "certificate-authority-data";
        if ((pem ?? await ReadFileAsync(entry, field, file, cancellationToken)) is { } authority)
        {
            try
            {
                TrustAnchors.Parse(authority, field);
            }
            catch (CredentialException e)
            {
                throw entry.Error(field, e.Message);
            }
        }

        return new KubeClientConfiguration
        {
            Server = address,
            CertificateAuthorityPem = pem,
            CertificateAuthorityFile = file,
            InsecureSkipTlsVerify = insecure,
            TlsServerName = entry.Text("tls-server-name"),
            Proxy = Proxy(entry),
        };
    }

    /// <summary>The content of a file that the configuration names; null when it names none.</summary>
    public static async Task<string?> ReadFileAsync(KubeConfigEntry entry, string field, string? path, CancellationToken cancellationToken)
    {
        try
        {
            return path is null ? null : await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw entry.Error(field, $"{field}: there is no file {path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw entry.Error(field, $"{field}: {e.Message}");
        }
    }

    private static Uri? Proxy(KubeConfigEntry entry)
    {
        if (entry.Text("proxy-url") is not { } text)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is ("http" or "https" or "socks5")
            ? proxy
            : throw entry.Error("proxy-url", "proxy-url must be an http, https or socks5 URL");
    }
}
