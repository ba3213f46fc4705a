using System.Security.Cryptography;
using System.Text;
using Comptroller.Drift.Configuration;

namespace Comptroller.Drift.Api.Access;

/// <summary>
/// Says who a caller is. Credentials that are shown and wrong are refused, also where none would do: a sender whose token is misspelt
/// should learn it. When several are shown, a bearer token decides, then an API key, then a certificate.
/// </summary>
public sealed class Doorkeeper
{
    private const string Bearer = "Bearer ";

    private readonly ReloadedFiles<SecretHash>? _intakeToken;
    private readonly ReloadedFiles<SecretHash>? _adminToken;
    private readonly JsonWebTokens? _tokens;
    private readonly ApiKeys _keys;
    private readonly Scopes _anonymous;

    /// <param name="config">Says what credentials there are.</param>
    /// <param name="keys">The keys of the store.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warned">Told of key files that cannot be used any more.</param>
    /// <exception cref="FormatException">A file cannot be used.</exception>
    public Doorkeeper(DriftConfig config, ApiKeys keys, TimeProvider time, Action<string> warned)
    {
        _keys = keys;
        _intakeToken = Secret(config.TokenFile, time, warned);
        _adminToken = Secret(config.Api.AdminTokenFile, time, warned);
        if (config.Api.Jwt is { } jwt)
        {
            var jwtKeys = JwtKeys.Open(jwt, time);
            jwtKeys.Warned = warned;
            _tokens = new JsonWebTokens(jwt, () => jwtKeys.Value, time);
        }

        var isOpen = config.TokenFile is null && config.Tls?.ClientCaFile is null && config.Api.AdminTokenFile is null && config.Api.Jwt is null;
        _anonymous = config.Api.Anonymous ?? (isOpen ? Scopes.Intake : Scopes.None);
    }

    private sealed record SecretHash(byte[] Value);

    /// <summary>Issues tokens; null when that is not configured.</summary>
    public JsonWebTokens? Issuer => _tokens is { CanIssue: true } ? _tokens : null;

    /// <summary>What callers without credentials may do.</summary>
    public Scopes Anonymous => _anonymous;

    public async ValueTask<Admission> AdmitAsync(Credentials shown, CancellationToken cancellationToken)
    {
        if (shown.Authorization.Length > 0)
        {
            return !shown.Authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
                ? Admission.Refused("only Bearer is known as a kind of authorization")
                : await AdmitBearerAsync(shown.Authorization[Bearer.Length..].Trim(), cancellationToken);
        }

        if (shown.ApiKey.Length > 0)
        {
            return await AdmitKeyAsync(shown.ApiKey, cancellationToken);
        }

        return Admission.Of(shown.CertificateName is { } name
            ? new Caller($"certificate:{name}", Scopes.Intake | _anonymous)
            : new Caller(ClientAddress.RateKey(shown.Address), _anonymous, IsKnown: false));
    }

    private async ValueTask<Admission> AdmitBearerAsync(string token, CancellationToken cancellationToken)
    {
        if (token.StartsWith(ApiKey.Prefix, StringComparison.Ordinal))
        {
            return await AdmitKeyAsync(token, cancellationToken);
        }

        // Hashes have one length, so comparing them tells nothing about a token, not even its length. Both are always compared.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(token));
        var (isIntake, isAdmin) = (Is(_intakeToken, hash), Is(_adminToken, hash));
        return isAdmin ? Admission.Of(new Caller("token:admin", Scopes.Admin))
            : isIntake ? Admission.Of(new Caller("token:intake", Scopes.Intake | _anonymous))
            : _tokens is null || !JsonWebTokens.IsShaped(token) ? Admission.Refused("this token is not known here")
            : _tokens.Check(token);
    }

    private async ValueTask<Admission> AdmitKeyAsync(string text, CancellationToken cancellationToken) => await _keys.FindAsync(text, cancellationToken) is { } key
        ? Admission.Of(new Caller($"key:{key.Id}", key.Scopes)) : Admission.Refused("this API key is not known here, was revoked or has expired");

    private static bool Is(ReloadedFiles<SecretHash>? secret, byte[] hash) => secret is not null && CryptographicOperations.FixedTimeEquals(secret.Value.Value, hash);

    private static ReloadedFiles<SecretHash>? Secret(string? path, TimeProvider time, Action<string> warned) => path is null ? null : new ReloadedFiles<SecretHash>([path], contents => Hashed(contents[0], path), time)
    {
        Warned = warned,
    };

    private static SecretHash Hashed(byte[] content, string path)
    {
        var text = Encoding.UTF8.GetString(content).Trim();
        return text.Length > 0 ? new SecretHash(SHA256.HashData(Encoding.UTF8.GetBytes(text))) : throw new FormatException($"{path}: the file is empty; it should hold a secret");
    }
}
