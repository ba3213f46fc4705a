using System.Collections.Concurrent;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Api.Access;

/// <summary>
/// The keys of a store. What was looked up is believed for a few seconds, so that a busy key costs no query a request; a key that was
/// revoked here ends at once, one that another replica revoked within these seconds.
/// </summary>
public sealed class ApiKeys(IDriftStore store, TimeProvider time)
{
    /// <summary>Most keys there can be; a program that makes a key a run would fill the store otherwise.</summary>
    public const int Most = 1000;

    private const string Area = "key";
    private const int MostRemembered = 1000;
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (ApiKey? Key, long At)> _remembered = new(StringComparer.Ordinal);

    /// <summary>The key that a text is; null when it is none that is in use.</summary>
    public async ValueTask<ApiKey?> FindAsync(string text, CancellationToken cancellationToken)
    {
        if (ApiKey.Parse(text) is not var (id, secret))
        {
            return null;
        }

        if (!_remembered.TryGetValue(id, out var known) || time.GetElapsedTime(known.At) > Believed)
        {
            if (_remembered.Count >= MostRemembered)
            {
                // Guessed ids are remembered as well, or guessing would be a way to keep the store busy.
                _remembered.Clear();
            }

            var item = await store.GetAsync(Area, id, cancellationToken);
            _remembered[id] = known = (item is null ? null : ApiKey.OfJson(item.Value), time.GetTimestamp());
        }

        return known.Key is { } key && key.Matches(secret) && !key.IsExpired(time.GetUtcNow()) ? key : null;
    }

    /// <summary>Every key, expired ones too.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await store.ItemsAsync(Area, "", Most + 1, cancellationToken)).Select(item => ApiKey.OfJson(item.Value))];

    /// <summary>Makes a key.</summary>
    /// <returns>What is kept and the key itself; null with the reason when it cannot be made.</returns>
    public async Task<(ApiKey Kept, string Key)?> CreateAsync(string name, Scopes scopes, string by, DateTimeOffset? expires, CancellationToken cancellationToken)
    {
        var keys = await ListAsync(cancellationToken);
        if (keys.Count >= Most || keys.Any(key => key.Name == name))
        {
            return null;
        }

        var made = ApiKey.Make(name, scopes, by, time.GetUtcNow(), expires);
        await store.PutAsync(new StoredItem(Area, made.Kept.Id, made.Kept.ToJson()), cancellationToken);
        return made;
    }

    /// <summary>Ends a key.</summary>
    /// <param name="idOrName">Either of them.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The key that was ended; null when there was none.</returns>
    public async Task<ApiKey?> RevokeAsync(string idOrName, CancellationToken cancellationToken)
    {
        var key = await FindByNameAsync(idOrName, cancellationToken);
        if (key is null)
        {
            return null;
        }

        await store.RemoveAsync(Area, key.Id, cancellationToken);
        _remembered[key.Id] = (null, time.GetTimestamp());
        return key;
    }

    /// <summary>Makes a key with the name and scopes of another, which goes on for a while.</summary>
    /// <param name="idOrName">The one that is replaced.</param>
    /// <param name="by">Who does it.</param>
    /// <param name="overlap">How long the old one goes on, so that its users can be given the new one first.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<(ApiKey Kept, string Key)?> RotateAsync(string idOrName, string by, TimeSpan overlap, CancellationToken cancellationToken)
    {
        var old = await FindByNameAsync(idOrName, cancellationToken);
        if (old is null)
        {
            return null;
        }

        var now = time.GetUtcNow();
        var life = old.Expires - old.Created;
        var made = ApiKey.Make(old.Name, old.Scopes, by, now, now + life);
        // First the new one: a crash between the two leaves two keys, never none.
        await store.PutAsync(new StoredItem(Area, made.Kept.Id, made.Kept.ToJson()), cancellationToken);
        var end = now + overlap;
        var ending = old with { Name = $"{old.Name} (until {end:yyyy-MM-ddTHH:mm:ssZ})", Expires = old.Expires < end ? old.Expires : end };
        await store.PutAsync(new StoredItem(Area, old.Id, ending.ToJson()), cancellationToken);
        _remembered[old.Id] = (ending, time.GetTimestamp());
        return made;
    }

    /// <summary>Drops keys that ended a while ago.</summary>
    public async Task ForgetAsync(TimeSpan after, CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow() - after;
        foreach (var key in (await ListAsync(cancellationToken)).Where(key => key.IsExpired(before)))
        {
            await store.RemoveAsync(Area, key.Id, cancellationToken);
        }
    }

    private async Task<ApiKey?> FindByNameAsync(string idOrName, CancellationToken cancellationToken)
    {
        var keys = await ListAsync(cancellationToken);
        return keys.FirstOrDefault(key => key.Id == idOrName) ?? keys.FirstOrDefault(key => key.Name == idOrName);
    }
}
