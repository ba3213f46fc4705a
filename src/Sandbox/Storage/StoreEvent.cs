using System.Globalization;
using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Storage;

internal enum StoreEventType
{
    Added,
    Modified,
    Deleted,
}

/// <summary>One committed change.</summary>
/// <param name="Object">The state after the change; after a delete the last state under the delete's own revision.</param>
/// <param name="Previous">The state before; null for a create.</param>
internal sealed record StoreEvent(StoreEventType Type, StoredObject Object, StoredObject? Previous)
{
    private StoredObject? _left;

    public long Revision => Object.Revision;

    /// <summary>The previous state under this change's revision: what a watcher is shown whose selector the object has left.</summary>
    public StoredObject Left
    {
        get
        {
            if (_left is null)
            {
                var content = (JsonObject)Previous!.Content.DeepClone();
                content["metadata"]!["resourceVersion"] = Revision.ToString(CultureInfo.InvariantCulture);
                _left = new StoredObject(content, Revision);
            }
            return _left;
        }
    }
}
