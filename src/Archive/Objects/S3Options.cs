namespace Comptroller.Archive.Objects;

/// <summary>Where a bucket is and how it is spoken to.</summary>
public sealed record S3Options
{
    public required string Bucket { get; init; }

    /// <summary>Put before every key, such as <c>production/</c>; empty for none.</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Of a store that speaks S3; null for AWS.</summary>
    public Uri? Endpoint { get; init; }

    public string Region { get; init; } = "us-east-1";

    /// <summary>Whether the endpoint may be on this machine.</summary>
    public bool AllowLocal { get; init; }

    /// <summary>Null looks where AWS programs look: environment, web identity (IRSA), Pod Identity, instance metadata.</summary>
    public S3Credentials? Credentials { get; init; }
}

/// <summary>Credentials that were given; never printed.</summary>
public sealed record S3Credentials(string AccessKey, string SecretKey, string? SessionToken = null)
{
    public override string ToString() => $"access key {AccessKey}";
}
