using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using Comptroller.Kubernetes.Client.Credentials;
using Comptroller.Kubernetes.Client.Decoding;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Client.Transport;

/// <summary>
/// Sends until there is a good answer, a failure that waiting does not heal, or no time left (rule Q2). Repeated are 429 and 5xx
/// with Retry-After, where the server says itself that it did nothing, and refused connections, where nothing was sent. A broken
/// connection is never retried here: the write may have happened.
/// </summary>
internal sealed class RequestSender(
    KubeClientConfiguration configuration, KubeClientOptions options, ApiTransport transport, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MostAttempts = 10;
    private const int LongestStatus = 1024 * 1024;
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    private readonly string root = configuration.Server.GetLeftPart(UriPartial.Path).TrimEnd('/');
    private readonly string host = configuration.Server.Authority;
    private readonly string userAgent = options.UserAgent();
    private readonly ServerWarnings warnings = new(logger, configuration.Server.Authority);
    private readonly SemaphoreSlim slots = new(options.MaxConcurrency, options.MaxConcurrency);

    /// <summary>Slots not in use; equal to the maximum when nothing is in flight.</summary>
    internal int FreeSlots => slots.CurrentCount;

    /// <param name="request">What to send.</param>
    /// <param name="deadline">When the call must be over; a wait that would end later is not begun.</param>
    /// <exception cref="KubeApiException">No attempt succeeded.</exception>
    public async Task<ApiAnswer> SendAsync(ApiRequest request, Deadline deadline)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan delay;
            try
            {
                return await SendOnceAsync(request, deadline.Token);
            }
            catch (KubeApiException e) when (attempt < MostAttempts && MayRepeat(request, e))
            {
                delay = Delay(attempt, e.RetryAfter);
                if (delay >= deadline.Remaining)
                {
                    throw;
                }

                ClientMetrics.Retried(request.Verb, host, CodeLabel(e));
                ClientLog.Retrying(logger, request.Verb, request.Path, delay, attempt, e.Reason);
            }

            await Task.Delay(delay, time, deadline.Token);
        }
    }

    public void Dispose() => slots.Dispose();

    private static bool MayRepeat(ApiRequest request, KubeApiException e) =>
        e.IsTooManyRequests || (e.Code >= 500 && e.RetryAfter is not null) || (e.Reason == FailureReason.ConnectionRefused && !request.FailFast);

    private static TimeSpan Delay(int attempt, TimeSpan? retryAfter)
    {
        var backoff = FirstDelay * Math.Pow(2, attempt - 1);
        backoff = backoff < LongestDelay ? backoff : LongestDelay;
#pragma warning disable CA5394 // Jitter spreads load; nobody gains by guessing it.
        backoff *= 1 + Random.Shared.NextDouble();
#pragma warning restore CA5394
        return retryAfter is { } asked && asked > backoff ? asked : backoff;
    }

    private async Task<ApiAnswer> SendOnceAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        var queued = time.GetTimestamp();
        await slots.WaitAsync(cancellationToken);
        var started = time.GetTimestamp();
        ClientMetrics.Waited(request.Verb, host, time.GetElapsedTime(queued, started));
        var code = "<error>";
        TransportAnswer? answer = null;
        var keepsSlot = false;
        try
        {
            answer = await transport.SendAsync(() => Message(request), cancellationToken);
            code = ((int)answer.Message.StatusCode).ToString();
            warnings.Report(answer.Message.Headers);
            if (!answer.Message.IsSuccessStatusCode)
            {
                throw await FailureAsync(request, answer, cancellationToken);
            }

            keepsSlot = !request.Streaming;
            var body = await ApiAnswer.OpenAsync(request, answer, host, keepsSlot ? slots : null, cancellationToken);
            answer = null;
            return body;
        }
        catch (Exception e) when (IsNoAnswer(e))
        {
            throw Translate(request, e);
        }
        finally
        {
            answer?.Dispose();
            if (answer is not null || !keepsSlot)
            {
                slots.Release();
            }

            ClientMetrics.Answered(request.Verb, host, code, time.GetElapsedTime(started), request.Body?.Length ?? 0);
        }
    }

    private HttpRequestMessage Message(ApiRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Query.Length == 0 ? root + request.Path : $"{root}{request.Path}?{request.Query}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        message.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        message.Headers.TryAddWithoutValidation("Accept", request.Accept);
        if (request.Compress)
        {
            message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        }

        if (request.Body is { } body)
        {
            message.Content = new ReadOnlyMemoryContent(body);
            message.Content.Headers.ContentType = new MediaTypeHeaderValue(request.ContentType);
        }

        return message;
    }

    private async Task<KubeApiException> FailureAsync(ApiRequest request, TransportAnswer answer, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(await answer.Message.Content.ReadAsStreamAsync(cancellationToken));
        // A Status is small; what is larger is some proxy's page, and only its beginning is looked at.
        var body = await BodyReader.ReadAsync(pipe, LongestStatus, cancellationToken);
        var failure = StatusDecoder.Decode(request.Verb, request.Path, answer.Message, body, time);
        await pipe.CompleteAsync();
        return failure;
    }

    /// <summary>Failures below HTTP, and those of our own credentials.</summary>
    internal static bool IsNoAnswer(Exception e) => e is CredentialException or HttpRequestException or IOException or SocketException || IsConnectTimeout(e);

    /// <summary>The handler reports its own limit as a cancellation that nobody asked for.</summary>
    private static bool IsConnectTimeout(Exception e) => e is OperationCanceledException { InnerException: TimeoutException };

    /// <summary>What <see cref="IsNoAnswer"/> says yes to becomes the one exception type (rule Q1).</summary>
    internal KubeApiException Translate(ApiRequest request, Exception e)
    {
        KubeApiException Failure(string reason, string message) => new(request.Verb, request.Path, 0, reason, message, inner: e);
        var server = $"{configuration.Server.Scheme}://{host}";
        var peer = configuration.Proxy is { } proxy ? $"the proxy {proxy.Authority} of {server}" : server;
        return e switch
        {
            CredentialException => Failure(FailureReason.CredentialsUnavailable, e.Message),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } =>
                Failure(FailureReason.ProxyFailure, $"the proxy {configuration.Proxy?.Authority ?? "of the environment"} does not let us through to {server}: {e.Message}"),
            _ when Inner<SocketException>(e) is { SocketErrorCode: SocketError.ConnectionRefused } =>
                Failure(FailureReason.ConnectionRefused, $"{peer} refused the connection: is it running there?"),
            _ when Inner<SocketException>(e) is { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData } =>
                Failure(FailureReason.NameNotResolved, $"the host of {peer} is not known: {Deepest(e).Message}"),
            OperationCanceledException =>
                Failure(FailureReason.Timeout, $"no connection to {peer} within {options.ConnectTimeout.TotalSeconds:0.###} s"),
            HttpRequestException when Inner<AuthenticationException>(e) is { } tls =>
                Failure(FailureReason.TlsFailure, $"no trust in {server}: {tls.Message} Check certificate-authority and tls-server-name."),
            _ => Failure(FailureReason.ConnectionLost, $"{server}: {Deepest(e).Message}"),
        };
    }

    private static string CodeLabel(KubeApiException e) => e.Code == 0 ? "<error>" : e.Code.ToString();

    private static T? Inner<T>(Exception? e)
        where T : Exception
    {
        while (e is not null and not T)
        {
            e = e.InnerException;
        }

        return (T?)e;
    }

    private static Exception Deepest(Exception e) => e.InnerException is null ? e : Deepest(e.InnerException);
}
