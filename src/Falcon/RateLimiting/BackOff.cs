namespace Comptroller.Falcon.RateLimiting;

/// <summary>Doubling pauses.</summary>
public static class BackOff
{
    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan Cap = TimeSpan.FromMinutes(5);

    /// <summary>Pause after a number of failures in a row: two seconds to the power of it, at most <see cref="Cap"/>.</summary>
    /// <param name="failures">From 1 on.</param>
    /// <param name="random">From 0 to 1; 0 for the full pause. Up to a quarter is taken off, so that several clients do not return at once.</param>
    public static TimeSpan After(int failures, double random = 0)
    {
        var seconds = failures >= 9 ? Cap.TotalSeconds : Math.Min(Math.Pow(2, failures), Cap.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (1 - (random / 4)));
    }
}
