using System.Runtime.InteropServices;
using System.Text.Json;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary>
/// Runs tasks by the clock, one at a time. SIGHUP reads the configuration again and keeps the old one when the new one is wrong;
/// a stop lets the running task end, and gives it up after a while: an audit that is given up leaves nothing behind.
/// </summary>
internal sealed partial class AuditDaemon(
    Func<CancellationToken, Task<FalconConfig>> read,
    Func<FalconConfig, CancellationToken, Task<AuditOptions>> optionsOf,
    FalconApi api,
    AuditStore store,
    string output,
    ReportMetadata metadata,
    DaemonFigures figures,
    ILogger logger) : IDisposable
{
    // Below the 30 s that Kubernetes waits between SIGTERM and SIGKILL.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(25);

    private readonly TimeProvider _time = TimeProvider.System;
    private readonly SemaphoreSlim _reload = new(0);
    private FalconConfig _config = new();

    /// <summary>Runs until it is told to stop.</summary>
    public async Task RunAsync(FalconConfig config, bool immediate, CancellationToken stop)
    {
        _config = config;
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _reload.Release();
        });
        using var giveUp = new CancellationTokenSource();
        await using var armed = stop.Register(() => giveUp.CancelAfter(Grace));
        var plan = new DaemonPlan(config, _time.GetUtcNow());
        if (immediate)
        {
            await RunAsync(DaemonTask.FetchAndGrade, giveUp.Token);
        }

        while (!stop.IsCancellationRequested)
        {
            figures.Next(plan[DaemonTask.FetchAndGrade]);
            if (plan.Due(_time.GetUtcNow()) is { } due)
            {
                await RunAsync(due, giveUp.Token);
                plan.Ran(due, _time.GetUtcNow());
                continue;
            }

            var wait = plan.Soonest - _time.GetUtcNow();
            try
            {
                // Never longer than the check interval: a clock that is set forward must not be slept through.
                if (await _reload.WaitAsync(wait < _config.CheckInterval ? Max(wait, TimeSpan.FromMilliseconds(50)) : _config.CheckInterval, stop))
                {
                    plan = await ReloadAsync(plan, stop);
                }
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        LogStopped();
    }

    public void Dispose() => _reload.Dispose();

    private async Task<DaemonPlan> ReloadAsync(DaemonPlan plan, CancellationToken cancellationToken)
    {
        FalconConfig config;
        try
        {
            config = await read(cancellationToken);
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            LogReloadRefused(e.Message);
            return plan;
        }

        var restart = new List<string>();
        Note(config.Store != _config.Store, "db", restart);
        Note(config.ClientId != _config.ClientId || config.ClientSecret != _config.ClientSecret || config.BaseUrl != _config.BaseUrl || config.Prefix != _config.Prefix, "falcon_credentials", restart);
        Note(!config.PolicyTypes.SequenceEqual(_config.PolicyTypes), "daemon.policy_types", restart);
        Note(!config.ProductTypes.SequenceEqual(_config.ProductTypes), "daemon.product_types", restart);
        Note(config.HealthPort != _config.HealthPort || config.HealthAddress != _config.HealthAddress || config.HealthEnabled != _config.HealthEnabled, "daemon.health_check", restart);
        _config = config with { PolicyTypes = _config.PolicyTypes, ProductTypes = _config.ProductTypes };
        api.Client.Limiter.Change(config.RateLimit);
        LogReloaded(restart.Count == 0 ? "none" : string.Join(", ", restart));
        return new DaemonPlan(_config, _time.GetUtcNow());
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
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The daemon outlives a full disk and a store that is away; the next run may find them well.
            LogTaskFailed(task, e.Message);
            if (task == DaemonTask.FetchAndGrade)
            {
                var now = _time.GetUtcNow();
                figures.Record(new StoredRun { Started = now, Ended = now, Result = RunResult.Failed, Message = e.Message });
            }
        }
        catch (OperationCanceledException)
        {
            LogGivenUp(task);
        }
    }

    private async Task AuditAsync(CancellationToken cancellationToken)
    {
        var reports = new AuditReports(output, _config.Compress, metadata);
        var outcome = await new AuditRun(api, store, _time) { Report = reports.WriteAsync }.RunAsync(await optionsOf(_config, cancellationToken), cancellationToken);
        figures.Record(outcome.Run);
        if (outcome.Run.Succeeded)
        {
            await HtmlReport.WriteAsync(output, outcome, await store.RunsAsync(90, cancellationToken), cancellationToken);
        }

        LogRan(outcome.Run.Result, outcome.Run.Hosts.Total, outcome.Run.Policies.Total, outcome.Run.Policies.Score, outcome.Run.Duration.TotalSeconds, outcome.Run.Message);
    }

    private async Task MetricsAsync(CancellationToken cancellationToken)
    {
        await using var file = ReportFile.Open(output, "metrics", _time.GetUtcNow(), _config.Compress);
        WriteMetrics(file.Json);
        await file.CompleteAsync(cancellationToken);
    }

    private void WriteMetrics(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        (metadata with { Timestamp = _time.GetUtcNow() }).WriteTo(json, "metrics");
        figures.WriteMetrics(json, api.Client.Limiter.Counts);
        json.WriteEndObject();
    }

    private static void Note(bool changed, string key, List<string> restart)
    {
        if (changed)
        {
            restart.Add(key);
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    [LoggerMessage(1, LogLevel.Information, "audit run ended: {Result}, {Hosts} hosts, {Policies} policies, score {Score}, {Seconds} s; {Problem}")]
    private partial void LogRan(RunResult result, long hosts, int policies, double score, double seconds, string problem);

    [LoggerMessage(2, LogLevel.Information, "{Count} old reports deleted")]
    private partial void LogCleaned(int count);

    [LoggerMessage(3, LogLevel.Error, "{Task} failed: {Problem}")]
    private partial void LogTaskFailed(DaemonTask task, string problem);

    [LoggerMessage(4, LogLevel.Warning, "{Task} was given up by the stop; nothing of it was stored")]
    private partial void LogGivenUp(DaemonTask task);

    [LoggerMessage(5, LogLevel.Error, "the new configuration is not used, the old one stays: {Problem}")]
    private partial void LogReloadRefused(string problem);

    [LoggerMessage(6, LogLevel.Information, "configuration read again; changed keys that need a restart: {Keys}")]
    private partial void LogReloaded(string keys);

    [LoggerMessage(7, LogLevel.Information, "stopped")]
    private partial void LogStopped();
}
