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

    /// <summary>Reads them one after the other. Stops waiting when cancelled, also for standard input that says nothing.</summary>
    public static Task ReadAsync(LogReplay replay, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var length = paths.Where(path => path != "-").Sum(path => new FileInfo(path).Length);
        return Console.IsErrorRedirected || length < ShortLog ? ReadAsync(null) : ShowAsync(length, ReadAsync);

        Task ReadAsync(Action<long>? progress) =>
            Task.Run(() => ReadAll(replay, paths, progress, cancellationToken), cancellationToken).WaitAsync(cancellationToken);
    }

    // On standard error, so that a redirected report stays clean.
    private static Task ShowAsync(long length, Func<Action<long>, Task> readAsync) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) })
            .Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var task = context.AddTask("audit log", maxValue: length);
                return readAsync(position => task.Value = position);
            });

    private static void ReadAll(LogReplay replay, IReadOnlyList<string> paths, Action<long>? progress, CancellationToken cancellationToken)
    {
        var done = 0L;
        foreach (var path in paths)
        {
            // No buffer of its own: the reader has one.
            using var log = path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, FileOptions.SequentialScan);
            var before = done;
            replay.Read(path, log, progress is null ? null : () => progress(before + (log.CanSeek ? log.Position : 0)), cancellationToken);
            done += log.CanSeek ? log.Length : 0;
        }
    }
}
