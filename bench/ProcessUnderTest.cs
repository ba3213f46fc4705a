using System.ComponentModel;
using System.Diagnostics;

namespace Comptroller.Bench;

/// <summary>A program of ours run as a process, and what the kernel says it used.</summary>
internal sealed class ProcessUnderTest : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _drained;

    private ProcessUnderTest(Process process, Task drained)
    {
        _process = process;
        _drained = drained;
    }

    public int Id => _process.Id;

    /// <summary>Processor time since the start, in seconds.</summary>
    public double CpuSeconds
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalSeconds;
        }
    }

    /// <summary>Resident memory in MiB.</summary>
    public double ResidentMiB => StatusField("VmRSS:") / 1024.0;

    /// <summary>Highest resident memory so far in MiB.</summary>
    public double PeakResidentMiB => StatusField("VmHWM:") / 1024.0;

    /// <param name="program">An executable, or a .dll that <c>dotnet</c> runs.</param>
    /// <param name="onLine">Sees every line of standard output and error.</param>
    public static ProcessUnderTest Start(string program, IEnumerable<string> arguments, Action<string>? onLine = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var isAssembly = program.EndsWith(".dll", StringComparison.Ordinal);
        var start = new ProcessStartInfo(isAssembly ? "dotnet" : program)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (isAssembly)
        {
            start.ArgumentList.Add(program);
        }

        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            // What is set outside goes first: so variants are compared.
            start.Environment.TryAdd(name, value);
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        return new ProcessUnderTest(process, Task.WhenAll(Drain(process.StandardOutput, onLine), Drain(process.StandardError, onLine)));
    }

    /// <summary>SIGTERM, then waits; the exit code.</summary>
    public async Task<int> StopAsync()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(45));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException e)
            {
                _process.Kill(entireProcessTree: true);
                throw new InvalidOperationException($"process {_process.Id} ignored SIGTERM for 45 s", e);
            }
        }

        await _drained;
        return _process.ExitCode;
    }

    /// <summary>Waits for a program that ends by itself; the exit code, once all its output was seen.</summary>
    public async Task<int> ExitedAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _drained;
        return _process.ExitCode;
    }

    /// <summary>Waits for a program that ends by itself, and asks the kernel until then: afterwards it does not know any more.</summary>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public async Task<Usage> UsageAsync(CancellationToken cancellationToken)
    {
        var usage = new Usage(0, 0);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        try
        {
            while (!_process.HasExited && await timer.WaitForNextTickAsync(cancellationToken))
            {
                usage = new Usage(CpuSeconds, PeakResidentMiB);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or Win32Exception)
        {
            // It ended between the question and the answer.
        }

        return await ExitedAsync(cancellationToken) == 0 ? usage : throw new InvalidOperationException($"exit code {_process.ExitCode}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        await _drained;
        _process.Dispose();
    }

    private static async Task Drain(StreamReader reader, Action<string>? onLine)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            onLine?.Invoke(line);
        }
    }

    private long StatusField(string name) =>
        File.ReadLines($"/proc/{_process.Id}/status")
            .Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim()))
            .First();
}

/// <summary>What a process took until its end.</summary>
/// <param name="CpuSeconds">Processor time, the system's included.</param>
/// <param name="PeakMiB">Highest resident memory.</param>
internal sealed record Usage(double CpuSeconds, double PeakMiB);
