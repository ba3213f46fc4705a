using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Falcon.Api;

/// <summary>The bearer token: one for all callers, renewed before it ends.</summary>
internal sealed class FalconToken(HttpClient http, FalconClientOptions options, RateLimiter limiter, Retrying retrying, FalconCounters counters, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private volatile Issued? _issued;

    /// <summary>Where the tenant lives, which may not be where we knocked.</summary>
    public Uri Address { get; private set; } = options.Address;

    public string? Current => _issued?.Value;

    /// <summary>A token that is good for a while.</summary>
    public async ValueTask<string> GetAsync(CancellationToken cancellationToken)
    {
        if (_issued is { } known && IsFresh(known))
        {
            return known.Value;
        }

        await _renewal.WaitAsync(cancellationToken);
        try
        {
            if (_issued is not { } issued || !IsFresh(issued))
            {
                _issued = issued = await retrying.RunAsync(LogInAsync, cancellationToken);
            }

            return issued.Value;
        }
        finally
        {
            _renewal.Release();
        }
    }

    /// <summary>The API no longer takes a token. Another caller may have renewed it already: only this one is forgotten.</summary>
    public void Forget(string token)
    {
        if (_issued is { } issued && issued.Value == token)
        {
            _issued = null;
        }
    }

    public void Dispose() => _renewal.Dispose();

    private bool IsFresh(Issued issued) => time.GetElapsedTime(issued.At) < issued.Lifetime;

    private async Task<Attempt<Issued>> LogInAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var redirected = false;
        while (true)
        {
            using var answer = await FalconAttempt.SendAsync(http, Request(), options.RequestTimeout, time, limiter, counters, FalconOperation.Token, cancellationToken);
            if (answer.Error is { } error)
            {
                return new Attempt<Issued>(answer.Outcome, null, error);
            }

            var response = answer.Response!;
            var moved = Move(response);
            if ((int)response.StatusCode is >= 300 and < 400)
            {
                // The secret is sent again only to an address that we know ourselves; a Location is not followed.
                if (moved && !redirected)
                {
                    redirected = true;
                    await limiter.AcquireAsync(cancellationToken);
                    continue;
                }

                return Fatal(FalconFailure.Credentials, "the API redirects to a region that is not known; set the cloud of the tenant", response.StatusCode);
            }

            return response.IsSuccessStatusCode ? await ReadAsync(response, asked, answer.Deadline, cancellationToken)
                : Fatal(FalconFailure.Credentials, $"the API client is refused ({(int)response.StatusCode}): check client id, secret and cloud", response.StatusCode);
        }
    }

    private async Task<Attempt<Issued>> ReadAsync(HttpResponseMessage response, long asked, CancellationToken deadline, CancellationToken cancellationToken)
    {
        try
        {
            var body = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync(deadline));
            if (body.Text("access_token") is { Length: > 0 } token)
            {
                var seconds = body.Field("expires_in") is { ValueKind: JsonValueKind.Number } expires ? expires.GetDouble() : 1799;
                // A token shorter than the margin is used for half its life instead of being renewed on every call.
                var lifetime = TimeSpan.FromSeconds(seconds) - options.RenewBefore;
                limiter.Succeeded(null);
                return new Attempt<Issued>(AttemptOutcome.Done, new Issued(token, asked, lifetime > TimeSpan.Zero ? lifetime : TimeSpan.FromSeconds(seconds / 2)), null);
            }
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException or InvalidDataException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // Without the exception of the parser: it may quote what it read.
            var what = e is OperationCanceledException ? $"the answer took longer than {options.RequestTimeout.TotalSeconds:0} s" : "the answer is not a token";
            return new Attempt<Issued>(AttemptOutcome.Transient, null, new FalconApiException(FalconOperation.Token, FalconFailure.Unavailable, what, response.StatusCode));
        }

        return Fatal(FalconFailure.Malformed, "the answer holds no access_token", response.StatusCode);
    }

    private bool Move(HttpResponseMessage response)
    {
        if (!options.FollowRegion || !response.Headers.TryGetValues("X-Cs-Region", out var regions) || options.Regions(regions.First()) is not { } address || address == Address)
        {
            return false;
        }

        if (FalconCloud.IsGovernment(address) || FalconCloud.IsGovernment(Address))
        {
            return false;
        }

        Address = address;
        return true;
    }

    private HttpRequestMessage Request()
    {
        var (id, secret) = options.Credentials.Read();
        var form = new List<KeyValuePair<string, string>>
        {
            KeyValuePair.Create("client_id", id),
            KeyValuePair.Create("client_secret", secret),
        };
        if (options.Credentials.MemberCid is { Length: > 0 } member)
        {
            form.Add(KeyValuePair.Create("member_cid", member));
        }

        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Address, FalconOperation.Token.Path)) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return request;
    }

    private static Attempt<Issued> Fatal(FalconFailure failure, string message, HttpStatusCode status) =>
        new(AttemptOutcome.Fatal, null, new FalconApiException(FalconOperation.Token, failure, message, status));

    private sealed record Issued(string Value, long At, TimeSpan Lifetime);
}
