using System.Reflection;
using System.Runtime.InteropServices;

namespace Comptroller.Kubernetes.Client;

/// <summary>How a client behaves, whoever it speaks for.</summary>
public sealed record KubeClientOptions
{
    /// <summary>First word of the User-Agent.</summary>
    public string Product { get; init; } = "comptroller";

    /// <summary>Last word of the User-Agent: what part of the program asks (rule T9).</summary>
    public string Component { get; init; } = "controller";

    /// <summary>The longest one call may take, retries included. Watches have deadlines of their own (rule T3).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest a TCP connection and its TLS handshake may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Silence after which an HTTP/2 connection with open requests is asked whether it lives; at least 1 s (rule T2).</summary>
    public TimeSpan PingDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the answer to that may take; at least 1 s (rule T2).</summary>
    public TimeSpan PingTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Requests in flight at once: a guard against our own bugs, not a rate limit (rule Q3).</summary>
    public int MaxConcurrency { get; init; } = 50;

    /// <summary>What the server does about unknown fields in writes: <c>Warn</c> in production, <c>Strict</c> in tests (rule Q5).</summary>
    public string FieldValidation { get; init; } = "Warn";

    /// <summary>Ask for gzip on lists. On a fast network the CPU may cost more than the bytes (rule T11).</summary>
    public bool CompressLists { get; init; } = true;

    /// <summary>
    /// The same, for leader election: a client of its own with a short timeout, so that one hung request does not cost the lease
    /// (rule T10).
    /// </summary>
    public KubeClientOptions ForLeaderElection(TimeSpan renewDeadline) => this with
    {
        Component = "leader-election",
        Timeout = renewDeadline / 2 > TimeSpan.FromSeconds(1) ? renewDeadline / 2 : TimeSpan.FromSeconds(1),
        MaxConcurrency = 2,
    };

    internal string UserAgent()
    {
        var version = typeof(KubeClientOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        version = version?.Split('+')[0] ?? "0";
        var system = OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "darwin" : "windows";
        var processor = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => "amd64",
            var other => other.ToString().ToLowerInvariant(),
        };
        return $"{Product}/{version} ({system}/{processor}) {Component}";
    }
}
