using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Comptroller.Drift.State;

/// <summary>Who asks a server for a state: a bearer token, or a user with a password.</summary>
public sealed record HttpStateCredentials(string? User, string? Password, string? Token)
{
    // A record would print them.
    public override string ToString() => nameof(HttpStateCredentials);
}

/// <summary>A state on the web: Terraform's HTTP backend, GitLab, an object store behind a signed address.</summary>
public sealed class HttpStateSource(Uri address, HttpClient http, HttpStateCredentials? credentials) : StateSource
{
    /// <summary>An address without user, password and query: signed addresses are secrets.</summary>
    public static string Shown(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) ? uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : address.Split('?')[0];

    public override async Task<OpenedState> OpenAsync(string? known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (known is not null && EntityTagHeaderValue.TryParse(known, out var tag))
        {
            request.Headers.IfNoneMatch.Add(tag);
        }

        var user = credentials?.User is { } name ? $"{name}:{credentials.Password}" : Uri.UnescapeDataString(address.UserInfo);
        request.Headers.Authorization = credentials?.Token is { } token ? new AuthenticationHeaderValue("Bearer", token)
            : user.Length > 0 ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user))) : null;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new StateException($"{Name}: the state cannot be fetched: {(e is OperationCanceledException ? "no answer in time" : e.Message)}", e);
        }

        if (response.StatusCode == HttpStatusCode.NotModified)
        {
            response.Dispose();
            return new OpenedState(null, known!);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            var status = response.StatusCode;
            response.Dispose();
            throw new StateException($"{Name}: the state cannot be fetched: the server answers {(int)status} {status}" + (status switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => "; check the credentials and what they may read",
                HttpStatusCode.NotFound or HttpStatusCode.NoContent => "; there is no state under this address",
                _ => "",
            }));
        }

        // Without an ETag the state counts as changed every time.
        return new OpenedState(await PlainAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken), response.Headers.ETag?.ToString() ?? Guid.NewGuid().ToString("N"));
    }
}
