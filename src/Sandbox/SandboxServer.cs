using System.Net;
using System.Security.Cryptography;
using Comptroller.Sandbox.Controllers;
using Comptroller.Sandbox.Http;
using Comptroller.Sandbox.Requests;
using Comptroller.Sandbox.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace Comptroller.Sandbox;

/// <summary>A Kubernetes API server inside this process, reachable over HTTPS on the loopback interface.</summary>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _host;
    private readonly ServerCertificates _certificates;
    private readonly CancellationTokenSource _stopping;
    private readonly Task _controllers;

    private SandboxServer(WebApplication host, ServerCertificates certificates, CancellationTokenSource stopping, Task controllers, ServerParts parts, SandboxFaults faults, RequestCounter requests)
    {
        _host = host;
        _certificates = certificates;
        _stopping = stopping;
        _controllers = controllers;
        Parts = parts;
        Faults = faults;
        Requests = requests;
        var bound = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Address = new Uri(bound);
    }

    /// <summary>Where the API is, such as <c>https://127.0.0.1:40123</c>.</summary>
    public Uri Address { get; }

    /// <summary>The certificate authority that clients must trust, PEM.</summary>
    public string CaCertificatePem => _certificates.CaPem;

    /// <summary>A bearer token that may do everything.</summary>
    public string AdminToken => Parts.AdminToken;

    public SandboxFaults Faults { get; }

    /// <summary>What was asked of the server so far; also at <c>GET /metrics</c>.</summary>
    public RequestCounter Requests { get; }

    internal ServerParts Parts { get; }

    /// <summary>Starts a server with no CustomResourceDefinitions. It answers when this returns.</summary>
    /// <exception cref="ArgumentException">The address is not a loopback address.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!IPAddress.IsLoopback(options.Address))
        {
            throw new ArgumentException(
                $"The sandbox listens on loopback addresses only, and {options.Address} is none: everybody on the network could use it. Use 127.0.0.1 or ::1.", nameof(options));
        }
        var store = new ObjectStore(options.HistoryLimit);
        var certificates = ServerCertificates.Create(options.TimeProvider.GetUtcNow());
        var stopping = new CancellationTokenSource();
        var faults = new SandboxFaults(store);
        var requests = new RequestCounter();
        // A cold start is mostly compilation: what is served and the listener come up side by side.
        var token = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var creation = Task.Run(() => ServerParts.Create(store, options.TimeProvider, token, certificates.CaPem, options.Workloads), CancellationToken.None);
        var handler = HandlerAsync(creation);
        var host = Host(options, certificates, async context => await (await handler.ConfigureAwait(false)).HandleAsync(context).ConfigureAwait(false));
        await host.StartAsync(cancellationToken).ConfigureAwait(false);
        await handler.ConfigureAwait(false);
        var parts = await creation.ConfigureAwait(false);
        return new SandboxServer(host, certificates, stopping, Task.WhenAll(parts.Controllers.Select(controller => RunAsync(controller, stopping.Token))), parts, faults, requests);

        async Task<RequestHandler> HandlerAsync(Task<ServerParts> parts) =>
            Handler(await parts.ConfigureAwait(false), faults, requests, options, stopping.Token);
    }

    /// <summary>Writes a kubeconfig for <see cref="AdminToken"/>, readable by the owner only.</summary>
    public void WriteKubeconfig(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }
        using var writer = new StreamWriter(path, options);
        writer.Write(Kubeconfig.Text(Address, CaCertificatePem, AdminToken));
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _host.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _controllers.ConfigureAwait(false);
        await _host.DisposeAsync().ConfigureAwait(false);
        _certificates.Dispose();
        _stopping.Dispose();
    }

    private static RequestHandler Handler(ServerParts parts, SandboxFaults faults, RequestCounter requests, SandboxOptions options, CancellationToken stopping)
    {
        var time = options.TimeProvider;
        var pipeline = new WritePipeline(parts.Store, parts.Escalation, time);
        var objects = new ObjectRequests(parts.Store, pipeline, new Deletion(parts.Store, time));
        var replies = new ReplyWriter(parts.Tables, time);
        return new RequestHandler(parts.Authenticator, parts.Authorizer, parts.Discovery, new Router(parts.Catalog), parts.Store, objects,
            new CollectionRequests(parts.Store, objects, time), new PatchRequests(parts.Store, pipeline), replies,
            new WatchWriter(new WatchRequests(parts.Store, time), replies, parts.Tables, time), requests, faults, time, options.Log, stopping);
    }

    private static WebApplication Host(SandboxOptions options, ServerCertificates certificates, RequestDelegate handler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Bodies are limited by the handler, which answers with a Status. Watches are slow by nature.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Listen(options.Address, options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1AndHttp2;
                listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificate = certificates.Server });
            });
        });
        var host = builder.Build();
        host.Run(handler);
        return host;
    }

    private static async Task RunAsync(IController controller, CancellationToken cancellationToken)
    {
        try
        {
            await controller.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception error)
        {
            await Console.Error.WriteLineAsync($"sandbox: {controller.GetType().Name} ended: {error}").ConfigureAwait(false);
        }
    }
}
