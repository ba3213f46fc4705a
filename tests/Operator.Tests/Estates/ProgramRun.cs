using System.Diagnostics;
using System.Text;

namespace Comptroller.Operator.Tests.Estates;

/// <summary>The built program as a process of its own: for what only a process has, signals and exit codes.</summary>
internal sealed class ProgramRun : IAsyncDisposable
{
    private readonly Process process;

    private ProgramRun(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Standard output and error.</summary>
    public LogCapture Log { get; } = new();

    public static ProgramRun Start(params string[] arguments) => Start(arguments, []);

    /// <param name="arguments">Verb and options.</param>
    /// <param name="environment">Variables beside the inherited ones.</param>
    /// <param name="largestFileKiB">Files may grow this large, and writing more fails as on a full disk.</param>
    public static ProgramRun Start(string[] arguments, Dictionary<string, string> environment, int? largestFileKiB = null)
    {
        // Tests that run in the background of a shell ignore Ctrl-C, under nohup a hang-up too, and what they start would inherit that.
        string[] command = ["env", "--default-signal=INT,HUP", "dotnet", Path.Combine(AppContext.BaseDirectory, "comptroller.dll"), .. arguments];
        if (largestFileKiB is { } limit)
        {
            // The signal would end the process before it sees the error. The runtime maps its code through a file larger than any limit.
            command = ["bash", "-c", $"trap '' XFSZ; ulimit -f {limit}; DOTNET_EnableWriteXorExecute=0 exec \"$@\"", "bash", .. command];
        }

        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Or those that are killed leave the pipes of their debugger behind.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ProgramRun(new Process { StartInfo = start });
    }

    /// <summary>SIGTERM, as a kubelet sends it.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>SIGHUP, which asks a daemon to read its configuration again.</summary>
    public Task HangUpAsync() => SignalAsync("HUP");

    /// <summary>SIGKILL: nothing of the program runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync().WaitAsync(Estate.Patience);
    }

    /// <summary>The same, without waiting: what sees it dies in the middle of something.</summary>
    public void Kill() => process.Kill();

    /// <summary>Waits for the end; the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(Estate.Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"the program goes on:\n{Log}", e);
        }

        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync().WaitAsync(Estate.Patience);
        }

        process.Dispose();
        await Log.DisposeAsync();
    }

    private async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync().WaitAsync(Estate.Patience);
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            Log.Write(Encoding.UTF8.GetBytes(line));
        }
    }
}
