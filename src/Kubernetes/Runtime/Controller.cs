using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Informers;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>
/// Runs a reconciler for every resource of one kind whenever the resource, what it owns or what it points at has changed.
/// Keys are queued from the first list on, also by a standby; workers start with <see cref="RunAsync"/>.
/// </summary>
public sealed partial class Controller<TResource> : IController, IDisposable
    where TResource : class, IKubernetesObject
{
    private readonly ControllerOptions options;
    private readonly Informer<TResource> informer;
    private readonly IReconciler<TResource> reconciler;
    private readonly RuntimeContext context;
    private readonly ILogger logger;
    private readonly WorkQueue<ObjectKey> queue;
    private readonly KeyValuePair<string, object?> tag;
    private int active;

    public Controller(ControllerOptions options, Informer<TResource> informer, IReconciler<TResource> reconciler, RuntimeContext context)
    {
        if (options.MaxConcurrentReconciles < 1)
        {
            throw new ArgumentException($"{nameof(options.MaxConcurrentReconciles)} of controller {options.Name} must be at least 1", nameof(options));
        }

        this.options = options;
        this.informer = informer;
        this.reconciler = reconciler;
        this.context = context;
        logger = context.Loggers.CreateLogger(options.Name);
        queue = new WorkQueue<ObjectKey>(options.Name, context.Time, options.Retry, context.Metrics);
        tag = new("controller", options.Name);
        context.Metrics.StartController(options.Name);
        context.Metrics.MaxConcurrentReconciles.Add(() => options.MaxConcurrentReconciles, tag);
        context.Metrics.ActiveWorkers.Add(() => Volatile.Read(ref active), tag);
        informer.AddHandler(OnChange);
    }

    public string Name => options.Name;

    internal WorkQueue<ObjectKey> Queue => queue;

    /// <summary>
    /// Runs the controlling owner whenever an owned object changes (rule C6), and every resource when the cache of that kind fills
    /// late: then a CRD has appeared that rendering was waiting for.
    /// </summary>
    /// <param name="children">The cache of the owned kind.</param>
    /// <param name="ignore">Updates that need no run although the object changed, such as status changes nobody reads.</param>
    public Controller<TResource> Owns<TChild>(Informer<TChild> children, Func<TChild, TChild, bool>? ignore = null)
        where TChild : class, IKubernetesObject
    {
        children.AddHandler(change =>
        {
            if (change is { Old: { } old, New: { } now } && ignore?.Invoke(old, now) == true)
            {
                return;
            }

            AddOwner(change.Old?.Metadata);
            AddOwner(change.New?.Metadata ?? change.Undecoded?.Metadata);
        });
        if (!children.Required)
        {
            children.OnSynced(AddAll);
        }

        return this;
    }

    /// <summary>Runs the resources that <paramref name="map"/> names for the old and for the new state of another object (rule C6).</summary>
    public Controller<TResource> Watches<TOther>(Informer<TOther> others, Func<TOther, IEnumerable<ObjectKey>> map)
        where TOther : class, IKubernetesObject
    {
        others.AddHandler(change =>
        {
            foreach (var key in (change.Old is { } old ? map(old) : []).Concat(change.New is { } now ? map(now) : []))
            {
                queue.Add(key);
            }
        });
        return this;
    }

    /// <summary>Asks for a run of one resource, for causes outside the cluster.</summary>
    public void Enqueue(ObjectKey key) => queue.Add(key);

    public async Task RunAsync(CancellationToken draining, CancellationToken abort)
    {
        using var shutDown = draining.UnsafeRegister(static queue => ((WorkQueue<ObjectKey>)queue!).ShutDown(), queue);
        using var cut = abort.UnsafeRegister(static queue => ((WorkQueue<ObjectKey>)queue!).ShutDown(), queue);
        LogStarted(options.Name, options.MaxConcurrentReconciles);
        await Task.WhenAll(Enumerable.Range(0, options.MaxConcurrentReconciles).Select(_ => Task.Run(() => WorkAsync(abort), CancellationToken.None)));
        LogStopped(options.Name);
    }

    public void Dispose() => queue.Dispose();

    private async Task WorkAsync(CancellationToken abort)
    {
        while (await queue.GetAsync(CancellationToken.None) is { } key)
        {
            Interlocked.Increment(ref active);
            try
            {
                await ProcessAsync(key, abort);
            }
            finally
            {
                Interlocked.Decrement(ref active);
                queue.Done(key);
            }
        }
    }

    /// <summary>One run for one key. Never throws: a key that fails must not take its worker with it (rule L5).</summary>
    private async Task ProcessAsync(ObjectKey key, CancellationToken abort)
    {
        var undecoded = default(UndecodedObject);
        if (!informer.Store.TryGet(key, out var resource) && !informer.Store.TryGetUndecoded(key, out undecoded))
        {
            // Gone: nothing to bring about, and nothing to remember (rule L3).
            queue.Drop(key);
            return;
        }

        var id = Guid.NewGuid();
        using var scope = logger.BeginScope(new ReconcileScope(options.Name, informer.Type, key, id));
        using var span = RuntimeTracing.Source.StartActivity("reconcile");
        span?.SetTag("controller", options.Name).SetTag("key", key.ToString()).SetTag("reconcileID", id.ToString());
        using var timeout = new CancellationTokenSource(options.Timeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
        var started = context.Time.GetTimestamp();
        var result = "error";
        try
        {
            if (resource is null)
            {
                throw new TerminalException(TerminalException.Undecodable, $"the stored object cannot be read: {undecoded!.Error}");
            }

            var outcome = await reconciler.ReconcileAsync(resource, either.Token);
            queue.Forget(key);
            if (outcome.RequeueAfter is { } delay)
            {
                queue.AddAfter(key, Jitter(delay));
                result = "requeue_after";
            }
            else
            {
                result = "success";
            }

            LogDone(result);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // The next leader, or the next start, lists everything again.
            LogAborted();
        }
        catch (Exception e) when ((e as KubeApiException ?? e.InnerException as KubeApiException) is { IsConflict: true })
        {
            // A newer state is on its way into the cache: start over from it, without noise (rule L8).
            result = "requeue";
            context.Metrics.Conflicts.Add(1, tag);
            LogConflict(queue.AddRateLimited(key), e.Message);
        }
        catch (TerminalException e)
        {
            context.Metrics.ReconcileErrors.Add(1, tag);
            context.Metrics.TerminalErrors.Add(1, tag);
            LogTerminal(e.InnerException, e.Reason, e.Message);
            if (await ReportAsync(resource, undecoded, e, abort))
            {
                queue.Forget(key);
            }
            else
            {
                // Nobody would say it any more: a terminal failure is not tried again, and the status still tells of better days.
                queue.AddRateLimited(key);
            }
        }
        catch (Exception e)
        {
            var failure = e;
            if (e is OperationCanceledException && timeout.IsCancellationRequested)
            {
                context.Metrics.Timeouts.Add(1, tag);
                failure = new TimeoutException($"the reconcile took longer than {options.Timeout}", e);
            }

            context.Metrics.ReconcileErrors.Add(1, tag);
            context.Metrics.Panics.Add(IsProgrammingError(failure) ? 1 : 0, tag);
            // The failure may concern the whole cluster; the key alone decides nothing, so it retries for ever (rule Q10).
            LogFailed(failure, queue.AddRateLimited(key));
            await ReportAsync(resource, undecoded, failure, abort);
        }
        finally
        {
            context.Metrics.Reconciles.Add(1, tag, new("result", result));
            context.Metrics.ReconcileTime.Record(context.Time.GetElapsedTime(started).TotalSeconds, tag);
            span?.SetTag("result", result);
            // It may have gone during the run, and the run have remembered it again.
            ForgetIfGone((resource?.Metadata ?? undecoded?.Metadata)!);
        }
    }

    /// <summary>False when the failure could not be told.</summary>
    private async Task<bool> ReportAsync(TResource? resource, UndecodedObject? undecoded, Exception failure, CancellationToken abort)
    {
        if (reconciler is not IFailureReporter<TResource> reporter)
        {
            return true;
        }

        using var timeout = new CancellationTokenSource(options.Timeout, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
        try
        {
            await reporter.ReportFailureAsync(resource?.Metadata ?? undecoded!.Metadata, resource, failure, either.Token);
            return true;
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // Deleted meanwhile: there is nobody left to tell.
            return true;
        }
        catch (Exception e)
        {
            LogReportFailed(e);
            return false;
        }
    }

    private void OnChange(ObjectChange<TResource> change)
    {
        if (change.New is null)
        {
            ForgetIfGone((change.Old?.Metadata ?? change.Undecoded?.Metadata)!);
        }

        if (change is { Old: { } old, New: { } now } && !ChangeFilter.WantsRun(old.Metadata, now.Metadata, options.Labels, options.Annotations))
        {
            return;
        }

        queue.Add(change.Key);
    }

    /// <summary>The name alone says nothing: another resource may have it by now (rule C1).</summary>
    private void ForgetIfGone(ObjectMeta metadata)
    {
        if (reconciler is not IForgetter forgetter)
        {
            return;
        }

        var key = ObjectKey.Of(metadata);
        var held = informer.Store.TryGet(key, out var resource) ? resource.Metadata
            : informer.Store.TryGetUndecoded(key, out var undecoded) ? undecoded.Metadata
            : null;
        if (held?.Uid != metadata.Uid)
        {
            forgetter.Forget(metadata);
        }
    }

    private void AddOwner(ObjectMeta? child)
    {
        // The version is ignored: an owner reference outlives the version it was written with.
        if (child?.ControllerOwner() is { } owner && owner.Kind == informer.Type.Kind && GroupOf(owner.ApiVersion).SequenceEqual(informer.Type.Group))
        {
            queue.Add(new ObjectKey(informer.Type.Namespaced ? child.Namespace ?? "" : "", owner.Name));
        }
    }

    private void AddAll()
    {
        foreach (var resource in informer.Store.List())
        {
            queue.Add(ObjectKey.Of(resource));
        }
    }

    private static ReadOnlySpan<char> GroupOf(string apiVersion) =>
        apiVersion.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0 ? apiVersion.AsSpan(0, slash) : [];

    /// <summary>Five percent either way, so that objects created together do not stay together (rule Q11).</summary>
    internal static TimeSpan Jitter(TimeSpan delay) => delay * (0.95 + (0.1 * Random.Shared.NextDouble()));

    private static bool IsProgrammingError(Exception e) =>
        e is NullReferenceException or InvalidCastException or IndexOutOfRangeException or ArgumentException or KeyNotFoundException
            or InvalidOperationException or NotSupportedException or NotImplementedException or ArithmeticException;

    [LoggerMessage(LogLevel.Information, "Started controller {Name} with {Workers} workers")]
    private partial void LogStarted(string name, int workers);

    [LoggerMessage(LogLevel.Information, "Stopped controller {Name}")]
    private partial void LogStopped(string name);

    [LoggerMessage(LogLevel.Debug, "Reconciled: {Result}")]
    private partial void LogDone(string result);

    [LoggerMessage(LogLevel.Information, "Reconcile cancelled because the process stops or no longer leads")]
    private partial void LogAborted();

    [LoggerMessage(LogLevel.Debug, "Met a newer state, starting over in {Delay}: {Answer}")]
    private partial void LogConflict(TimeSpan delay, string answer);

    [LoggerMessage(LogLevel.Error, "Reconcile stalled until something changes: {Reason}: {Problem}")]
    private partial void LogTerminal(Exception? exception, string reason, string problem);

    [LoggerMessage(LogLevel.Error, "Reconcile failed, retrying in {Delay}")]
    private partial void LogFailed(Exception exception, TimeSpan delay);

    [LoggerMessage(LogLevel.Warning, "The failure could not be reported in the status")]
    private partial void LogReportFailed(Exception exception);
}
