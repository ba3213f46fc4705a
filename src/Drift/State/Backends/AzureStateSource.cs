using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state in a blob of Azure: <c>azurerm://account/container/key</c>.</summary>
/// <param name="endpoint">The blob service of the account.</param>
/// <param name="secret">The key of the account, or a shared access signature (<c>sv=…&amp;sig=…</c>); null when tokens are used.</param>
/// <param name="tokens">Tokens; null when there is a secret.</param>
public sealed class AzureStateSource(string account, string container, string key, Uri endpoint, string? secret, AccessTokens? tokens, HttpClient http, TimeProvider time) : WebStateSource(http)
{
    private const string Version = "2020-10-02";

    protected override async Task<HttpRequestMessage> RequestAsync(EntityTagHeaderValue? known, CancellationToken cancellationToken)
    {
        var path = $"/{container}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}";
        var isSignature = secret?.Contains("sig=", StringComparison.Ordinal) == true;
        // A path that a stand-in for Azure needs before the container is part of the address, not of the blob.
        var prefix = endpoint.AbsolutePath.TrimEnd('/');
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, prefix + path + (isSignature ? "?" + secret!.TrimStart('?') : "")));
        request.Headers.Add("x-ms-version", Version);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        if (tokens is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.GetAsync(cancellationToken));
        }
        else if (!isSignature)
        {
            var date = time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
            request.Headers.Add("x-ms-date", date);
            request.Headers.Authorization = new AuthenticationHeaderValue("SharedKey", $"{account}:{Signature(known, date, prefix + path)}");
        }

        return request;
    }

    // https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
    private string Signature(EntityTagHeaderValue? known, string date, string path)
    {
        var text = $"GET\n\n\n\n\n\n\n\n\n{known}\n\n\nx-ms-date:{date}\nx-ms-version:{Version}\n/{account}{path}";
        byte[] bytes;
        try
        {
            bytes = Convert.FromBase64String(secret!);
        }
        catch (FormatException e)
        {
            // The message must not hold the key.
            throw new StateException($"{Name}: the credentials are neither a key of the account, which is base64, nor a shared access signature, which has sig=", e);
        }

        return Convert.ToBase64String(HMACSHA256.HashData(bytes, Encoding.UTF8.GetBytes(text)));
    }
}
