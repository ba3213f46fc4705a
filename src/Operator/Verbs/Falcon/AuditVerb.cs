using System.CommandLine;
using System.Data.Common;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Reports;
using Comptroller.Falcon.Store;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>falcon audit</c> and <c>falcon fetch</c>: one run. Exit 0 at or above the threshold, 1 below it, 2 could not audit.</summary>
internal static class AuditVerb
{
    public static Command Create() => Create("audit", "Fetch, grade and report once: exit 0 at or above --min-score, 1 below it, 2 could not audit", withReports: true);

    public static Command CreateFetch() => Create("fetch", "Fetch and grade once into the store, without reports", withReports: false);

    private static Command Create(string name, string description, bool withReports)
    {
        var options = new FalconOptions();
        var minimum = new Option<double>("--min-score") { Description = "Score below which the exit code is 1", DefaultValueFactory = _ => 0 };
        var directory = new Option<string>("--output-dir") { Description = "Directory of reports", DefaultValueFactory = _ => "./output" };
        var compress = new Option<bool>("--compress") { Description = "Compress reports with gzip" };
        var termination = new Option<string?>("--termination-log") { Description = "File for the result as JSON of at most 4096 bytes, such as /dev/termination-log" };
        var patience = new Option<string>("--lock-timeout") { Description = "How long to wait, such as 90s, for another audit that is writing to the same store", DefaultValueFactory = _ => "0s" };
        var busy = new Option<string>("--when-busy") { Description = "What to do when the other audit still writes then: fail, exit 2, or skip, exit 0 with the result Skipped", DefaultValueFactory = _ => "fail" };
        busy.AcceptOnlyFromAmong("fail", "skip");
        var command = new Command(name, description) { minimum, termination, patience, busy };
        if (withReports)
        {
            command.Options.Add(directory);
            command.Options.Add(compress);
        }

        options.AddApi(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var signal = new TerminationSignal();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(signal.Token, cancellationToken);
            return await RunAsync(
                result, options, result.GetValue(patience)!, result.GetValue(busy) == "skip", result.GetValue(minimum), withReports ? result.GetValue(directory) : null, withReports && result.GetValue(compress), result.GetValue(termination), stop.Token);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult result, FalconOptions options, string patience, bool skips, double minimum, string? directory, bool compress, string? termination, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetUtcNow();
        AuditOutcome outcome;
        try
        {
            outcome = await AuditAsync(result, options, patience, directory, compress, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            const string Stopped = "stopped before its end; the next audit on the same store goes on from there when it starts within the hour";
            await WriteFailureAsync(termination, started, Stopped);
            await result.InvocationConfiguration.Error.WriteLineAsync(Stopped.AsMemory(), CancellationToken.None);
            return ExitCodes.Errors;
        }
        catch (StoreTakenException e) when (skips)
        {
            // Only audits take the lock, and this one is about the same tenant: nothing failed, and nothing is missing. Verbs that show runs never take it.
            if (termination is not null)
            {
                await RunResultFile.WriteAsync(termination, RunResultFile.Skipped(e.Message, started), CancellationToken.None);
            }

            await result.InvocationConfiguration.Output.WriteLineAsync($"skipped: {e.Message}".AsMemory(), CancellationToken.None);
            return ExitCodes.Clean;
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or FalconApiException or DbException)
        {
            await WriteFailureAsync(termination, started, e.Message);
            throw;
        }

        if (termination is not null)
        {
            // The run has ended: a stop that comes now must not keep its result back.
            await RunResultFile.WriteAsync(termination, RunResultFile.Of(outcome), CancellationToken.None);
        }

        Print(outcome, result.InvocationConfiguration.Output);
        return !outcome.Run.Succeeded ? ExitCodes.Errors : outcome.Run.Policies.Score < minimum ? ExitCodes.Warnings : ExitCodes.Clean;
    }

    // Whatever stopped the run, its container still tells why.
    private static Task WriteFailureAsync(string? termination, DateTimeOffset started, string message) =>
        termination is null ? Task.CompletedTask : RunResultFile.WriteAsync(termination, RunResultFile.Failure(message, started), CancellationToken.None);

    private static async Task<AuditOutcome> AuditAsync(ParseResult result, FalconOptions options, string patience, string? directory, bool compress, CancellationToken cancellationToken)
    {
        var config = await options.ConfigAsync(result, cancellationToken);
        await using var connections = options.Store(result, config);
        var lockTimeout = GoDuration.TryParse(patience, out var read, out var error) && read >= TimeSpan.Zero
            ? read : throw new FormatException($"--lock-timeout: {error ?? $"\"{patience}\" is below zero"}");
        await using var writing = await StoreLock.TakeAsync(connections, lockTimeout, TimeProvider.System, cancellationToken);
        using var limiter = FalconOptions.Limiter(config);
        using var client = options.Client(result, config, limiter);
        var api = new FalconApi(client);
        var store = new AuditStore(connections);
        using var foundry = FalconOptions.Foundry(result, config, client);
        if (foundry is not null)
        {
            await foundry.CheckAsync(cancellationToken);
            await store.PrepareAsync(cancellationToken);
            if (await foundry.TryRestoreAsync(store, cancellationToken) is { } lost)
            {
                await result.InvocationConfiguration.Error.WriteLineAsync(lost.AsMemory(), cancellationToken);
            }
        }

        var reports = directory is null ? null : new AuditReports(directory, compress || config.Compress, new ReportMetadata
        {
            Timestamp = TimeProvider.System.GetUtcNow(),
            Command = string.Join(' ', SecretArguments.Redact(Environment.GetCommandLineArgs())),
            DatabaseType = foundry is null ? connections.Kind : FoundryStore.Kind,
        });
        using var progress = AuditProgressBar.Open(result.InvocationConfiguration.Error);
        var run = new AuditRun(api, store, TimeProvider.System) { Progress = progress.Show, Report = foundry is not null ? (ended, writer, complete, token) => foundry.WriteAsync(ended, writer, reports, complete, token) : reports is null ? null : reports.WriteAsync };
        var outcome = await run.RunAsync(await options.AuditAsync(result, config, api, cancellationToken), cancellationToken);
        foreach (var line in (reports?.Written ?? []).Select(report => report.Path).Concat(foundry?.Leftovers is { } leftovers ? [leftovers] : []))
        {
            await result.InvocationConfiguration.Error.WriteLineAsync(line);
        }

        return outcome;
    }

    private static void Print(AuditOutcome outcome, TextWriter output)
    {
        var run = outcome.Run;
        output.WriteLine($"{run.Result.ToString().ToLowerInvariant()}: score {run.Policies.Score:0.00} %, {run.Policies.Passed} of {run.Policies.Total} policies passed, {run.Policies.Failed} failed, "
            + $"{run.Policies.Ungradable} ungradable; {run.Hosts.AllPassed} of {run.Hosts.Total} hosts passed, {run.Hosts.AnyFailed} failed; {run.ApiCalls} API calls, {run.Throttled} throttled, {run.Duration.TotalSeconds:0.0} s{(outcome.IsResumed ? ", resumed" : "")}");
        if (outcome.Trust is { } trust)
        {
            output.WriteLine($"  {trust}");
        }

        foreach (var type in outcome.Types.Where(type => !type.Fetched))
        {
            output.WriteLine($"  {type.Type.Name}: {type.Error!.Message}");
        }

        // A partial run has said it type by type.
        if (run.Result != RunResult.Partial && run.Message.Length > 0)
        {
            output.WriteLine($"  {run.Message}");
        }
    }
}
