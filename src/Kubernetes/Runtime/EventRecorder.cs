using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Tells people what happened to an object, as <c>events.k8s.io/v1</c>. Recording only puts a note into a bounded channel: an
/// event never fails or slows a reconcile. Repetitions become a series on the first event instead of new ones.
/// </summary>
public sealed partial class EventRecorder
{
    /// <summary>A repetition later than this after the last one starts a new event.</summary>
    internal static readonly TimeSpan SeriesEnd = TimeSpan.FromMinutes(6);

    /// <summary>An open series is written again this often.</summary>
    internal static readonly TimeSpan SeriesRefresh = TimeSpan.FromMinutes(30);
    internal static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(10);
    internal const int Tries = 12;
    internal const int Capacity = 1000;

    /// <summary>Bytes, the server's limit.</summary>
    private const int LongestNote = 1024;
    private const int ObjectBurst = 25;
    private const double ObjectEventsPerSecond = 1 / 300d;
    private const int TrackedObjects = 10_000;

    /// <summary>Nobody reads an event that was written.</summary>
    private static readonly ResourceType<PartialObjectMetadata> Events = KubernetesTypes.MetadataOf(KubernetesTypes.Events);

    private readonly IKubeClient client;
    private readonly string controller;
    private readonly string instance;
    private readonly RuntimeContext context;
    private readonly ILogger logger;
    private readonly Channel<Note> notes;
    private readonly Lock gate = new();
    private readonly Dictionary<string, TokenBucket> buckets = new(StringComparer.Ordinal);
    private readonly Dictionary<SeriesKey, Series> series = [];

    /// <summary>No series wants tending before this timestamp. Kept beside them: to look through all of them at each note would cost their number squared.</summary>
    private long nextTending = long.MaxValue;

    private volatile bool closing;

    /// <param name="client">Where to write.</param>
    /// <param name="controller">Qualified name of the program, such as <c>comptroller.dev/comptroller</c>.</param>
    /// <param name="instance">Name of the process: the pod.</param>
    /// <param name="context">Clock, logs, metrics.</param>
    public EventRecorder(IKubeClient client, string controller, string instance, RuntimeContext context)
    {
        this.client = client;
        this.controller = controller;
        this.instance = instance;
        this.context = context;
        logger = context.Loggers.CreateLogger("events");
        notes = Channel.CreateBounded<Note>(
            new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Count("dropped"));
        foreach (var outcome in (ReadOnlySpan<string>)["written", "dropped", "limited", "failed"])
        {
            context.Metrics.Events.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    public void Normal(ResourceType type, ObjectMeta regarding, string reason, string action, string note) =>
        Record("Normal", type, regarding, reason, action, note);

    public void Warning(ResourceType type, ObjectMeta regarding, string reason, string action, string note) =>
        Record("Warning", type, regarding, reason, action, note);

    /// <summary>Writes what was recorded until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await WaitAsync(cancellationToken))
            {
                while (notes.Reader.TryRead(out var note))
                {
                    await WriteAsync(note, cancellationToken);
                }

                if (context.Time.GetTimestamp() >= nextTending)
                {
                    await TendSeriesAsync(ending: false, cancellationToken);
                }
            }

            await TendSeriesAsync(ending: true, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The process stops; what is left is lost, and it says so nowhere, because events are a courtesy.
        }
    }

    /// <summary>Takes no more events and lets <see cref="RunAsync"/> finish once those recorded are written.</summary>
    public void Complete()
    {
        closing = true;
        notes.Writer.TryComplete();
    }

    private void Record(string type, ResourceType kind, ObjectMeta regarding, string reason, string action, string note)
    {
        var reference = new ObjectReference
        {
            ApiVersion = kind.ApiVersion,
            Kind = kind.Kind,
            Namespace = regarding.Namespace,
            Name = regarding.Name,
            Uid = regarding.Uid,
        };
        lock (gate)
        {
            if (!BucketOf(regarding.Uid ?? regarding.Name).TryTake())
            {
                Count("limited");
                return;
            }
        }

        // The resource version is no part of the key: with it, nothing would ever repeat.
        notes.Writer.TryWrite(new Note(new SeriesKey(type, action, reason, reference), Cut(note), context.Time.GetUtcNow()));
    }

    private TokenBucket BucketOf(string uid)
    {
        if (!buckets.TryGetValue(uid, out var bucket))
        {
            if (buckets.Count >= TrackedObjects)
            {
                foreach (var idle in buckets.Where(each => each.Value.IsFull).Select(each => each.Key).ToList())
                {
                    buckets.Remove(idle);
                }

                if (buckets.Count >= TrackedObjects)
                {
                    // Every object is busy: a fresh start for all is cheaper than any bookkeeping.
                    buckets.Clear();
                }
            }

            buckets.Add(uid, bucket = new TokenBucket(context.Time, ObjectEventsPerSecond, ObjectBurst));
        }

        return bucket;
    }

    /// <summary>Waits for a note, or for a series to want tending. False once completed and empty.</summary>
    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        if (series.Count == 0 || closing)
        {
            return await notes.Reader.WaitToReadAsync(cancellationToken);
        }

        var due = context.Time.GetElapsedTime(context.Time.GetTimestamp(), nextTending);
        using var timer = new CancellationTokenSource(due <= TimeSpan.Zero ? TimeSpan.Zero : due + TimeSpan.FromMilliseconds(1), context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            return await notes.Reader.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return true;
        }
    }

    private void Expect(Series each)
    {
        var end = SeriesEnd - context.Time.GetElapsedTime(each.LastObserved);
        var refresh = SeriesRefresh - context.Time.GetElapsedTime(each.LastWritten);
        var due = each.Count > each.WrittenCount && refresh < end ? refresh : end;
        nextTending = Math.Min(nextTending, context.Time.GetTimestamp() + (long)(due.TotalSeconds * context.Time.TimestampFrequency));
    }

    private async Task WriteAsync(Note note, CancellationToken cancellationToken)
    {
        if (series.TryGetValue(note.Key, out var known) && context.Time.GetElapsedTime(known.LastObserved) < SeriesEnd)
        {
            known.Count++;
            known.LastObserved = context.Time.GetTimestamp();
            known.LastTime = note.Time;
            if (known.Count == 2)
            {
                await WriteSeriesAsync(note.Key, known, cancellationToken);
            }

            Expect(known);
            return;
        }

        var created = new Series
        {
            Namespace = string.IsNullOrEmpty(note.Key.Regarding.Namespace) ? "default" : note.Key.Regarding.Namespace,
            Name = NameOf(note.Key.Regarding.Name ?? "", note.Time),
            LastObserved = context.Time.GetTimestamp(),
            LastWritten = context.Time.GetTimestamp(),
            LastTime = note.Time,
        };
        var body = new Event
        {
            Metadata = new ObjectMeta { Name = created.Name, Namespace = created.Namespace },
            EventTime = note.Time,
            ReportingController = controller,
            ReportingInstance = instance,
            Action = note.Key.Action,
            Reason = note.Key.Reason,
            Regarding = note.Key.Regarding,
            Note = note.Text,
            Type = note.Key.Type,
        };
        if (await TryAsync(
            token => client.CreateAsync(Events, created.Namespace, ToJson(body), controller, token), cancellationToken))
        {
            series[note.Key] = created;
            Expect(created);
        }
    }

    private async Task WriteSeriesAsync(SeriesKey key, Series known, CancellationToken cancellationToken)
    {
        var patch = new JsonObject
        {
            ["series"] = new JsonObject
            {
                ["count"] = known.Count,
                ["lastObservedTime"] = known.LastTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'"),
            },
        };
        if (!await TryAsync(
            token => client.MergePatchAsync(Events, known.Namespace, known.Name, patch, controller, token), cancellationToken))
        {
            // The event has expired on the server; the next occurrence starts a new one.
            series.Remove(key);
            return;
        }

        known.WrittenCount = known.Count;
        known.LastWritten = context.Time.GetTimestamp();
    }

    /// <summary>Refreshes long series and closes those that ended, with a last write when it has news.</summary>
    private async Task TendSeriesAsync(bool ending, CancellationToken cancellationToken)
    {
        nextTending = long.MaxValue;
        foreach (var (key, known) in series.ToList())
        {
            var ended = ending || context.Time.GetElapsedTime(known.LastObserved) >= SeriesEnd;
            if (known.Count > known.WrittenCount && (ended || context.Time.GetElapsedTime(known.LastWritten) >= SeriesRefresh))
            {
                await WriteSeriesAsync(key, known, cancellationToken);
            }

            if (ended)
            {
                series.Remove(key);
            }
            else
            {
                Expect(known);
            }
        }

        // Thousands that began together end together: one look at a time for a second's worth of them.
        nextTending = Math.Max(nextTending, context.Time.GetTimestamp() + context.Time.TimestampFrequency);
    }

    private async Task<bool> TryAsync(Func<CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await write(cancellationToken);
                Count("written");
                return true;
            }
            catch (KubeApiException e) when (attempt < Tries && (e.IsTransport || e.IsTooManyRequests || e.Code >= 500) && !closing)
            {
                await Task.Delay(RetryPause * (0.5 + Random.Shared.NextDouble()), context.Time, cancellationToken);
            }
            catch (KubeApiException e)
            {
                Count("failed");
                LogFailed(e.Message);
                return false;
            }
        }
    }

    private void Count(string outcome) => context.Metrics.Events.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    private static JsonObject ToJson(Event body) => JsonSerializer.SerializeToNode(body, KubernetesJson.Default.Event)!.AsObject();

    private static string NameOf(string regarding, DateTimeOffset time)
    {
        var suffix = $".{time.UtcTicks:x}{Random.Shared.Next(256):x2}";
        return (regarding.Length + suffix.Length > 253 ? regarding[..(253 - suffix.Length)] : regarding) + suffix;
    }

    /// <summary>Cuts a note to what the server takes, without halving a character.</summary>
    internal static string Cut(string note)
    {
        if (Encoding.UTF8.GetByteCount(note) <= LongestNote)
        {
            return note;
        }

        const string Ellipsis = "…";
        Span<byte> bytes = stackalloc byte[LongestNote];
        Encoding.UTF8.GetEncoder().Convert(note, bytes[..(LongestNote - Encoding.UTF8.GetByteCount(Ellipsis))], flush: false, out var chars, out _, out _);
        return note[..chars] + Ellipsis;
    }

    [LoggerMessage(LogLevel.Warning, "An event was not written: {Problem}")]
    private partial void LogFailed(string problem);

    private sealed record SeriesKey(string Type, string Action, string Reason, ObjectReference Regarding);

    private sealed record Note(SeriesKey Key, string Text, DateTimeOffset Time);

    private sealed class Series
    {
        public required string Namespace { get; init; }
        public required string Name { get; init; }
        public int Count { get; set; } = 1;
        public int WrittenCount { get; set; } = 1;
        public long LastObserved { get; set; }
        public long LastWritten { get; set; }
        public DateTimeOffset LastTime { get; set; }
    }
}
