using System.Threading.Channels;
using Comptroller.Kubernetes.Diagnostics;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// The keys that want work. Three sets under one lock (rule Q7): the order, the dirty keys and the keys in work. A key is in work
/// at most once, a change during work is never lost, and a burst of changes becomes one run. Delays stand in one heap behind one
/// timer (rule Q8): a quiet queue does nothing.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : struct, IEquatable<TKey>
{
    /// <summary>A timer takes no more than 49 days; a delay beyond this is waited for in pieces.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly TimeProvider time;
    private readonly RetryPolicy retry;
    private readonly TokenBucket bucket;
    private readonly RuntimeMetrics? metrics;
    private readonly KeyValuePair<string, object?>[] tags;
    private readonly Lock gate = new();

    // Holds each dirty key once at most, so its length is bounded by the number of objects.
    private readonly Channel<TKey> order = Channel.CreateUnbounded<TKey>();
    private readonly Dictionary<TKey, long> dirty = [];
    private readonly Dictionary<TKey, long> processing = [];
    private readonly Dictionary<TKey, int> failures = [];

    // The turn tells equal deadlines apart (first come, first served) and a key's current entry in the heap from an outdated one.
    private readonly Dictionary<TKey, (long Due, long Turn)> waiting = [];
    private readonly PriorityQueue<TKey, (long Due, long Turn)> deadlines = new();
    private readonly ITimer timer;
    private long timerDue = long.MaxValue;
    private long turns;
    private bool shutDown;

    public WorkQueue(string name, TimeProvider time, RetryPolicy? retry = null, RuntimeMetrics? metrics = null)
    {
        this.time = time;
        this.retry = retry ?? new RetryPolicy();
        this.metrics = metrics;
        bucket = new TokenBucket(time, this.retry.RetriesPerSecond, this.retry.Burst);
        tags = [new("name", name), new("controller", name)];
        timer = time.CreateTimer(_ => Release(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics?.QueueDepth.Add(() => Depth, [.. tags, new("priority", "")]);
        metrics?.UnfinishedWork.Add(() => Running().Sum(), tags);
        metrics?.LongestRunning.Add(() => Running().DefaultIfEmpty().Max(), tags);
        metrics?.QueueAdds.Add(0, tags);
        metrics?.QueueRetries.Add(0, tags);
    }

    /// <summary>Keys that wait for a worker now; neither those in work nor those delayed.</summary>
    public int Depth
    {
        get
        {
            lock (gate)
            {
                return dirty.Keys.Count(key => !processing.ContainsKey(key));
            }
        }
    }

    /// <summary>Keys that wait for their time.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
            {
                return waiting.Count;
            }
        }
    }

    /// <summary>Asks for a run as soon as a worker is free.</summary>
    public void Add(TKey key)
    {
        lock (gate)
        {
            AddLocked(key);
        }
    }

    /// <summary>Asks for a run after <paramref name="delay"/>. The earliest deadline of a key wins; other runs do not cancel it (rules Q8, Q11).</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (gate)
        {
            AddAfterLocked(key, delay);
        }
    }

    /// <summary>Asks for a retry after a failure, without limit of tries (rule Q10). Returns the delay.</summary>
    public TimeSpan AddRateLimited(TKey key)
    {
        lock (gate)
        {
            var count = failures.GetValueOrDefault(key);
            failures[key] = count + 1;
            var own = retry.Exponential(count);
            var shared = bucket.Reserve();
            var delay = own > shared ? own : shared;
            metrics?.QueueRetries.Add(1, tags);
            AddAfterLocked(key, delay);
            return delay;
        }
    }

    /// <summary>Failures of a key since it last succeeded.</summary>
    public int Failures(TKey key)
    {
        lock (gate)
        {
            return failures.GetValueOrDefault(key);
        }
    }

    /// <summary>Ends the series of failures of a key.</summary>
    public void Forget(TKey key)
    {
        lock (gate)
        {
            failures.Remove(key);
        }
    }

    /// <summary>Drops everything kept about a key whose object is gone, its pending delay included.</summary>
    public void Drop(TKey key)
    {
        lock (gate)
        {
            failures.Remove(key);
            waiting.Remove(key);
        }
    }

    /// <summary>Waits for a key; null after shutdown. Every key got must be given back with <see cref="Done"/>.</summary>
    public async ValueTask<TKey?> GetAsync(CancellationToken cancellationToken)
    {
        while (await order.Reader.WaitToReadAsync(cancellationToken))
        {
            if (TryGet(out var key))
            {
                return key;
            }
        }

        return null;
    }

    internal bool TryGet(out TKey key)
    {
        lock (gate)
        {
            if (shutDown || !order.Reader.TryRead(out key))
            {
                key = default;
                return false;
            }

            var now = time.GetTimestamp();
            dirty.Remove(key, out var since);
            processing.Add(key, now);
            metrics?.QueueDuration.Record(time.GetElapsedTime(since, now).TotalSeconds, tags);
            return true;
        }
    }

    /// <summary>Gives a key back; if it became dirty meanwhile it queues up again.</summary>
    public void Done(TKey key)
    {
        lock (gate)
        {
            if (!processing.Remove(key, out var since))
            {
                return;
            }

            metrics?.WorkDuration.Record(time.GetElapsedTime(since).TotalSeconds, tags);
            if (dirty.ContainsKey(key))
            {
                order.Writer.TryWrite(key);
            }
        }
    }

    /// <summary>Takes no more keys and hands none out: what waits is dropped, because a restart lists everything again (rule Q13).</summary>
    public void ShutDown()
    {
        lock (gate)
        {
            shutDown = true;
            order.Writer.TryComplete();
            while (order.Reader.TryRead(out _))
            {
                // Emptied, so that waiting workers see the end.
            }

            waiting.Clear();
            deadlines.Clear();
        }
    }

    public void Dispose()
    {
        ShutDown();
        timer.Dispose();
    }

    private void AddLocked(TKey key)
    {
        if (shutDown || !dirty.TryAdd(key, time.GetTimestamp()))
        {
            return;
        }

        metrics?.QueueAdds.Add(1, tags);
        if (!processing.ContainsKey(key))
        {
            order.Writer.TryWrite(key);
        }
    }

    private void AddAfterLocked(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            AddLocked(key);
            return;
        }

        var due = time.GetTimestamp() + (long)Math.Min(delay.TotalSeconds * time.TimestampFrequency, long.MaxValue / 2d);
        if (shutDown || (waiting.TryGetValue(key, out var known) && known.Due <= due))
        {
            return;
        }

        // A later entry of the same key may stay in the heap: it no longer matches and is skipped when its time comes.
        var entry = (due, turns++);
        waiting[key] = entry;
        deadlines.Enqueue(key, entry);
        SetTimer();
    }

    private void Release()
    {
        lock (gate)
        {
            timerDue = long.MaxValue;
            var now = time.GetTimestamp();
            while (deadlines.TryPeek(out var key, out var entry) && entry.Due <= now)
            {
                deadlines.Dequeue();
                if (waiting.TryGetValue(key, out var current) && current == entry)
                {
                    waiting.Remove(key);
                    AddLocked(key);
                }
            }

            SetTimer();
        }
    }

    private void SetTimer()
    {
        while (deadlines.TryPeek(out var key, out var entry))
        {
            if (!waiting.TryGetValue(key, out var current) || current != entry)
            {
                deadlines.Dequeue();
                continue;
            }

            if (entry.Due != timerDue)
            {
                timerDue = entry.Due;
                var left = time.GetElapsedTime(time.GetTimestamp(), entry.Due);
                // A timer has millisecond steps: rounded up, or it would fire early and spin until the time has come.
                var wait = left <= TimeSpan.Zero ? TimeSpan.Zero : left > LongestWait ? LongestWait : TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
                timer.Change(wait, Timeout.InfiniteTimeSpan);
            }

            return;
        }
    }

    private List<double> Running()
    {
        lock (gate)
        {
            return processing.Values.Select(since => time.GetElapsedTime(since).TotalSeconds).ToList();
        }
    }
}
