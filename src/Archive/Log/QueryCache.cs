namespace Comptroller.Archive.Log;

/// <summary>
/// Answers of the last queries. An answer never gets old: a log only grows, so one that is asked again goes on where it ended, and one that had
/// as many events as were asked for stands for good. Only retention, which deletes, empties the cache.
/// </summary>
internal sealed class QueryCache(int capacity)
{
    /// <summary>A longer answer is not kept: 128 of them must fit into the memory of a small process.</summary>
    private const long LongestAnswer = 256 << 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<LogQuery, Entry> _entries = [];
    private readonly LinkedList<LogQuery> _oldestFirst = new();
    private int _cleared;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    public long Hits { get; private set; }

    public long Lookups { get; private set; }

    public QueryAnswer Find(LogQuery query, LogReader reader, long nextSeq, CancellationToken cancellationToken)
    {
        List<FoundEvent> found = [];
        var (from, cleared) = (query.FirstSeq, 0);
        lock (_lock)
        {
            cleared = _cleared;
            Lookups++;
            if (_entries.TryGetValue(query, out var entry))
            {
                Touch(entry);
                if (entry.Found.Length >= query.Limit || entry.NextSeq >= nextSeq)
                {
                    Hits++;
                    return new QueryAnswer(entry.Found, 0, 0) { FromCache = true };
                }

                (found, from) = ([.. entry.Found], entry.NextSeq);
            }
        }

        var (answer, next) = reader.Find(query, from, found, cancellationToken);
        Keep(query, found, next, cleared);
        return answer;
    }

    public void Clear()
    {
        lock (_lock)
        {
            _cleared++;
            _entries.Clear();
            _oldestFirst.Clear();
        }
    }

    private void Keep(LogQuery query, List<FoundEvent> found, long next, int cleared)
    {
        lock (_lock)
        {
            // Emptied while it was looked for: it may hold what retention has deleted since.
            if (cleared != _cleared)
            {
                return;
            }

            if (_entries.Remove(query, out var before))
            {
                _oldestFirst.Remove(before.Node);
            }

            if (capacity == 0 || found.Sum(each => (long)each.Json.Length) > LongestAnswer)
            {
                return;
            }

            if (_entries.Count >= capacity)
            {
                _entries.Remove(_oldestFirst.First!.Value);
                _oldestFirst.RemoveFirst();
            }

            _entries.Add(query, new Entry([.. found], next, _oldestFirst.AddLast(query)));
        }
    }

    private void Touch(Entry entry)
    {
        _oldestFirst.Remove(entry.Node);
        _oldestFirst.AddLast(entry.Node);
    }

    private sealed record Entry(FoundEvent[] Found, long NextSeq, LinkedListNode<LogQuery> Node);
}
