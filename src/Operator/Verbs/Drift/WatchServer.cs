using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Comptroller.Crds.DriftWatches;
using Comptroller.Drift.Intake;
using Comptroller.Kubernetes.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>
/// Where events are sent to: <c>POST /api/v1/falco/events</c>, and <c>/health</c>, <c>/ready</c> and <c>/metrics</c> beside it.
/// Probes and metrics need no token and never wait for events.
/// </summary>
internal sealed class WatchServer : IAsyncDisposable
{
    private const string RetryAfterSeconds = "2";

    private readonly WebApplication _application;
    private readonly EventIntake _intake;
    private readonly PrometheusExporter _metrics;
    private readonly Func<string?> _unready;
    private readonly byte[]? _tokenHash;

    public WatchServer(IPEndPoint address, string? token, EventIntake intake, PrometheusExporter metrics, Func<string?> unready)
    {
        (_intake, _metrics, _unready) = (intake, metrics, unready);
        // Hashes have one length, so comparing them tells nothing about the token, not even its length.
        _tokenHash = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = EventIntake.MostBytes;
            kestrel.Limits.MaxConcurrentConnections = 2048;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            kestrel.Listen(address, listen => listen.Protocols = HttpProtocols.Http1);
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>Where it listens, once started.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>What the operator is told, at <see cref="DriftWatchReport.Path"/>.</summary>
    public Func<CancellationToken, Task<DriftWatchReport>>? Report { get; init; }

    public Task StartAsync(CancellationToken cancellationToken) => _application.StartAsync(cancellationToken);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var isRead = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        switch (context.Request.Path.Value)
        {
            case "/api/v1/falco/events" or "/api/v1/events/intake":
                return HttpMethods.IsPost(context.Request.Method) ? PostAsync(context) : NotAllowedAsync(context, "POST");
            case "/health" or "/ready" or "/metrics" or DriftWatchReport.Path when !isRead:
                return NotAllowedAsync(context, "GET, HEAD");
            case "/health":
                return WriteAsync(context, StatusCodes.Status200OK, "application/json", """{"status":"ok"}""");
            case "/ready":
                var why = _unready();
                return WriteAsync(context, why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "application/json",
                    why is null ? """{"status":"ready"}""" : $$"""{"status":"not ready","reason":{{Quoted(why)}}}""");
            case "/metrics":
                return WriteAsync(context, StatusCodes.Status200OK, PrometheusExporter.ContentType, _metrics.Render());
            case DriftWatchReport.Path when Report is not null:
                return ReportAsync(context);
            default:
                return ErrorAsync(context, StatusCodes.Status404NotFound, "not found");
        }
    }

    private async Task ReportAsync(HttpContext context)
    {
        try
        {
            var report = await Report!(context.RequestAborted);
            await WriteAsync(context, StatusCodes.Status200OK, "application/json", Encoding.UTF8.GetString(report.ToJson()));
        }
        catch (System.Data.Common.DbException)
        {
            // A store that cannot be read now may be readable at the next question.
            await ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the store cannot be read");
        }
    }

    private async Task PostAsync(HttpContext context)
    {
        if (!IsAllowed(context.Request))
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await ErrorAsync(context, StatusCodes.Status401Unauthorized, "a bearer token is needed here");
            return;
        }

        var length = context.Request.ContentLength;
        if (length > EventIntake.MostBytes)
        {
            await ErrorAsync(context, StatusCodes.Status413PayloadTooLarge, $"a body of more than {EventIntake.MostBytes} bytes is not read");
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)(length ?? 16 << 10) + 1);
        try
        {
            var read = 0;
            while (await context.Request.Body.ReadAsync(buffer.AsMemory(read), context.RequestAborted) is > 0 and var more)
            {
                read += more;
                if (read == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, read).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }

            var answer = await _intake.PostAsync(buffer.AsMemory(0, read), context.RequestAborted);
            switch (answer.Result)
            {
                case IntakeResult.Accepted:
                    context.Response.StatusCode = StatusCodes.Status202Accepted;
                    context.Response.ContentLength = 0;
                    break;
                case IntakeResult.Refused:
                    await ErrorAsync(context, StatusCodes.Status400BadRequest, answer.Message);
                    break;
                default:
                    context.Response.Headers.RetryAfter = RetryAfterSeconds;
                    await ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, answer.Message);
                    break;
            }
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            // Chunked bodies tell their length only by ending.
            await ErrorAsync(context, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"a body of more than {EventIntake.MostBytes} bytes is not read" : "the request is malformed");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The sender has gone; what was queued is written all the same.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private bool IsAllowed(HttpRequest request)
    {
        if (_tokenHash is null)
        {
            return true;
        }

        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header["Bearer ".Length..].Trim())), _tokenHash);
    }

    private static Task NotAllowedAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, $"only {allowed} is served here");
    }

    private static Task ErrorAsync(HttpContext context, int status, string message) =>
        WriteAsync(context, status, "application/json", $$$"""{"success":false,"error":{"code":{{{status}}},"message":{{{Quoted(message)}}}}}""");

    private static Task WriteAsync(HttpContext context, int status, string contentType, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.WriteAsync(text, context.RequestAborted);
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
