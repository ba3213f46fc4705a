using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Comptroller.Kubernetes.Model;

/// <summary>
/// Labels or annotations as a cache keeps them: one array sorted by key, a third of the memory of a dictionary of three entries.
/// </summary>
internal sealed class StringMap : IReadOnlyDictionary<string, string>
{
    private readonly KeyValuePair<string, string>[] entries;

    /// <param name="source">In any order; of equal keys the last one counts, as JSON readers have it.</param>
    public StringMap(List<KeyValuePair<string, string>> source)
    {
        var sorted = source.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToList();
        for (var i = sorted.Count - 2; i >= 0; i--)
        {
            if (sorted[i].Key == sorted[i + 1].Key)
            {
                sorted.RemoveAt(i);
            }
        }

        entries = [.. sorted];
    }

    public int Count => entries.Length;
    public IEnumerable<string> Keys => entries.Select(entry => entry.Key);
    public IEnumerable<string> Values => entries.Select(entry => entry.Value);
    public string this[string key] => TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"No entry {key}.");

    public bool ContainsKey(string key) => TryGetValue(key, out _);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
    {
        var (low, high) = (0, entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = string.CompareOrdinal(entries[middle].Key, key);
            if (order == 0)
            {
                value = entries[middle].Value;
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        value = null;
        return false;
    }

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
