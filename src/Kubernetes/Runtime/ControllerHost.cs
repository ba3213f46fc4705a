using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Informers;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Runtime;

/// <summary>How long the stages of a start and a stop may take.</summary>
public sealed record ControllerHostOptions
{
    /// <summary>After this the start says aloud which cache is not filled, and why (rule R11). It goes on waiting: it may heal.</summary>
    public TimeSpan SyncWarning { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long running reconciles may finish after a stop was asked for; shorter than the pod's grace.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long cancelled reconciles are waited for.</summary>
    public TimeSpan AbortGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long recorded events may be written at the end.</summary>
    public TimeSpan EventFlush { get; init; } = TimeSpan.FromSeconds(3);
}

/// <summary>
/// Runs informers, election and controllers in the one order that is safe. Start: probes and metrics, caches, election,
/// controllers. Stop: not ready, drain controllers, caches, events, lease, server. On a lost lease it cancels everything at once
/// and keeps the lease unreleased.
/// </summary>
public sealed partial class ControllerHost
{
    private readonly ControllerHostOptions options;
    private readonly RuntimeContext context;
    private readonly ILogger logger;
    private readonly List<IInformer> informers = [];
    private readonly List<IController> controllers = [];
    private LeaderElector? elector;
    private EventRecorder? events;
    private DiagnosticsServer? server;
    private volatile bool stopping;

    public ControllerHost(ControllerHostOptions options, RuntimeContext context)
    {
        this.options = options;
        this.context = context;
        logger = context.Loggers.CreateLogger("host");
        Liveness.Add("ping", () => null);
        Readiness.Add("shutdown", () => stopping ? "shutting down" : null);
    }

    /// <summary>Checks of <c>/livez</c>: never about the API server, or an outage restarts every pod.</summary>
    public HealthChecks Liveness { get; } = new();

    /// <summary>Checks of <c>/readyz</c>. A standby is ready too (rule E7).</summary>
    public HealthChecks Readiness { get; } = new();

    public ControllerHost Add(IInformer informer)
    {
        informers.Add(informer);
        Readiness.Add($"cache-{informer.Type}", () => informer.Required ? informer.Problem : null);
        return this;
    }

    public ControllerHost Add(IController controller)
    {
        controllers.Add(controller);
        return this;
    }

    /// <summary>Without an elector this process takes itself for the only one.</summary>
    public ControllerHost Use(LeaderElector leaderElector)
    {
        elector = leaderElector;
        Liveness.Add("leader-election", () => leaderElector.Problem);
        return this;
    }

    public ControllerHost Use(EventRecorder recorder)
    {
        events = recorder;
        return this;
    }

    /// <summary>Started first, stopped last, and disposed by the host.</summary>
    public ControllerHost Use(DiagnosticsServer diagnostics)
    {
        server = diagnostics;
        return this;
    }

    /// <summary>
    /// Runs until <paramref name="stop"/>. Returns the exit code of the process: 0 after an orderly stop, 1 after a lost lease or a
    /// fault.
    /// </summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        using var cachesEnd = new CancellationTokenSource();
        using var eventsEnd = new CancellationTokenSource();
        using var draining = new CancellationTokenSource();
        using var abort = new CancellationTokenSource();
        using var leaseEnd = new CancellationTokenSource();
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = stop.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetResult(), stopped);
        if (server is not null)
        {
            await server.StartAsync(CancellationToken.None);
            LogServing(server.ProbesAddress?.ToString() ?? "no address", server.MetricsAddress?.ToString() ?? "no address");
        }

        var writing = events?.RunAsync(eventsEnd.Token) ?? Task.CompletedTask;
        var caches = informers.ConvertAll(informer => Task.Run(() => informer.RunAsync(cachesEnd.Token), CancellationToken.None));
        // A cache that stops is a fault of the process, whatever the cause (rule R12).
        var fault = caches.Count == 0 ? Never() : Task.WhenAny(caches);
        var holding = Task.CompletedTask;
        var lost = Never();
        var working = Task.CompletedTask;
        var ending = Ending.Stopped;
        try
        {
            ending = await WaitForCachesAsync(stopped.Task, fault);
            if (ending == Ending.None && elector is not null)
            {
                ending = await AcquireAsync(elector, stopped.Task, fault, stop);
                if (ending == Ending.None)
                {
                    lost = holding = elector.HoldAsync(leaseEnd.Token);
                }
            }

            if (ending == Ending.None)
            {
                working = Task.WhenAll(controllers.Select(controller => controller.RunAsync(draining.Token, abort.Token)));
                ending = await FirstAsync(stopped.Task, fault, lost, working);
            }
        }
        finally
        {
            stopping = true;
            LogStopping(ending);
            var drained = await StopControllersAsync(ending, working, lost, draining, abort);
            ending = drained && lost.IsCompleted && ending == Ending.Stopped ? Ending.LeaseLost : ending;
            await cachesEnd.CancelAsync();
            await QuietAsync(Task.WhenAll(caches));
            events?.Complete();
            await Task.WhenAny(writing, Task.Delay(options.EventFlush, context.Time, CancellationToken.None));
            await eventsEnd.CancelAsync();
            await QuietAsync(writing);
            await leaseEnd.CancelAsync();
            await QuietAsync(holding);
            if (elector is not null && drained && ending != Ending.LeaseLost)
            {
                await ReleaseAsync(elector);
            }

            if (server is not null)
            {
                await server.DisposeAsync();
            }

            ending = drained ? ending : Ending.Fault;
            LogStopped(ending);
        }

        return ending == Ending.Stopped ? 0 : 1;
    }

    private async Task<Ending> WaitForCachesAsync(Task stopped, Task fault)
    {
        var synced = Task.WhenAll(informers.Where(informer => informer.Required).Select(informer => informer.Synced));
        while (true)
        {
            using var waiting = new CancellationTokenSource();
            var warning = Task.Delay(options.SyncWarning, context.Time, waiting.Token);
            var first = await Task.WhenAny(synced, stopped, fault, warning);
            await waiting.CancelAsync();
            if (stopped.IsCompleted)
            {
                return Ending.Stopped;
            }

            if (first == fault)
            {
                return Ending.Fault;
            }

            if (first == synced)
            {
                return Ending.None;
            }

            foreach (var informer in informers.Where(informer => informer.Required && !informer.HasSynced))
            {
                LogNotSynced(informer.Type.ToString(), options.SyncWarning, informer.Problem);
            }
        }
    }

    private static async Task<Ending> AcquireAsync(LeaderElector elector, Task stopped, Task fault, CancellationToken stop)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var acquired = elector.AcquireAsync(giveUp.Token);
        var first = await Task.WhenAny(acquired, stopped, fault);
        if (first == acquired && acquired.IsCompletedSuccessfully)
        {
            // Leader's work never starts during this process's own shutdown (controller-runtime #2719).
            return stopped.IsCompleted ? Ending.Stopped : Ending.None;
        }

        await giveUp.CancelAsync();
        await acquired.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return first == fault ? Ending.Fault : stopped.IsCompleted ? Ending.Stopped : Ending.Fault;
    }

    private static async Task<Ending> FirstAsync(Task stopped, Task fault, Task lost, Task working)
    {
        var first = await Task.WhenAny(stopped, fault, lost, working);
        return first == lost ? Ending.LeaseLost : first == stopped ? Ending.Stopped : Ending.Fault;
    }

    /// <summary>True when every worker has stopped. Only an orderly stop grants running reconciles time (rule E4).</summary>
    private async Task<bool> StopControllersAsync(
        Ending ending, Task working, Task lost, CancellationTokenSource draining, CancellationTokenSource abort)
    {
        await draining.CancelAsync();
        if (ending == Ending.Stopped && !working.IsCompleted)
        {
            using var waiting = new CancellationTokenSource();
            await Task.WhenAny(working, lost, Task.Delay(options.Grace, context.Time, waiting.Token));
            await waiting.CancelAsync();
        }

        await abort.CancelAsync();
        if (!working.IsCompleted)
        {
            using var waiting = new CancellationTokenSource();
            await Task.WhenAny(working, Task.Delay(options.AbortGrace, context.Time, waiting.Token));
            await waiting.CancelAsync();
        }

        if (working.Exception is { } failure)
        {
            LogFault(failure.GetBaseException());
        }

        return working.IsCompleted;
    }

    private async Task ReleaseAsync(LeaderElector leader)
    {
        using var timeout = new CancellationTokenSource(options.AbortGrace, context.Time);
        try
        {
            await leader.ReleaseAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            LogNotReleased(options.AbortGrace);
        }
    }

    private async Task QuietAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Asked for.
        }
        catch (Exception e)
        {
            LogFault(e);
        }
    }

    private static Task Never() => new TaskCompletionSource().Task;

    private enum Ending
    {
        None,
        Stopped,
        LeaseLost,
        Fault,
    }

    [LoggerMessage(LogLevel.Information, "Serving probes at {Probes}, metrics at {Metrics}")]
    private partial void LogServing(string probes, string metrics);

    [LoggerMessage(LogLevel.Error, "The cache of {Resource} is not filled after {Waited}: {Problem}")]
    private partial void LogNotSynced(string resource, TimeSpan waited, string? problem);

    [LoggerMessage(LogLevel.Information, "Stopping: {Ending}")]
    private partial void LogStopping(Ending ending);

    [LoggerMessage(LogLevel.Information, "Stopped: {Ending}")]
    private partial void LogStopped(Ending ending);

    [LoggerMessage(LogLevel.Warning, "The lease was not released within {Limit}; it will expire by itself")]
    private partial void LogNotReleased(TimeSpan limit);

    [LoggerMessage(LogLevel.Critical, "A part of the runtime failed")]
    private partial void LogFault(Exception exception);
}
