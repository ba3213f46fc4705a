using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Comptroller.FalconSimulator;

/// <summary>The part of the Falcon API that an audit uses, over HTTP on loopback, with the limits and the faults of the real one.</summary>
public sealed class Simulator : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly SimulatorOptions _options;
    private readonly Answers _answers;
    private readonly ConcurrentDictionary<string, DateTimeOffset> _tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);
    private readonly Queue<DateTimeOffset> _recent = new();
    private readonly Lock _gate = new();

    public Simulator(SimulatorOptions options)
    {
        _options = options;
        _answers = new Answers(options);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.Port));
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>Once started.</summary>
    public Uri Address => new(_application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Requests by path, keys of objects left out.</summary>
    public IReadOnlyDictionary<string, int> Calls => _calls;

    /// <summary>Every token handed out and not revoked: what must be found nowhere.</summary>
    public IReadOnlyCollection<string> Tokens => [.. _tokens.Keys];

    /// <summary>Objects of the Foundry collection by key.</summary>
    public IDictionary<string, byte[]> Objects => _answers.Collections.Objects;

    public int TotalCalls => _calls.Values.Sum();

    public static async Task<Simulator> StartAsync(SimulatorOptions options, CancellationToken cancellationToken)
    {
        var simulator = new Simulator(options);
        await simulator._application.StartAsync(cancellationToken);
        return simulator;
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimStart('/');
        var number = _calls.AddOrUpdate(path.Contains("/objects/", StringComparison.Ordinal) ? path[..(path.IndexOf("/objects/", StringComparison.Ordinal) + 8)] + $" {context.Request.Method}" : path, 1, (_, count) => count + 1);
        var fault = _options.Faults?.Invoke(new SimulatedRequest(path, number, context.Request.QueryString.Value ?? "", context.Request.Method));
        if (fault?.Delay > TimeSpan.Zero)
        {
            await Task.Delay(fault.Delay, context.RequestAborted);
        }

        if (fault?.Stall == true)
        {
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }

        if (fault?.RevokeTokens == true)
        {
            _tokens.Clear();
        }

        if (fault?.MissingScope == true)
        {
            await ErrorAsync(context, 403, "access denied, scope not permitted");
        }
        else if (fault?.Status is { } status)
        {
            if (fault.RetryAfter is { } after)
            {
                context.Response.Headers["X-Ratelimit-Retryafter"] = after.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            }

            await ErrorAsync(context, status, "simulated fault");
        }
        else if (path == "oauth2/token")
        {
            await TokenAsync(context);
        }
        else if (!IsKnown(context))
        {
            context.Response.Headers["X-Ratelimit-Limit"] = "15";
            await ErrorAsync(context, 401, "access denied, invalid bearer token");
        }
        else if (Refused(out var remaining, out var retryAfter))
        {
            context.Response.Headers["X-Ratelimit-Limit"] = _options.RequestsPerMinute.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["X-Ratelimit-Remaining"] = "0";
            context.Response.Headers["X-Ratelimit-Retryafter"] = retryAfter.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            await ErrorAsync(context, 429, "API rate limit exceeded.");
        }
        else
        {
            context.Response.Headers["X-Ratelimit-Limit"] = _options.RequestsPerMinute.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["X-Ratelimit-Remaining"] = remaining.ToString(CultureInfo.InvariantCulture);
            await _answers.WriteAsync(context, path, fault);
        }
    }

    private async Task TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (form["client_id"] != _options.ClientId || form["client_secret"] != _options.ClientSecret)
        {
            await ErrorAsync(context, 403, "access denied, invalid client");
            return;
        }

        var token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        _tokens[token] = _options.Time.GetUtcNow() + _options.TokenLifetime;
        context.Response.StatusCode = 201;
        await WriteAsync(context, new JsonObject
        {
            ["access_token"] = token,
            ["expires_in"] = (int)_options.TokenLifetime.TotalSeconds - 1,
            ["token_type"] = "bearer",
        });
    }

    private bool IsKnown(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.Ordinal) && _tokens.TryGetValue(header[7..], out var until) && until > _options.Time.GetUtcNow();
    }

    // A sliding minute, as the real one.
    private bool Refused(out int remaining, out DateTimeOffset retryAfter)
    {
        lock (_gate)
        {
            var now = _options.Time.GetUtcNow();
            while (_recent.TryPeek(out var oldest) && now - oldest >= TimeSpan.FromMinutes(1))
            {
                _recent.Dequeue();
            }

            remaining = _options.RequestsPerMinute - _recent.Count - 1;
            retryAfter = _recent.TryPeek(out var first) ? first + TimeSpan.FromSeconds(61) : now;
            if (remaining < 0)
            {
                return true;
            }

            _recent.Enqueue(now);
            return false;
        }
    }

    internal static Task ErrorAsync(HttpContext context, int status, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new JsonObject
        {
            ["meta"] = new JsonObject { ["trace_id"] = "simulated" },
            ["resources"] = new JsonArray(),
            ["errors"] = new JsonArray(new JsonObject { ["code"] = status, ["message"] = message }),
        });
    }

    private static Task WriteAsync(HttpContext context, JsonObject body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
