using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>The rules by which fields change hands.</summary>
internal static class Ownership
{
    /// <summary>
    /// Lets every other manager lose what the change touches. Without force nothing changes if that would take a field from somebody;
    /// the fields that stand against it are returned, ordered by manager.
    /// </summary>
    /// <param name="workflow">The manager that applies and keeps its fields; null for updates.</param>
    public static IReadOnlyList<(ManagerId Manager, FieldSet Fields)> Settle(Managers managers, FieldComparison change, ManagerId? workflow, bool force)
    {
        var taken = change.Modified.Union(change.Added);
        if (!force && !taken.IsEmpty)
        {
            var conflicts = managers.All
                .Where(entry => entry.Id != workflow)
                .Select(entry => (entry.Id, Fields: entry.Fields.Intersect(taken)))
                .Where(conflict => !conflict.Fields.IsEmpty)
                .OrderBy(conflict => conflict.Id.SortKey, StringComparer.Ordinal)
                .ToList();
            if (conflicts.Count > 0)
            {
                return conflicts;
            }
        }
        foreach (var entry in managers.All.ToList())
        {
            if (entry.Id == workflow)
            {
                if (entry.Fields.IsEmpty)
                {
                    managers.SetFields(entry, entry.Fields);
                }
                continue;
            }
            var rest = entry.Fields.Except(taken).Except(change.Removed);
            if (!ReferenceEquals(rest, entry.Fields) || rest.IsEmpty)
            {
                managers.SetFields(entry, rest);
            }
        }
        return [];
    }

    /// <summary>
    /// Removes from <paramref name="merged"/> what its manager applied <paramref name="before"/> and nobody owns any more, parents
    /// included once nothing in them is owned: defaults that nobody applied do not keep them.
    /// </summary>
    /// <param name="managers">With the new fields of the applying manager.</param>
    public static JsonObject Prune(Schema schema, JsonObject merged, Managers managers, FieldSet before)
    {
        if (before.IsEmpty)
        {
            return merged;
        }
        var last = FieldExtraction.WithDeclaredParents(before, schema);
        var all = FieldExtraction.WithDeclaredParents(FieldExtraction.Of(schema, merged), schema);
        var owned = managers.All.Select(entry => entry.Fields).Aggregate(FieldSet.Empty, (sets, fields) => sets.Union(fields));

        // First without all that was applied; then what others own is put back; then what nobody ever applied, unless its parent went.
        var kept = Left(schema, merged, last);
        var withOwned = Left(schema, merged, all.Except(kept.Union(FieldExtraction.WithDeclaredParents(owned, schema))));
        TypedRemoval.Remove(schema, merged, all.Except(withOwned).Intersect(last));
        return merged;
    }

    /// <summary>
    /// Rewrites sets that were recorded when a list or map was owned item by item but that the schema now makes atomic, or the other way round.
    /// </summary>
    public static void FollowSchema(Schema schema, Managers managers)
    {
        foreach (var entry in managers.All.ToList())
        {
            var fields = Follow(entry.Fields, schema);
            if (!ReferenceEquals(fields, entry.Fields))
            {
                managers.SetFields(entry, fields);
            }
        }
    }

    /// <summary>The fields that are left after a removal.</summary>
    private static FieldSet Left(Schema schema, JsonObject merged, FieldSet removed)
    {
        var copy = (JsonObject)merged.DeepClone();
        TypedRemoval.Remove(schema, copy, removed);
        return FieldExtraction.WithDeclaredParents(FieldExtraction.Of(schema, copy), schema);
    }

    private static FieldSet Follow(FieldSet set, Schema schema)
    {
        if (!set.HasBelow)
        {
            return set;
        }
        var isList = schema.Type == "array";
        if ((isList && Typing.IsAtomicList(schema)) || (schema.Type == "object" && schema.AtomicMap))
        {
            return FieldSet.Leaf;
        }
        Dictionary<PathElement, FieldSet>? below = null;
        foreach (var (element, child) in set.Below)
        {
            var childSchema = element.Kind == PathElementKind.Field ? Typing.ChildOf(schema, element.Text) : Typing.ItemOf(schema);
            var followed = childSchema is null ? child : Follow(child, childSchema);
            if (!ReferenceEquals(followed, child))
            {
                below ??= new Dictionary<PathElement, FieldSet>(set.Below);
                below[element] = followed;
            }
        }
        return below is null ? set : FieldSet.Of(set.IsMember, below);
    }
}
