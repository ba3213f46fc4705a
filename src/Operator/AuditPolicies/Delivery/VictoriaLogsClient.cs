using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>
/// Asks a VictoriaLogs that a user of AuditPolicy has named, so nothing it sends is trusted: time and size are bounded, redirects are not
/// followed, compression is not spoken (a small body cannot become a large one), certificates are checked against the trust store of the
/// process, and what it says appears in no message.
/// </summary>
internal sealed class VictoriaLogsClient : IDisposable
{
    /// <summary>Per request, connecting included.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Bytes. An answer to our questions has about a hundred, and a sample of events some ten thousand.</summary>
    public const int LargestAnswer = 512 * 1024;

    /// <summary>Bytes. The metrics page of a busy server has some hundred thousand.</summary>
    public const int LargestPage = 4 * 1024 * 1024;

    private readonly HttpClient http;
    private readonly DeliveryCredentials credentials;
    private readonly TimeProvider time;

    public VictoriaLogsClient(DeliveryCredentials credentials, AllowedAddresses addresses, string userAgent, TimeProvider time)
    {
        this.credentials = credentials;
        this.time = time;
#pragma warning disable CA2000 // The client owns its handler.
        http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = addresses.ConnectAsync,
            ConnectTimeout = Patience,
            MaxConnectionsPerServer = 4,
            MaxResponseHeadersLength = 16,
            // Of an answer that is too large nothing more is read: the connection is closed.
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1),
            // A proxy would resolve names in our place, past the check of addresses.
            UseProxy = false,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
#pragma warning restore CA2000
        http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", userAgent);
    }

    /// <summary>The rows that LogsQL comes to, one JSON object a line.</summary>
    /// <exception cref="CannotAskException">There is no answer.</exception>
    public Task<ReadOnlyMemory<byte>> QueryAsync(DeliveryTarget target, string query, CancellationToken cancellationToken) => SendAsync(
        target,
        () => new HttpRequestMessage(HttpMethod.Post, target.At("/select/logsql/query"))
        {
            // The server gives up before we do, so that it does not go on counting for nobody.
            Content = new FormUrlEncodedContent([new("query", query), new("timeout", "4s")]),
        },
        LargestAnswer,
        cancellationToken);

    /// <summary>The page on which the server tells its flags.</summary>
    /// <exception cref="CannotAskException">There is no answer.</exception>
    public Task<ReadOnlyMemory<byte>> MetricsAsync(DeliveryTarget target, CancellationToken cancellationToken) =>
        SendAsync(target, () => new HttpRequestMessage(HttpMethod.Get, target.At("/metrics")), LargestPage, cancellationToken);

    public void Dispose() => http.Dispose();

    private async Task<ReadOnlyMemory<byte>> SendAsync(DeliveryTarget target, Func<HttpRequestMessage> message, int limit, CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            using var request = message();
            request.Headers.Add("AccountID", target.AccountId.ToString());
            request.Headers.Add("ProjectID", target.ProjectId.ToString());
            request.Headers.Authorization = await credentials.ForAsync(target.Endpoint, either.Token);
            if (target.ServerName is not null)
            {
                // The Host header decides which name is asked for in the handshake and expected in the certificate (rule T8).
                request.Headers.Host = target.ServerName;
            }

            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return answer.IsSuccessStatusCode ? await ReadAsync(answer.Content, limit, either.Token) : throw Refused(answer.StatusCode, request.Headers.Authorization);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CannotAskException($"it does not answer within {Patience.TotalSeconds:0} seconds", inner: e);
        }
        catch (HttpRequestException e)
        {
            throw Translate(e);
        }
        catch (IOException e)
        {
            throw new CannotAskException("it broke off in the middle of its answer", inner: e);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, int limit, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentLength > limit)
        {
            throw TooLarge(limit);
        }

        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var piece = new byte[16 * 1024];
        while (await stream.ReadAsync(piece, cancellationToken) is > 0 and var length)
        {
            if (body.Length + length > limit)
            {
                throw TooLarge(limit);
            }

            body.Write(piece, 0, length);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    private static CannotAskException TooLarge(int limit) => new($"its answer is larger than {limit / 1024} KiB, so it is no answer to what was asked");

    private static CannotAskException Refused(HttpStatusCode code, AuthenticationHeaderValue? sent) => (int)code switch
    {
        401 or 403 when sent is null => new($"it answers {(int)code}: it wants credentials, which the operator reads from --delivery-credentials only, and over https only", denied: true),
        401 or 403 => new($"it answers {(int)code} to the operator's credentials", denied: true),
        >= 300 and < 400 => new($"it answers {(int)code}, and redirects are not followed: name the address it points to in spec.delivery.endpoint"),
        404 => new("it answers 404 to /select/logsql/query: spec.delivery.endpoint must be where VictoriaLogs is read, without that path"),
        _ => new($"it answers {(int)code}"),
    };

    private static CannotAskException Translate(HttpRequestException e) => e.InnerException is CannotAskException known ? known : e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => new("its name does not resolve", inner: e),
        HttpRequestError.SecureConnectionError when e.InnerException is AuthenticationException =>
            new("its certificate is not trusted: add its authority to the operator's trust store (SSL_CERT_DIR), or set spec.forwarding.victoriaLogs.tls.serverName", inner: e),
        HttpRequestError.SecureConnectionError => new("it does not speak TLS as it should", inner: e),
        HttpRequestError.ConnectionError => new("it cannot be connected to", inner: e),
        _ => new("it does not answer as an HTTP server should", inner: e),
    };
}
