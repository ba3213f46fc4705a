using System.CommandLine;
using System.Globalization;
using System.Text;
using Comptroller.Archive.Health;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive monitor</c>: what a running log does, drawn anew every few seconds.</summary>
internal static class MonitorVerb
{
    private const int Width = 20;

    public static Command Create()
    {
        var log = ArchiveVerb.LogFile();
        var refresh = new Option<double>("--refresh") { Description = "Seconds between two looks", DefaultValueFactory = _ => 2 };
        var once = new Option<bool>("--once") { Description = "Look once" };
        var command = new Command("monitor", "Watch the process that writes to an audit log: exit 0, or 2 when no process does") { log, refresh, once };
        command.SetAction(async (result, cancellationToken) =>
        {
            var (output, every) = (result.InvocationConfiguration.Output, BackupVerb.Seconds("--refresh", result.GetValue(refresh)));
            while (true)
            {
                var now = TimeProvider.System.GetUtcNow();
                var observed = ObservedLog.Look(result.GetValue(log)!);
                await output.WriteAsync((result.GetValue(once) || Console.IsOutputRedirected ? "" : "\u001b[H\u001b[2J") + Text(observed, now));
                if (result.GetValue(once) || cancellationToken.IsCancellationRequested)
                {
                    return LogHealth.IsAlive(observed.State, now) ? ExitCodes.Clean : ExitCodes.Errors;
                }

                await Task.Delay(every, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
        return command;
    }

    /// <summary>The dashboard. Only what was counted: no rate and no hit rate is made up.</summary>
    internal static string Text(ObservedLog observed, DateTimeOffset now)
    {
        var text = new StringBuilder("AUDIT SYSTEM MONITORING DASHBOARD\n");
        var report = LogHealth.Judge(observed, now);
        if (observed.State is not { } state)
        {
            return text.Append("no process has written to ").Append(observed.Path).Append('\n').ToString();
        }

        var uptime = TimeSpan.FromSeconds(report.UptimeSeconds);
        text.Append(CultureInfo.InvariantCulture, $"Uptime: {(int)uptime.TotalHours:00}:{uptime:mm\\:ss} | State of: {state.UpdatedAt:yyyy-MM-dd HH:mm:ss} | {Status(report, "worker_thread")}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"PERFORMANCE\n   Event Rate: {(state.EventsPerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $"{rate:0.0} events/sec (last {Math.Max(1, state.RateSeconds):0}s)") : "-")}\n   Total Events: {Amounts.Count(state.Events)}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"WRITE BUFFER: {Status(report, "write_buffer")}\n   Buffer: {Bar(state.Queued, state.QueueCapacity)} {state.Queued}/{state.QueueCapacity}\n   Status: {Status(report, "write_buffer")} ({Amounts.Percent(state.Queued, state.QueueCapacity)} full)\n\n");
        text.Append(CultureInfo.InvariantCulture, $"QUERY CACHE: {Status(report, "query_cache")}\n   Cache: {Bar(state.CacheEntries, state.CacheCapacity)} {state.CacheEntries}/{state.CacheCapacity}\n   Hit Rate: {(state.CacheLookups == 0 ? "no queries" : Amounts.Percent(state.CacheHits, state.CacheLookups))}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"RATE LIMITING: {Status(report, "rate_limiting")}\n   Blocked: {state.Delayed} events of the last minute had to wait, none was dropped\n   Active sources: {state.Sources}\n");
        foreach (var (source, events) in state.Rates.Take(5))
        {
            text.Append(CultureInfo.InvariantCulture, $"     {source}: {events / state.FlushIntervalSeconds:0.0} events/sec\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"\nSECURITY: {Status(report, "security")}\n   Total events: {state.ValidationErrors + state.WriteErrors} ({state.ValidationErrors} refused, {state.WriteErrors} not written)\n\n");
        return text.Append("LOG FILE: ").Append(observed.Bytes is { } bytes ? Amounts.Bytes(bytes) : observed.Error ?? "none").Append('\n').ToString();
    }

    private static string Status(HealthReport report, string component) => report.Checks.Single(check => check.Component == component).Status.ToString().ToUpperInvariant();

    private static string Bar(int value, int of)
    {
        var filled = of <= 0 ? 0 : Math.Clamp(value * Width / of, value > 0 ? 1 : 0, Width);
        return $"[{new string('#', filled)}{new string('.', Width - filled)}]";
    }
}
