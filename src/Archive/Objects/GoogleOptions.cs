namespace Comptroller.Archive.Objects;

/// <summary>Where a bucket of Google Cloud Storage is.</summary>
public sealed record GoogleOptions
{
    public required string Bucket { get; init; }

    /// <summary>Put before every key, such as <c>production/</c>; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Null for Google.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Whether the endpoint may be on this machine.</summary>
    public bool AllowLocal { get; init; }

    /// <summary>File that remembers long objects on their way, so that after a kill they go on; null for none. Keep it from others.</summary>
    public string? Sessions { get; init; }

    /// <summary>Where credentials are looked for: the key file that <c>GOOGLE_APPLICATION_CREDENTIALS</c> names, else the metadata server (workload identity).</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;
}
