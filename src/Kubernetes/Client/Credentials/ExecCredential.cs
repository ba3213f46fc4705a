using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>
/// Credentials from a program, kept until they expire or the server refuses them (rule T7). However many requests wait, the
/// program runs once.
/// </summary>
internal sealed class ExecCredential(ExecPlugin plugin, KubeClientConfiguration configuration, TimeProvider time, ILogger logger) : ICredential
{
    private readonly SemaphoreSlim running = new(1, 1);
    private volatile Held? held;

    public async ValueTask<Identity> CurrentAsync(CancellationToken cancellationToken)
    {
        if (Valid() is { } identity)
        {
            return identity;
        }

        await running.WaitAsync(cancellationToken);
        try
        {
            if (Valid() is { } already)
            {
                return already;
            }

            ClientLog.RunningPlugin(logger, plugin.Command);
            var answer = await ExecPluginRunner.RunAsync(plugin, configuration, time, cancellationToken);
            var header = answer.Token is { } token ? new AuthenticationHeaderValue("Bearer", token.Reveal()) : null;
            var certificate = answer.CertificatePem is { } pem
                ? ClientCertificate.FromPem(pem, answer.KeyPem!.Reveal(), $"the exec plugin {plugin.Command}")
                : null;
            held = new Held(new Identity(header, certificate), answer.Expires);
            return held.Identity;
        }
        finally
        {
            running.Release();
        }
    }

    /// <summary>Only the identity that was refused is dropped: a newer one, fetched meanwhile by another request, stays.</summary>
    public bool Reject(Identity identity)
    {
        if (held is { } current && ReferenceEquals(current.Identity, identity))
        {
            held = null;
        }

        return true;
    }

    public void Dispose() => running.Dispose();

    private Identity? Valid() => held is { } current && (current.Expires is not { } expires || time.GetUtcNow() < expires) ? current.Identity : null;

    private sealed record Held(Identity Identity, DateTimeOffset? Expires);
}
