using Comptroller.AuditPolicies.Replay;
using Spectre.Console;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>Recorded logs as <c>--log</c> names them, with a bar for people while long files are read.</summary>
internal static class AuditLogs
{
    /// <summary>Read in less than a second even when compressed; a bar would only flicker.</summary>
    private const long ShortLog = 32 << 20;

    /// <summary>What can be said before anything is read.</summary>
    /// <exception cref="InvalidInputException">A log does not exist, or standard input is named twice.</exception>
    public static void Check(IReadOnlyList<string> logs, params IEnumerable<string?> policies)
    {
        var problems = logs.Where(path => path != "-" && !File.Exists(path)).Select(path => $"--log {path}: no such file").ToList();
        if (logs.Concat(policies).Count(path => path == "-") > 1)
        {
            problems.Add("-: standard input can be read once; put the rest into files");
        }

        if (problems.Count > 0)
        {
            throw new InvalidInputException(problems);
        }
    }

    public static async Task ReadAsync(LogReplay replay, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var length = paths.Where(path => path != "-").Sum(path => new FileInfo(path).Length);
        if (Console.IsErrorRedirected || length < ShortLog)
        {
            await ReadAllAsync(replay, paths, null, cancellationToken);
            return;
        }

        // On standard error, so that a redirected report stays clean.
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var task = context.AddTask("audit log", maxValue: length);
                await ReadAllAsync(replay, paths, position => task.Value = position, cancellationToken);
            });
    }

    private static async Task ReadAllAsync(LogReplay replay, IReadOnlyList<string> paths, Action<long>? progress, CancellationToken cancellationToken)
    {
        var done = 0L;
        foreach (var path in paths)
        {
            // No buffer of its own: the reader has one.
            await using var log = path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            var before = done;
            await replay.ReadAsync(path, log, progress is null ? null : () => progress(before + (log.CanSeek ? log.Position : 0)), cancellationToken);
            done += log.CanSeek ? log.Length : 0;
        }
    }
}
