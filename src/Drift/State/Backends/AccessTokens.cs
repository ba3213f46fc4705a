using System.Text.Json;

namespace Comptroller.Drift.State.Backends;

/// <summary>Tokens of a cloud, each used until shortly before it ends. For one source, which asks for one state at a time.</summary>
public abstract class AccessTokens(HttpClient http, TimeProvider time)
{
    // A request that starts with a token must arrive before the token ends.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(2);

    private string _token = "";
    private DateTimeOffset _until;

    protected TimeProvider Time { get; } = time;

    /// <summary>A token that is still good.</summary>
    /// <exception cref="StateException">None is given; says why, without secrets.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_token.Length == 0 || Time.GetUtcNow() >= _until - Margin)
            {
                using var request = await RequestAsync(cancellationToken);
                using var response = await http.SendAsync(request, cancellationToken);
                var text = await response.Content.ReadAsStringAsync(cancellationToken);
                (_token, var seconds) = response.IsSuccessStatusCode ? Read(text, Time.GetUtcNow()) : throw Failed($"{request.RequestUri!.Host} answers {(int)response.StatusCode} {response.StatusCode}");
                _until = Time.GetUtcNow().AddSeconds(seconds);
            }

            return _token;
        }
        catch (HttpRequestException e)
        {
            throw Failed(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed("no answer in time");
        }
    }

    protected abstract Task<HttpRequestMessage> RequestAsync(CancellationToken cancellationToken);

    internal static StateException Failed(string why) => new($"no token to read the state with: {why}");

    private static (string Token, double Seconds) Read(string text, DateTimeOffset now)
    {
        try
        {
            var answer = JsonElement.Parse(text);
            if (answer.TryGetProperty("accessToken", out var impersonated))
            {
                // Google's service accounts say when, not how long.
                return (impersonated.GetString()!, (answer.GetProperty("expireTime").GetDateTimeOffset() - now).TotalSeconds);
            }

            // Azure's metadata service writes the number as a text.
            var seconds = answer.GetProperty("expires_in");
            return (answer.GetProperty("access_token").GetString()!,
                seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : double.Parse(seconds.GetString()!, System.Globalization.CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Failed("the answer holds none");
        }
    }
}
