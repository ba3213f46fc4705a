using System.Text.Json.Nodes;
using Comptroller.Sandbox.Resources;
using Comptroller.Sandbox.Storage;

namespace Comptroller.Sandbox.Requests;

/// <summary>How objects go, whoever deletes them: at once, or marked and kept until what holds them lets go.</summary>
internal sealed class Deletion(ObjectStore store, TimeProvider time)
{
    public const string ForegroundFinalizer = "foregroundDeletion";
    public const string OrphanFinalizer = "orphan";

    /// <summary>The object as it is afterwards, or as it last was; null when it changed in the meantime.</summary>
    /// <param name="propagation">Background, Foreground or Orphan; null leaves the holds as they are.</param>
    /// <param name="dryRun">Nothing is stored.</param>
    public Outcome? Try(ServedResource resource, StoredObject existing, string? propagation, bool dryRun = false)
    {
        var deleted = (JsonObject)existing.Content.DeepClone();
        var metadata = Metadata.Of(deleted);
        var isTerminating = metadata["deletionTimestamp"] is not null;
        resource.Strategy.PrepareForDelete(deleted);
        HoldFor(metadata, propagation);
        if (!resource.Strategy.IsHeld(deleted))
        {
            var last = existing;
            return dryRun || store.TryRemove(resource.Storage, existing, out last) ? new Outcome(last, IsGone: true) : null;
        }
        if (isTerminating && Changes.None(deleted, existing.Content))
        {
            return new Outcome(existing, IsGone: false);
        }
        if (!isTerminating)
        {
            MarkTerminating(resource, deleted);
        }
        return dryRun ? new Outcome(new StoredObject(deleted, existing.Revision), IsGone: false)
            : store.TryReplace(resource.Storage, existing, deleted, out var held) ? new Outcome(held, IsGone: false)
            : null;
    }

    /// <summary>The propagation policy becomes a finalizer that the garbage collector takes away when it has done its part.</summary>
    private static void HoldFor(JsonObject metadata, string? propagation)
    {
        if (propagation is null)
        {
            return;
        }
        var finalizers = ((metadata["finalizers"] as JsonArray) ?? []).Select(entry => (string?)entry ?? "")
            .Where(name => name is not (OrphanFinalizer or ForegroundFinalizer)).ToList();
        if (propagation is "Orphan" or "Foreground")
        {
            finalizers.Add(propagation == "Orphan" ? OrphanFinalizer : ForegroundFinalizer);
        }
        if (finalizers.Count == 0)
        {
            metadata.Remove("finalizers");
        }
        else
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(name => JsonValue.Create(name))]);
        }
    }

    private void MarkTerminating(ServedResource resource, JsonObject deleted)
    {
        var metadata = Metadata.Of(deleted);
        metadata["deletionTimestamp"] = Times.Format(time.GetUtcNow());
        if (resource.Strategy.HasGracePeriod)
        {
            metadata["deletionGracePeriodSeconds"] = 0L;
            Generations.Bump(deleted);
        }
    }

    /// <param name="Object">As it is now, or as it was when it went.</param>
    internal sealed record Outcome(StoredObject Object, bool IsGone);
}
