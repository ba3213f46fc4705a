using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Fields;

/// <summary>The fields in which two objects differ. The order of items in sets and map lists is no difference.</summary>
internal sealed record FieldComparison(FieldSet Added, FieldSet Modified, FieldSet Removed)
{
    private static readonly FieldComparison _same = new(FieldSet.Empty, FieldSet.Empty, FieldSet.Empty);

    public bool IsSame => Added.IsEmpty && Modified.IsEmpty && Removed.IsEmpty;

    public FieldComparison Without(FieldSet ignored) => new(Added.ExceptTrees(ignored), Modified.ExceptTrees(ignored), Removed.ExceptTrees(ignored));

    public static FieldComparison Of(Schema schema, JsonNode? before, JsonNode? after) => Of(schema, Slot.Of(before), Slot.Of(after));

    private static FieldComparison Of(Schema schema, Slot before, Slot after)
    {
        if (!after.IsPresent)
        {
            return new(FieldSet.Empty, FieldSet.Empty, Everything(schema, before.Value));
        }
        if (!before.IsPresent)
        {
            return new(Everything(schema, after.Value), FieldSet.Empty, FieldSet.Empty);
        }
        var shape = Typing.ShapeOf(schema, after.Value);
        if (schema.Type is null && before.Value is not null && after.Value is not null && Typing.ShapeOf(schema, before.Value) != shape)
        {
            return ChangeOfShape(schema, before.Value, after.Value);
        }
        switch (shape)
        {
            case Shape.List when !Typing.IsAtomicList(schema) && (IsFilled(before.Value) || IsFilled(after.Value)):
                return OfItems(schema, before.Value as JsonArray ?? [], after.Value as JsonArray ?? []);
            case Shape.Map when !schema.AtomicMap && (IsFilled(before.Value) || IsFilled(after.Value)):
                return OfEntries(schema, before.Value as JsonObject ?? [], after.Value as JsonObject ?? []);
            default:
                return Scalars.Same(before.Value, after.Value) ? _same : new(FieldSet.Empty, FieldSet.Leaf, FieldSet.Empty);
        }
    }

    /// <summary>An untyped value turned from a scalar or list into a map or back: gone as the one, here as the other.</summary>
    private static FieldComparison ChangeOfShape(Schema schema, JsonNode before, JsonNode after)
    {
        var gone = Typing.ShapeOf(schema, before) == Shape.Map ? Everything(schema, before).Except(FieldSet.Leaf) : FieldSet.Empty;
        var come = Typing.ShapeOf(schema, after) == Shape.Map ? Everything(schema, after).Except(FieldSet.Leaf) : FieldSet.Empty;
        return new(come, FieldSet.Leaf, gone);
    }

    private static bool IsFilled(JsonNode? value) => value is JsonArray { Count: > 0 } or JsonObject { Count: > 0 };

    /// <summary>All fields of a value that came or went as a whole: itself included.</summary>
    private static FieldSet Everything(Schema schema, JsonNode? value)
    {
        switch (Typing.ShapeOf(schema, value))
        {
            case Shape.Map when !schema.AtomicMap && value is JsonObject { Count: > 0 } map:
                var fields = new Dictionary<PathElement, FieldSet>(map.Count);
                foreach (var (name, child) in map)
                {
                    fields[PathElement.Field(name)] = Everything(Typing.ChildOf(schema, name) ?? Schema.Untyped, child);
                }
                return FieldSet.Of(isMember: true, fields);
            case Shape.List when !Typing.IsAtomicList(schema) && value is JsonArray { Count: > 0 } list:
                var items = new Dictionary<PathElement, FieldSet>(list.Count);
                foreach (var item in list)
                {
                    if (Typing.TryIdentify(schema, item, out var element, out _))
                    {
                        items[element] = items.ContainsKey(element) ? FieldSet.Leaf : Everything(Typing.ItemOf(schema), item);
                    }
                }
                return FieldSet.Of(isMember: true, items);
            default:
                return FieldSet.Leaf;
        }
    }

    private static FieldComparison OfEntries(Schema schema, JsonObject before, JsonObject after)
    {
        var builder = default(Builder);
        foreach (var (name, value) in before)
        {
            var next = after.TryGetPropertyValue(name, out var found) ? Slot.Of(found) : Slot.Absent;
            builder.Add(PathElement.Field(name), Of(Typing.ChildOf(schema, name) ?? Schema.Untyped, Slot.Of(value), next));
        }
        foreach (var (name, value) in after)
        {
            if (!before.ContainsKey(name))
            {
                builder.Add(PathElement.Field(name), Of(Typing.ChildOf(schema, name) ?? Schema.Untyped, Slot.Absent, Slot.Of(value)));
            }
        }
        return builder.Build();
    }

    private static FieldComparison OfItems(Schema schema, JsonArray before, JsonArray after)
    {
        var builder = default(Builder);
        var old = ListIndex.Of(schema, before);
        var @new = ListIndex.Of(schema, after);
        foreach (var (element, items) in old)
        {
            builder.Add(element, OfItem(schema, items, @new.TryGetValue(element, out var found) ? found : []));
        }
        foreach (var (element, items) in @new)
        {
            if (!old.ContainsKey(element))
            {
                builder.Add(element, OfItem(schema, [], items));
            }
        }
        return builder.Build();
    }

    /// <summary>The items of one key. Several with the same key, which only an update can bring, are taken as one atomic value.</summary>
    private static FieldComparison OfItem(Schema schema, List<JsonNode?> before, List<JsonNode?> after)
    {
        var item = Typing.ItemOf(schema);
        switch (before.Count, after.Count)
        {
            case ( <= 1, <= 1):
                return Of(item, before is [var old] ? Slot.Of(old) : Slot.Absent, after is [var next] ? Slot.Of(next) : Slot.Absent);
            case ( >= 2, >= 2):
                var same = before.Count == after.Count && before.Zip(after).All(pair => Scalars.Same(pair.First, pair.Second));
                return same ? _same : new(FieldSet.Empty, FieldSet.Leaf, FieldSet.Empty);
            case ( >= 2, _):
                return new(after is [var only] ? Everything(item, only) : FieldSet.Empty, FieldSet.Empty, FieldSet.Leaf);
            default:
                return new(FieldSet.Leaf, FieldSet.Empty, before is [var single] ? Everything(item, single) : FieldSet.Empty);
        }
    }

    /// <summary>Collects the differences below one node; allocates nothing while there are none.</summary>
    private struct Builder
    {
        private Dictionary<PathElement, FieldSet>? _added;
        private Dictionary<PathElement, FieldSet>? _modified;
        private Dictionary<PathElement, FieldSet>? _removed;

        public void Add(PathElement element, FieldComparison found)
        {
            Put(ref _added, element, found.Added);
            Put(ref _modified, element, found.Modified);
            Put(ref _removed, element, found.Removed);
        }

        public readonly FieldComparison Build() => _added is null && _modified is null && _removed is null
            ? _same
            : new(FieldSet.Of(isMember: false, _added), FieldSet.Of(isMember: false, _modified), FieldSet.Of(isMember: false, _removed));

        private static void Put(ref Dictionary<PathElement, FieldSet>? into, PathElement element, FieldSet set)
        {
            if (!set.IsEmpty)
            {
                (into ??= [])[element] = set;
            }
        }
    }
}
