using System.Data.Common;
using System.Threading.Channels;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Events;
using Comptroller.Drift.Lifecycle;
using Comptroller.Drift.Rules;
using Comptroller.Drift.State;
using Comptroller.Drift.Store;

namespace Comptroller.Drift.Intake;

/// <summary>
/// Takes events in. Understanding and judging is done where the request is, in parallel; one writer gathers what waits into one
/// transaction, so that a sync of the disk is shared by all who wait for it. Nothing is answered before that. Where several replicas share
/// a store, or no state could be read yet, the body itself is written and answered for, and judged by whoever claims it.
/// </summary>
public sealed class EventIntake
{
    /// <summary>Largest body that is read, in bytes.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Requests of one transaction: enough to make the sync cheap, few enough that the first of them does not wait long.</summary>
    private const int MostTogether = 2048;

    /// <summary>Bodies that are kept until they can be judged.</summary>
    private const long MostKept = 100_000;

    /// <summary>Bodies that are claimed at once: as many as there may be while they are short, fewer when they were long.</summary>
    private const int MostClaimed = 2048;

    private const int LeastClaimed = 16;

    /// <summary>Bytes of claimed bodies above which the next time fewer are claimed.</summary>
    private const int MostClaimedBytes = 8 << 20;

    /// <summary>Between two looks for what other replicas took in.</summary>
    private static readonly TimeSpan OthersPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Between two warnings: a full disk fails every batch.</summary>
    private static readonly TimeSpan WarningPause = TimeSpan.FromSeconds(10);

    private readonly Channel<Post> _posts;
    private readonly IDriftStore _store;
    private readonly WatchFigures _figures;
    private readonly RuleBook _rules;
    private readonly TimeSpan _grace;
    private readonly TimeProvider _time;
    private readonly int _capacity;
    private readonly string _worker = Guid.NewGuid().ToString("N");
    private readonly RecentEvents _recent = new();
    private readonly RecentEvents.Batch _events;
    private volatile Baseline? _baseline;
    private long _kept;
    private long _warnedAt;
    private volatile int _claim = 256;

    /// <param name="store">Where drifts are kept.</param>
    /// <param name="figures">Counts what happens.</param>
    /// <param name="rules">What matters.</param>
    /// <param name="grace">How long Terraform is given to write its state.</param>
    /// <param name="capacity">Requests that may wait.</param>
    /// <param name="time">The clock.</param>
    public EventIntake(IDriftStore store, WatchFigures figures, RuleBook rules, TimeSpan grace, int capacity, TimeProvider time)
    {
        (_store, _figures, _rules, _grace, _capacity, _time) = (store, figures, rules, grace, capacity, time);
        _events = new RecentEvents.Batch(_recent);
        _posts = Channel.CreateBounded<Post>(new BoundedChannelOptions(capacity) { SingleReader = true });
        figures.Depth = () => _posts.Reader.Count;
    }

    /// <summary>How long a claim lasts: far longer than judging takes, short enough that what a dead replica left is soon judged.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told why the store cannot be written, once for a while: senders and metrics only know that it cannot.</summary>
    public Action<string> Warned { get; init; } = _ => { };

    /// <summary>Whether hardly another request fits into the queue.</summary>
    public bool IsSaturated => _posts.Reader.Count > _capacity * 0.9;

    private void Failed(DbException failure)
    {
        _figures.StoreFailed();
        var (now, before) = (_time.GetUtcNow().UtcTicks, Interlocked.Read(ref _warnedAt));
        if (now - before >= WarningPause.Ticks && Interlocked.CompareExchange(ref _warnedAt, now, before) == before)
        {
            Warned($"the store cannot be written: {failure.Message}");
        }
    }

    private sealed record Baseline(StateIndex State, IReadOnlyDictionary<string, long> Serials);

    private sealed class Post
    {
        public List<(EventMark Mark, Judgement Judgement)> Judged { get; } = [];

        /// <summary>When what no event tells of was seen; null for now.</summary>
        public DateTimeOffset? At { get; init; }

        /// <summary>A body that cannot be judged yet.</summary>
        public ReadOnlyMemory<byte>? Unjudged { get; init; }

        public TaskCompletionSource<bool> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Sets what events are judged by from now on.</summary>
    public void Use(StateIndex state, IReadOnlyDictionary<string, long> serials) => _baseline = new Baseline(state, serials);

    /// <summary>Takes a body in.</summary>
    /// <param name="body">JSON; not used any more once the task is complete.</param>
    /// <param name="cancellationToken">Gives up waiting; what is queued is written all the same.</param>
    public async ValueTask<IntakeAnswer> PostAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var understood = new List<Understanding>();
        try
        {
            AuditRecords.Read(body, understood);
        }
        catch (FormatException e)
        {
            _figures.Count("unknown", "error");
            return new IntakeAnswer(IntakeResult.Refused, e.Message);
        }

        try
        {
            return await TakeAsync(body, understood, cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            // What only shows when a value is looked at: half of a surrogate pair.
            _figures.Count("unknown", "error");
            return new IntakeAnswer(IntakeResult.Refused, $"bad alert: {e.Message}");
        }
    }

    private async ValueTask<IntakeAnswer> TakeAsync(ReadOnlyMemory<byte> body, List<Understanding> understood, CancellationToken cancellationToken)
    {
        if (_store.IsShared || _baseline is not { } baseline)
        {
            // Without a state everything would look unmanaged. The body is kept until somebody has one.
            return !understood.Exists(each => each.Reason == DropReason.None) ? Dropped(understood)
                : Interlocked.Read(ref _kept) >= MostKept ? Busy("too much waits to be judged")
                : await WriteAsync(new Post { Unjudged = body.ToArray() }, cancellationToken);
        }

        var post = Judged(understood, baseline);
        return post.Judged.Count == 0 ? new IntakeAnswer(IntakeResult.Accepted, "") : await WriteAsync(post, cancellationToken);
    }

    /// <summary>Writes what a comparison found; it is open at once, as the world itself was looked at.</summary>
    /// <param name="findings">What.</param>
    /// <param name="began">When it began to look.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public async Task ReportAsync(IEnumerable<Finding> findings, DateTimeOffset began, CancellationToken cancellationToken)
    {
        foreach (var some in findings.Chunk(MostTogether))
        {
            var post = new Post { At = began };
            post.Judged.Add((default, new Judgement([.. some], Outcome.Drift, [])));
            await QueueAsync(post, cancellationToken);
        }
    }

    /// <summary>Ends drifts that are over for a reason other than an event.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public async Task SettleAsync(IEnumerable<Settlement> settled, CancellationToken cancellationToken)
    {
        var post = new Post();
        post.Judged.Add((default, new Judgement([], Outcome.Agrees, [.. settled])));
        await QueueAsync(post, cancellationToken);
    }

    private async Task QueueAsync(Post post, CancellationToken cancellationToken)
    {
        await _posts.Writer.WriteAsync(post, cancellationToken);
        if (!await post.Written.Task.WaitAsync(cancellationToken))
        {
            throw new IOException("the store cannot be written");
        }
    }

    /// <summary>Judges what was kept, once there is a state to judge by. Safe to be called by several at once.</summary>
    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        while (_baseline is { } baseline)
        {
            var now = _time.GetUtcNow();
            var claimed = await _store.ClaimAsync(_worker, _claim, Lease, now, cancellationToken);
            if (claimed.Count == 0)
            {
                Interlocked.Exchange(ref _kept, await _store.CountWaitingAsync(cancellationToken));
                return;
            }

            _claim = claimed.Sum(body => (long)body.Body.Length) > MostClaimedBytes ? Math.Max(LeastClaimed, _claim / 2) : Math.Min(MostClaimed, _claim * 2);
            var (sightings, settled, events) = (new Dictionary<DriftKey, Sighting>(), new Dictionary<DriftKey, Settlement>(), new RecentEvents.Batch(_recent));
            foreach (var body in claimed)
            {
                try
                {
                    Gather(Judged(Understood(body.Body), baseline), now, events, sightings, settled);
                }
                catch (Exception e) when (e is InvalidOperationException or FormatException)
                {
                    // It was answered for, so it is counted; kept, it would come up again and again.
                    _figures.Count("unknown", "error");
                }
            }

            var isWritten = await _store.ApplyAsync(
                new Verdicts
                {
                    Now = now,
                    Grace = _grace,
                    Serials = baseline.Serials,
                    Sightings = sightings.Values,
                    Settled = settled.Values,
                    Worker = _worker,
                    Done = [.. claimed.Select(body => body.Number)],
                },
                cancellationToken);
            if (isWritten)
            {
                events.Keep();
            }
        }
    }

    /// <summary>Writes until it is told to stop; then what still waits.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Interlocked.Exchange(ref _kept, await _store.CountWaitingAsync(CancellationToken.None));
        var judging = _store.IsShared ? JudgeOthersAsync(cancellationToken) : Task.CompletedTask;
        var stopping = cancellationToken.Register(() => _posts.Writer.TryComplete());
        await using (stopping)
        {
            var together = new List<Post>(MostTogether);
            while (await _posts.Reader.WaitToReadAsync(CancellationToken.None))
            {
                together.Clear();
                while (together.Count < MostTogether && _posts.Reader.TryRead(out var post))
                {
                    together.Add(post);
                }

                await WriteAsync(together);
            }
        }

        await judging;
    }

    private async Task JudgeOthersAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(OthersPause, _time);
        try
        {
            do
            {
                try
                {
                    await CatchUpAsync(cancellationToken);
                }
                catch (DbException e)
                {
                    // The server is away; what is claimed is anybody's when the lease ends.
                    Failed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    // Only what could be understood was kept.
    private static List<Understanding> Understood(ReadOnlyMemory<byte> body)
    {
        var understood = new List<Understanding>();
        AuditRecords.Read(body, understood);
        return understood;
    }

    private IntakeAnswer Dropped(List<Understanding> understood)
    {
        foreach (var record in understood)
        {
            _figures.Count(record.Source, record.Reason.Label());
        }

        return new IntakeAnswer(IntakeResult.Accepted, "");
    }

    private async ValueTask<IntakeAnswer> WriteAsync(Post post, CancellationToken cancellationToken)
    {
        if (!_posts.Writer.TryWrite(post))
        {
            return Busy("the queue is full");
        }

        return await post.Written.Task.WaitAsync(cancellationToken) ? new IntakeAnswer(IntakeResult.Accepted, "") : Busy("the store cannot be written");
    }

    private IntakeAnswer Busy(string message)
    {
        _figures.Refused();
        return new IntakeAnswer(IntakeResult.Busy, message);
    }

    private Post Judged(List<Understanding> understood, Baseline baseline)
    {
        var (post, now) = (new Post(), _time.GetUtcNow());
        foreach (var record in understood)
        {
            if (record.Reason != DropReason.None)
            {
                _figures.Count(record.Source, record.Reason.Label());
            }

            foreach (var change in record.Events)
            {
                _figures.Lag(change.Time, now);
                var judgement = Judge.Of(change, baseline.State, _rules, now);
                _figures.Count(record.Source, judgement.Outcome != Outcome.Drift ? Outcomes.Label(judgement.Outcome) : judgement.Findings.All(finding => finding.Suppression is not null) ? "suppressed" : "accepted");
                if (judgement.Findings.Length + judgement.Settled.Length > 0)
                {
                    post.Judged.Add((change.Mark, judgement));
                }
            }
        }

        return post;
    }

    // In the order of arrival: what was set back and changed again within one batch is drift.
    private void Gather(Post post, DateTimeOffset now, RecentEvents.Batch events, Dictionary<DriftKey, Sighting> sightings, Dictionary<DriftKey, Settlement> settled)
    {
        foreach (var (mark, judgement) in post.Judged)
        {
            if (!events.Takes(mark))
            {
                _figures.Repeated();
                continue;
            }

            foreach (var settlement in judgement.Settled)
            {
                settled[settlement.Key] = settlement;
            }

            foreach (var finding in judgement.Findings)
            {
                settled.Remove(Sighting.Add(sightings, finding, post.At ?? now));
            }
        }
    }

    private async Task WriteAsync(List<Post> together)
    {
        var now = _time.GetUtcNow();
        var sightings = new Dictionary<DriftKey, Sighting>();
        var settled = new Dictionary<DriftKey, Settlement>();
        foreach (var post in together)
        {
            Gather(post, now, _events, sightings, settled);
        }

        var verdicts = new Verdicts { Now = now, Grace = _grace, Serials = _baseline?.Serials ?? new Dictionary<string, long>(), Sightings = sightings.Values, Settled = settled.Values };
        var unjudged = together.Where(post => post.Unjudged is not null).Select(post => post.Unjudged!.Value).ToList();
        var written = true;
        try
        {
            if (!verdicts.IsEmpty)
            {
                await _store.ApplyAsync(verdicts, CancellationToken.None);
            }

            _events.Keep();

            if (unjudged.Count > 0)
            {
                await _store.AppendAsync(unjudged, now, CancellationToken.None);
                Interlocked.Add(ref _kept, unjudged.Count);
            }
        }
        catch (DbException e)
        {
            // A full disk or a locked file: senders are told to come back, and the next batch tries again.
            Failed(e);
            _events.Clear();
            written = false;
        }

        foreach (var post in together)
        {
            post.Written.TrySetResult(written);
        }
    }
}

/// <summary>What became of a request.</summary>
/// <param name="Result">Its fate.</param>
/// <param name="Message">Why it was not accepted.</param>
public readonly record struct IntakeAnswer(IntakeResult Result, string Message);

/// <summary>The fate of a request.</summary>
public enum IntakeResult
{
    /// <summary>On disk, or of no consequence.</summary>
    Accepted,

    /// <summary>It cannot be understood; sending it again will not help.</summary>
    Refused,

    /// <summary>Not now.</summary>
    Busy,
}
