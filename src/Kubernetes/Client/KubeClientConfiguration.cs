namespace Comptroller.Kubernetes.Client;

/// <summary>Where the API is, whom to trust there, and who we are: what a kubeconfig context or a pod's service account says.</summary>
public sealed record KubeClientConfiguration
{
    /// <summary>Such as <c>https://10.0.0.1:6443</c>; a path prefix is kept.</summary>
    public required Uri Server { get; init; }

    /// <summary>PEM of the cluster's CA. Wins over the file. With neither, the machine's own trust counts.</summary>
    public string? CertificateAuthorityPem { get; init; }

    /// <summary>File with the cluster's CA, read again when its content changes (rule T4).</summary>
    public string? CertificateAuthorityFile { get; init; }

    /// <summary>Accept any certificate. For throw-away clusters only.</summary>
    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The name the server's certificate must carry, when it is not the host of <see cref="Server"/>. Sent as Host (rule T8).</summary>
    public string? TlsServerName { get; init; }

    /// <summary>An http, https or socks5 proxy; null leaves it to the environment.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>The namespace to use when none is named.</summary>
    public string Namespace { get; init; } = "default";

    public UserCredentials User { get; init; } = new();

    public Impersonation? Impersonation { get; init; }
}

/// <summary>How requests prove who sends them. Where several are set: exec plugin, then token file, token, password; certificates go with any.</summary>
public sealed record UserCredentials
{
    public SecretString? Token { get; init; }

    /// <summary>File with a bearer token, read again every minute and after a 401 (rule T5).</summary>
    public string? TokenFile { get; init; }
    public string? Username { get; init; }
    public SecretString? Password { get; init; }

    public string? ClientCertificatePem { get; init; }
    public SecretString? ClientKeyPem { get; init; }
    public string? ClientCertificateFile { get; init; }
    public string? ClientKeyFile { get; init; }

    public ExecPlugin? Exec { get; init; }
}

/// <summary>A program that hands out credentials (rule T7).</summary>
public sealed record ExecPlugin
{
    /// <summary><c>client.authentication.k8s.io/v1</c> or <c>v1beta1</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>A path, or a name found by way of PATH.</summary>
    public required string Command { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, string>> Environment { get; init; } = [];
    public string? InstallHint { get; init; }

    /// <summary>Tell the program which cluster it works for.</summary>
    public bool ProvideClusterInfo { get; init; }

    /// <summary><c>Never</c>, <c>IfAvailable</c> or <c>Always</c>: whether the program may ask on the terminal.</summary>
    public string InteractiveMode { get; init; } = "IfAvailable";

    /// <summary>JSON of the cluster's <c>client.authentication.k8s.io/exec</c> extension, handed to the program.</summary>
    public string? ClusterExtensionJson { get; init; }
}

/// <summary>Act as someone else.</summary>
public sealed record Impersonation
{
    public required string User { get; init; }
    public string? Uid { get; init; }
    public IReadOnlyList<string> Groups { get; init; } = [];
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<string>>> Extra { get; init; } = [];
}
