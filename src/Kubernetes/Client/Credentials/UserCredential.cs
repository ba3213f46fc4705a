using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>Credentials that lie in the configuration or in files: token, password, client certificate.</summary>
internal sealed class UserCredential : ICredential
{
    /// <summary>Projected tokens live an hour and are rewritten at 80 % of it (rule T5).</summary>
    private static readonly TimeSpan FilePeriod = TimeSpan.FromSeconds(60);

    private readonly AuthenticationHeaderValue? header;
    private readonly PolledFile? tokenFile;
    private readonly PolledFile? certificateFile;
    private readonly PolledFile? keyFile;
    private readonly string? certificatePem;
    private readonly SecretString? keyPem;
    private readonly ILogger logger;
    private volatile LoadedCertificate? loaded;

    public UserCredential(UserCredentials user, TimeProvider time, ILogger logger)
    {
        PolledFile? Poll(string? path) => path is null ? null : new PolledFile(path, FilePeriod, time, logger);
        this.logger = logger;
        tokenFile = Poll(user.TokenFile);
        header = user switch
        {
            { TokenFile: not null } => null,
            { Token: { } token } => new AuthenticationHeaderValue("Bearer", token.Reveal()),
            { Username: { } name } => new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Password?.Reveal()}"))),
            _ => null,
        };
        certificatePem = user.ClientCertificatePem;
        keyPem = user.ClientKeyPem;
        certificateFile = certificatePem is null ? Poll(user.ClientCertificateFile) : null;
        keyFile = keyPem is null ? Poll(user.ClientKeyFile) : null;
    }

    public async ValueTask<Identity> CurrentAsync(CancellationToken cancellationToken)
    {
        var authorization = header;
        if (tokenFile is not null)
        {
            var token = await tokenFile.ReadAsync(cancellationToken);
            authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
        }

        return new Identity(authorization, await CertificateAsync(cancellationToken));
    }

    public bool Reject(Identity identity)
    {
        tokenFile?.Expire();
        certificateFile?.Expire();
        keyFile?.Expire();
        return tokenFile is not null || certificateFile is not null;
    }

    public void Dispose()
    {
        tokenFile?.Dispose();
        certificateFile?.Dispose();
        keyFile?.Dispose();
    }

    private async ValueTask<ClientCertificate?> CertificateAsync(CancellationToken cancellationToken)
    {
        if (certificatePem is null && certificateFile is null)
        {
            return null;
        }

        var certificate = certificatePem ?? await certificateFile!.ReadAsync(cancellationToken);
        var key = keyPem?.Reveal()
            ?? (keyFile is null ? throw new CredentialException("a client certificate is configured without its key") : await keyFile.ReadAsync(cancellationToken));
        var last = loaded;
        if (last is not null && last.CertificatePem == certificate && last.KeyPem == key)
        {
            return last.Certificate;
        }

        try
        {
            var source = certificateFile?.Path ?? "the configuration";
            loaded = new LoadedCertificate(certificate, key, ClientCertificate.FromPem(certificate, key, source));
            return loaded.Certificate;
        }
        catch (CredentialException e) when (last is not null)
        {
            // The two files are rewritten one after the other: for a moment they do not belong together.
            ClientLog.KeptOldFile(logger, certificateFile?.Path ?? "", e.Message);
            return last.Certificate;
        }
    }

    private sealed class LoadedCertificate(string certificatePem, string keyPem, ClientCertificate certificate)
    {
        public string CertificatePem { get; } = certificatePem;
        public string KeyPem { get; } = keyPem;
        public ClientCertificate Certificate { get; } = certificate;
    }
}
