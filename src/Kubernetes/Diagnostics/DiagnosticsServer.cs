using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Diagnostics;

/// <summary>
/// Serves <c>/metrics</c> on one address and <c>/livez</c> (alias <c>/healthz</c>) and <c>/readyz</c> on another, each probe with
/// sub-checks at <c>/readyz/name</c> and all of them with <c>?verbose</c>.
/// </summary>
public sealed class DiagnosticsServer : IAsyncDisposable
{
    private const string Surface = "surface";

    private readonly WebApplication application;
    private readonly List<Surfaces> listening = [];

    /// <param name="options">Where to listen.</param>
    /// <param name="exporter">What <c>/metrics</c> serves.</param>
    /// <param name="liveness">Why this process should be restarted.</param>
    /// <param name="readiness">Why this process cannot do its work yet.</param>
    /// <exception cref="FormatException">An address cannot be read.</exception>
    public DiagnosticsServer(DiagnosticsOptions options, PrometheusExporter exporter, HealthChecks liveness, HealthChecks readiness)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // Signals belong to the program, not to this server: it answers probes until the very end of a shutdown.
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            var metrics = BindAddress.Parse(options.MetricsBindAddress);
            var probes = BindAddress.Parse(options.HealthProbeBindAddress);
            if (metrics is not null && metrics.Equals(probes) && metrics.Port != 0)
            {
                Listen(kestrel, metrics, Surfaces.Metrics | Surfaces.Probes);
                return;
            }

            Listen(kestrel, metrics, Surfaces.Metrics);
            Listen(kestrel, probes, Surfaces.Probes);
        });
        application = builder.Build();
        application.Run(context => AnswerAsync(context, exporter, liveness, readiness));
    }

    /// <summary>Where metrics are served, once started; null when they are not.</summary>
    public Uri? MetricsAddress => AddressOf(Surfaces.Metrics);

    /// <summary>Where probes are served, once started; null when they are not.</summary>
    public Uri? ProbesAddress => AddressOf(Surfaces.Probes);

    public Task StartAsync(CancellationToken cancellationToken) => listening.Count == 0 ? Task.CompletedTask : application.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => application.DisposeAsync();

    private void Listen(KestrelServerOptions kestrel, IPEndPoint? address, Surfaces surfaces)
    {
        if (address is null)
        {
            return;
        }

        listening.Add(surfaces);
        if (address.Address.Equals(IPAddress.IPv6Any))
        {
            // Falls back to IPv4 where the node has no IPv6.
            kestrel.ListenAnyIP(address.Port, Mark);
            return;
        }

        kestrel.Listen(address, Mark);

        void Mark(ListenOptions listen)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection =>
            {
                connection.Items[Surface] = surfaces;
                return next(connection);
            });
        }
    }

    private Uri? AddressOf(Surfaces surface)
    {
        var index = listening.FindIndex(each => each.HasFlag(surface));
        var addresses = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.ToList();
        return index < 0 || addresses is null || addresses.Count <= index ? null : new Uri(addresses[index]);
    }

    private static Task AnswerAsync(HttpContext context, PrometheusExporter exporter, HealthChecks liveness, HealthChecks readiness)
    {
        var surfaces = (Surfaces)context.Features.Get<IConnectionItemsFeature>()!.Items[Surface]!;
        var path = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return WriteAsync(context, StatusCodes.Status405MethodNotAllowed, "text/plain", "only GET is served here\n");
        }

        if (surfaces.HasFlag(Surfaces.Metrics) && path is ["metrics"])
        {
            return WriteAsync(context, StatusCodes.Status200OK, PrometheusExporter.ContentType, exporter.Render());
        }

        var checks = path switch
        {
            ["livez" or "healthz", ..] => liveness,
            ["readyz", ..] => readiness,
            _ => null,
        };
        if (checks is not null && surfaces.HasFlag(Surfaces.Probes) && path.Length <= 2
            && checks.Run(path[0], path.Length == 2 ? path[1] : null, context.Request.Query.ContainsKey("verbose")) is var (healthy, text))
        {
            return WriteAsync(context, healthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "text/plain; charset=utf-8", text);
        }

        return WriteAsync(context, StatusCodes.Status404NotFound, "text/plain", "not found\n");
    }

    private static Task WriteAsync(HttpContext context, int status, string contentType, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }

    [Flags]
    private enum Surfaces
    {
        None = 0,
        Metrics = 1,
        Probes = 2,
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Where diagnostics listen: <c>host:port</c>, <c>:port</c> for all interfaces, or <c>0</c> for not at all.</summary>
public sealed record DiagnosticsOptions
{
    public string MetricsBindAddress { get; init; } = ":8080";
    public string HealthProbeBindAddress { get; init; } = ":8081";
}
