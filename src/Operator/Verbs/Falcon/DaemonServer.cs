using System.Net;
using System.Text;
using System.Text.Json;
using Comptroller.Falcon.Daemon;
using Comptroller.Falcon.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Falcon;

/// <summary><c>/health</c>, <c>/ready</c> and <c>/metrics</c> of a daemon.</summary>
internal sealed class DaemonServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    public DaemonServer(IPAddress address, int port, DaemonFigures figures, Func<RateLimiterCounts> limiter, Func<bool> ready)
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
            "/health" or "/healthz" => JsonAsync(context, StatusCodes.Status200OK, figures.WriteHealth),
            "/ready" or "/readiness" => JsonAsync(context, ready() ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, figures.WriteReady),
            "/metrics" when context.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.OrdinalIgnoreCase) => JsonAsync(context, StatusCodes.Status200OK, json =>
            {
                json.WriteStartObject();
                json.WriteString("timestamp", TimeProvider.System.GetUtcNow());
                figures.WriteMetrics(json, limiter());
                json.WriteEndObject();
            }),
            "/metrics" => TextAsync(context, figures.Prometheus(limiter())),
            _ => NotFoundAsync(context),
        });
    }

    public Task StartAsync(CancellationToken cancellationToken) => _application.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async Task JsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(text, Encoding.UTF8, context.RequestAborted);
    }

    private static Task NotFoundAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return context.Response.WriteAsync("not found\n", context.RequestAborted);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
