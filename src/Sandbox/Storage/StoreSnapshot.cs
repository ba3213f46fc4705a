using System.Collections.Immutable;

namespace Comptroller.Sandbox.Storage;

/// <summary>All objects of one place as they were at one revision.</summary>
internal sealed record StoreSnapshot(ImmutableSortedSet<StoredObject> Objects, long Revision)
{
    /// <summary>Objects in key order, of one namespace or of all (null), beginning with the first whose key is not below <paramref name="startKey"/>.</summary>
    public IEnumerable<StoredObject> Range(string? @namespace, string startKey = "")
    {
        var prefix = string.IsNullOrEmpty(@namespace) ? "" : @namespace + "/";
        var start = string.CompareOrdinal(startKey, prefix) > 0 ? startKey : prefix;
        var index = start.Length == 0 ? 0 : Objects.IndexOf(StoredObject.Probe(start));
        for (index = index < 0 ? ~index : index; index < Objects.Count; index++)
        {
            var candidate = Objects[index];
            if (!candidate.Key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield break;
            }
            yield return candidate;
        }
    }
}
