using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Comptroller.Bench;

/// <summary>A PostgreSQL of a measurement's own, as Debian installs it, that syncs what it commits.</summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("comptroller-postgres-");
    private Process? _server;
    private int _port;

    public string Address => $"postgresql://bench@127.0.0.1:{_port}/postgres";

    public static async Task<PrivatePostgres> StartAsync()
    {
        var programs = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")).LastOrDefault(bin => File.Exists(Path.Combine(bin, "initdb"))) : null;
        var postgres = new PrivatePostgres();
        await postgres.StartAsync(programs ?? throw new FileNotFoundException("PostgreSQL is not in /usr/lib/postgresql: install it to measure its store"));
        return postgres;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            // SIGINT is its fast shutdown.
            await RunAsync("kill", "-INT", $"{_server.Id}");
            await _server.WaitForExitAsync().WaitAsync(Patience);
        }

        _server?.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task StartAsync(string programs)
    {
        // It refuses to run as root.
        string[] user = Environment.UserName == "root" ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : ["env"];
        await RunAsync("chmod", "777", _folder.FullName);
        var data = Path.Combine(_folder.FullName, "data");
        await RunAsync([.. user, Path.Combine(programs, "initdb"), "-D", data, "-U", "bench", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]);
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            _port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _server = Start([.. user, Path.Combine(programs, "postgres"), "-D", data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_folder.FullName}", "-c", "max_wal_size=4GB"]);
        var ready = new TaskCompletionSource();
        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, line) => _ = line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true && ready.TrySetResult();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        await ready.Task.WaitAsync(Patience);
    }

    private static Process Start(string[] command) =>
        Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" })!;

    private static async Task RunAsync(params string[] command)
    {
        using var process = Start(command);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await output}{await error}");
        }
    }
}
