using System.Collections.Concurrent;
using System.Globalization;
using Comptroller.Falcon.RateLimiting;

namespace Comptroller.Bench;

/// <summary>How near the rate limiter comes to what is allowed, on the real clock, under 200 callers that always want more.</summary>
internal static class FalconRateBench
{
    private const int Callers = 200;

    public static async Task<int> RunAsync(TimeSpan length, CancellationToken cancellationToken)
    {
        var limit = new RateLimit { RequestsPerSecond = 20, RequestsPerMinute = 1200, BurstSize = 20 };
        using var limiter = new RateLimiter(limit, TimeProvider.System);
        var granted = new ConcurrentBag<TimeSpan>();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        over.CancelAfter(length);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => CallAsync(limiter, granted, over.Token)));
        var grants = granted.Order().ToList();
        // Without the burst that a rested bucket begins with.
        var (from, until) = (TimeSpan.FromSeconds(2), grants[^1]);
        var rate = grants.Count(at => at >= from) / (until - from).TotalSeconds;
        var most = 0;
        for (int i = 0, first = 0; i < grants.Count; i++)
        {
            while (grants[i] - grants[first] >= TimeSpan.FromMinutes(1))
            {
                first++;
            }

            most = Math.Max(most, i - first + 1);
        }

        var figures = new Figures($"falcon-rate: {Callers} callers for {length.TotalSeconds} s on {Machine.Describe()}, {Machine.Load}");
        figures.Add("Requests a second", rate.ToString("0.000", CultureInfo.InvariantCulture), $"{(rate / limit.RequestsPerSecond).ToString("0.0000", CultureInfo.InvariantCulture)} of the {limit.RequestsPerSecond} allowed; goal within 2 %");
        figures.Add("Most in any sliding minute", $"{most}", $"of {limit.RequestsPerMinute} allowed");
        figures.Print();
        return 0;
    }

    private static async Task CallAsync(RateLimiter limiter, ConcurrentBag<TimeSpan> granted, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                granted.Add(await limiter.AcquireAsync(cancellationToken));
            }
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }
}
