using System.CommandLine;
using System.Net;
using Comptroller.Drift.Intake;
using Comptroller.Drift.Store;
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

        var token = await DriftOptions.SecretAsync(config.TokenFile, stop.Token);
        using var provider = new JsonLoggerProvider(Console.OpenStandardOutput(), TimeProvider.System);
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(provider));
        var logger = loggers.CreateLogger("drift");
        using var metrics = new PrometheusExporter();
        using var figures = new WatchFigures();
        using var process = new ProcessMetrics();
        using var http = new HttpClient();
        var states = await DriftOptions.StatesAsync(config, http, stop.Token);
        await using var store = await DriftStore.OpenAsync(config.Store, stop.Token);
        var intake = new EventIntake(store, figures, config.Rules, config.GracePeriod, config.Queue, TimeProvider.System);
        var watcher = new DriftWatcher(config, states, store, intake, figures, TimeProvider.System)
        {
            Said = message => Said(logger, message),
            Warned = message => Warned(logger, message),
        };
        await using var server = new WatchServer(address, token, intake, metrics, watcher.Unready) { Report = new WatchReports(store, states, watcher).MakeAsync };
        using var writing = new CancellationTokenSource();
        var writer = Task.Run(() => intake.RunAsync(writing.Token), CancellationToken.None);
        await server.StartAsync(stop.Token);
        Listening(logger, server.Address, token is null ? "without" : "with");
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
            await writing.CancelAsync();
            await writer;
        }

        return ExitCodes.Clean;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "listening on {Address} {Token} a token")]
    private static partial void Listening(ILogger logger, Uri address, string token);

    [LoggerMessage(Level = LogLevel.Information, Message = "{What}")]
    private static partial void Said(ILogger logger, string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}")]
    private static partial void Warned(ILogger logger, string what);
}
