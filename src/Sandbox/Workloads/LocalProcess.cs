using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Comptroller.Sandbox.Workloads;

/// <summary>What is started for a container.</summary>
/// <param name="Program">Path or name of the program.</param>
/// <param name="Environment">All of its variables: nothing is inherited.</param>
/// <param name="MessageFile">The termination message is read from here.</param>
internal sealed record LocalContainer(string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment, string Directory, string MessageFile);

/// <summary>One process on this machine, and the end of what it writes.</summary>
internal sealed class LocalProcess : IDisposable
{
    /// <summary>Characters of output that are kept, as a kubelet takes of a log for a termination message.</summary>
    private const int MostOutput = 2048;

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly Task _reading;

    private LocalProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <exception cref="Win32Exception">There is no such program, or it cannot be executed.</exception>
    public static LocalProcess Start(LocalContainer container)
    {
        var start = new ProcessStartInfo(container.Program, container.Arguments)
        {
            WorkingDirectory = container.Directory,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in container.Environment)
        {
            start.Environment[name] = value;
        }
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new LocalProcess(process);
    }

    /// <summary>The last of standard output and error.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Waits for the end; the exit code, 128 and its number for a signal.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, and makes it after a while.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        try
        {
            if (_process.HasExited)
            {
                return;
            }
            // There is no call for a signal that asks.
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            await kill.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            using var patience = new CancellationTokenSource(grace);
            try
            {
                await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself meanwhile, and was disposed of.
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task ReadAsync(StreamReader reader)
    {
        var buffer = new char[1024];
        while (await reader.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var count)
        {
            lock (_output)
            {
                _output.Append(buffer, 0, count);
                if (_output.Length > MostOutput)
                {
                    _output.Remove(0, _output.Length - MostOutput);
                }
            }
        }
    }
}
