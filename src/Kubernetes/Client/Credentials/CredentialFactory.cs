using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Credentials;

/// <summary>Chooses what stands behind a configured user.</summary>
internal static class CredentialFactory
{
    public static ICredential Create(KubeClientConfiguration configuration, TimeProvider time, ILogger logger) =>
        configuration.User.Exec is { } plugin
            ? new ExecCredential(plugin, configuration, time, logger)
            : new UserCredential(configuration.User, time, logger);
}
