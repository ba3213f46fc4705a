namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// How long a failing reflector waits: 0.8 s doubling to 30 s, plus up to 100 % jitter so that many watchers do not return
/// together, starting over after 2 min without failure (rule R6).
/// </summary>
internal sealed class Backoff(TimeProvider time, Random random)
{
    internal static readonly TimeSpan First = TimeSpan.FromSeconds(0.8);
    internal static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan Health = TimeSpan.FromMinutes(2);

    private TimeSpan current = First;
    private long? retryAt;

    /// <summary>The next wait, at least <paramref name="atLeast"/> (a server's <c>Retry-After</c>).</summary>
    public TimeSpan Next(TimeSpan? atLeast = null)
    {
        if (retryAt is { } last && time.GetElapsedTime(last) >= Health)
        {
            current = First;
        }

        var wait = current * (1 + random.NextDouble());
        current = current * 2 > Cap ? Cap : current * 2;
        if (atLeast is { } minimum && minimum > wait)
        {
            wait = minimum;
        }

        retryAt = time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency);
        return wait;
    }
}
