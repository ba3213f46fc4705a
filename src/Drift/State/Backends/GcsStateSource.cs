using System.Net.Http.Headers;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state in a bucket of Google Cloud Storage: <c>gs://bucket/prefix/default.tfstate</c>.</summary>
/// <param name="endpoint">The JSON API, such as <c>https://storage.googleapis.com</c>.</param>
public sealed class GcsStateSource(string bucket, string name, Uri endpoint, AccessTokens tokens, HttpClient http) : WebStateSource(http)
{
    protected override async Task<HttpRequestMessage> RequestAsync(EntityTagHeaderValue? known, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(endpoint, $"/storage/v1/b/{Uri.EscapeDataString(bucket)}/o/{Uri.EscapeDataString(name)}?alt=media"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await tokens.GetAsync(cancellationToken));
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return request;
    }
}
