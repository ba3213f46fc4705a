using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client;

internal static partial class ClientLog
{
    [LoggerMessage(1, LogLevel.Warning, "{File} could not be used, the last good content stays: {Error}")]
    public static partial void KeptOldFile(ILogger logger, string file, string error);

    [LoggerMessage(2, LogLevel.Warning, "The API server warns: {Warning}")]
    public static partial void ServerWarning(ILogger logger, string warning);

    [LoggerMessage(3, LogLevel.Information, "Trust or client certificate changed: new connections from here on")]
    public static partial void ConnectionsRenewed(ILogger logger);

    [LoggerMessage(4, LogLevel.Warning, "{Verb} {Path} is tried again in {Delay} (attempt {Attempt}): {Reason}")]
    public static partial void Retrying(ILogger logger, string verb, string path, TimeSpan delay, int attempt, string reason);

    [LoggerMessage(5, LogLevel.Warning, "The watch of {Path} outlived its deadline and was cut from this side: the server or the network is stuck")]
    public static partial void WatchCut(ILogger logger, string path);

    [LoggerMessage(6, LogLevel.Debug, "The watch of {Path} broke off: {Error}")]
    public static partial void WatchBroke(ILogger logger, string path, string error);

    [LoggerMessage(7, LogLevel.Debug, "{Verb} {Path} got 401: credentials are read again")]
    public static partial void CredentialsRejected(ILogger logger, string verb, string path);

    [LoggerMessage(8, LogLevel.Debug, "Running the credential plugin {Command}")]
    public static partial void RunningPlugin(ILogger logger, string command);
}
