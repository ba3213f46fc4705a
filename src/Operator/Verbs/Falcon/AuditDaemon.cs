using System.Net;
using System.Runtime.InteropServices;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>
/// The daemon's tasks, its endpoints and its signals. SIGHUP reads the configuration again and keeps the old one when the new one is
/// wrong. A stop lets the running task end; one that takes too long is cancelled, and an audit then leaves a checkpoint.
/// </summary>
internal sealed partial class AuditDaemon(
    Func<CancellationToken, Task<FalconConfig>> read,
    Func<FalconConfig, CancellationToken, Task<AuditOptions>> optionsOf,
    FalconApi api,
    AuditStore store,
    FoundryStore? foundry,
    string output,
    int? healthPort,
    TimeSpan stopTimeout,
    ReportMetadata metadata,
    ILogger logger) : IAsyncDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly DaemonFigures _figures = new(TimeProvider.System, api.Client.Counters, api.Client.Limiter);
    private FalconConfig _config = new();
    private DaemonServer? _server;
    private volatile AuditRunResult? _result;

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(FalconConfig config, bool immediate, CancellationToken stop)
    {
        _config = config;
        await store.PrepareAsync(stop);
        if (foundry is not null)
        {
            await foundry.CheckAsync(stop);
            if (await foundry.TryRestoreAsync(store, stop) is { } lost)
            {
                LogCollection(lost);
            }
        }

        var last = await store.RunsAsync(1, stop);
        // A checkpoint does not keep until the next slot.
        var atOnce = immediate || await store.HasCheckpointAsync(stop);
        _server = await ServeAsync(config, stop);
        var loop = new DaemonLoop(_time, RunAsync, ReloadAsync, _figures.Next);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            loop.Reload();
        });
        using var giveUp = new CancellationTokenSource();
        await using var stopping = stop.Register(() =>
        {
            _figures.Stopping();
            LogStopping(stopTimeout.TotalSeconds);
            giveUp.CancelAfter(stopTimeout);
        });
        // From here on a stop ends in order and with 0, as soon as it may come.
        LogStarted(_server?.Address);
        await loop.RunAsync(config, last.Count > 0 ? last[0].Started : null, atOnce, stop, giveUp.Token);
        await store.Connections.DisposeAsync();
        LogStoreClosed();
        await DisposeAsync();
        LogStopped();
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
            _server = null;
        }
    }

    private async Task<DaemonServer?> ServeAsync(FalconConfig config, CancellationToken cancellationToken) => config.HealthEnabled
        ? await DaemonServer.StartAsync(IPAddress.Parse(config.HealthAddress), healthPort ?? config.HealthPort, _figures, () => _figures.Ready(FreshUntil), () => _result, cancellationToken)
        : null;

    private DateTimeOffset FreshUntil(DateTimeOffset success) => DaemonFigures.FreshUntil(_config.FetchAndGrade, _config.TimeZone, success);

    private async Task<FalconConfig> ReloadAsync(FalconConfig running, CancellationToken cancellationToken)
    {
        ConfigReload reload;
        try
        {
            reload = ConfigReload.Of(running, await read(cancellationToken));
            if (reload.HealthChanged)
            {
                // The new endpoints answer before the old ones end; on the same port the old ones have to go first.
                var (old, samePort) = (_server, healthPort is not null || reload.Config.HealthPort == running.HealthPort);
                if (samePort)
                {
                    await DisposeAsync();
                }

                try
                {
                    _server = await ServeAsync(reload.Config, cancellationToken);
                }
                catch (IOException) when (samePort)
                {
                    _server = await ServeAsync(running, cancellationToken);
                    throw;
                }

                if (!samePort && old is not null)
                {
                    await old.DisposeAsync();
                }
            }
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            LogReloadRefused(e.Message);
            return running;
        }

        _config = reload.Config;
        api.Client.Limiter.Change(_config.RateLimit);
        LogReloaded(api.Client.Limiter.Limit.RequestsPerMinute, reload.NeedRestart.IsEmpty ? "none" : string.Join(", ", reload.NeedRestart));
        return _config;
    }

    private async Task RunAsync(DaemonTask task, CancellationToken cancellationToken)
    {
        try
        {
            switch (task)
            {
                case DaemonTask.FetchAndGrade:
                    await AuditAsync(cancellationToken);
                    break;
                case DaemonTask.Cleanup:
                    LogCleaned(Retention.Apply(output, _time.GetUtcNow(), _config.MaxAge, _config.MaxFilesPerType).Count);
                    break;
                default:
                    await MetricsAsync(cancellationToken);
                    break;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogGivenUp(task);
        }
        catch (Exception e)
        {
            // The daemon outlives a full disk and a store that is away; the next run may find them well.
            LogTaskFailed(task, e.Message);
            if (task == DaemonTask.FetchAndGrade)
            {
                var now = _time.GetUtcNow();
                _result = RunResultFile.Failure(e.Message);
                _figures.Record(new StoredRun { Started = now, Ended = now, Result = RunResult.Failed, Message = e.Message });
            }
        }
    }

    private async Task AuditAsync(CancellationToken cancellationToken)
    {
        var reports = new AuditReports(output, _config.Compress, metadata);
        await (foundry?.CheckAsync(cancellationToken) ?? Task.CompletedTask);
        var outcome = await new AuditRun(api, store, _time) { Report = foundry is null ? reports.WriteAsync : (ended, writer, complete, token) => foundry.WriteAsync(ended, writer, reports, complete, token) }.RunAsync(await optionsOf(_config, cancellationToken), cancellationToken);
        _result = RunResultFile.Of(outcome);
        _figures.Record(outcome.Run, outcome.Types, reports.Written);
        LogRan(outcome.Run.Result, outcome.Run.Hosts.Total, outcome.Run.Policies.Total, outcome.Run.Policies.Score, outcome.Run.Duration.TotalSeconds, outcome.IsResumed, outcome.Run.Message);
        if (foundry?.Leftovers is { } leftovers)
        {
            LogCollection(leftovers);
        }
    }

    private async Task MetricsAsync(CancellationToken cancellationToken)
    {
        await using var file = ReportFile.Open(output, "metrics", _time.GetUtcNow(), _config.Compress);
        DaemonJson.WriteReport(file.Json, _figures.Snapshot(), metadata);
        await file.FinishAsync(cancellationToken);
        file.Publish();
    }

    [LoggerMessage(1, LogLevel.Information, "audit run ended: {Result}, {Hosts} hosts, {Policies} policies, score {Score}, {Seconds} s, resumed {Resumed}; {Problem}")]
    private partial void LogRan(RunResult result, long hosts, int policies, double score, double seconds, bool resumed, string problem);

    [LoggerMessage(20, LogLevel.Warning, "{Problem}")]
    private partial void LogCollection(string problem);

    [LoggerMessage(2, LogLevel.Information, "{Count} old reports deleted")]
    private partial void LogCleaned(int count);

    [LoggerMessage(3, LogLevel.Error, "{Task} failed: {Problem}")]
    private partial void LogTaskFailed(DaemonTask task, string problem);

    [LoggerMessage(4, LogLevel.Warning, "{Task} was stopped before its end; an audit goes on from its checkpoint when it is started again within the hour")]
    private partial void LogGivenUp(DaemonTask task);

    [LoggerMessage(5, LogLevel.Error, "the new configuration is not used, the old one stays: {Problem}")]
    private partial void LogReloadRefused(string problem);

    [LoggerMessage(6, LogLevel.Information, "configuration read again, {RequestsPerMinute} requests a minute; changed keys that need a restart: {Keys}")]
    private partial void LogReloaded(int requestsPerMinute, string keys);

    [LoggerMessage(7, LogLevel.Information, "started; endpoints at {Address}")]
    private partial void LogStarted(Uri? address);

    [LoggerMessage(8, LogLevel.Information, "stopping: no new task is started, the running one has {Seconds} s")]
    private partial void LogStopping(double seconds);

    [LoggerMessage(9, LogLevel.Information, "store closed")]
    private partial void LogStoreClosed();

    [LoggerMessage(10, LogLevel.Information, "endpoints closed, stopped")]
    private partial void LogStopped();
}
