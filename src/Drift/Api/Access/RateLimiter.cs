namespace Comptroller.Drift.Api.Access;

/// <summary>How a caller stands after a request.</summary>
/// <param name="IsAllowed">Whether this one is answered.</param>
/// <param name="Limit">Requests at once.</param>
/// <param name="Remaining">How many more at once now.</param>
/// <param name="ResetSeconds">Until all are there again.</param>
/// <param name="RetryAfterSeconds">Until the next one is; at least 1.</param>
public readonly record struct RateDecision(bool IsAllowed, int Limit, int Remaining, int ResetSeconds, int RetryAfterSeconds);

/// <summary>
/// A bucket of tokens for each caller. The table of callers is bounded: the one that was quiet for longest makes room, so that inventing
/// callers costs memory to nobody.
/// </summary>
/// <param name="perMinute">Tokens a minute; 0 for no limit.</param>
/// <param name="burst">Size of a bucket.</param>
/// <param name="mostCallers">Callers that are remembered.</param>
/// <param name="time">The clock.</param>
public sealed class RateLimiter(int perMinute, int burst, int mostCallers, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<Bucket>> _buckets = new(StringComparer.Ordinal);
    private readonly LinkedList<Bucket> _quiet = [];
    private readonly double _perSecond = perMinute / 60.0;

    private sealed class Bucket(string caller, double tokens, long at)
    {
        public string Caller { get; } = caller;

        public double Tokens { get; set; } = tokens;

        public long At { get; set; } = at;
    }

    /// <summary>Callers that are remembered now.</summary>
    public int Callers
    {
        get
        {
            lock (_gate)
            {
                return _buckets.Count;
            }
        }
    }

    /// <summary>Takes a token of a caller.</summary>
    public RateDecision Take(string caller)
    {
        if (perMinute == 0)
        {
            return new RateDecision(true, 0, 0, 0, 0);
        }

        lock (_gate)
        {
            var now = time.GetTimestamp();
            var bucket = BucketOf(caller, now);
            bucket.Tokens = Math.Min(burst, bucket.Tokens + time.GetElapsedTime(bucket.At, now).TotalSeconds * _perSecond);
            bucket.At = now;
            var isAllowed = bucket.Tokens >= 1;
            if (isAllowed)
            {
                bucket.Tokens--;
            }

            return new RateDecision(
                isAllowed, burst, (int)bucket.Tokens, (int)Math.Ceiling((burst - bucket.Tokens) / _perSecond), isAllowed ? 0 : Math.Max(1, (int)Math.Ceiling((1 - bucket.Tokens) / _perSecond)));
        }
    }

    private Bucket BucketOf(string caller, long now)
    {
        if (_buckets.TryGetValue(caller, out var node))
        {
            _quiet.Remove(node);
            _quiet.AddLast(node);
            return node.Value;
        }

        if (_buckets.Count >= mostCallers)
        {
            _buckets.Remove(_quiet.First!.Value.Caller);
            _quiet.RemoveFirst();
        }

        node = _quiet.AddLast(new Bucket(caller, burst, now));
        _buckets.Add(caller, node);
        return node.Value;
    }
}
