using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Comptroller.Drift.Configuration;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace Comptroller.Drift.Notifications;

/// <summary>Sends one message: a few attempts with jitter, each with a deadline; what a receiver asks for by Retry-After is kept to.</summary>
public sealed class Postman : IDisposable
{
    private const int Attempts = 3;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>A longer wait is not spent here; the letter is put off.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;
    private readonly TimeProvider _time;

    /// <param name="config">Says which networks may be reached.</param>
    /// <param name="time">The clock.</param>
    /// <param name="firstWait">Before the second attempt, in the mean.</param>
    public Postman(NotificationConfig config, TimeProvider time, TimeSpan? firstWait = null)
    {
        _time = time;
        // A redirect would lead past the guard, and a message with a signature elsewhere.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseCookies = false };
        handler.ConnectCallback = (context, cancellationToken) => UrlGuard.ConnectAsync(context.DnsEndPoint, config.AllowedNetworks, cancellationToken);
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<HttpResponseMessage>
            {
                MaxRetryAttempts = Attempts - 1,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = firstWait ?? TimeSpan.FromSeconds(1),
                ShouldHandle = outcome => ValueTask.FromResult(outcome.Outcome.Exception is HttpRequestException or TimeoutRejectedException
                    || (outcome.Outcome.Result is { } answer && IsPassing(answer.StatusCode) && !(Asked(answer) > LongestWait))),
                DelayGenerator = outcome => ValueTask.FromResult(outcome.Outcome.Result is { } answer ? Asked(answer) : null),
                OnRetry = outcome =>
                {
                    outcome.Outcome.Result?.Dispose();
                    return default;
                },
            })
            .AddTimeout(Deadline)
            .Build();
    }

    /// <summary>Sends.</summary>
    /// <param name="channel">Where to.</param>
    /// <param name="notices">What.</param>
    /// <param name="delivery">An id that is the same for every attempt, so that receivers can tell a repetition.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<Delivery> SendAsync(ChannelConfig channel, IReadOnlyList<Notice> notices, string delivery, CancellationToken cancellationToken)
    {
        try
        {
            var url = await UrlAsync(channel, cancellationToken);
            var now = _time.GetUtcNow();
            var body = Body(channel.Type, notices, delivery, now);
            var token = await SecretAsync(channel.TokenFile, cancellationToken);
            var key = await SecretAsync(channel.SecretFile, cancellationToken);
            using var answer = await _pipeline.ExecuteAsync(
                async stop =>
                {
                    using var request = Request(url, body, token, key is null ? null : Encoding.UTF8.GetBytes(key), delivery, now.ToUnixTimeSeconds());
                    return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
                },
                cancellationToken);
            return answer.IsSuccessStatusCode ? Delivery.Done
                : new Delivery(false, !IsPassing(answer.StatusCode), $"the receiver answered {((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture)}", Asked(answer));
        }
        catch (FormatException e)
        {
            return new Delivery(false, false, e.Message, null);
        }
        catch (TimeoutRejectedException)
        {
            return new Delivery(false, false, $"no answer within {Deadline.TotalSeconds:0} s", null);
        }
        catch (HttpRequestException e)
        {
            // Of an address only the host can be in the message; the rest may be a secret.
            return new Delivery(false, false, e.Message, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new Delivery(false, false, $"a file of channel {channel.Name} cannot be read: {e.Message}", null);
        }
    }

    public void Dispose() => _http.Dispose();

    internal static byte[] Body(ChannelType type, IReadOnlyList<Notice> notices, string delivery, DateTimeOffset now) => type switch
    {
        ChannelType.Slack => ChatMessages.Slack(notices),
        ChannelType.Discord => ChatMessages.Discord(notices),
        ChannelType.Teams => ChatMessages.Teams(notices),
        ChannelType.Alertmanager => MachineMessages.Alerts(notices, now),
        _ => MachineMessages.Webhook(notices, delivery, now),
    };

    private static HttpRequestMessage Request(Uri url, byte[] body, string? token, byte[]? key, string delivery, long at)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd("comptroller-drift");
        request.Headers.Add("X-DriftWatch-Delivery", delivery);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        if (key is not null)
        {
            request.Headers.Add("X-DriftWatch-Timestamp", at.ToString(CultureInfo.InvariantCulture));
            request.Headers.Add("X-DriftWatch-Signature", MachineMessages.Signature(key, at, body));
        }

        return request;
    }

    private static async Task<Uri> UrlAsync(ChannelConfig channel, CancellationToken cancellationToken)
    {
        var url = channel.Url;
        if (url is null && (!Uri.TryCreate(await SecretAsync(channel.UrlFile, cancellationToken), UriKind.Absolute, out url) || url.Scheme is not ("http" or "https")))
        {
            throw new FormatException($"channel {channel.Name}: what urlFile names holds no address that begins with https://");
        }

        return channel.Type == ChannelType.Alertmanager && !url.AbsolutePath.EndsWith("/api/v2/alerts", StringComparison.Ordinal) ? new Uri($"{url.AbsoluteUri.TrimEnd('/')}/api/v2/alerts") : url;
    }

    // Read for every message, so that a rotated secret needs no restart.
    private static async Task<string?> SecretAsync(string? place, CancellationToken cancellationToken)
    {
        const string Environment = "env:";
        return place is null ? null
            : place.StartsWith(Environment, StringComparison.Ordinal) ? System.Environment.GetEnvironmentVariable(place[Environment.Length..])?.Trim() ?? throw new FormatException($"the variable {place[Environment.Length..]} is not set")
            : (await File.ReadAllTextAsync(place, cancellationToken)).Trim();
    }

    private static bool IsPassing(HttpStatusCode status) => status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private TimeSpan? Asked(HttpResponseMessage answer) => answer.Headers.RetryAfter is not { } asked ? null
        : asked.Delta ?? (asked.Date is { } date && date > _time.GetUtcNow() ? date - _time.GetUtcNow() : TimeSpan.Zero);
}

/// <summary>What became of a message.</summary>
/// <param name="IsDone">It was taken.</param>
/// <param name="IsFinal">Trying again would not help.</param>
/// <param name="Error">Why it was not; holds no secret.</param>
/// <param name="RetryAfter">What the receiver asked for; null when nothing.</param>
public sealed record Delivery(bool IsDone, bool IsFinal, string Error, TimeSpan? RetryAfter)
{
    public static Delivery Done { get; } = new(true, true, "", null);
}
