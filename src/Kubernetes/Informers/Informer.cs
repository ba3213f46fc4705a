using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Informers;

/// <summary>
/// The cache of one kind and the handlers that hear of its changes: one reflector per watched namespace behind one store.
/// Handlers run in order, one at a time, and must be quick: they put keys into queues.
/// </summary>
public sealed partial class Informer<T> : IInformer, IReflectorSink<T>
    where T : class, IKubernetesObject
{
    /// <summary>A failure this recent, after several in a row, means that the cache does not follow the server any more.</summary>
    /// <remarks>Longer than two failures can be apart: a call that hangs to its end, then the longest pause.</remarks>
    internal static readonly TimeSpan ProblemMemory = new KubeClientOptions { Product = "" }.Timeout + (2 * Backoff.Cap) + TimeSpan.FromSeconds(10);
    private const int FailuresThatMatter = 3;

    private readonly IKubeClient client;
    private readonly InformerOptions<T> options;
    private readonly RuntimeContext context;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly List<Action<ObjectChange<T>>> handlers = [];
    private readonly List<Action> syncedHandlers = [];
    private readonly List<ObjectChange<T>> changes = [];
    private readonly Dictionary<string, ScopeState> scopes = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Informer(IKubeClient client, ResourceType<T> type, InformerOptions<T> options, RuntimeContext context)
    {
        this.client = client;
        this.options = options;
        this.context = context;
        Type = type;
        logger = context.Loggers.CreateLogger("informer");
        foreach (var scope in options.Namespaces.Count == 0 ? [""] : options.Namespaces)
        {
            scopes.Add(scope, new ScopeState());
        }

        context.Metrics.CacheObjects.Add(() => Store.Count, new KeyValuePair<string, object?>("kind", type.Kind));
        context.Metrics.LastEventTimestamp.Add(() => LastEventSeconds, new KeyValuePair<string, object?>("kind", type.Kind));
    }

    public ResourceType<T> Type { get; }
    ResourceType IInformer.Type => Type;
    public Store<T> Store { get; } = new();
    public bool Required => options.Required;
    public bool HasSynced => synced.Task.IsCompleted;
    public Task Synced => synced.Task;

    public bool IsKindMissing
    {
        get
        {
            lock (gate)
            {
                return scopes.Values.Any(scope => scope.IsKindMissing);
            }
        }
    }

    public string? Problem
    {
        get
        {
            lock (gate)
            {
                return scopes.Values.Select(scope => scope.Problem(context.Time)).FirstOrDefault(problem => problem is not null);
            }
        }
    }

    /// <summary>
    /// The newest resource version that has reached the store for objects of <paramref name="namespace"/>; null before the first list.
    /// A write at an older version is visible here, or undone (rule L7).
    /// </summary>
    public string? LastResourceVersion(string? @namespace)
    {
        lock (gate)
        {
            return scopes.TryGetValue("", out var all) || scopes.TryGetValue(@namespace ?? "", out all) ? all.LastVersion : null;
        }
    }

    /// <summary>Unix time of the last sign of life of the quietest scope; 0 before the first.</summary>
    private double LastEventSeconds
    {
        get
        {
            lock (gate)
            {
                return scopes.Values.Min(scope => scope.LastSeen?.ToUnixTimeMilliseconds() ?? 0) / 1000d;
            }
        }
    }

    /// <summary>Adds a handler. It first hears of everything already stored, as additions, so that nothing falls between (YARP #2364).</summary>
    public void AddHandler(Action<ObjectChange<T>> handler)
    {
        lock (gate)
        {
            handlers.Add(handler);
            foreach (var item in Store.List())
            {
                Deliver(handler, new ObjectChange<T>(null, item));
            }
        }
    }

    /// <summary>
    /// Adds a callback for the moment the cache is complete, and for each moment at which a kind that was missing is served again: a kind
    /// whose CRD comes late, or comes back, heals its users this way.
    /// </summary>
    public void OnSynced(Action handler)
    {
        lock (gate)
        {
            syncedHandlers.Add(handler);
            if (HasSynced)
            {
                handler();
            }
        }
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var selection = new ListOptions
        {
            Limit = options.PageSize,
            LabelSelector = options.LabelSelector,
            FieldSelector = options.FieldSelector,
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reflectors = scopes.Keys
            .Select(scope => new Reflector<T>(client, Type, scope.Length == 0 ? null : scope, selection, options.Required, this, context).RunAsync(stop.Token))
            .ToList();
        // The first to end, by whatever cause, ends all: a half-watched kind would be silent data loss (rule R12).
        await Task.WhenAny(reflectors);
        await stop.CancelAsync();
        await Task.WhenAll(reflectors);
    }

    void IReflectorSink<T>.Replace(string? scope, ObjectPage<T> page)
    {
        lock (gate)
        {
            var state = scopes[scope ?? ""];
            var returns = state.IsKindMissing;
            state.Succeeded(context.Time, page.ResourceVersion);
            Store.Replace(scope, options.Trim is { } trim ? page with { Items = [.. page.Items.Select(trim)] } : page, changes);
            Deliver();
            state.HasListed = true;
            if ((returns || !HasSynced) && scopes.Values.All(each => each.HasListed))
            {
                synced.TrySetResult();
                LogSynced(Type.ToString(), Store.Count);
                foreach (var handler in syncedHandlers)
                {
                    handler();
                }
            }
        }
    }

    void IReflectorSink<T>.Apply(string? scope, WatchEvent<T> change)
    {
        lock (gate)
        {
            scopes[scope ?? ""].Succeeded(context.Time, change.Metadata.ResourceVersion);
            if (change.Type == WatchEventType.Deleted)
            {
                Store.Remove(ObjectKey.Of(change.Metadata), change.Object, changes);
            }
            else if (change.DecodeError is { } error)
            {
                Store.UpsertUndecoded(new UndecodedObject(change.Metadata, error), changes);
            }
            else if (change.Object is { } item && change.Type != WatchEventType.Bookmark)
            {
                Store.Upsert(options.Trim is { } trim ? trim(item) : item, changes);
            }

            Deliver();
        }
    }

    void IReflectorSink<T>.Failed(string? scope, ReflectorFailure failure)
    {
        lock (gate)
        {
            scopes[scope ?? ""].Failed(context.Time, failure);
        }
    }

    private void Deliver()
    {
        foreach (var change in changes)
        {
            foreach (var handler in handlers)
            {
                Deliver(handler, change);
            }
        }

        changes.Clear();
        if (changes.Capacity > 1024)
        {
            // The first list made it large; what follows are single events.
            changes.Capacity = 0;
        }
    }

    private void Deliver(Action<ObjectChange<T>> handler, ObjectChange<T> change)
    {
        try
        {
            handler(change);
        }
        catch (Exception e)
        {
            // A mapping function that cannot cope with one object must not stop the watch of all others (rules R8, L5).
            LogHandlerFailed(e, Type.Kind, change.Key);
        }
    }

    [LoggerMessage(LogLevel.Information, "The cache of {Resource} is filled: {Count} objects")]
    private partial void LogSynced(string resource, int count);

    [LoggerMessage(LogLevel.Error, "A handler failed on {Kind} {Key}")]
    private partial void LogHandlerFailed(Exception exception, string kind, ObjectKey key);

    private sealed class ScopeState
    {
        private ReflectorFailure? failure;
        private int failures;
        private long failedAt;

        public bool HasListed { get; set; }
        public string? LastVersion { get; private set; }
        public DateTimeOffset? LastSeen { get; private set; }
        public bool IsKindMissing => failure is { Code: 404 };

        public void Succeeded(TimeProvider time, string? version)
        {
            failure = null;
            failures = 0;
            LastSeen = time.GetUtcNow();
            LastVersion = string.IsNullOrEmpty(version) ? LastVersion : version;
        }

        public void Failed(TimeProvider time, ReflectorFailure reason)
        {
            failure = reason;
            failures++;
            failedAt = time.GetTimestamp();
        }

        public string? Problem(TimeProvider time)
        {
            if (!HasListed)
            {
                return failure?.Message ?? "not listed yet";
            }

            // A quiet watch sends nothing that would clear an old failure, so the failure fades instead.
            return failures >= FailuresThatMatter && time.GetElapsedTime(failedAt) < ProblemMemory ? failure?.Message : null;
        }
    }
}
