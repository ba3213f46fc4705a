namespace Comptroller.Kubernetes.Client;

/// <summary>Values of <see cref="KubeApiException.Reason"/> that come from this client and not from the server.</summary>
public static class FailureReason
{
    public const string ConnectionRefused = "ConnectionRefused";
    public const string ConnectionLost = "ConnectionLost";
    public const string NameNotResolved = "NameNotResolved";
    public const string TlsFailure = "TlsFailure";
    public const string ProxyFailure = "ProxyFailure";
    public const string Timeout = "Timeout";

    /// <summary>Our own credentials could not be had: a token file is missing, an exec plugin failed.</summary>
    public const string CredentialsUnavailable = "CredentialsUnavailable";

    /// <summary>The answer is not what the API would say.</summary>
    public const string MalformedAnswer = "MalformedAnswer";

    /// <summary>One object does not fit our types.</summary>
    public const string UndecodableObject = "UndecodableObject";
}
