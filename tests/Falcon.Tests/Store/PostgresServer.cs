using System.Diagnostics;

namespace Comptroller.Falcon.Tests.Store;

/// <summary>A PostgreSQL of the tests' own: a new cluster in a directory that goes with it, on loopback, with a password.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    /// <summary>Names the directory of the programs to use. Whoever names one means it: then it is an error that they are missing.</summary>
    private const string Variable = "COMPTROLLER_TEST_POSTGRES";

    private const string Password = "pa'ss w%rd";
    private static readonly Lazy<string?> Found = new(Find);

    private readonly string _directory = Directory.CreateTempSubdirectory("comptroller-postgres-").FullName;
    private Process? _server;
    private int _port;

    /// <summary>Null when PostgreSQL is there.</summary>
    public static string? Skip => Found.Value is null ? $"initdb and postgres were found neither in PATH nor in /usr/lib/postgresql nor in {Variable}: install PostgreSQL to run the tests of its store" : null;

    /// <summary>A database of its own for each test.</summary>
    public async Task<string> NewDatabaseAsync()
    {
        var name = $"d{Guid.NewGuid():N}";
        await using var connection = new Npgsql.NpgsqlConnection(KeyValues("postgres"));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        await command.ExecuteNonQueryAsync();
        return name;
    }

    public string Url(string database, string password = Password) => $"postgresql://auditor:{Uri.EscapeDataString(password)}@127.0.0.1:{_port}/{database}?application_name=tests";

    public string KeyValues(string database) => $"Host=127.0.0.1;Port={_port};Username=auditor;Password=\"{Password}\";Database={database}";

    public async Task InitializeAsync()
    {
        if (Found.Value is not { } programs)
        {
            return;
        }

        // It refuses to run as root.
        string[] user = Environment.UserName == "root" ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] : [];
        var (secret, data) = (Path.Combine(_directory, "password"), Path.Combine(_directory, "data"));
        await File.WriteAllTextAsync(secret, Password);
        if (user.Length > 0)
        {
            await RunAsync(["chown", "-R", "nobody", _directory]);
        }

        await RunAsync([.. user, Path.Combine(programs, "initdb"), "-D", data, "-U", "auditor", "--auth=scram-sha-256", $"--pwfile={secret}", "--no-sync", "-E", "UTF8", "--locale=C"]);
        _port = FreePort.Take();
        string[] start = [.. user, Path.Combine(programs, "postgres"), "-D", data, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_directory}", "-c", "fsync=off"];
        _server = Start(start);
        var ready = new TaskCompletionSource();
        _server.OutputDataReceived += (_, _) => { };
        _server.ErrorDataReceived += (_, line) => _ = line.Data?.Contains("ready to accept connections", StringComparison.Ordinal) == true && ready.TrySetResult();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            // SIGINT is its fast shutdown: sessions are closed, and no process is left behind.
            await RunAsync(["kill", "-INT", $"{_server.Id}"]);
            await _server.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
            _server.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
        {
            return HasPrograms(named) ? named : throw new InvalidOperationException($"{Variable}={named}: there is no initdb and postgres");
        }

        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin")) : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Concat(versions).FirstOrDefault(HasPrograms);
    }

    private static bool HasPrograms(string directory) => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres"));

    private static Process Start(string[] command) => Process.Start(new ProcessStartInfo(command[0], command[1..])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
        WorkingDirectory = "/",
    })!;

    private static async Task RunAsync(string[] command)
    {
        using var process = Start(command);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(90));
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command)}: {await output}{await error}");
        }
    }
}

/// <summary>A test that is skipped, saying why, where PostgreSQL is not installed.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.Skip;
}
