using System.CommandLine;
using Comptroller.Archive.Backups;
using Comptroller.Kubernetes.Runtime;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary>The result of a run as the last words of its container, which the operator reads into a resource's status.</summary>
internal static class RunResultFile
{
    public static Option<string?> Create() => new("--result-file")
    {
        Description = "File that gets the result as JSON of at most 4096 bytes, also when the run fails, such as /dev/termination-log",
    };

    /// <summary>Runs a verb and leaves what it came to, however it ends.</summary>
    /// <param name="path">Null for nowhere.</param>
    /// <param name="started">What is known before it runs.</param>
    /// <param name="run">Gives the exit code and the result; its token also ends with SIGTERM, after which a pod has a minute.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<int> RunAsync(string? path, RunResult started, Func<RunResult, CancellationToken, Task<(int Exit, RunResult Result)>> run, CancellationToken cancellationToken)
    {
        using var signal = new TerminationSignal();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, signal.Token);
        started = started with { StartedAt = TimeProvider.System.GetUtcNow() };
        try
        {
            var (exit, result) = await run(started, stop.Token);
            await WriteAsync(path, result);
            return exit;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await WriteAsync(path, started with { Error = $"stopped before its end{(started.Verb is "backup" or "restore" ? "; the next run goes on from there" : "")}" });
            throw;
        }
        catch (Exception e)
        {
            await WriteAsync(path, started.Failed(e));
            throw;
        }
    }

    // The run has ended: a stop that comes now must not keep its result back.
    private static Task WriteAsync(string? path, RunResult result) =>
        path is null ? Task.CompletedTask : File.WriteAllTextAsync(path, (result with { FinishedAt = TimeProvider.System.GetUtcNow() }).ToJson(), CancellationToken.None);
}
