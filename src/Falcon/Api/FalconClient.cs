using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Api;

/// <summary>
/// Sends operations to the API. Every HTTP request, retries and tokens included, passes the limiter; what may succeed the next time
/// is repeated; what stays incomplete is an exception, never a shorter list.
/// </summary>
public sealed class FalconClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly FalconClientOptions _options;
    private readonly RateLimiter _limiter;
    private readonly Retrying _retrying;
    private readonly FalconToken _token;
    private readonly TimeProvider _time;

    /// <param name="options">Where and who.</param>
    /// <param name="limiter">How fast. Shared by all clients of one customer.</param>
    /// <param name="time">The clock.</param>
    /// <param name="handler">The way to the network; null for the usual one.</param>
    /// <param name="counters">Those of another client that works for the same run; null for some of its own.</param>
    public FalconClient(FalconClientOptions options, RateLimiter limiter, TimeProvider time, HttpMessageHandler? handler = null, FalconCounters? counters = null)
    {
        Counters = counters ?? new FalconCounters();
        (_options, _limiter, _time) = (options, limiter, time);
        _http = new HttpClient(handler ?? new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.All,
            ConnectTimeout = TimeSpan.FromSeconds(20),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("comptroller", typeof(FalconClient).Assembly.GetName().Version?.ToString(3)));
        _retrying = new Retrying(limiter, time, Random.Shared.NextDouble, Counters.Retried);
        _token = new FalconToken(_http, options, limiter, _retrying, Counters, time);
    }

    /// <summary>Where and who.</summary>
    public FalconClientOptions Options => _options;

    public FalconCounters Counters { get; }

    public RateLimiter Limiter => _limiter;

    /// <summary>Sends one operation and reads its answer.</summary>
    /// <param name="operation">Which.</param>
    /// <param name="query">Its parameters; null values are left out.</param>
    /// <param name="result">Called with each result. An answer that is cut is asked for again, and results come twice: take them by id.</param>
    /// <param name="body">JSON to POST; null for GET.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="FalconApiException">It failed, or the answer is incomplete.</exception>
    public Task<Envelope> SendAsync(
        FalconOperation operation, IEnumerable<KeyValuePair<string, string?>> query, Action<ReadOnlyMemory<byte>>? result, ReadOnlyMemory<byte>? body, CancellationToken cancellationToken)
    {
        var request = new FalconRequest(operation, operation.Path + Parameters(query)) { Method = body is null ? HttpMethod.Get : HttpMethod.Post, Body = body, Result = result };
        return SendAsync(request, cancellationToken);
    }

    internal Task<Envelope> SendAsync(FalconRequest request, CancellationToken cancellationToken) =>
        _retrying.RunAsync(token => AttemptAsync(request, token), cancellationToken);

    /// <summary>Parameters behind a path, with their question mark; empty when there are none.</summary>
    internal static string Parameters(IEnumerable<KeyValuePair<string, string?>> query)
    {
        var parameters = string.Join('&', query.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value!)}"));
        return parameters.Length > 0 ? $"?{parameters}" : "";
    }

    public void Dispose()
    {
        _token.Dispose();
        _http.Dispose();
    }

    private async Task<Attempt<Envelope>> AttemptAsync(FalconRequest request, CancellationToken cancellationToken)
    {
        for (var refused = 0; ;)
        {
            string token;
            try
            {
                token = await _token.GetAsync(cancellationToken);
            }
            catch (FalconApiException e)
            {
                // The token has been retried by itself; there is nothing left to try.
                Counters.Unauthorized(refused);
                return new Attempt<Envelope>(AttemptOutcome.Fatal, null, e);
            }

            using var answer = await FalconAttempt.SendAsync(_http, Message(request, token), _options.RequestTimeout, _time, _limiter, Counters, request.Operation, cancellationToken);
            if (answer.Response is not { } response)
            {
                return new Attempt<Envelope>(answer.Outcome, null, answer.Error);
            }

            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                _token.Forget(token);
                if (++refused == 1)
                {
                    await _limiter.AcquireAsync(cancellationToken);
                    continue;
                }

                Counters.Unauthorized(refused);
            }

            if (FalconAttempt.LooksUnauthenticated(response))
            {
                _token.Forget(token);
            }

            return await ReadAsync(request, answer, token, cancellationToken);
        }
    }

    private async Task<Attempt<Envelope>> ReadAsync(FalconRequest request, FalconAttempt answer, string token, CancellationToken cancellationToken)
    {
        var operation = request.Operation;
        var response = answer.Response!;
        var success = response.IsSuccessStatusCode;
        Envelope envelope;
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(answer.Deadline);
            envelope = success && request.IsBare ? await Envelope.ReadBareAsync(stream, request.Result, answer.Deadline)
                : await Envelope.ReadAsync(stream, success ? request.Result : null, answer.Deadline);
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException or InvalidDataException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var what = e is OperationCanceledException ? $"the answer took longer than {_options.RequestTimeout.TotalSeconds:0} s" : $"the answer cannot be read: {e.Message}";
            return success
                ? new Attempt<Envelope>(AttemptOutcome.Transient, null, new FalconApiException(operation, FalconFailure.Unavailable, Scrub(what, token), response.StatusCode, e))
                : Failed(operation, response.StatusCode, [], "", token);
        }

        if (!success)
        {
            return Failed(operation, response.StatusCode, envelope.Errors, envelope.TraceId, token);
        }

        _limiter.Succeeded(FalconAttempt.Remaining(response));
        return envelope.Errors is [var first, ..]
            ? new Attempt<Envelope>(first.Code >= 500 ? AttemptOutcome.Transient : AttemptOutcome.Fatal, null,
                new FalconApiException(operation, FalconFailure.Partial, Scrub($"the answer is incomplete: {first.Message} ({first.Code}){Trace(envelope.TraceId)}", token), response.StatusCode))
            : new Attempt<Envelope>(AttemptOutcome.Done, envelope, null);
    }

    private Attempt<Envelope> Failed(FalconOperation operation, HttpStatusCode status, IReadOnlyList<EnvelopeError> errors, string trace, string token)
    {
        var said = errors is [var first, ..] ? $": {first.Message}" : "";
        var (failure, message) = status switch
        {
            HttpStatusCode.Unauthorized => (FalconFailure.Credentials, "a new token is refused as well: the API client may have been revoked"),
            HttpStatusCode.Forbidden when errors.Any(IsScope) => (FalconFailure.Scope, $"the API client lacks the scope \"{operation.Scope}\": {operation.Access}; add it in the console under API clients and keys"),
            HttpStatusCode.Forbidden => (FalconFailure.Refused, $"access is denied (403){said}; the scope is \"{operation.Scope}\": {operation.Access}"),
            _ => (FalconFailure.Refused, $"the API answers {(int)status}{said}"),
        };
        return new Attempt<Envelope>(AttemptOutcome.Fatal, null, new FalconApiException(operation, failure, Scrub(message + Trace(trace), token), status));
    }

    private static bool IsScope(EnvelopeError error) => error.Code == 403
        && error.Message.Contains("access denied", StringComparison.OrdinalIgnoreCase)
        && error.Message.Contains("scope not permitted", StringComparison.OrdinalIgnoreCase);

    private static string Trace(string trace) => trace.Length > 0 ? $" (trace {trace})" : "";

    // A server that echoes what it was sent must not put a secret into a log.
    private string Scrub(string message, string token) => message
        .Replace(token, "<redacted>", StringComparison.Ordinal)
        .Replace(_options.Credentials.Read().ClientSecret, "<redacted>", StringComparison.Ordinal);

    private HttpRequestMessage Message(FalconRequest request, string token)
    {
        var message = new HttpRequestMessage(request.Method, new Uri(_token.Address, request.Path));
        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(request.IsBare ? "application/octet-stream" : "application/json"));
        if (request.AppId is { } app)
        {
            message.Headers.Add("X-CS-APP-ID", app);
        }

        if (request.Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }

        return message;
    }
}
