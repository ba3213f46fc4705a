using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Comptroller.Archive.Objects;

/// <summary>The account's key: signs every request (SharedKey).</summary>
internal sealed class AzureSharedKey : StoreCredentials
{
    private readonly string _account;
    private readonly byte[] _key;

    /// <exception cref="FormatException">The key is not base64. It is not repeated.</exception>
    public AzureSharedKey(string account, string key)
    {
        _account = account;
        try
        {
            _key = Convert.FromBase64String(key);
        }
        catch (FormatException e)
        {
            throw new FormatException("AZURE_STORAGE_KEY: not the base64 text that the portal shows", e);
        }
    }

    /// <inheritdoc/>
    public override ValueTask AuthorizeAsync(HttpRequestMessage request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        request.Headers.Remove("x-ms-date");
        request.Headers.Add("x-ms-date", now.UtcDateTime.ToString("R", CultureInfo.InvariantCulture));
        var signature = Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(StringToSign(request))));
        request.Headers.Remove("Authorization");
        request.Headers.TryAddWithoutValidation("Authorization", $"SharedKey {_account}:{signature}");
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Verb and eleven standard headers, one a line; then those that begin with <c>x-ms-</c>; then the account, the path and the query. On the emulator
    /// the account is part of the path as well and so stands twice.
    /// </summary>
    internal string StringToSign(HttpRequestMessage request)
    {
        var (content, headers) = (request.Content?.Headers, request.Headers);
        var text = new StringBuilder(512).Append(request.Method.Method).Append('\n')
            .Append(content is null ? "" : string.Join(',', content.ContentEncoding)).Append('\n')
            .Append(content is null ? "" : string.Join(',', content.ContentLanguage)).Append('\n')
            .Append(content?.ContentLength is > 0 and var length ? length.ToString(CultureInfo.InvariantCulture) : "").Append('\n')
            .Append(content?.ContentMD5 is { } md5 ? Convert.ToBase64String(md5) : "").Append('\n')
            .Append(content?.ContentType?.ToString()).Append('\n')
            .Append('\n') // Date: x-ms-date stands for it
            .Append('\n') // If-Modified-Since
            .Append(string.Join(',', headers.IfMatch)).Append('\n')
            .Append(string.Join(',', headers.IfNoneMatch)).Append('\n')
            .Append('\n') // If-Unmodified-Since
            .Append(headers.Range?.ToString()).Append('\n');
        foreach (var (name, values) in headers.Where(header => header.Key.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase)).OrderBy(header => header.Key.ToLowerInvariant(), StringComparer.Ordinal))
        {
            text.Append(name.ToLowerInvariant()).Append(':').AppendJoin(',', values).Append('\n');
        }

        text.Append('/').Append(_account).Append(request.RequestUri!.AbsolutePath);
        foreach (var (name, value) in Query(request.RequestUri).OrderBy(pair => pair.Name, StringComparer.Ordinal))
        {
            text.Append('\n').Append(name).Append(':').Append(value);
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, string Value)> Query(Uri uri) =>
        from part in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        let pair = part.Split('=', 2)
        select (WebUtility.UrlDecode(pair[0]).ToLowerInvariant(), pair.Length > 1 ? Uri.UnescapeDataString(pair[1]) : "");
}

/// <summary>A shared access signature: part of every URL, and never of a message.</summary>
internal sealed class AzureSas(string token) : StoreCredentials
{
    private readonly string _token = token.TrimStart('?');

    /// <inheritdoc/>
    public override ValueTask AuthorizeAsync(HttpRequestMessage request, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var uri = new UriBuilder(request.RequestUri!);
        uri.Query = uri.Query.Length > 1 ? $"{uri.Query[1..]}&{_token}" : _token;
        request.RequestUri = uri.Uri;
        return ValueTask.CompletedTask;
    }
}
