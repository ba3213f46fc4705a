using System.CommandLine;
using System.Net;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Api.Streams;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Notifications;
using Comptroller.Kubernetes.Diagnostics;
using Comptroller.Kubernetes.Runtime;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary><c>drift watch</c>: takes events in, judges them, and keeps drifts until it is told to stop.</summary>
internal static partial class WatchVerb
{
    public static Command Create()
    {
        var options = new DriftOptions();
        var command = new Command("watch", "Take audit events in and keep what drifts; SIGTERM stops after what waits is written");
        options.AddTo(command);
        command.SetAction((result, cancellationToken) => RunAsync(result, options, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult result, DriftOptions options, CancellationToken cancellationToken)
    {
        using var signal = new TerminationSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellationToken);
        var config = await options.ConfigAsync(result, stop.Token);
        if (config.States.IsEmpty)
        {
            throw new FormatException("which states? Give --state, or states in --config");
        }

        if (!IPEndPoint.TryParse(config.Listen, out var address) || address.Port == 0 && !config.Listen.EndsWith(":0", StringComparison.Ordinal))
        {
            throw new FormatException($"listen: \"{config.Listen}\" is no address; write 0.0.0.0:8080");
        }

        using var provider = new JsonLoggerProvider(Console.OpenStandardOutput(), TimeProvider.System, "time");
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(provider));
        var logger = loggers.CreateLogger("drift");
        using var metrics = new PrometheusExporter();
        using var figures = new WatchFigures();
        using var process = new ProcessMetrics();
        using var served = new ApiFigures();
        using var http = new HttpClient();
        var states = await DriftOptions.StatesAsync(config, http, stop.Token);
        await using var store = await DriftOptions.StoreAsync(config, stop.Token);
        var intake = new EventIntake(store, figures, config.Rules, config.GracePeriod, config.Queue, TimeProvider.System) { Warned = message => Warned(logger, message) };
        var watcher = new DriftWatcher(config, states, store, intake, figures, TimeProvider.System)
        {
            Said = message => Said(logger, message),
            Warned = message => Warned(logger, message),
        };
        using var feed = new DriftFeed(store);
        var log = new WatchLog(feed, logger);
        var keys = new ApiKeys(store, TimeProvider.System);
        var view = new WatchView
        {
            Config = config,
            Store = store,
            Keys = keys,
            Doorkeeper = new Doorkeeper(config, keys, TimeProvider.System, message => Warned(logger, message)),
            State = () => states.Index,
            States = () => [.. states.Statuses],
            Unready = watcher.Unready,
            Activity = figures.Activity,
            Started = TimeProvider.System.GetUtcNow(),
            Reload = watcher.CompareNow,
            Version = typeof(WatchVerb).Assembly.GetName().Version!.ToString(3),
            Time = TimeProvider.System,
        };
        using var notifier = new Notifier(config.Notifications, store, TimeProvider.System) { Warned = message => Warned(logger, message) };
        await using var server = new WatchServer(address, new WatchParts
        {
            View = view,
            Api = new DriftApi(view, new DeadLetterEndpoints(notifier).Routes),
            Intake = intake,
            Feed = feed,
            Figures = served,
            Metrics = metrics,
            Report = new WatchReports(store, states, watcher).MakeAsync,
            Warned = message => Warned(logger, message),
            Noted = log.Note,
        });
        using var writing = new CancellationTokenSource();
        var writer = Task.Run(() => intake.RunAsync(writing.Token), CancellationToken.None);
        await server.StartAsync(stop.Token);
        Listening(logger, server.Address, view.Doorkeeper.Anonymous.HasFlag(Scopes.Intake) ? "without" : "with");
        using var telling = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var logging = log.RunAsync(telling.Token);
        var notifying = notifier.RunAsync(telling.Token);
        var trimming = HeapTrim.RunAsync(TimeProvider.System, telling.Token);
        try
        {
            await watcher.RunAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Said(logger, "stopping");
        }
        finally
        {
            // First no more comes in, then what waits is written.
            await server.DisposeAsync();
            await telling.CancelAsync();
            await Task.WhenAll(logging, notifying, trimming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await writing.CancelAsync();
            await writer;
        }

        return ExitCodes.Clean;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listening on {Address} {Token} credentials")]
    private static partial void Listening(ILogger logger, Uri address, string token);

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private static partial void Said(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}")]
    private static partial void Warned(ILogger logger, string what);
}
