using System.Net.Http.Headers;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>
/// Credentials for reading, from a directory that the operator's administrator mounts: one file per host, named after it, holding
/// <c>user:password</c>. The host chooses the file and never the resource: a resource that could name a file could send it anywhere.
/// Secrets of users are not read at all; the operator has no permission to.
/// </summary>
internal sealed class DeliveryCredentials(string? directory)
{
    private const int LongestFile = 4096;

    /// <summary>Null when there are none for that host, or the endpoint is not https.</summary>
    /// <exception cref="CannotAskException">There is a file that cannot be used.</exception>
    public async Task<AuthenticationHeaderValue?> ForAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        if (directory is null || endpoint.Scheme != Uri.UriSchemeHttps || endpoint.HostNameType is UriHostNameType.IPv6)
        {
            return null;
        }

        var path = Path.Combine(directory, endpoint.IdnHost);
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[LongestFile + 1];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            var line = bytes.AsSpan(0, length).TrimEnd("\r\n"u8);
            return line.Length is > 0 and <= LongestFile && line.Contains((byte)':') && line.IndexOfAny((byte)'\r', (byte)'\n') < 0
                ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(line))
                : throw new CannotAskException($"the operator's credentials file for {endpoint.IdnHost} does not hold one line user:password");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotAskException($"the operator's credentials file for {endpoint.IdnHost} cannot be read", inner: e);
        }
    }
}
