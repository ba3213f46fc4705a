using System.CommandLine;
using Comptroller.Archive.Health;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>archive health</c>: how well the log of a running process is. Exit 0 healthy, 1 warning, 2 critical.</summary>
internal static class HealthVerb
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var log = ArchiveVerb.LogFile();
        var json = new Option<bool>("--json") { Description = "The document that monitoring tools read" };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "With the figures of each component" };
        var watch = new Option<double?>("--watch") { Description = "Seconds until it is looked at again, until it is stopped" };
        var command = new Command("health", "Check the process that writes to an audit log: exit 0 healthy, 1 warning, 2 critical") { log, json, verbose, watch };
        command.SetAction(async (result, cancellationToken) =>
        {
            TimeSpan? every = result.GetValue(watch) is { } seconds ? BackupVerb.Seconds("--watch", seconds) : null;
            while (true)
            {
                var now = TimeProvider.System.GetUtcNow();
                var report = LogHealth.Judge(await AskAsync(ObservedLog.Look(result.GetValue(log)!), now, cancellationToken), now);
                await result.InvocationConfiguration.Output.WriteAsync(result.GetValue(json) ? report.ToJson() : Text(report, result.GetValue(verbose)));
                if (every is not { } wait)
                {
                    return (int)report.Status;
                }

                try
                {
                    await Task.Delay(wait, TimeProvider.System, cancellationToken);
                }
                catch (OperationCanceledException)
                {
                    return (int)report.Status;
                }
            }
        });
        return command;
    }

    /// <summary>A process that says where it can be asked is asked: one that hangs may have written its state a moment ago.</summary>
    private static async Task<ObservedLog> AskAsync(ObservedLog observed, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (observed.State is not { Endpoint: { } endpoint } state || !LogHealth.IsAlive(state, now) || !Uri.TryCreate(endpoint, UriKind.Absolute, out var address))
        {
            return observed;
        }

        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = Patience };
            using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return observed;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return observed with { State = state with { Failure = $"{endpoint} does not answer" } };
        }
    }

    /// <summary>The lines that the utility before wrote, with words for its signs.</summary>
    internal static string Text(HealthReport report, bool verbose) => string.Concat(
    [
        $"Overall Status: {report.Status.ToString().ToUpperInvariant()}\nTimestamp: {report.Timestamp.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}\nUptime: {report.UptimeSeconds}s\n\nComponent Health Checks:\n",
        .. report.Checks.Select(check => $"  {Mark(check.Status)} {Title(check.Component)}: {check.Status.ToString().ToUpperInvariant()} ({check.Message})\n"
            + (verbose ? string.Concat(check.Metrics.Where(metric => metric.Value is not System.Collections.IDictionary).Select(metric => $"      {metric.Key}: {metric.Value}\n")) : "")),
    ]);

    private static string Mark(HealthStatus status) => status switch { HealthStatus.Healthy => "ok  ", HealthStatus.Warning => "warn", _ => "FAIL" };

    private static string Title(string component) => string.Join(' ', component.Split('_').Select(word => $"{char.ToUpperInvariant(word[0])}{word[1..]}"));
}
