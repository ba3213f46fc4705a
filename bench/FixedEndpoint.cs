using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Comptroller.Bench;

/// <summary>
/// The baseline of <c>sandbox</c>: the same web server over TLS, answering every request with the same bytes after reading its body,
/// and sending the same line as often as asked on <c>/lines/{count}</c>. What it achieves is what transport and client allow.
/// </summary>
internal static class FixedEndpoint
{
    /// <summary>Start of the line that says the address; the certificate follows, base64 of PEM, after a space.</summary>
    public const string ReadyLine = "Ready: ";

    /// <param name="bytes">Length of an answer and of a line.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<int> RunAsync(int bytes, CancellationToken cancellationToken)
    {
        using var certificate = CreateCertificate();
        var answer = Encoding.ASCII.GetBytes("{\"kind\":\"" + new string('x', Math.Max(0, bytes - 12)) + "\"}\n");
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(certificate);
        }));
        await using var host = builder.Build();
        host.Run(async context =>
        {
            context.Response.ContentType = "application/json";
            if (context.Request.Path.StartsWithSegments("/lines", StringComparison.Ordinal, out var rest))
            {
                for (var i = int.Parse(rest.Value![1..]); i > 0; i--)
                {
                    await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
                }

                return;
            }

            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            context.Response.ContentLength = answer.Length;
            await context.Response.BodyWriter.WriteAsync(answer, context.RequestAborted);
        });
        await host.StartAsync(cancellationToken);
        var address = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        Console.WriteLine($"{ReadyLine}{address} {Convert.ToBase64String(Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()))}");
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // SIGTERM is how it ends.
        }

        return 0;
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=bench", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1));
    }
}
