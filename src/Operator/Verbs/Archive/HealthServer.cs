using System.Net;
using System.Net.Sockets;
using System.Text;
using Comptroller.Archive.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Archive;

/// <summary><c>/health</c> of the process that writes to a log: the document of <c>archive health --json</c>, with 503 when it is critical.</summary>
internal sealed class HealthServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private HealthServer(IPEndPoint address, Func<HealthReport> report)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 64;
            kestrel.Listen(address);
        });
        _application = builder.Build();
        _application.Run(context =>
        {
            if (context.Request.Path.Value is not ("/health" or "/healthz"))
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return context.Response.WriteAsync("not found; there is /health\n", context.RequestAborted);
            }

            var found = report();
            context.Response.StatusCode = found.Status == HealthStatus.Critical ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync(found.ToJson(), Encoding.UTF8, context.RequestAborted);
        });
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <exception cref="IOException">The port is taken or not allowed, or the address is none of this machine.</exception>
    public static async Task<HealthServer> StartAsync(IPEndPoint address, Func<HealthReport> report, CancellationToken cancellationToken)
    {
        var server = new HealthServer(address, report);
        try
        {
            await server._application.StartAsync(cancellationToken);
            return server;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            await server.DisposeAsync();
            throw new IOException($"--listen {address}: {e.Message}", e);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
