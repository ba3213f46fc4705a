using System.Net.Http.Headers;
using System.Text;

namespace Comptroller.Drift.State.Backends;

/// <summary>A state on the web: Terraform's HTTP backend, GitLab, an object store behind a signed address.</summary>
public sealed class HttpStateSource(Uri address, HttpClient http, StateAccess credentials) : WebStateSource(http)
{
    /// <summary>An address without user, password and query: signed addresses are secrets.</summary>
    public static string Shown(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : address.Split('?')[0];

    protected override Task<HttpRequestMessage> RequestAsync(EntityTagHeaderValue? known, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        var user = credentials.User is { } name ? $"{name}:{credentials.Password}" : Uri.UnescapeDataString(address.UserInfo);
        request.Headers.Authorization = credentials.Token is { } token ? new AuthenticationHeaderValue("Bearer", token)
            : user.Length > 0 ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user))) : null;
        return Task.FromResult(request);
    }
}
