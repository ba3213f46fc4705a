using System.Net;
using System.Net.Http.Headers;

namespace Comptroller.Archive.Objects;

/// <summary>
/// Speaks to a store over REST: tries again what passes, reads whole answers so that one that breaks in the middle is tried again as well, asks for new
/// credentials once when they have expired, and goes by the store's clock when ours is wrong.
/// </summary>
internal sealed class StoreCaller(string location, HttpMessageHandler handler, StoreCredentials credentials, TimeProvider time) : IDisposable
{
    /// <summary>Stores refuse requests that are fifteen minutes old; less than this is the way of the answer.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(5);

    private readonly HttpClient _client = new(handler) { Timeout = TimeSpan.FromMinutes(5) };
    private readonly RetryPolicy _retry = new(time);
    private TimeSpan _offset;

    /// <param name="what">What is done, for messages: the verb and the key.</param>
    /// <param name="make">Makes the request; once for each try.</param>
    /// <param name="read">Takes the answer apart. It throws <see cref="IOException"/> for one that is not what was asked for, and the call is tried again.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ObjectStoreException">It failed for good.</exception>
    public async Task<T> CallAsync<T>(string what, Func<HttpRequestMessage> make, Func<StoreAnswer, T> read, CancellationToken cancellationToken)
    {
        var renewed = false;
        try
        {
            return await _retry.RunAsync(
                async () =>
                {
                    var answer = await SendAsync(make, cancellationToken);
                    if (answer.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden && !renewed && (Correct(answer) | (IsExpired(answer) && credentials.Renew())))
                    {
                        renewed = true;
                        answer = await SendAsync(make, cancellationToken);
                    }

                    return RetryPolicy.IsPassing(answer.Status, answer.Code) ? throw new StoreRefusal(answer) { IsPassing = true } : read(answer);
                },
                e => e is StoreRefusal refusal ? refusal.IsPassing : Denied(e) is null && RetryPolicy.IsPassing(e),
                cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not ObjectStoreException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw Denied(e) is { } denied
                ? new ObjectStoreException($"{location}: cannot {what}: {denied.Message}", e) { IsDenied = true }
                : new ObjectStoreException($"{location}: cannot {what}: {Explain(e)}", e)
                {
                    IsPassing = e is not StoreRefusal refusal || refusal.IsPassing,
                    IsDenied = e is StoreRefusal { Answer.Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict },
                };
        }
    }

    public void Dispose()
    {
        _client.Dispose();
        (credentials as IDisposable)?.Dispose();
    }

    private async Task<StoreAnswer> SendAsync(Func<HttpRequestMessage> make, CancellationToken cancellationToken)
    {
        using var request = make();
        await credentials.AuthorizeAsync(request, time.GetUtcNow() + _offset, cancellationToken);
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.Content.Headers.ContentLength > StoreAnswer.Longest)
        {
            throw new ObjectStoreException($"{location}: an answer of {response.Content.Headers.ContentLength} bytes; no object of ours is that long");
        }

        await response.Content.LoadIntoBufferAsync(StoreAnswer.Longest, cancellationToken);
        var body = request.Method == HttpMethod.Head ? [] : await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return new StoreAnswer(response.StatusCode, response.Headers, response.Content.Headers, body);
    }

    private bool Correct(StoreAnswer answer)
    {
        var offset = answer.Headers.Date - time.GetUtcNow();
        if (offset is not { } found || (found - _offset).Duration() < Skew)
        {
            return false;
        }

        _offset = found;
        return true;
    }

    private static bool IsExpired(StoreAnswer answer) => answer.Status == HttpStatusCode.Unauthorized || answer.Code.Contains("Expired", StringComparison.OrdinalIgnoreCase) || answer.Code is "InvalidAuthenticationInfo";

    private static ObjectStoreException? Denied(Exception? e) => e is null or ObjectStoreException { IsDenied: true } ? (ObjectStoreException?)e : Denied(e.InnerException);

    private static string Explain(Exception e) => e is not StoreRefusal { Answer: var answer } ? e.Message : answer.Status switch
    {
        >= HttpStatusCode.MultipleChoices and < HttpStatusCode.BadRequest => $"{(int)answer.Status}: it sends us elsewhere, and where a store sends us we do not go; give the right endpoint",
        HttpStatusCode.Unauthorized => $"the credentials have expired or are not valid here ({answer.Code}); give new ones",
        HttpStatusCode.Forbidden when IsExpired(answer) => $"the credentials have expired ({answer.Code}); give new ones",
        HttpStatusCode.Forbidden => $"refused ({answer.Code}): the credentials are not valid here, the identity may not do this, or the object is locked",
        _ => $"{(int)answer.Status} {answer.Code}",
    };
}

/// <summary>An answer of a store, all of it.</summary>
internal sealed record StoreAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Body)
{
    /// <summary>Pieces and manifests are far shorter; more is not ours.</summary>
    public const long Longest = 512L << 20;

    /// <summary>What is said of an answer that is an error in spite of its status.</summary>
    public const string NoObject = "an error instead of the object, though it said 200";

    /// <summary>What the store calls the failure: Azure says so in a header, Google in JSON.</summary>
    public string Code { get; } = Headers.TryGetValues("x-ms-error-code", out var codes) ? string.Join(' ', codes) : (int)Status < 400 ? "" : GoogleReason(Body);

    /// <summary>A header, or null.</summary>
    public string? this[string name] => Headers.TryGetValues(name, out var values) || ContentHeaders.TryGetValues(name, out values) ? string.Join(',', values) : null;

    /// <summary>The answer, when it is one of those.</summary>
    /// <exception cref="StoreRefusal">It is another one.</exception>
    public StoreAnswer Expect(params ReadOnlySpan<HttpStatusCode> statuses) => statuses.Contains(Status) ? this : throw new StoreRefusal(this);

    /// <summary>The object that was asked for. Every object has an ETag; an error that came with a success has none, and what an object begins with says nothing.</summary>
    /// <exception cref="IOException">It is an error.</exception>
    public Stream Object() => this["ETag"] is null ? throw new IOException(NoObject) : new MemoryStream(Body, writable: false);

    private static string GoogleReason(byte[] body)
    {
        try
        {
            var error = System.Text.Json.Nodes.JsonNode.Parse(body)?["error"];
            return (string?)error?["errors"]?[0]?["reason"] ?? (string?)error?["status"] ?? "";
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return "";
        }
    }
}

/// <summary>An answer that says no.</summary>
internal sealed class StoreRefusal(StoreAnswer answer) : IOException($"{(int)answer.Status} {answer.Code}")
{
    public StoreAnswer Answer { get; } = answer;

    public bool IsPassing { get; init; }
}
