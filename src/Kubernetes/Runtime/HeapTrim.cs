namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Gives memory back once a burst is over. The collector works when something is allocated; a quiet operator allocates nothing and would hold the
/// garbage of its last burst, a third of its heap, for as long as nothing happens.
/// </summary>
public sealed class HeapTrim
{
    /// <summary>Between two looks; two looks apart is also how long it has to be quiet.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    /// <summary>Bytes allocated between two looks below which nothing is going on: probes, scrapes and watch bookmarks stay under it.</summary>
    internal const long Quiet = 2 << 20;

    /// <summary>Bytes allocated since the last trim that are worth one.</summary>
    internal const long Worthwhile = 32 << 20;

    private long atLastLook;
    private long atLastTrim;

    /// <summary>Looks until cancelled.</summary>
    public static async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        var trim = new HeapTrim();
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (trim.IsDue(GC.GetTotalAllocatedBytes()))
                {
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The process stops.
        }
    }

    /// <summary>Whether a burst has ended.</summary>
    /// <param name="allocated">Bytes the process has allocated so far.</param>
    internal bool IsDue(long allocated)
    {
        var isQuiet = allocated - atLastLook < Quiet;
        atLastLook = allocated;
        if (!isQuiet || allocated - atLastTrim < Worthwhile)
        {
            return false;
        }

        atLastTrim = allocated;
        return true;
    }
}
