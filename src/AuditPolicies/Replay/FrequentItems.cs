namespace Comptroller.AuditPolicies.Replay;

/// <summary>
/// The heaviest of any number of names in bounded memory. When there are too many, the lighter half is forgotten; a name that comes (back)
/// later may have weighed as much as the heaviest forgotten one, which is its error. Exact as long as nothing was forgotten.
/// </summary>
internal sealed class FrequentItems(int capacity = 4096)
{
    private readonly Dictionary<string, Item> _items = new(StringComparer.Ordinal);

    /// <summary>No name that is not held weighs more than this.</summary>
    private long _forgotten;

    public bool IsExact => _forgotten == 0;

    public void Add(string name, long events, long bytes)
    {
        if (!_items.TryGetValue(name, out var item))
        {
            if (_items.Count >= capacity)
            {
                ForgetHalf();
            }

            _items.Add(name, item = new Item { Error = _forgotten });
        }

        item.Events += events;
        item.Bytes += bytes;
    }

    /// <summary>The heaviest by bytes, heaviest first, equal ones by name.</summary>
    public IEnumerable<TopItem> Top(int count) => _items
        .OrderByDescending(item => item.Value.Bytes)
        .ThenBy(item => item.Key, StringComparer.Ordinal)
        .Take(count)
        .Select(item => new TopItem(item.Key, item.Value.Events, item.Value.Bytes, item.Value.Error));

    private void ForgetHalf()
    {
        var lightestFirst = _items.OrderBy(item => item.Value.Most).ThenBy(item => item.Key, StringComparer.Ordinal).Take(Math.Max(1, capacity / 2)).ToList();
        foreach (var (name, _) in lightestFirst)
        {
            _items.Remove(name);
        }

        _forgotten = Math.Max(_forgotten, lightestFirst[^1].Value.Most);
    }

    private sealed class Item
    {
        public long Events;
        public long Bytes;
        public long Error;

        public long Most => Bytes + Error;
    }
}
