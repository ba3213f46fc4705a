using System.Globalization;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Schemas;

namespace Comptroller.Sandbox.Patches;

/// <summary>
/// JSON patch, RFC 6902, with the two liberties the server takes: <c>replace</c> of a missing key adds it, and <c>test</c> for null
/// passes on a missing key.
/// </summary>
internal static class JsonPatch
{
    /// <summary>A new value; neither argument is changed.</summary>
    /// <exception cref="PatchException">An operation is malformed or does not apply; nothing of the patch counts then.</exception>
    public static JsonNode Apply(JsonNode target, JsonArray operations)
    {
        // The holder makes the root a value like any other.
        var holder = new JsonObject { [""] = target.DeepClone() };
        foreach (var item in operations)
        {
            Run(holder, item as JsonObject ?? throw new PatchException("an operation must be an object"));
        }
        var result = holder[""] ?? throw new PatchException("the patch leaves nothing");
        holder.Remove("");
        return result;
    }

    private static void Run(JsonObject holder, JsonObject operation)
    {
        var path = Place.Find(holder, Text(operation, "path"));
        switch (Text(operation, "op"))
        {
            case "add":
                path.Add(Value(operation));
                break;
            case "remove":
                path.Remove();
                break;
            case "replace":
                path.Replace(Value(operation));
                break;
            case "test":
                if (!Same(path.Read(), operation["value"]))
                {
                    throw new PatchException($"testing value of \"{path.Key}\" failed");
                }
                break;
            case "copy":
                path.Add(Place.Find(holder, Text(operation, "from")).Read()?.DeepClone());
                break;
            case "move":
                var from = Text(operation, "from");
                if (Text(operation, "path").StartsWith(from + "/", StringComparison.Ordinal))
                {
                    throw new PatchException($"cannot move {from} into itself");
                }
                var moved = Place.Find(holder, from).Remove();
                // Removing may have shifted the target's parent, so it is looked up again.
                Place.Find(holder, Text(operation, "path")).Add(moved);
                break;
            case var unknown:
                throw new PatchException($"unexpected operation \"{unknown}\"");
        }
    }

    private static bool Same(JsonNode? left, JsonNode? right) => (left is null && right is null) || Scalars.Same(left, right);

    private static string Text(JsonObject operation, string name) =>
        Scalars.AsString(operation[name]) ?? throw new PatchException($"an operation lacks \"{name}\" or it is no string");

    private static JsonNode? Value(JsonObject operation) => operation.TryGetPropertyValue("value", out var value)
        ? value?.DeepClone()
        : throw new PatchException("an operation lacks \"value\"");

    /// <summary>A key or index in an existing container.</summary>
    private readonly record struct Place(JsonNode Container, string Key)
    {
        public static Place Find(JsonObject holder, string pointer)
        {
            if (pointer.Length > 0 && pointer[0] != '/')
            {
                throw new PatchException($"the path \"{pointer}\" does not start with a slash");
            }
            var place = new Place(holder, "");
            foreach (var part in pointer.Split('/').Skip(1))
            {
                var container = place.Read() ?? throw new PatchException($"{pointer}: missing container");
                place = new Place(container, part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
            }
            return place;
        }

        /// <summary>The value; null also where a map lacks the key.</summary>
        public JsonNode? Read() => Container switch
        {
            JsonObject map => map[Key],
            JsonArray list => list[Index(list, list.Count - 1)],
            _ => throw Missing(),
        };

        public void Add(JsonNode? value)
        {
            switch (Container)
            {
                case JsonObject map:
                    map[Key] = value;
                    break;
                case JsonArray list when Key == "-":
                    list.Add(value);
                    break;
                case JsonArray list:
                    list.Insert(Index(list, list.Count), value);
                    break;
                default:
                    throw Missing();
            }
        }

        public void Replace(JsonNode? value)
        {
            switch (Container)
            {
                case JsonObject map:
                    map[Key] = value;
                    break;
                case JsonArray list:
                    list[Index(list, list.Count - 1)] = value;
                    break;
                default:
                    throw Missing();
            }
        }

        public JsonNode? Remove()
        {
            switch (Container)
            {
                case JsonObject map when map.TryGetPropertyValue(Key, out var value):
                    map.Remove(Key);
                    return value;
                case JsonArray list:
                    var index = Index(list, list.Count - 1);
                    var item = list[index];
                    list.RemoveAt(index);
                    return item;
                default:
                    throw Missing();
            }
        }

        private int Index(JsonArray list, int last)
        {
            if (!int.TryParse(Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
            {
                throw Missing();
            }
            // The server counts negative indexes from the end.
            index = index < 0 ? index + list.Count : index;
            return index >= 0 && index <= last ? index : throw Missing();
        }

        private PatchException Missing() => new($"unable to access \"{Key}\": it is missing, out of range, or its parent is no container");
    }
}
