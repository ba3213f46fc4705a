namespace Comptroller.Falcon.Api;

/// <summary>An API client of Falcon. Its text names neither part of it.</summary>
/// <param name="read">Id and secret; asked at every login, so that what was rotated meanwhile is used.</param>
public sealed class FalconCredentials(Func<(string ClientId, string ClientSecret)> read)
{
    public FalconCredentials(string clientId, string clientSecret)
        : this(() => (clientId, clientSecret))
    {
    }

    /// <summary>Id and secret as they are now.</summary>
    public (string ClientId, string ClientSecret) Read() => read();

    /// <summary>The child customer to act for; null for one's own.</summary>
    public string? MemberCid { get; init; }

    public override string ToString() => "Falcon credentials";
}

/// <summary>How to reach the API.</summary>
public sealed record FalconClientOptions
{
    public required Uri Address { get; init; }

    public required FalconCredentials Credentials { get; init; }

    /// <summary>Most time for one request, its body included. A page token lives two minutes: a page that takes longer is lost anyway.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long before its end a token is renewed.</summary>
    public TimeSpan RenewBefore { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether the API may send us to another region. Off for an address of one's own, such as a proxy.</summary>
    public bool FollowRegion { get; init; } = true;

    /// <summary>Addresses of regions.</summary>
    public Func<string, Uri?> Regions { get; init; } = FalconCloud.OfRegion;
}
