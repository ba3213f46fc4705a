using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Comptroller.Drift.Events;

namespace Comptroller.Drift.State.Backends;

/// <summary>
/// Workload identity federation of Google Cloud (https://google.aip.dev/auth/4117): a token of another identity provider, from a file or an
/// address, is exchanged for one of Google, and that for one of a service account where the configuration names one.
/// </summary>
internal sealed class GoogleFederation
{
    /// <summary>What the exchanged token may do: become the service account.</summary>
    private const string Platform = "https://www.googleapis.com/auth/cloud-platform";

    private readonly JsonElement _config;
    private readonly HttpClient _http;

    /// <exception cref="FormatException">Something is missing, or the token would come from where it is not read.</exception>
    public GoogleFederation(JsonElement config, HttpClient http)
    {
        (_config, _http) = (config, http);
        foreach (var field in (ReadOnlySpan<string>)["audience", "subject_token_type", "token_url"])
        {
            if (config.Text(field).Length == 0)
            {
                throw new FormatException($"the external_account of Google Cloud has no {field}; write it anew with gcloud iam workload-identity-pools create-cred-config");
            }
        }

        var source = config.Member("credential_source");
        if (source.Text("file").Length == 0 && source.Text("url").Length == 0)
        {
            throw new FormatException("the external_account of Google Cloud takes its token neither from a file nor from an url; executables, certificates and AWS signatures are not read");
        }
    }

    /// <summary>The request whose answer holds the token to read with.</summary>
    /// <param name="scope">What that token may do.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<HttpRequestMessage> RequestAsync(string scope, CancellationToken cancellationToken)
    {
        var account = _config.Text("service_account_impersonation_url");
        var exchange = Exchange(await SubjectAsync(cancellationToken), account.Length > 0 ? Platform : scope);
        if (account.Length == 0)
        {
            return exchange;
        }

        using (exchange)
        {
            using var response = await _http.SendAsync(exchange, cancellationToken);
            var text = await response.Content.ReadAsStringAsync(cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                throw AccessTokens.Failed($"{exchange.RequestUri!.Host} answers {(int)response.StatusCode} {response.StatusCode} to the exchange");
            }

            var request = new HttpRequestMessage(HttpMethod.Post, account) { Content = new StringContent($$"""{"scope":["{{scope}}"]}""", Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Member(text, "access_token"));
            return request;
        }
    }

    private HttpRequestMessage Exchange(string subject, string scope) => new(HttpMethod.Post, _config.Text("token_url"))
    {
        Content = new FormUrlEncodedContent(
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), new("audience", _config.Text("audience")), new("scope", scope),
            new("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"), new("subject_token_type", _config.Text("subject_token_type")), new("subject_token", subject),
        ]),
    };

    // Every time: the kubelet renews it.
    private async Task<string> SubjectAsync(CancellationToken cancellationToken)
    {
        var source = _config.Member("credential_source");
        var file = source.Text("file");
        string text;
        try
        {
            text = file.Length > 0 ? await File.ReadAllTextAsync(file, cancellationToken) : await AskAsync(source, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw AccessTokens.Failed($"the token to exchange cannot be read: {e.Message}");
        }

        var format = source.Member("format");
        var subject = format.Text("type") == "json" ? Member(text, format.Text("subject_token_field_name")) : text.Trim();
        return subject.Length > 0 ? subject : throw AccessTokens.Failed($"{(file.Length > 0 ? file : "the address of the token to exchange")} holds no token");
    }

    private async Task<string> AskAsync(JsonElement source, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, source.Text("url"));
        foreach (var header in source.Member("headers") is { ValueKind: JsonValueKind.Object } headers ? headers.EnumerateObject() : default)
        {
            request.Headers.TryAddWithoutValidation(header.Name, header.Value.ToString());
        }

        using var response = await _http.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync(cancellationToken)
            : throw AccessTokens.Failed($"{request.RequestUri!.Host} answers {(int)response.StatusCode} {response.StatusCode} to the question for the token to exchange");
    }

    private static string Member(string text, string name)
    {
        try
        {
            return JsonElement.Parse(text).Text(name);
        }
        catch (JsonException)
        {
            // What the exception says may quote the token.
            throw AccessTokens.Failed("an answer on the way to it is no JSON");
        }
    }
}
