using System.Net.Http.Headers;

namespace Comptroller.Archive.Objects;

/// <summary>What lets a request into a store.</summary>
internal abstract class StoreCredentials
{
    /// <summary>Puts it on a request that is otherwise complete.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The time by the store's clock.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public abstract ValueTask AuthorizeAsync(HttpRequestMessage request, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The store says that they have expired. Returns whether new ones can be had.</summary>
    public virtual bool Renew() => false;
}

/// <summary>A token that somebody else hands out and that is good for a while.</summary>
/// <param name="fetch">Gets a new one: the token and how long it is good for.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenCredentials(Func<CancellationToken, Task<(string Token, TimeSpan Lifetime)>> fetch, TimeProvider time) : StoreCredentials, IDisposable
{
    private static readonly TimeSpan Early = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _single = new(1, 1);
    private (string Token, DateTimeOffset Expires)? _held;

    /// <inheritdoc/>
    public override async ValueTask AuthorizeAsync(HttpRequestMessage request, DateTimeOffset now, CancellationToken cancellationToken) =>
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await TokenAsync(cancellationToken));

    /// <inheritdoc/>
    public override bool Renew()
    {
        _held = null;
        return true;
    }

    public void Dispose() => _single.Dispose();

    private async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        await _single.WaitAsync(cancellationToken);
        try
        {
            var now = time.GetUtcNow();
            if (_held is { } held && held.Expires - Early > now)
            {
                return held.Token;
            }

            try
            {
                var (token, lifetime) = await fetch(cancellationToken);
                _held = (token, now + lifetime);
                return token;
            }
            catch (Exception e) when (e is IOException or HttpRequestException && _held is { } old && old.Expires > now)
            {
                // Whoever hands them out is away for a moment; the old one is good still.
                return _held!.Value.Token;
            }
        }
        finally
        {
            _single.Release();
        }
    }
}
