using System.Text.Json.Nodes;

namespace Comptroller.Sandbox.Fields;

/// <summary>The JSON form of a <see cref="FieldSet"/> in managedFields. A leaf is <c>{}</c>; a member with members below it says so by <c>"."</c>.</summary>
internal static class FieldsV1
{
    private const string Self = ".";

    public static JsonObject Encode(FieldSet set)
    {
        var document = new JsonObject();
        if (set.IsMember && set.HasBelow)
        {
            document[Self] = new JsonObject();
        }
        foreach (var (element, below) in set.Sorted())
        {
            document[element.Encoded] = below.HasBelow ? Encode(below) : new JsonObject();
        }
        return document;
    }

    /// <exception cref="FormatException">The document is no FieldsV1.</exception>
    public static FieldSet Decode(JsonObject document) => Decode(document, isRoot: true);

    private static FieldSet Decode(JsonObject document, bool isRoot)
    {
        if (document.Count == 0)
        {
            return isRoot ? FieldSet.Empty : FieldSet.Leaf;
        }
        var isMember = false;
        var below = new Dictionary<PathElement, FieldSet>(document.Count);
        foreach (var (name, value) in document)
        {
            if (value is not JsonObject child)
            {
                throw new FormatException($"fieldsV1 holds something other than an object under \"{name}\"");
            }
            if (name == Self)
            {
                isMember = true;
            }
            else
            {
                below[PathElement.Decode(name)] = Decode(child, isRoot: false);
            }
        }
        return FieldSet.Of(isMember && !isRoot, below);
    }
}
