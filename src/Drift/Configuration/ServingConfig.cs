using System.Collections.Immutable;
using System.Net;
using Comptroller.Drift.Api.Access;

namespace Comptroller.Drift.Configuration;

/// <summary>TLS of the server.</summary>
/// <param name="CertificateFile">Certificate and its chain as PEM; read again when it changes.</param>
/// <param name="KeyFile">Its private key as PEM.</param>
/// <param name="ClientCaFile">Authorities whose client certificates may send events; null for none.</param>
public sealed record TlsConfig(string CertificateFile, string KeyFile, string? ClientCaFile);

/// <summary>Who may ask the API what, and how often.</summary>
public sealed record ApiConfig
{
    /// <summary>File with a bearer token that may do everything: what the first keys are made with. Null for none.</summary>
    public string? AdminTokenFile { get; init; }

    /// <summary>What somebody without credentials may do; null for the default: send events while nothing else says who may.</summary>
    public Scopes? Anonymous { get; init; }

    /// <summary>Null when no tokens of an identity provider are taken.</summary>
    public JwtConfig? Jwt { get; init; }

    public RateLimitConfig RateLimit { get; init; } = new();

    /// <summary>Proxies whose <c>X-Forwarded-For</c> is believed.</summary>
    public ImmutableArray<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Origins of browsers that may read answers; empty for none.</summary>
    public ImmutableArray<string> CorsOrigins { get; init; } = [];

    /// <summary>Clients of the streams at a time.</summary>
    public int Streams { get; init; } = 500;
}

/// <summary>Which JSON web tokens are believed.</summary>
public sealed record JwtConfig
{
    /// <summary>The <c>iss</c> they must have.</summary>
    public required string Issuer { get; init; }

    /// <summary>The <c>aud</c> they must have.</summary>
    public required string Audience { get; init; }

    /// <summary>Files with secrets of HS256, at least 32 bytes each. The first one signs what this program issues; the rest are being rotated out.</summary>
    public ImmutableArray<string> SecretFiles { get; init; } = [];

    /// <summary>A JWKS document.</summary>
    public string? KeysFile { get; init; }

    /// <summary>PEM files with public keys: RSA for RS256, P-256 for ES256.</summary>
    public ImmutableArray<string> PublicKeyFiles { get; init; } = [];

    /// <summary>The claim with scopes, a text with spaces or a list.</summary>
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>How far the clocks of issuer and server may be apart.</summary>
    public TimeSpan Leeway { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How often one caller may ask.</summary>
public sealed record RateLimitConfig
{
    /// <summary>Requests a minute in the long run; 0 for no limit.</summary>
    public int PerMinute { get; init; } = 600;

    /// <summary>Requests at once.</summary>
    public int Burst { get; init; } = 100;
}
