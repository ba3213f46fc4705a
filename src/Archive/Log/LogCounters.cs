namespace Comptroller.Archive.Log;

/// <summary>What a log counts of itself. Everything by name or over time is bounded.</summary>
internal sealed class LogCounters(TimeProvider time)
{
    private const int MostSources = 1000;
    private const int MostTroubles = 100;
    private const int ShownSources = 20;
    private const string Others = "(others)";
    private static readonly TimeSpan LeastObserved = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan TroublesCount = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Queue<(DateTimeOffset At, bool IsWrite)> _troubles = new();
    private readonly Queue<(DateTimeOffset At, long Events, long Delayed)> _minute = new();
    private readonly Dictionary<string, long> _sources = new(StringComparer.Ordinal);
    private long _events;
    private long _delayed;

    public void Delayed() => Interlocked.Increment(ref _delayed);

    public void Trouble(bool isWrite)
    {
        lock (_lock)
        {
            _troubles.Enqueue((time.GetUtcNow(), isWrite));
            if (_troubles.Count > MostTroubles)
            {
                _troubles.Dequeue();
            }
        }
    }

    public void Written(List<PendingAppend> batch)
    {
        lock (_lock)
        {
            _events += batch.Count;
            foreach (var append in batch)
            {
                var source = _sources.Count < MostSources || _sources.ContainsKey(append.Source) ? append.Source : Others;
                _sources[source] = _sources.GetValueOrDefault(source) + 1;
            }
        }
    }

    /// <summary>Fills what is counted into a state; the counts by source begin anew.</summary>
    public LogState Take(LogState state)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            while (_troubles.TryPeek(out var trouble) && now - trouble.At > TroublesCount)
            {
                _troubles.Dequeue();
            }

            while (_minute.Count > 1 && now - _minute.Peek().At > TimeSpan.FromMinutes(1))
            {
                _minute.Dequeue();
            }

            if (_minute.Count == 0)
            {
                _minute.Enqueue((state.StartedAt, 0, 0));
            }

            var delayed = Interlocked.Read(ref _delayed);
            var since = _minute.Peek();
            _minute.Enqueue((now, _events, delayed));
            var observed = now - since.At;
            var rates = _sources.OrderByDescending(source => source.Value).ThenBy(source => source.Key, StringComparer.Ordinal).Take(ShownSources).ToDictionary();
            var filled = state with
            {
                Events = _events,
                // Two events in a tenth of a second are not twenty a second.
                EventsPerSecond = observed >= LeastObserved ? (_events - since.Events) / observed.TotalSeconds : null,
                RateSeconds = Math.Round(observed.TotalSeconds, 1),
                Delayed = delayed - since.Delayed,
                Sources = _sources.Count,
                Rates = rates,
                ValidationErrors = _troubles.Count(trouble => !trouble.IsWrite),
                WriteErrors = _troubles.Count(trouble => trouble.IsWrite),
            };
            _sources.Clear();
            return filled;
        }
    }
}
