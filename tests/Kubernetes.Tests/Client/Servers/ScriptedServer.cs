using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Comptroller.Kubernetes.Tests.Client.Servers;

/// <summary>A request as it arrived.</summary>
internal sealed record SeenRequest(
    string Method, string Path, string Query, string Protocol, string Host, IReadOnlyDictionary<string, string> Headers, string Body,
    string? ClientThumbprint, string Connection);

/// <summary>A server on loopback that answers as the test says and remembers what it was asked.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    private readonly WebApplication host;
    private readonly ConcurrentQueue<SeenRequest> requests = new();

    private ScriptedServer(WebApplication host, Uri address)
    {
        this.host = host;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>How requests are answered; may be changed between requests.</summary>
    public Func<HttpContext, SeenRequest, Task> Answer { get; set; } = (context, _) => JsonAsync(context, 200, "{}");

    /// <summary>The certificate shown in the next handshake.</summary>
    public X509Certificate2? Certificate { get; set; }

    public IReadOnlyList<SeenRequest> Requests => [.. requests];

    public static async Task<ScriptedServer> StartAsync(
        X509Certificate2? certificate = null, X509Certificate2? clientAuthority = null, HttpProtocols protocols = HttpProtocols.Http1AndHttp2, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        ScriptedServer? self = null;
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = certificate is null ? HttpProtocols.Http1 : protocols;
                if (certificate is not null)
                {
                    listen.UseHttps(https =>
                    {
                        https.ServerCertificateSelector = (_, _) => self?.Certificate ?? certificate;
                        if (clientAuthority is not null)
                        {
                            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                            https.ClientCertificateValidation = (presented, _, _) => presented.Issuer == clientAuthority.Subject;
                        }
                    });
                }
            });
        });
        var app = builder.Build();
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            var seen = new SeenRequest(
                context.Request.Method, context.Request.Path.Value ?? "", context.Request.QueryString.Value ?? "", context.Request.Protocol,
                context.Request.Host.Value ?? "",
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                body, context.Connection.ClientCertificate?.Thumbprint, context.Connection.Id);
            self!.requests.Enqueue(seen);
            await self.Answer(context, seen);
        });
        await app.StartAsync();
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        self = new ScriptedServer(app, new Uri(address));
        return self;
    }

    public static async Task JsonAsync(HttpContext context, int code, string json)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(json));
    }

    public static Task StatusAsync(HttpContext context, int code, string reason, string message = "said the server", string details = "{}") =>
        JsonAsync(
            context, code,
            $$"""{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"{{message}}","reason":"{{reason}}","details":{{details}},"code":{{code}}}""");

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await host.StopAsync(now.Token);
        await host.DisposeAsync();
    }
}
