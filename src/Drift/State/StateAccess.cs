using System.Collections.Immutable;

namespace Comptroller.Drift.State;

/// <summary>How a state is asked for; which of it counts depends on where the state is.</summary>
public sealed record StateAccess
{
    /// <summary>For servers that want a user.</summary>
    public string? User { get; init; }

    public string? Password { get; init; }

    /// <summary>A bearer token.</summary>
    public string? Token { get; init; }

    /// <summary>The key file of a service account of Google Cloud; the key, or a shared access signature, of an account of Azure.</summary>
    public string? Secret { get; init; }

    /// <summary>The region of a bucket.</summary>
    public string? Region { get; init; }

    /// <summary>What speaks S3, GCS or Azure in the place of the cloud itself.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Files that a file goes on in, as far as they are there.</summary>
    public ImmutableArray<string> Parts { get; init; } = [];

    // A record would print what it holds.
    public override string ToString() => nameof(StateAccess);
}
