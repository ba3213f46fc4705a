using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>What the server holds, and the rules by which it changes.</summary>
internal sealed partial class FakeKubeClient
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Group, string Plural, ObjectKey Key), Stored> objects = [];
    private readonly List<Happening> history = [];
    private readonly HashSet<string> missingKinds = [];
    private TaskCompletionSource news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long version = 100;
    private int uids;

    /// <summary>Takes a kind away, as if its CRD were not installed, or brings it back.</summary>
    public void SetKindServed(ResourceType type, bool served)
    {
        lock (gate)
        {
            _ = served ? missingKinds.Remove(type.Plural) : missingKinds.Add(type.Plural);
        }
    }

    /// <summary>An object as somebody else would put it: created, or its content replaced.</summary>
    public JsonObject Put(ResourceType type, string json)
    {
        lock (gate)
        {
            var node = JsonNode.Parse(json)!.AsObject();
            var key = new ObjectKey((string?)node["metadata"]!["namespace"] ?? "", (string)node["metadata"]!["name"]!);
            var next = objects.TryGetValue((type.Group, type.Plural, key), out var old)
                ? Merge((JsonObject)old.Content.DeepClone(), node)
                : New(type, key, node);
            return Commit(type, key, old, next).Content;
        }
    }

    public JsonObject? Find(ResourceType type, string @namespace, string name)
    {
        lock (gate)
        {
            return objects.TryGetValue((type.Group, type.Plural, new ObjectKey(@namespace, name)), out var stored) ? (JsonObject)stored.Content.DeepClone() : null;
        }
    }

    /// <summary>How many objects of a kind carry a product's label.</summary>
    public int Managed(ResourceType type, string product)
    {
        lock (gate)
        {
            return objects.Count(each => each.Key.Plural == type.Plural && Selects($"{Comptroller.Kubernetes.Runtime.OwnedObjects.ManagedBy}={product}", each.Value.Content));
        }
    }

    /// <summary>All objects of a kind without what differs between two runs of the same story: versions, uids and times.</summary>
    public string Picture(params ResourceType[] types)
    {
        lock (gate)
        {
            var lines = objects
                .Where(each => types.Any(type => type.Plural == each.Key.Plural))
                .OrderBy(each => each.Key.Plural, StringComparer.Ordinal).ThenBy(each => each.Key.Key.ToString(), StringComparer.Ordinal)
                .Select(each =>
                {
                    var content = (JsonObject)each.Value.Content.DeepClone();
                    var metadata = content["metadata"]!.AsObject();
                    metadata.Remove("resourceVersion");
                    metadata.Remove("uid");
                    foreach (var entry in content["status"]?["inventory"]?.AsArray() ?? [])
                    {
                        entry!.AsObject().Remove("marker");
                        entry.AsObject().Remove("uid");
                        entry.AsObject().Remove("hash");
                    }

                    foreach (var owner in metadata["ownerReferences"]?.AsArray() ?? [])
                    {
                        owner!.AsObject().Remove("uid");
                    }

                    foreach (var condition in content["status"]?["conditions"]?.AsArray() ?? [])
                    {
                        condition!.AsObject().Remove("lastTransitionTime");
                    }

                    return $"{each.Key.Plural} {each.Key.Key}: {Sorted(content)!.ToJsonString()}";
                });
            return string.Join('\n', lines);
        }
    }

    private void RequireKind(ResourceType type)
    {
        if (missingKinds.Contains(type.Plural))
        {
            throw Error(404, "NotFound", "the server could not find the requested resource");
        }
    }

    private Stored Live(ResourceType type, ObjectKey key) =>
        objects.TryGetValue((type.Group, type.Plural, key), out var live) ? live : throw Error(404, "NotFound", $"{type.Plural} {key} not found");

    private Stored Apply(ResourceType type, ObjectKey key, JsonObject body, ApplyOptions options)
    {
        var metadata = body["metadata"]!.AsObject();
        if (!objects.TryGetValue((type.Group, type.Plural, key), out var live))
        {
            if (options.Subresource is not null)
            {
                throw Error(404, "NotFound", $"{type.Plural} {key} not found");
            }

            if (metadata.ContainsKey("uid"))
            {
                throw Error(409, "Conflict", "uid mismatch: the object does not exist");
            }

            live = null;
        }
        else
        {
            if (options.Subresource is null && metadata["uid"] is { } uid && (string?)uid != live.Uid)
            {
                throw Error(422, "Invalid", "metadata.uid: field is immutable");
            }

            Guard(live, body, versionOnly: true);
        }

        var before = live is null ? new JsonObject() : (JsonObject)live.Content.DeepClone();
        var managers = live?.Managers ?? [];
        var manager = $"{options.FieldManager}/{options.Subresource}";
        var intent = FakeFields.Leaves(body, options.Subresource);
        var previous = managers.GetValueOrDefault(manager) ?? [];
        var others = managers.Where(each => each.Key != manager).SelectMany(each => each.Value.Keys).ToHashSet();
        var next = before;
        foreach (var path in previous.Keys.Where(path => !intent.ContainsKey(path) && !others.Contains(path)))
        {
            FakeFields.Remove(next, path);
        }

        foreach (var (path, value) in intent)
        {
            FakeFields.Set(next, path, value);
        }

        if (live is null)
        {
            next = New(type, key, next);
        }

        var stored = Commit(type, key, live, next);
        stored.Managers = new Dictionary<string, Dictionary<string, JsonNode?>>(managers) { [manager] = intent };
        return stored;
    }

    private static void Guard(Stored live, JsonObject body, bool versionOnly = false)
    {
        var wanted = (string?)body["metadata"]!["resourceVersion"];
        if (wanted is null && !versionOnly)
        {
            throw Error(422, "Invalid", "metadata.resourceVersion: must be specified for an update");
        }

        if (wanted is not null && wanted != (string?)live.Content["metadata"]!["resourceVersion"])
        {
            throw Error(409, "Conflict", "the object has been modified");
        }
    }

    private JsonObject New(ResourceType type, ObjectKey key, JsonObject content)
    {
        content["apiVersion"] = type.ApiVersion;
        content["kind"] = type.Kind;
        content["metadata"] ??= new JsonObject();
        content["metadata"]!["name"] = key.Name;
        if (key.Namespace.Length > 0)
        {
            content["metadata"]!["namespace"] = key.Namespace;
        }

        content["metadata"]!["uid"] = $"uid-{++uids}";
        if (type.Group.Length > 0 && type.Plural != "leases")
        {
            content["metadata"]!["generation"] = 1;
        }

        return content;
    }

    private Stored Commit(ResourceType type, ObjectKey key, Stored? live, JsonObject next)
    {
        var metadata = next["metadata"]!.AsObject();
        if (live is not null)
        {
            metadata["uid"] = live.Uid;
            metadata["resourceVersion"] = (string?)live.Content["metadata"]!["resourceVersion"];
            if (JsonNode.DeepEquals(live.Content, next))
            {
                return live;
            }

            if (metadata["generation"] is { } generation && !JsonNode.DeepEquals(live.Content["spec"], next["spec"]))
            {
                metadata["generation"] = long.Parse(generation.ToJsonString()) + 1;
            }
        }

        metadata["resourceVersion"] = $"{++version}";
        var stored = new Stored(next) { Managers = live?.Managers ?? [] };
        if (metadata.ContainsKey("deletionTimestamp") && metadata["finalizers"] is not JsonArray { Count: > 0 })
        {
            Vanish(type, key, stored);
            return stored;
        }

        objects[(type.Group, type.Plural, key)] = stored;
        Happen(new Happening(version, type, key, live?.Content, next));
        return stored;
    }

    private void Vanish(ResourceType type, ObjectKey key, Stored live)
    {
        objects.Remove((type.Group, type.Plural, key));
        Happen(new Happening(++version, type, key, live.Content, null));
    }

    private void Happen(Happening happening)
    {
        history.Add(happening);
        var told = news;
        news = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        told.TrySetResult();
    }

    private static T Decode<T>(ResourceType<T> type, JsonObject content)
        where T : class => JsonSerializer.Deserialize(content.ToJsonString(), type.Json)!;

    private static bool Selects(string? selector, JsonObject content) =>
        string.IsNullOrEmpty(selector)
        || selector.Split(',').All(each => (string?)content["metadata"]!["labels"]?[each.Split('=')[0]] == each.Split('=')[1]);

    private static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject map && target[name] is JsonObject existing)
            {
                Merge(existing, map);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }

        return target;
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(each => each.Key, StringComparer.Ordinal).Select(each => KeyValuePair.Create(each.Key, Sorted(each.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private sealed record Happening(long Version, ResourceType Type, ObjectKey Key, JsonObject? Before, JsonObject? Content);

    private sealed class Stored(JsonObject content)
    {
        public JsonObject Content { get; } = content;
        public string Uid => (string)Content["metadata"]!["uid"]!;
        public Dictionary<string, Dictionary<string, JsonNode?>> Managers { get; set; } = [];
    }
}
