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
    public long Revision => Object.Revision;
}
