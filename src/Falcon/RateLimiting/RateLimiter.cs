using System.Runtime.InteropServices;

namespace Comptroller.Falcon.RateLimiting;

/// <summary>
/// Stands in front of every HTTP request to the API, retries included: a token bucket, a sliding minute, and pauses that the API
/// asks for and that hold for every caller. Time is the provider's monotonic clock: a wall clock that jumps changes nothing.
/// </summary>
public sealed class RateLimiter : IDisposable
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    // An epoch of long ago or far ahead is a clock that is off, not a wish.
    private static readonly TimeSpan LeastCoolDown = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly SemaphoreSlim _head = new(1, 1);
    private readonly Lock _gate = new();
    private readonly long _started;
    private RateLimit _limit;
    private long[] _granted;
    private long _total;
    private TimeSpan _interval;
    private TimeSpan _bucketEmptyUntil;
    private TimeSpan _pausedUntil;
    private int _consecutive429;
    private long _throttled;
    private long _failed;
    private TimeSpan _waited;
    private int? _remaining;

    /// <param name="limit">What is allowed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">From 0 to 1, for jitter; null for none.</param>
    public RateLimiter(RateLimit limit, TimeProvider time, Func<double>? random = null)
    {
        (_time, _random, _started) = (time, random ?? (() => 0), time.GetTimestamp());
        _limit = limit;
        _granted = new long[limit.RequestsPerMinute];
        _interval = TimeSpan.FromSeconds(1 / limit.RequestsPerSecond);
    }

    public RateLimit Limit
    {
        get
        {
            lock (_gate)
            {
                return _limit;
            }
        }
    }

    /// <summary>What happened so far.</summary>
    public RateLimiterCounts Counts
    {
        get
        {
            lock (_gate)
            {
                var now = Now;
                var recent = Recent().Count(ticks => now.Ticks - ticks < Minute.Ticks);
                var free = Math.Clamp((now - _bucketEmptyUntil) / _interval + _limit.BurstSize, 0, _limit.BurstSize);
                return new RateLimiterCounts(_total, _throttled, _failed, _waited, recent, free, _consecutive429, Positive(_pausedUntil - now), _remaining);
            }
        }
    }

    private TimeSpan Now => _time.GetElapsedTime(_started);

    /// <summary>Waits until one request may go out. Callers are served one by one.</summary>
    /// <returns>When it was granted, counted from the making of this limiter.</returns>
    public async ValueTask<TimeSpan> AcquireAsync(CancellationToken cancellationToken)
    {
        await _head.WaitAsync(cancellationToken);
        try
        {
            for (var first = true; ; first = false)
            {
                var (wait, granted) = Take(first);
                if (wait <= TimeSpan.Zero)
                {
                    return granted;
                }

                // Timers count in milliseconds; rounding down would wake up early and spin.
                await Task.Delay(wait, _time, cancellationToken);
            }
        }
        finally
        {
            _head.Release();
        }
    }

    /// <summary>The API said 429: nobody calls for a while.</summary>
    /// <param name="retryAfter">Until when, as the API says; null when it does not.</param>
    public void TooManyRequests(DateTimeOffset? retryAfter)
    {
        lock (_gate)
        {
            _consecutive429++;
            var asked = retryAfter - _time.GetUtcNow();
            var pause = asked > LeastCoolDown ? asked.Value < BackOff.Cap ? asked.Value : BackOff.Cap : BackOff.After(_consecutive429, _random());
            Pause(pause);
        }
    }

    /// <summary>A request was answered: what is left of the allowance slows everybody down before it runs out.</summary>
    /// <param name="remaining">Requests left in the API's window; null when it does not say.</param>
    public void Succeeded(int? remaining)
    {
        lock (_gate)
        {
            _consecutive429 = 0;
            _remaining = remaining ?? _remaining;
            if (remaining <= 10)
            {
                Pause(TimeSpan.FromMilliseconds(remaining <= 5 ? 500 : 200));
            }
        }
    }

    /// <summary>A request was given up.</summary>
    public void Failed() => Interlocked.Increment(ref _failed);

    /// <summary>Changes what is allowed. What was granted and every pause still count.</summary>
    public void Change(RateLimit limit)
    {
        lock (_gate)
        {
            var kept = Recent().TakeLast(limit.RequestsPerMinute).ToList();
            var granted = new long[limit.RequestsPerMinute];
            // The ring is indexed by the running total: place what is kept right before the next slot.
            for (var i = 0; i < granted.Length; i++)
            {
                granted[i] = long.MinValue;
            }

            for (var i = 0; i < kept.Count; i++)
            {
                granted[(_total - kept.Count + i) % granted.Length] = kept[i];
            }

            (_limit, _granted, _interval) = (limit, granted, TimeSpan.FromSeconds(1 / limit.RequestsPerSecond));
        }
    }

    public void Dispose() => _head.Dispose();

    private IEnumerable<long> Recent()
    {
        var count = Math.Min(_total, _granted.Length);
        for (var i = _total - count; i < _total; i++)
        {
            if (_granted[i % _granted.Length] is not long.MinValue and var ticks)
            {
                yield return ticks;
            }
        }
    }

    private (TimeSpan Wait, TimeSpan Now) Take(bool first)
    {
        lock (_gate)
        {
            var now = Now;
            var wait = Max(_pausedUntil - now, _bucketEmptyUntil - ((_limit.BurstSize - 1) * _interval) - now);
            var slot = _total % _granted.Length;
            if (_total >= _granted.Length && _granted[slot] != long.MinValue)
            {
                wait = Max(wait, TimeSpan.FromTicks(_granted[slot]) + Minute - now);
            }

            if (wait <= TimeSpan.Zero)
            {
                _bucketEmptyUntil = Max(_bucketEmptyUntil, now) + _interval;
                _granted[slot] = now.Ticks;
                _total++;
                return (TimeSpan.Zero, now);
            }

            _throttled += first ? 1 : 0;
            _waited += wait;
            return (TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), now);
        }
    }

    private void Pause(TimeSpan pause) => _pausedUntil = Max(_pausedUntil, Now + pause);

    private static TimeSpan Positive(TimeSpan time) => Max(time, TimeSpan.Zero);

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;
}

/// <summary>A look at a limiter.</summary>
/// <param name="Requests">Granted in total.</param>
/// <param name="Throttled">Of these, those that had to wait.</param>
/// <param name="Failed">Requests given up.</param>
/// <param name="Waited">Sum of waits.</param>
/// <param name="LastMinute">Granted in the last 60 seconds.</param>
/// <param name="Tokens">Requests that could go out at once.</param>
/// <param name="Consecutive429">Refusals in a row.</param>
/// <param name="PauseLeft">How long nobody may call; zero for not at all.</param>
/// <param name="Remaining">Requests left in the API's own window, as it last said; null before it has.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RateLimiterCounts(
    long Requests, long Throttled, long Failed, TimeSpan Waited, int LastMinute, double Tokens, int Consecutive429, TimeSpan PauseLeft, int? Remaining);
