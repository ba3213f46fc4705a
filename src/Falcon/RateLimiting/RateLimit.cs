using System.Collections.Immutable;

namespace Comptroller.Falcon.RateLimiting;

/// <summary>How fast the API may be called. The limit of CrowdStrike is 6 000 requests a minute for all clients of a customer together.</summary>
public sealed record RateLimit
{
    /// <summary>Below 1 000 hosts.</summary>
    public static readonly RateLimit Small = new();

    /// <summary>1 000 to 10 000 hosts.</summary>
    public static readonly RateLimit Medium = new() { RequestsPerSecond = 15, RequestsPerMinute = 750, BurstSize = 30 };

    /// <summary>10 000 to 100 000 hosts.</summary>
    public static readonly RateLimit Large = new() { RequestsPerSecond = 20, RequestsPerMinute = 1000, BurstSize = 50 };

    /// <summary>From 100 000 hosts on.</summary>
    public static readonly RateLimit VeryLarge = new() { RequestsPerSecond = 25, RequestsPerMinute = 1200, BurstSize = 75 };

    public static readonly ImmutableSortedDictionary<string, RateLimit> Profiles = ImmutableSortedDictionary.CreateRange(StringComparer.OrdinalIgnoreCase,
    [
        KeyValuePair.Create(nameof(Small), Small),
        KeyValuePair.Create(nameof(Medium), Medium),
        KeyValuePair.Create(nameof(Large), Large),
        KeyValuePair.Create(nameof(VeryLarge), VeryLarge),
    ]);

    /// <summary>Steady rate of the token bucket.</summary>
    public double RequestsPerSecond { get; init; } = 10;

    /// <summary>Most requests in any 60 seconds.</summary>
    public int RequestsPerMinute { get; init; } = 500;

    /// <summary>Requests that may go out at once after a pause.</summary>
    public int BurstSize { get; init; } = 20;

    /// <summary>Attempts for one request, the first included.</summary>
    public int RetryAttempts { get; init; } = 5;

    /// <summary>What is wrong with it; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (!(RequestsPerSecond is > 0 and <= 100))
        {
            yield return "requests_per_second must be above 0 and at most 100, the API's own limit";
        }

        if (RequestsPerMinute is < 1 or > 6000)
        {
            yield return "requests_per_minute must be between 1 and 6000, the API's own limit";
        }

        if (BurstSize is < 1 or > 6000)
        {
            yield return "burst_size must be between 1 and 6000";
        }

        if (RetryAttempts is < 1 or > 20)
        {
            yield return "retry_attempts must be between 1 and 20";
        }
    }
}
