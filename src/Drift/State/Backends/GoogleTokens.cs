using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State.Backends;

/// <summary>
/// Tokens of Google Cloud that can read objects and nothing else: of a service account by its key (RFC 7523), of another identity provider's
/// token by workload identity federation (RFC 8693), else of whatever runs here, by the metadata server, which is also how workload
/// identity of GKE works.
/// </summary>
public sealed class GoogleTokens : AccessTokens
{
    private const string Scope = "https://www.googleapis.com/auth/devstorage.read_only";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly JsonElement _account;
    private readonly GoogleFederation? _federation;
    private readonly string _metadataHost;

    /// <param name="accountJson">The key file of a service account; null for the metadata server.</param>
    /// <param name="metadataHost">Host of the metadata server.</param>
    /// <exception cref="FormatException">The key is none of a service account.</exception>
    public GoogleTokens(string? accountJson, string metadataHost, HttpClient http, TimeProvider time)
        : base(http, time)
    {
        _metadataHost = metadataHost;
        if (accountJson is null)
        {
            return;
        }

        try
        {
            _account = JsonElement.Parse(accountJson);
        }
        catch (JsonException e)
        {
            throw new FormatException("the credentials of Google Cloud are no JSON; give the key file of a service account", e);
        }

        if (_account.Text("type") == "external_account")
        {
            _federation = new GoogleFederation(_account, http);
            return;
        }

        if (_account.Text("type") != "service_account" || _account.Text("client_email").Length == 0 || _account.Text("private_key").Length == 0)
        {
            throw new FormatException($"the credentials of Google Cloud are of type \"{_account.Text("type")}\"; give the key file of a service account, an external_account, or none and let workload identity do it");
        }
    }

    protected override Task<HttpRequestMessage> RequestAsync(CancellationToken cancellationToken)
    {
        if (_federation is not null)
        {
            return _federation.RequestAsync(Scope, cancellationToken);
        }

        if (_account.ValueKind == JsonValueKind.Undefined)
        {
            var ask = new HttpRequestMessage(HttpMethod.Get, $"http://{_metadataHost}/computeMetadata/v1/instance/service-accounts/default/token?scopes={Uri.EscapeDataString(Scope)}");
            ask.Headers.Add("Metadata-Flavor", "Google");
            return Task.FromResult(ask);
        }

        var address = _account.Text("token_uri") is { Length: > 0 } given ? given : "https://oauth2.googleapis.com/token";
        return Task.FromResult(new HttpRequestMessage(HttpMethod.Post, address)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), new("assertion", Assertion(address))]),
        });
    }

    private string Assertion(string audience)
    {
        var now = Time.GetUtcNow().ToUnixTimeSeconds();
        var email = JsonEncodedText.Encode(_account.Text("client_email"));
        var claims = string.Create(CultureInfo.InvariantCulture, $$"""{"iss":"{{email}}","scope":"{{Scope}}","aud":"{{JsonEncodedText.Encode(audience)}}","iat":{{now}},"exp":{{now + (long)Lifetime.TotalSeconds}}}""");
        var text = $"{Encoded("""{"alg":"RS256","typ":"JWT"}""")}.{Encoded(claims)}";
        using var key = RSA.Create();
        try
        {
            key.ImportFromPem(_account.Text("private_key"));
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            // What the exception says may quote the key.
            throw Failed("the private key of the service account cannot be read");
        }

        return $"{text}.{System.Buffers.Text.Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Encoded(string text) => System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
