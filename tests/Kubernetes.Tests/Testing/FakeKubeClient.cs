using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>One call as it reached the server.</summary>
internal sealed record KubeCall(string Verb, ResourceType Type, string Namespace, string Name, string? Subresource = null, string? Manager = null, JsonNode? Body = null)
{
    public bool IsWrite => Verb is not ("get" or "list" or "watch");

    public override string ToString() => $"{Verb} {Type.Plural}{(Subresource is null ? "" : $"/{Subresource}")} {Namespace}/{Name}";
}

/// <summary>
/// A Kubernetes API in memory, true in what the runtime relies on: resource versions, generations, guarded writes, field ownership
/// by apply, finalizers, uid preconditions, watches with history. Faults are injected before or after a call takes effect (X5).
/// </summary>
internal sealed partial class FakeKubeClient : IKubeClient
{
    public ConcurrentQueue<KubeCall> Calls { get; } = [];

    /// <summary>Asked before each call takes effect: an exception to fail it with, or null.</summary>
    public Func<KubeCall, Exception?>? FailBefore { get; set; }

    /// <summary>Asked after each call took effect: an exception in place of the answer, or null.</summary>
    public Func<KubeCall, Exception?>? FailAfter { get; set; }

    /// <summary>Awaited before each call, to hold it or to let it hang.</summary>
    public Func<KubeCall, CancellationToken, Task>? Delay { get; set; }

    public IEnumerable<KubeCall> Writes => Calls.Where(call => call.IsWrite);

    public static KubeApiException Error(int code, string reason, string message = "injected") => new("TEST", "/", code, reason, message);

    public Task<T> GetAsync<T>(ResourceType<T> type, string? @namespace, string name, CancellationToken cancellationToken)
        where T : class =>
        CallAsync(new KubeCall("get", type, @namespace ?? "", name), type, key => Live(type, key).Content, cancellationToken);

    public async Task<ObjectPage<T>> ListAsync<T>(ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class
    {
        var call = new KubeCall("list", type, @namespace ?? "", "");
        await EnterAsync(call, cancellationToken);
        lock (gate)
        {
            RequireKind(type);
            var items = objects
                .Where(each => each.Key.Group == type.Group && each.Key.Plural == type.Plural && Selects(options.LabelSelector, each.Value.Content)
                    && (string.IsNullOrEmpty(@namespace) || each.Key.Key.Namespace == @namespace))
                .Select(each => Decode(type, each.Value.Content))
                .ToList();
            return new ObjectPage<T>(items, $"{version}", null);
        }
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? @namespace, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        await EnterAsync(new KubeCall("watch", type, @namespace ?? "", ""), cancellationToken);
        var from = long.Parse(options.ResourceVersion);
        while (true)
        {
            List<Happening> next;
            Task wait;
            lock (gate)
            {
                RequireKind(type);
                next = history.Where(each => each.Version > from && each.Type.Plural == type.Plural && each.Type.Group == type.Group).ToList();
                wait = news.Task;
            }

            foreach (var happening in next)
            {
                from = happening.Version;
                if (!string.IsNullOrEmpty(@namespace) && happening.Key.Namespace != @namespace)
                {
                    continue;
                }

                var now = happening.Content is not null && Selects(options.LabelSelector, happening.Content);
                var before = happening.Before is not null && Selects(options.LabelSelector, happening.Before);
                if (!now && !before)
                {
                    continue;
                }

                var kind = now ? (before ? WatchEventType.Modified : WatchEventType.Added) : WatchEventType.Deleted;
                var content = (JsonObject)(happening.Content ?? happening.Before!).DeepClone();
                content["metadata"]!["resourceVersion"] = $"{happening.Version}";
                var item = Decode(type, content);
                yield return new WatchEvent<T>(kind, item, ((IKubernetesObject)item).Metadata);
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    public Task<T> CreateAsync<T>(ResourceType<T> type, string? @namespace, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class
    {
        var name = (string)body["metadata"]!["name"]!;
        return CallAsync(
            new KubeCall("create", type, @namespace ?? "", name, Manager: fieldManager, Body: body.DeepClone()),
            type,
            key => objects.ContainsKey((type.Group, type.Plural, key))
                ? throw Error(409, "AlreadyExists", $"{name} already exists")
                : Commit(type, key, null, New(type, key, (JsonObject)body.DeepClone())).Content,
            cancellationToken);
    }

    public Task<T> ReplaceAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        CallAsync(
            new KubeCall("replace", type, @namespace ?? "", name, Manager: fieldManager, Body: body.DeepClone()),
            type,
            key =>
            {
                var live = Live(type, key);
                Guard(live, body);
                return Commit(type, key, live, (JsonObject)body.DeepClone()).Content;
            },
            cancellationToken);

    public Task<T> ApplyAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, ApplyOptions options, CancellationToken cancellationToken)
        where T : class =>
        CallAsync(
            new KubeCall("apply", type, @namespace ?? "", name, options.Subresource, options.FieldManager, body.DeepClone()),
            type,
            key => Apply(type, key, body, options).Content,
            cancellationToken);

    public Task<T> JsonPatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonArray operations, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        CallAsync(
            new KubeCall("jsonpatch", type, @namespace ?? "", name, Manager: fieldManager, Body: operations.DeepClone()),
            type,
            key =>
            {
                var live = Live(type, key);
                var next = (JsonObject)live.Content.DeepClone();
                foreach (var operation in operations)
                {
                    var path = ((string)operation!["path"]!).Split('/')[1..];
                    var parent = path[..^1].Aggregate((JsonNode)next, (node, part) => node is JsonArray list ? list[int.Parse(part)]! : node[part]!);
                    var value = parent is JsonArray array ? array[int.Parse(path[^1])] : parent[path[^1]];
                    if ((string)operation["op"]! == "test" && !JsonNode.DeepEquals(value, operation["value"]))
                    {
                        throw Error(422, "Invalid", "test failed");
                    }

                    if ((string)operation["op"]! == "remove")
                    {
                        ((JsonArray)parent).RemoveAt(int.Parse(path[^1]));
                    }
                }

                return Commit(type, key, live, next).Content;
            },
            cancellationToken);

    public Task<T> MergePatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject patch, string fieldManager, CancellationToken cancellationToken)
        where T : class =>
        CallAsync(
            new KubeCall("mergepatch", type, @namespace ?? "", name, Manager: fieldManager, Body: patch.DeepClone()),
            type,
            key =>
            {
                var live = Live(type, key);
                return Commit(type, key, live, Merge((JsonObject)live.Content.DeepClone(), patch)).Content;
            },
            cancellationToken);

    public async Task DeleteAsync(ResourceType type, string? @namespace, string name, DeleteOptions options, CancellationToken cancellationToken)
    {
        var call = new KubeCall("delete", type, @namespace ?? "", name);
        await EnterAsync(call, cancellationToken);
        lock (gate)
        {
            var key = new ObjectKey(@namespace ?? "", name);
            if (objects.TryGetValue((type.Group, type.Plural, key), out var live))
            {
                if (options.Uid is not null && options.Uid != live.Uid)
                {
                    throw Error(409, "Conflict", "the UID in the precondition does not match");
                }

                if (live.Content["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
                {
                    var next = (JsonObject)live.Content.DeepClone();
                    next["metadata"]!["deletionTimestamp"] ??= "2026-01-01T00:00:00Z";
                    Commit(type, key, live, next);
                }
                else
                {
                    Vanish(type, key, live);
                }
            }
        }

        Leave(call);
    }

    private async Task<T> CallAsync<T>(KubeCall call, ResourceType<T> type, Func<ObjectKey, JsonObject> act, CancellationToken cancellationToken)
        where T : class
    {
        await EnterAsync(call, cancellationToken);
        T result;
        lock (gate)
        {
            RequireKind(type);
            result = Decode(type, act(new ObjectKey(call.Namespace, call.Name)));
        }

        Leave(call);
        return result;
    }

    private async Task EnterAsync(KubeCall call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Calls.Enqueue(call);
        if (Delay is { } delay)
        {
            await delay(call, cancellationToken);
        }

        if (FailBefore?.Invoke(call) is { } failure)
        {
            throw failure;
        }
    }

    private void Leave(KubeCall call)
    {
        if (FailAfter?.Invoke(call) is { } failure)
        {
            throw failure;
        }
    }
}
