using System.Globalization;
using System.Net;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace Comptroller.Operator.Verbs.Drift;

/// <summary>Headers that are read and written with every request: what browsers may, who sends, how often.</summary>
internal sealed class WatchHeaders(DriftConfig config)
{
    /// <summary>Browsers cannot set headers of a WebSocket; they offer the token as a protocol that begins with this.</summary>
    public const string ProtocolBearer = "bearer.";

    // As long as a host name can be.
    private const int LongestOrigin = 255;

    private const string YearOfSeconds = "max-age=31536000";

    public void Add(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-store";
        headers["X-Request-ID"] = context.TraceIdentifier;
        if (context.Request.IsHttps)
        {
            headers.StrictTransportSecurity = YearOfSeconds;
        }

        if (config.Api.CorsOrigins.IsEmpty)
        {
            return;
        }

        headers.Vary = "Origin";
        var origin = context.Request.Headers.Origin.ToString();
        if (config.Api.CorsOrigins.Contains(origin))
        {
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlExposeHeaders = "X-Request-ID, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After";
        }
    }

    /// <summary>Answers the question of a browser whether a page may ask; false when this is none.</summary>
    public static bool IsPreflight(HttpContext context)
    {
        if (!HttpMethods.IsOptions(context.Request.Method) || context.Request.Headers.AccessControlRequestMethod.Count == 0 || context.Response.Headers.AccessControlAllowOrigin.Count == 0)
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.AccessControlAllowMethods = "GET, POST, DELETE";
        context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type, X-API-Key, Last-Event-ID";
        context.Response.Headers.AccessControlMaxAge = "300";
        return true;
    }

    /// <summary>
    /// Answers the question of a sender of CloudEvents whether it may send here at all; false when this is none. Event Grid makes no subscription
    /// without. Who really may send is still a matter of credentials.
    /// </summary>
    public static bool IsSenderQuestion(HttpContext context)
    {
        var origin = context.Request.Headers["WebHook-Request-Origin"].ToString();
        if (!HttpMethods.IsOptions(context.Request.Method) || origin.Length is 0 or > LongestOrigin)
        {
            return false;
        }

        context.Response.Headers["WebHook-Allowed-Origin"] = origin;
        context.Response.Headers["WebHook-Allowed-Rate"] = "*";
        context.Response.Headers.Allow = "POST";
        return true;
    }

    /// <summary>Whether a page may open a WebSocket: one of this server, or of an origin that is configured. Programs send no origin.</summary>
    public bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || config.Api.CorsOrigins.Contains(origin) || origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/');
    }

    public Credentials Credentials(HttpContext context, IPAddress address)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (authorization.Length == 0 && context.Request.Headers.SecWebSocketProtocol.ToString().Split(',', StringSplitOptions.TrimEntries).FirstOrDefault(each => each.StartsWith(ProtocolBearer, StringComparison.Ordinal)) is { } offered)
        {
            authorization = $"Bearer {offered[ProtocolBearer.Length..]}";
        }

        // The handshake has verified it; one that it could not verify does not get here.
        var certificate = config.Tls?.ClientCaFile is null ? null : context.Connection.ClientCertificate;
        return new Credentials(authorization, context.Request.Headers["X-API-Key"].ToString(), certificate?.Subject, address);
    }

    public static void Add(HttpContext context, RateDecision decision)
    {
        if (decision.Limit == 0)
        {
            return;
        }

        var headers = context.Response.Headers;
        headers["X-RateLimit-Limit"] = decision.Limit.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Remaining"] = decision.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Reset"] = decision.ResetSeconds.ToString(CultureInfo.InvariantCulture);
        if (!decision.IsAllowed)
        {
            headers.RetryAfter = decision.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }
    }
}
