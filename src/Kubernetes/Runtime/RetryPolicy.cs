namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// How long a failed key waits: the longer of its own exponential delay and a token bucket that all failures share, so that a
/// thousand objects failing at once do not retry at once (rule Q9). Fresh keys never pass through here.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>First delay; 5 ms. Controllers that call outside services take a second or more.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>Longest delay.</summary>
    public TimeSpan Cap { get; init; } = TimeSpan.FromSeconds(1000);

    /// <summary>Retries per second that the bucket refills.</summary>
    public double RetriesPerSecond { get; init; } = 10;

    /// <summary>Retries that the bucket holds.</summary>
    public int Burst { get; init; } = 100;

    /// <summary>The delay before retry number <paramref name="failures"/> + 1 of one key.</summary>
    internal TimeSpan Exponential(int failures)
    {
        var seconds = First.TotalSeconds * Math.Pow(2, failures);
        return seconds < Cap.TotalSeconds ? TimeSpan.FromSeconds(seconds) : Cap;
    }
}

/// <summary>A token bucket that hands out delays instead of refusals. Not thread-safe: its owner holds a lock.</summary>
internal sealed class TokenBucket(TimeProvider time, double perSecond, int burst)
{
    private double tokens = burst;
    private long refilledAt = time.GetTimestamp();

    /// <summary>Takes one token, on credit if need be, and says how long to wait for it.</summary>
    public TimeSpan Reserve()
    {
        Refill();
        tokens--;
        return tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-tokens / perSecond);
    }

    /// <summary>Takes one token if there is one.</summary>
    public bool TryTake()
    {
        Refill();
        if (tokens < 1)
        {
            return false;
        }

        tokens--;
        return true;
    }

    public bool IsFull
    {
        get
        {
            Refill();
            return tokens >= burst;
        }
    }

    private void Refill()
    {
        var now = time.GetTimestamp();
        tokens = Math.Min(burst, tokens + (time.GetElapsedTime(refilledAt, now).TotalSeconds * perSecond));
        refilledAt = now;
    }
}
