using System.Diagnostics;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Rules;
using Comptroller.Drift.Scanning;
using Comptroller.Drift.State;

namespace Comptroller.Drift.Intake;

/// <summary>
/// Gets what a full comparison found: from a file that something else renews, or from a command such as
/// <c>terraform plan -refresh-only -json</c>. Audit logs can be late, incomplete or off; this looks at the world itself.
/// </summary>
public sealed class FullComparison(ComparisonConfig config, RuleBook rules)
{
    /// <summary>Longest output that is read, in bytes.</summary>
    internal long MostBytes { get; init; } = 256 << 20;

    private const int MostErrorText = 500;

    // Whoever writes a plan into the file line by line is given time to end.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private DateTime _tried;
    private bool _isCompared;

    /// <summary>Has the file compared again though it is still the same one: somebody asks for it, or what it found could not be written.</summary>
    public void Forget() => _isCompared = false;

    /// <summary>Whether the file is another one than that which was tried last. What keeps it from being looked at is told when the next comparison is due.</summary>
    public bool IsRenewed(DateTimeOffset now)
    {
        try
        {
            return config.File is { } path && new FileInfo(path) is { Exists: true } file && file.LastWriteTimeUtc != _tried && now.UtcDateTime - file.LastWriteTimeUtc >= Settled;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Compares.</summary>
    /// <param name="state">What should be.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Ends the command too.</param>
    /// <returns>Null when the file is still the one that was read before.</returns>
    /// <exception cref="FormatException">The comparison failed or cannot be read; says why.</exception>
    public async Task<ScanReport?> RunAsync(StateIndex state, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (config.Command.IsEmpty)
        {
            var file = new FileInfo(config.File!);
            if (!file.Exists)
            {
                throw new FormatException($"{config.File}: there is no such plan yet");
            }

            if (file.LastWriteTimeUtc == _tried && _isCompared)
            {
                return null;
            }

            (_tried, _isCompared) = (file.LastWriteTimeUtc, false);
            var report = PlanReader.Read(await File.ReadAllBytesAsync(file.FullName, cancellationToken), config.File!, state, rules, now);
            _isCompared = true;
            return report with { Began = report.Began ?? new DateTimeOffset(_tried) };
        }

        return PlanReader.Read(await OutputAsync(cancellationToken), config.Command[0], state, rules, now);
    }

    private async Task<byte[]> OutputAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(config.Timeout);
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(config.Command[0], config.Command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = config.Directory ?? "" },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FormatException($"{config.Command[0]}: {e.Message}", e);
        }

        try
        {
            var errors = TextAsync(process.StandardError, patience.Token);
            using var output = new MemoryStream();
            var block = new byte[64 << 10];
            for (int read; (read = await process.StandardOutput.BaseStream.ReadAsync(block, patience.Token)) > 0;)
            {
                output.Write(block, 0, read);
                if (output.Length > MostBytes)
                {
                    throw new FormatException($"{config.Command[0]}: the output is longer than {MostBytes} bytes");
                }
            }

            await process.WaitForExitAsync(patience.Token);
            // 2 is "there is a difference" of -detailed-exitcode.
            return process.ExitCode is 0 or 2 ? output.ToArray()
                : throw new FormatException($"{config.Command[0]} ended with {process.ExitCode}: {PlanReader.Failure(output.GetBuffer().AsMemory(0, (int)output.Length)) ?? await errors}");
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new FormatException($"{config.Command[0]}: no end within {config.Timeout}", e);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    // The beginning is kept, the rest only read: a full pipe would stop the command.
    private static async Task<string> TextAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var (text, block) = (new System.Text.StringBuilder(), new char[4096]);
        for (int read; (read = await reader.ReadAsync(block, cancellationToken)) > 0;)
        {
            text.Append(block, 0, Math.Min(read, MostErrorText - text.Length));
        }

        return text.ToString().ReplaceLineEndings(" ").Trim();
    }
}
