using System.Collections.Concurrent;
using System.Threading.Channels;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.AuditPolicies.Delivery;

/// <summary>
/// Asks VictoriaLogs in the background, so that no reconcile waits for it (rule L6): a reconcile takes what is known, and its resource runs again
/// when more is. Equal inquiries of many resources are one; few are under way at a time; a server that does not answer is left alone for a
/// while, and for longer each time, however many clusters are asked about there.
/// </summary>
internal sealed partial class DeliveryProbe(VictoriaLogsClient logs, RuntimeContext context) : IController
{
    /// <summary>Inquiries under way at a time, over all servers.</summary>
    private const int Askers = 4;

    /// <summary>Inquiries that wait. One more is asked at the next interval of its resource.</summary>
    private const int Backlog = 16_384;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    /// <summary>What nobody has looked at for so long is forgotten; longer than any sensible interval.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(25);

    private readonly ConcurrentDictionary<Inquiry, Entry> entries = new();
    private readonly ConcurrentDictionary<DeliveryTarget, Pause> pauses = new();
    private readonly Channel<Inquiry> waiting = Channel.CreateBounded<Inquiry>(Backlog);
    private readonly TimeProvider time = context.Time;
    private readonly ILogger logger = context.Loggers.CreateLogger("delivery");
    private long swept = context.Time.GetTimestamp();

    public string Name => "delivery";

    /// <summary>Receives the resources that should look again. Set before <see cref="RunAsync"/>.</summary>
    public Action<ObjectKey> Changed { get; set; } = _ => { };

    /// <summary>What is known of late; null when nothing is yet. What is older than <paramref name="interval"/> is asked again.</summary>
    public Sighting? Look(Inquiry inquiry, ObjectKey asker, TimeSpan interval)
    {
        var entry = entries.GetOrAdd(inquiry, _ => new Entry());
        lock (entry)
        {
            entry.Looked = time.GetTimestamp();
            // Requeues are early by up to 5 %: they must not find an answer that is just not old enough.
            if (entry.Seen is null || time.GetElapsedTime(entry.Asked) >= interval * 0.9)
            {
                entry.Askers.Add(asker);
                entry.Waiting = entry.Waiting || waiting.Writer.TryWrite(inquiry);
            }

            return entry.Seen;
        }
    }

    public async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(draining, abort);
        await Task.WhenAll(Enumerable.Range(0, Askers).Select(_ => Task.Run(() => AskAllAsync(either.Token), CancellationToken.None)));
    }

    private async Task AskAllAsync(CancellationToken stop)
    {
        try
        {
            await foreach (var inquiry in waiting.Reader.ReadAllAsync(stop))
            {
                Settle(inquiry, await AskAsync(inquiry, stop));
                Sweep();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The process ends, or the lease is lost: nobody waits for the answer.
        }
    }

    private async Task<Sighting> AskAsync(Inquiry inquiry, CancellationToken stop)
    {
        if (pauses.TryGetValue(inquiry.Target, out var pause) && time.GetElapsedTime(pause.Since) < pause.Length)
        {
            return new Sighting(null, null, null, pause.Trouble);
        }

        try
        {
            var recent = await CountAsync(inquiry.Target, inquiry.Question.Recent, stop);
            var last = recent.Events > 0 ? null : await CountAsync(inquiry.Target, inquiry.Question.Last, stop);
            var retention = inquiry.Retention ? await RetentionAsync(inquiry.Target, stop) : null;
            var sample = inquiry.Sample && recent.Events > 0 ? RecordedSample.Read(await logs.QueryAsync(inquiry.Target, inquiry.Question.Sample, stop)) : [];
            pauses.TryRemove(inquiry.Target, out _);
            return new Sighting(recent, last, retention, null) { Sample = sample };
        }
        catch (CannotAskException e)
        {
            LogUnanswered(logger, inquiry.Target.Origin, inquiry.Question.Cluster, e.Message);
            var now = time.GetTimestamp();
            pauses.AddOrUpdate(inquiry.Target, _ => new Pause(now, ShortestPause, e), (_, before) =>
            {
                var length = before.Length * 2 < LongestPause ? before.Length * 2 : LongestPause;
                return time.GetElapsedTime(before.Since, now) < before.Length ? before : new Pause(now, length, e);
            });
            return new Sighting(null, null, null, e);
        }
    }

    private async Task<DeliveryAnswer> CountAsync(DeliveryTarget target, string query, CancellationToken stop) =>
        DeliveryAnswer.Read(await logs.QueryAsync(target, query, stop)) ?? throw new CannotAskException("it does not answer as VictoriaLogs does");

    // A page that is not served, or not to us, says nothing about delivery.
    private async Task<TimeSpan?> RetentionAsync(DeliveryTarget target, CancellationToken stop)
    {
        try
        {
            return RetentionVerdict.Read((await logs.MetricsAsync(target, stop)).Span);
        }
        catch (CannotAskException)
        {
            return null;
        }
    }

    private void Settle(Inquiry inquiry, Sighting seen)
    {
        if (!entries.TryGetValue(inquiry, out var entry))
        {
            return;
        }

        ObjectKey[] askers;
        lock (entry)
        {
            entry.Seen = seen;
            entry.Asked = time.GetTimestamp();
            entry.Waiting = false;
            askers = [.. entry.Askers];
            entry.Askers.Clear();
        }

        foreach (var asker in askers)
        {
            Changed(asker);
        }
    }

    private void Sweep()
    {
        var now = time.GetTimestamp();
        if (time.GetElapsedTime(swept, now) < TimeSpan.FromHours(1))
        {
            return;
        }

        swept = now;
        foreach (var (inquiry, entry) in entries)
        {
            lock (entry)
            {
                if (!entry.Waiting && time.GetElapsedTime(entry.Looked, now) > Memory)
                {
                    entries.TryRemove(inquiry, out _);
                }
            }
        }

        foreach (var (target, pause) in pauses)
        {
            if (time.GetElapsedTime(pause.Since, now) > Memory)
            {
                pauses.TryRemove(target, out _);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "{Origin} was not to be asked about the events of {Cluster}: {Problem}")]
    private static partial void LogUnanswered(ILogger logger, string origin, string cluster, string problem);

    private sealed class Entry
    {
        public HashSet<ObjectKey> Askers { get; } = [];
        public Sighting? Seen { get; set; }

        /// <summary>Timestamps of the monotonic clock: a wall clock that is set back would silence the inquiries for as long.</summary>
        public long Asked { get; set; }
        public long Looked { get; set; }
        public bool Waiting { get; set; }
    }

    private sealed record Pause(long Since, TimeSpan Length, CannotAskException Trouble);
}
