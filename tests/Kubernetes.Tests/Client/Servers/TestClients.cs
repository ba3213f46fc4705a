using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Model;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Client.Servers;

/// <summary>Shorthands for what most client tests do.</summary>
internal static class TestClients
{
    public const string LeaseJson = """{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"a","namespace":"b"}}""";

    public static KubeClient Client(
        this ScriptedServer server, TimeProvider? time = null, KubeClientOptions? options = null, ILogger? logger = null, UserCredentials? user = null) =>
        KubeClient.Create(new KubeClientConfiguration { Server = server.Address, User = user ?? new() }, options, logger, time);

    public static Task<Lease> GetLeaseAsync(this KubeClient client, CancellationToken cancellationToken = default) =>
        client.GetAsync(KubernetesTypes.Leases, "b", "a", cancellationToken);

    public static async Task<List<WatchEvent<Lease>>> WatchLeasesAsync(this KubeClient client, CancellationToken cancellationToken = default)
    {
        var seen = new List<WatchEvent<Lease>>();
        var options = new WatchOptions { ResourceVersion = "2", Timeout = TimeSpan.FromSeconds(300) };
        await foreach (var watchEvent in client.WatchAsync(KubernetesTypes.Leases, null, options, cancellationToken))
        {
            seen.Add(watchEvent);
        }

        return seen;
    }
}

/// <summary>A directory that goes with the test.</summary>
internal sealed class TestDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("comptroller-test-").FullName;

    public string Write(string name, string content)
    {
        var path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    public string WriteScript(string name, string content)
    {
        var path = Write(name, content);
#pragma warning disable CA1416 // The scripts are shell scripts.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
#pragma warning restore CA1416
        return path;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogKeeper : ILogger
{
    public System.Collections.Concurrent.ConcurrentQueue<string> Lines { get; } = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
}
