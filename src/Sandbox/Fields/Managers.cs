using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Fields;

/// <summary>The entries of one object's managedFields while a write works on them.</summary>
internal sealed class Managers
{
    /// <summary>More updaters than this are folded into <see cref="AncientChanges"/>, so that managedFields cannot grow without bound.</summary>
    private const int MaxUpdaters = 10;

    public const string AncientChanges = "ancient-changes";

    private readonly Dictionary<ManagerId, ManagerEntry> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    public IReadOnlyCollection<ManagerEntry> All => _entries.Values;

    /// <summary>A list that cannot be read counts as none: the object stays usable, ownership starts anew.</summary>
    public static Managers Decode(JsonNode? managedFields) => TryDecode(managedFields, out var managers) ? managers : new Managers();

    /// <summary>False when an entry is malformed.</summary>
    public static bool TryDecode(JsonNode? managedFields, out Managers managers)
    {
        managers = new Managers();
        try
        {
            foreach (var item in managedFields as JsonArray ?? [])
            {
                managers.Put(ManagerEntry.Decode(item as JsonObject ?? []));
            }
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public ManagerEntry? Find(ManagerId id) => _entries.GetValueOrDefault(id);

    public void Put(ManagerEntry entry) => _entries[entry.Id] = entry;

    /// <summary>Sets the fields of a manager that is there; an empty set ends the entry.</summary>
    public void SetFields(ManagerEntry entry, FieldSet fields)
    {
        if (fields.IsEmpty)
        {
            _entries.Remove(entry.Id);
        }
        else
        {
            _entries[entry.Id] = entry with { Fields = fields };
        }
    }

    /// <summary>Appliers first, each kind oldest first; null when there are none.</summary>
    public JsonArray? Encode()
    {
        if (IsEmpty)
        {
            return null;
        }
        var sorted = _entries.Values
            .OrderBy(entry => entry.Id.IsApply ? 0 : 1)
            .ThenBy(entry => entry.Seconds)
            .ThenBy(entry => entry.Id.Name, StringComparer.Ordinal)
            .ThenBy(entry => entry.ApiVersion, StringComparer.Ordinal)
            .ThenBy(entry => entry.Id.Subresource, StringComparer.Ordinal);
        return [.. sorted.Select(entry => entry.Encode())];
    }

    /// <summary>Folds the oldest updaters, per version, into one entry each until the number is within the bound.</summary>
    public void Cap()
    {
        var updaters = _entries.Values.Where(entry => !entry.Id.IsApply).OrderBy(entry => entry.Seconds).ThenBy(entry => entry.Id.SortKey, StringComparer.Ordinal).ToList();
        var firstOfVersion = new Dictionary<string, ManagerEntry>(StringComparer.Ordinal);
        var count = updaters.Count;
        foreach (var updater in updaters)
        {
            if (count <= MaxUpdaters)
            {
                return;
            }
            if (firstOfVersion.TryAdd(updater.ApiVersion, updater))
            {
                continue;
            }
            var bucketId = new ManagerId(AncientChanges, IsApply: false, updater.ApiVersion, "");
            if (!_entries.TryGetValue(bucketId, out var bucket))
            {
                bucket = firstOfVersion[updater.ApiVersion];
                _entries.Remove(bucket.Id);
            }
            _entries.Remove(updater.Id);
            _entries[bucketId] = new ManagerEntry(bucketId, updater.ApiVersion, updater.Fields.Union(bucket.Fields), updater.Time);
            count--;
        }
    }
}
