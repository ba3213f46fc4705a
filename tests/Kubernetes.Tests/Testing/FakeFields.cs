using System.Text.Json.Nodes;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>The fields of an apply: maps down to their leaves, finalizers as a set, conditions and owner references by their key, other lists whole.</summary>
internal static class FakeFields
{
    private const char Separator = '\u0001';
    private static readonly string[] Identity = ["apiVersion", "kind"];
    private static readonly string[] IdentityOfMetadata = ["name", "namespace", "uid", "resourceVersion", "generation"];

    public static Dictionary<string, JsonNode?> Leaves(JsonObject body, string? subresource)
    {
        var leaves = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (name, value) in body)
        {
            if (Identity.Contains(name) || (subresource is null ? name == "status" : name != subresource))
            {
                continue;
            }

            Collect(name, value, leaves);
        }

        return leaves;
    }

    public static void Set(JsonObject target, string path, JsonNode? value)
    {
        var parts = path.Split(Separator);
        var node = target;
        for (var i = 0; i < parts.Length - 1; i++)
        {
            if (node[parts[i]] is not { } next)
            {
                node[parts[i]] = next = parts[i + 1].StartsWith('[') ? new JsonArray() : new JsonObject();
            }

            if (next is JsonArray list)
            {
                var at = IndexOf(list, parts[i + 1]);
                if (at >= 0)
                {
                    list[at] = value?.DeepClone();
                }
                else
                {
                    list.Add(value?.DeepClone());
                }

                return;
            }

            node = next.AsObject();
        }

        node[parts[^1]] = value?.DeepClone();
    }

    public static void Remove(JsonObject target, string path)
    {
        var parts = path.Split(Separator);
        JsonNode? node = target;
        for (var i = 0; i < parts.Length - 1; i++)
        {
            node = node?[parts[i]];
        }

        if (node is JsonArray list)
        {
            var at = IndexOf(list, parts[^1]);
            if (at >= 0)
            {
                list.RemoveAt(at);
            }
        }
        else
        {
            (node as JsonObject)?.Remove(parts[^1]);
        }
    }

    private static void Collect(string path, JsonNode? value, Dictionary<string, JsonNode?> leaves)
    {
        if (value is JsonObject map)
        {
            foreach (var (name, item) in map)
            {
                if (path != "metadata" || !IdentityOfMetadata.Contains(name))
                {
                    Collect($"{path}{Separator}{name}", item, leaves);
                }
            }
        }
        else if (value is JsonArray list && KeyField(path) is not null)
        {
            foreach (var item in list)
            {
                leaves[$"{path}{Separator}{KeyOf(item!)}"] = item!.DeepClone();
            }
        }
        else
        {
            leaves[path] = value?.DeepClone();
        }
    }

    private static string? KeyField(string path) => path.Split(Separator)[^1] is "finalizers" or "ownerReferences" or "conditions" ? path : null;

    private static string KeyOf(JsonNode item) =>
        item is JsonObject map ? $"[{map["type"] ?? map["uid"]}]" : $"[{item}]";

    private static int IndexOf(JsonArray list, string key)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (KeyOf(list[i]!) == key)
            {
                return i;
            }
        }

        return -1;
    }
}
