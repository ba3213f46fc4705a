using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;

namespace Comptroller.Kubernetes.Tests.Testing;

/// <summary>
/// A server whose every answer to a list and a watch is written down beforehand (X1). When the script of watches is used up, a
/// watch stays open and silent, like a half-open socket.
/// </summary>
internal sealed class ScriptedKubeClient<TItem> : IKubeClient
    where TItem : class
{
    private readonly ConcurrentQueue<Func<ListOptions, ObjectPage<TItem>>> lists = [];
    private readonly ConcurrentQueue<Func<WatchOptions, CancellationToken, IAsyncEnumerable<WatchEvent<TItem>>>> watches = [];

    public ConcurrentQueue<ListOptions> Lists { get; } = [];
    public ConcurrentQueue<WatchOptions> Watches { get; } = [];
    public ConcurrentQueue<string?> Namespaces { get; } = [];

    /// <summary>What every watch past the script answers; null: it stays open and silent.</summary>
    public Func<IAsyncEnumerable<WatchEvent<TItem>>>? Afterwards { get; set; }

    /// <summary>Watches begun, also those past the script, which are not logged.</summary>
    public int WatchCount;

    /// <summary>Watches open right now.</summary>
    public int OpenWatches;

    public ScriptedKubeClient<TItem> List(string version, params TItem[] items) => List(_ => new ObjectPage<TItem>(items, version, null));

    public ScriptedKubeClient<TItem> List(KubeApiException failure) => List(_ => throw failure);

    public ScriptedKubeClient<TItem> List(Func<ListOptions, ObjectPage<TItem>> answer)
    {
        lists.Enqueue(answer);
        return this;
    }

    /// <summary>A watch that sends these events and is then closed by the server.</summary>
    public ScriptedKubeClient<TItem> Watch(params WatchEvent<TItem>[] events) => Watch((_, _) => Closed(events, null));

    /// <summary>A watch that sends these events and then fails.</summary>
    public ScriptedKubeClient<TItem> Watch(Exception failure, params WatchEvent<TItem>[] events) => Watch((_, _) => Closed(events, failure));

    public ScriptedKubeClient<TItem> Watch(Func<WatchOptions, CancellationToken, IAsyncEnumerable<WatchEvent<TItem>>> answer)
    {
        watches.Enqueue(answer);
        return this;
    }

    public Task<ObjectPage<T>> ListAsync<T>(ResourceType<T> type, string? @namespace, ListOptions options, CancellationToken cancellationToken)
        where T : class
    {
        Lists.Enqueue(options);
        Namespaces.Enqueue(@namespace);
        if (!lists.TryDequeue(out var answer))
        {
            throw new InvalidOperationException("the script holds no further list");
        }

        return Task.FromResult((ObjectPage<T>)(object)answer(options));
    }

    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? @namespace, WatchOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class
    {
        if (Afterwards is null || !watches.IsEmpty)
        {
            Watches.Enqueue(options);
        }

        Interlocked.Increment(ref WatchCount);
        Interlocked.Increment(ref OpenWatches);
        try
        {
            var events = watches.TryDequeue(out var answer) ? answer(options, cancellationToken) : Afterwards?.Invoke() ?? Silent(cancellationToken);
            await foreach (var change in events.WithCancellation(cancellationToken))
            {
                yield return (WatchEvent<T>)(object)change;
            }
        }
        finally
        {
            Interlocked.Decrement(ref OpenWatches);
        }
    }

    private static async IAsyncEnumerable<WatchEvent<TItem>> Closed(WatchEvent<TItem>[] events, Exception? failure)
    {
        foreach (var change in events)
        {
            await Task.Yield();
            yield return change;
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private static async IAsyncEnumerable<WatchEvent<TItem>> Silent([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        yield break;
    }

    public Task<T> GetAsync<T>(ResourceType<T> type, string? @namespace, string name, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> CreateAsync<T>(ResourceType<T> type, string? @namespace, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> ReplaceAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> ApplyAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject body, ApplyOptions options, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> JsonPatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonArray operations, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task<T> MergePatchAsync<T>(
        ResourceType<T> type, string? @namespace, string name, JsonObject patch, string fieldManager, CancellationToken cancellationToken)
        where T : class => throw new NotSupportedException();

    public Task DeleteAsync(ResourceType type, string? @namespace, string name, DeleteOptions options, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
