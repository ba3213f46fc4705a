namespace Comptroller.Sandbox.Try;

/// <summary>What the command line asked for.</summary>
internal sealed record TryOptions
{
    /// <summary>Exit when all samples are Ready, or when <see cref="Timeout"/> is over.</summary>
    public bool Once { get; init; }
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }
    public required string KubeconfigPath { get; init; }

    /// <summary>No samples and no operator: a server for kubectl, benchmarks and other programs.</summary>
    public bool ServeOnly { get; init; }
}
