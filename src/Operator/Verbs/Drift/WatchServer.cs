using System.Diagnostics;
using System.Net;
using Comptroller.Drift.Api;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Intake;
using Comptroller.Kubernetes.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using DriftWatchReport = Comptroller.Crds.DriftWatches.DriftWatchReport;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>
/// The server of <c>drift watch</c>: says who a caller is, whether and how often they may, and hands the request to whom it belongs.
/// Probes and metrics need no credentials, are never limited and never wait for events.
/// </summary>
internal sealed class WatchServer : IAsyncDisposable
{
    private const int MostCallers = 10_000;
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(15);

    private readonly WebApplication _application;
    private readonly WatchParts _parts;
    private readonly RateLimiter _limiter;
    private readonly WatchIntake _intake;
    private readonly WatchStreams _streams;
    private readonly WatchHeaders _headers;
    private readonly CancellationTokenSource _stopping = new();

    public WatchServer(IPEndPoint address, WatchParts parts)
    {
        _parts = parts;
        var config = parts.View.Config;
        _limiter = new RateLimiter(config.Api.RateLimit.PerMinute, config.Api.RateLimit.Burst, MostCallers, parts.View.Time);
        _intake = new WatchIntake(parts.Intake, parts.BodyPatience);
        _streams = new WatchStreams(parts, _limiter, _stopping.Token);
        _headers = new WatchHeaders(config);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // What is over the intake's limit is read to its end and refused; what is over this one ends the connection.
            kestrel.Limits.MaxRequestBodySize = 8 * EventIntake.MostBytes;
            // What nobody reads yet stays with its sender: with a MiB for each connection, as by default, a few hundred senders take all memory.
            kestrel.Limits.MaxRequestBufferSize = 64 << 10;
            kestrel.Limits.MaxConcurrentConnections = 2048;
            kestrel.Limits.MaxConcurrentUpgradedConnections = config.Api.Streams;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            kestrel.Listen(address, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (config.Tls is { } tls)
                {
                    var certificates = new WatchCertificates(tls, parts.View.Time, parts.Warned);
                    listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(certificates.Options()) });
                }
            });
        });
        _application = builder.Build();
        _application.UseWebSockets(new WebSocketOptions { KeepAliveInterval = PingInterval, KeepAliveTimeout = PingTimeout });
        _application.Run(AnswerAsync);
    }

    /// <summary>Where it listens, once started.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    public Task StartAsync(CancellationToken cancellationToken) => _application.StartAsync(cancellationToken);

    /// <summary>Ends what is being answered. Called again, it does nothing: whoever stops it before the rest need not keep it from its scope.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        // Streams never end by themselves.
        await _stopping.CancelAsync();
        await _application.DisposeAsync();
        _intake.Dispose();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var start = Stopwatch.GetTimestamp();
        var route = "none";
        var isStream = false;
        try
        {
            _headers.Add(context);
            if (WatchHeaders.IsPreflight(context))
            {
                return;
            }

            if (_parts.Report is { } report && context.Request.Path == DriftWatchReport.Path && HttpMethods.IsGet(context.Request.Method))
            {
                route = DriftWatchReport.Path;
                await WriteAsync(context, StatusCodes.Status200OK, "application/json", (await report(context.RequestAborted)).ToJson());
                return;
            }

            var target = ApiTarget.Parse(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
            var match = _parts.Api.Find(context.Request.Method, target.Path);
            route = match.Route?.Template ?? "none";
            if (match.Route is null && _parts.Api.Find(HttpMethods.Post, target.Path).Route is { Needs: Scopes.Intake } && WatchHeaders.IsSenderQuestion(context))
            {
                return;
            }

            isStream = match.Route == ServerRoutes.Stream || match.Route == ServerRoutes.Socket;
            await ServeAsync(context, target, match);
        }
        catch (ApiException e)
        {
            await AnswerAsync(context, ApiAnswer.Error(e.Status, e.Message));
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            // Chunked bodies tell their length only by ending.
            await AnswerAsync(context, ApiAnswer.Error(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? WatchIntake.TooLong : "the request is malformed"));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested || _stopping.IsCancellationRequested)
        {
            // The caller has gone, or the server goes.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must show in the log and in a status, not in a connection that just ends.
            _parts.Warned($"{context.Request.Method} {route}: {e}");
            if (!context.Response.HasStarted)
            {
                await AnswerAsync(context, ApiAnswer.Error(StatusCodes.Status500InternalServerError, "the server failed; its log says how"));
            }
        }
        finally
        {
            _parts.Figures.Answered(route, context.Request.Method is "GET" or "HEAD" or "POST" or "DELETE" or "OPTIONS" ? context.Request.Method : "other", context.Response.StatusCode, isStream ? null : Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
    }

    private async Task ServeAsync(HttpContext context, ApiTarget target, RouteMatch match)
    {
        if (match.Route is not { } route)
        {
            if (match.Allowed.Length > 0)
            {
                context.Response.Headers.Allow = match.Allowed;
                throw new ApiException(StatusCodes.Status405MethodNotAllowed, $"only {match.Allowed} is served here");
            }

            throw ApiException.NotFound("not found");
        }

        if (!route.IsLimited && route.Needs == Scopes.None)
        {
            await AnswerAsync(context, route);
            return;
        }

        if (await AdmitAsync(context, route) is not { } caller)
        {
            return;
        }

        if (route.Needs == Scopes.Intake)
        {
            await AnswerAsync(context, await _intake.PostAsync(context));
        }
        else if (route == ServerRoutes.Stream)
        {
            await _streams.ServeEventsAsync(context, target);
        }
        else if (route == ServerRoutes.Socket)
        {
            await _streams.ServeSocketAsync(context, target, caller);
        }
        else if (route == ServerRoutes.Document)
        {
            await WriteAsync(context, StatusCodes.Status200OK, "application/json", _parts.Api.Document);
        }
        else
        {
            await AnswerAsync(context, await DriftApi.AnswerAsync(match, target, caller, await WatchIntake.BodyAsync(context), context.RequestAborted));
        }
    }

    // What probes and scrapers ask.
    private Task AnswerAsync(HttpContext context, Route route)
    {
        if (route == ServerRoutes.Metrics)
        {
            return WriteAsync(context, StatusCodes.Status200OK, PrometheusExporter.ContentType, System.Text.Encoding.UTF8.GetBytes(_parts.Metrics.Render()));
        }

        if (route != ServerRoutes.Ready)
        {
            return WriteAsync(context, StatusCodes.Status200OK, "application/json", WatchHealth.Health(_parts.View, _parts.Intake.IsSaturated));
        }

        var why = _parts.View.Unready();
        return WriteAsync(context, why is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable, "application/json", WatchHealth.Ready(why));
    }

    private async ValueTask<Caller?> AdmitAsync(HttpContext context, Route route)
    {
        var address = ClientAddress.Of(context.Connection.RemoteIpAddress ?? IPAddress.None, context.Request.Headers["X-Forwarded-For"].ToString(), _parts.View.Config.Api.TrustedProxies);
        var admission = await _parts.View.Doorkeeper.AdmitAsync(_headers.Credentials(context, address), context.RequestAborted);
        var isHead = HttpMethods.IsHead(context.Request.Method);
        var caller = admission.Caller;
        // Who guesses is limited by where they are, also at the door of the intake.
        if ((route.IsLimited && !isHead) || caller is null)
        {
            var decision = _limiter.Take(caller?.Name ?? ClientAddress.RateKey(address));
            WatchHeaders.Add(context, decision);
            if (!decision.IsAllowed)
            {
                _parts.Figures.Limited();
                _parts.Noted($"rate limit exceeded for client {caller?.Name ?? address.ToString()}");
                await AnswerAsync(context, ApiAnswer.Error(StatusCodes.Status429TooManyRequests, $"too many requests; try again in {decision.RetryAfterSeconds} s"));
                return null;
            }
        }

        if (caller is not null && caller.Scopes.Grants(route.Needs))
        {
            return caller;
        }

        if (caller is { IsKnown: true })
        {
            _parts.Figures.Refused(StatusCodes.Status403Forbidden);
            await AnswerAsync(context, ApiAnswer.Error(StatusCodes.Status403Forbidden, $"the scope {string.Join(", ", route.Needs.List())} is needed here"));
            return null;
        }

        _parts.Figures.Refused(StatusCodes.Status401Unauthorized);
        _parts.Noted($"auth failed for {address}: {(admission.Refusal.Length > 0 ? admission.Refusal : "no credentials")}");
        context.Response.Headers.WWWAuthenticate = "Bearer";
        await AnswerAsync(context, ApiAnswer.Error(StatusCodes.Status401Unauthorized, admission.Refusal.Length > 0 ? admission.Refusal : "a bearer token or an API key is needed here"));
        return null;
    }

    private static Task AnswerAsync(HttpContext context, ApiAnswer answer) => WriteAsync(context, answer.Status, "application/json", answer.Body);

    private static async Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        if (status is StatusCodes.Status503ServiceUnavailable && context.Response.Headers.RetryAfter.Count == 0)
        {
            context.Response.Headers.RetryAfter = "2";
        }

        context.Response.ContentLength = body.Length;
        if (body.Length > 0)
        {
            context.Response.ContentType = contentType;
            if (!HttpMethods.IsHead(context.Request.Method))
            {
                await context.Response.Body.WriteAsync(body, context.RequestAborted);
            }
        }
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
