using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Daemon;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>/health</c>, <c>/ready</c>, <c>/metrics</c>, and <c>/result</c>: what the newest run hands back, as a Job's does by its termination message.</summary>
internal sealed class DaemonServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private DaemonServer(IPAddress address, int port, DaemonFigures figures, Func<bool> ready, Func<AuditRunResult?> result)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(address, port);
        });
        _application = builder.Build();
        _application.Run(context => context.Request.Path.Value switch
        {
            "/health" or "/healthz" => JsonAsync(context, StatusCodes.Status200OK, figures, DaemonJson.WriteHealth),
            "/ready" or "/readiness" => JsonAsync(context, ready() ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, figures, DaemonJson.WriteReady),
            "/metrics" when WantsJson(context.Request) => JsonAsync(context, StatusCodes.Status200OK, figures, DaemonJson.WriteMetrics),
            "/metrics" => TextAsync(context, StatusCodes.Status200OK, "text/plain; version=0.0.4; charset=utf-8", DaemonMetrics.Render(figures.Snapshot())),
            "/result" => result() is { } newest ? TextAsync(context, StatusCodes.Status200OK, "application/json", newest.ToJson())
                : TextAsync(context, StatusCodes.Status404NotFound, "text/plain; charset=utf-8", "no run has ended since the daemon started\n"),
            _ => TextAsync(context, StatusCodes.Status404NotFound, "text/plain; charset=utf-8", "not found; there are /health, /ready, /metrics and /result\n"),
        });
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <exception cref="IOException">The port is taken or not allowed, or the address is none of this machine.</exception>
    public static async Task<DaemonServer> StartAsync(IPAddress address, int port, DaemonFigures figures, Func<bool> ready, Func<AuditRunResult?> result, CancellationToken cancellationToken)
    {
        var server = new DaemonServer(address, port, figures, ready, result);
        try
        {
            await server._application.StartAsync(cancellationToken);
            return server;
        }
        catch (SocketException e)
        {
            // Of all that can be wrong with an address Kestrel wraps only a port that is taken.
            await server.DisposeAsync();
            throw new IOException($"{new IPEndPoint(address, port)}: the endpoints cannot listen there: {e.Message}; change daemon.health_check or --health-port", e);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static bool WantsJson(HttpRequest request) => request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase);

    private static async Task JsonAsync(HttpContext context, int status, DaemonFigures figures, Action<Utf8JsonWriter, DaemonSnapshot> write)
    {
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body))
        {
            write(json, figures.Snapshot());
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, int status, string type, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = type;
        return context.Response.WriteAsync(text, Encoding.UTF8, context.RequestAborted);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
