using System.Collections.Immutable;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Configuration;

/// <summary>What a configuration file says, defaults filled in.</summary>
public sealed record DriftConfig
{
    public ImmutableArray<StateAddress> States { get; init; } = [];

    /// <summary>How often states are looked at.</summary>
    public TimeSpan RefreshInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long Terraform is given to write its state after a change before the change counts as drift.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>host:port</c>.</summary>
    public string Listen { get; init; } = "127.0.0.1:8080";

    /// <summary>File with the bearer token that senders must have; null for none.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Path of the SQLite file, or the address of a PostgreSQL that several replicas share.</summary>
    public string Store { get; init; } = "data/drift.sqlite";

    /// <summary>File with the address of the store, where that holds a password; null when <see cref="Store"/> is it.</summary>
    public string? StoreFile { get; init; }

    /// <summary>Requests that wait to be written before senders are told to come back.</summary>
    public int Queue { get; init; } = 4096;

    /// <summary>How long resolved drifts, and those that rules suppress, are kept.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(90);

    /// <summary>File of drifts that are known and quiet; null for none.</summary>
    public string? BaselineFile { get; init; }

    /// <summary>A full comparison from time to time; null for none.</summary>
    public ComparisonConfig? Comparison { get; init; }

    /// <summary>Most resolved drifts, and most that rules suppress, that are kept.</summary>
    public int MostKept { get; init; } = 100_000;

    public RuleBook Rules { get; init; } = RuleBook.Default;

    /// <summary>Null for plain HTTP.</summary>
    public TlsConfig? Tls { get; init; }

    public ApiConfig Api { get; init; } = new();

    public NotificationConfig Notifications { get; init; } = new();
}

/// <summary>A full comparison from time to time.</summary>
/// <param name="File">A plan that something else renews; null when there is a command.</param>
/// <param name="Command">A command that prints a plan; empty when there is a file.</param>
/// <param name="Directory">Where the command runs; null for here.</param>
/// <param name="Interval">How often.</param>
/// <param name="Timeout">How long the command may take.</param>
public sealed record ComparisonConfig(string? File, ImmutableArray<string> Command, string? Directory, TimeSpan Interval, TimeSpan Timeout);

/// <summary>Where a state is.</summary>
/// <param name="Address">A path or an address.</param>
/// <param name="User">For servers that want one.</param>
/// <param name="PasswordFile">File with its password.</param>
/// <param name="TokenFile">File with a bearer token.</param>
/// <param name="CredentialsFile">File with the key of a service account of Google Cloud, or with a key or shared access signature of Azure.</param>
/// <param name="Region">Of a bucket of S3.</param>
/// <param name="Endpoint">What speaks S3, GCS or Azure in the place of the cloud itself.</param>
public sealed record StateAddress(
    string Address, string? User = null, string? PasswordFile = null, string? TokenFile = null, string? CredentialsFile = null, string? Region = null, Uri? Endpoint = null)
{
    /// <summary>Files that the one at the address goes on in, as far as they are there: a state of Terraform's Kubernetes backend may be split.</summary>
    public ImmutableArray<string> Parts { get; init; } = [];
}
