using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.Api.Access;
using Comptroller.Drift.Configuration;

namespace Comptroller.Operator.Tests.Verbs;

/// <summary>How often, from where, in which browser and with which certificate.</summary>
[Collection(RunningWatch.Alone)]
public sealed class WatchAccessTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_caller_who_asks_too_often_is_told_when_to_come_back_and_probes_and_intake_are_not_limited()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Read | Scopes.Intake, RateLimit = new RateLimitConfig { PerMinute = 6, Burst = 3 } } });
        using var client = watch.Client(null);
        var first = await client.GetAsync("/api/v1/drifts");
        (Header(first, "X-RateLimit-Limit"), Header(first, "X-RateLimit-Remaining")).ShouldBe(("3", "2"));
        await client.GetAsync("/api/v1/drifts");
        await client.GetAsync("/api/v1/drifts");
        var refused = await client.GetAsync("/api/v1/drifts");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 10);
        Header(refused, "X-RateLimit-Remaining").ShouldBe("0");
        (await refused.Content.ReadAsStringAsync()).ShouldStartWith("""{"success":false,"error":{"code":429,""");
        for (var time = 0; time < 10; time++)
        {
            (await client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.GetAsync("/ready")).StatusCode.ShouldBe(HttpStatusCode.OK);
            using var head = new HttpRequestMessage(HttpMethod.Head, "/api/v1/drifts");
            (await client.SendAsync(head)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await client.PostAsync("/api/v1/falco/events", new StringContent(RunningWatch.Alert(time), Encoding.UTF8, "application/json"))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
    }

    [Theory]
    [InlineData(false, HttpStatusCode.TooManyRequests)]
    [InlineData(true, HttpStatusCode.OK)]
    public async Task A_forged_X_Forwarded_For_makes_no_other_caller_unless_a_trusted_proxy_wrote_it(bool isTrusted, HttpStatusCode status)
    {
        await using var watch = await RunningWatch.StartAsync(config => config with
        {
            Api = config.Api with { Anonymous = Scopes.Read, RateLimit = new RateLimitConfig { PerMinute = 1, Burst = 1 }, TrustedProxies = isTrusted ? [IPNetwork.Parse("127.0.0.0/8")] : [] },
        });
        using var client = watch.Client(null);
        HttpResponseMessage last = null!;
        for (var number = 1; number < 5; number++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/drifts");
            request.Headers.Add("X-Forwarded-For", $"198.51.100.{number}");
            last = await client.SendAsync(request);
        }

        last.StatusCode.ShouldBe(status);
    }

    [Fact]
    public async Task Guessing_credentials_is_limited_also_at_the_intake()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { TokenFile = _files.Write("t0ken"), Api = config.Api with { RateLimit = new RateLimitConfig { PerMinute = 1, Burst = 3 } } });
        var statuses = new List<HttpStatusCode>();
        for (var number = 0; number < 5; number++)
        {
            using var client = watch.Client($"guess-{number}");
            statuses.Add((await client.PostAsync("/api/v1/falco/events", new StringContent("{}", Encoding.UTF8, "application/json"))).StatusCode);
        }

        statuses.ShouldBe([HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests]);
        using var sender = watch.Client("t0ken");
        (await sender.PostAsync("/api/v1/falco/events", new StringContent(RunningWatch.Alert(1), Encoding.UTF8, "application/json"))).StatusCode.ShouldBe(HttpStatusCode.Accepted, "who has the token is not held up by who has not");
    }

    [Fact]
    public async Task Pages_of_configured_origins_may_ask_and_others_may_not()
    {
        await using var watch = await RunningWatch.StartAsync(config => config with { Api = config.Api with { Anonymous = Scopes.Read, CorsOrigins = ["https://ui.example.com"] } });
        using var client = watch.Client(null);
        foreach (var (origin, isAllowed) in ((string, bool)[])[("https://ui.example.com", true), ("https://evil.example.com", false), ("https://ui.example.com.evil.example.com", false), ("null", false)])
        {
            using var preflight = new HttpRequestMessage(HttpMethod.Options, "/api/v1/drifts");
            preflight.Headers.Add("Origin", origin);
            preflight.Headers.Add("Access-Control-Request-Method", "GET");
            var answer = await client.SendAsync(preflight);
            answer.StatusCode.ShouldBe(isAllowed ? HttpStatusCode.NoContent : HttpStatusCode.MethodNotAllowed, origin);
            answer.Headers.Contains("Access-Control-Allow-Origin").ShouldBe(isAllowed, origin);
            answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_client_certificate_of_the_authority_may_send_and_nothing_else()
    {
        using var authority = Authority("authority");
        using var stranger = Authority("stranger");
        using var server = Certificate(authority, "server", "1.3.6.1.5.5.7.3.1");
        using var falco = Certificate(authority, "falco", "1.3.6.1.5.5.7.3.2");
        using var wrongUse = Certificate(authority, "other-server", "1.3.6.1.5.5.7.3.1");
        using var foreign = Certificate(stranger, "falco", "1.3.6.1.5.5.7.3.2");
        var tls = new TlsConfig(_files.Write(server.ExportCertificatePem()), _files.Write(server.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()), _files.Write(authority.ExportCertificatePem()));
        await using var watch = await RunningWatch.StartAsync(config => config with { Tls = tls });
        using var sender = watch.Client(null, Handler(authority, falco));
        var sent = await sender.PostAsync("/api/v1/falco/events", new StringContent(RunningWatch.Alert(1), Encoding.UTF8, "application/json"));
        sent.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Header(sent, "Strict-Transport-Security").ShouldStartWith("max-age=");
        (await sender.GetAsync("/api/v1/drifts")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var nobody = watch.Client(null, Handler(authority, null));
        (await nobody.PostAsync("/api/v1/falco/events", new StringContent(RunningWatch.Alert(1), Encoding.UTF8, "application/json"))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await nobody.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var refused in (X509Certificate2[])[foreign, wrongUse])
        {
            using var client = watch.Client(null, Handler(authority, refused));
            await Should.ThrowAsync<HttpRequestException>(() => client.PostAsync("/api/v1/falco/events", new StringContent(RunningWatch.Alert(1), Encoding.UTF8, "application/json")));
        }
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_without_a_restart_and_a_broken_one_leaves_the_last_good()
    {
        using var authority = Authority("authority");
        using var first = Certificate(authority, "first", "1.3.6.1.5.5.7.3.1");
        using var second = Certificate(authority, "second", "1.3.6.1.5.5.7.3.1");
        var tls = new TlsConfig(_files.Write(first.ExportCertificatePem()), _files.Write(first.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()), null);
        await using var watch = await RunningWatch.StartAsync(config => config with { Tls = tls });
        (await ServedAsync(watch, authority)).ShouldBe("CN=first");
        // The kubelet swaps both at once; whoever sees the new certificate beside the old key must go on with the old pair.
        await File.WriteAllTextAsync(tls.CertificateFile, second.ExportCertificatePem());
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var halfway = 0; halfway < 6; halfway++)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), limit.Token);
            (await ServedAsync(watch, authority)).ShouldBe("CN=first");
        }

        await File.WriteAllTextAsync(tls.KeyFile, second.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        while (await ServedAsync(watch, authority) != "CN=second")
        {
            await Task.Delay(100, limit.Token);
        }
    }

    [Fact]
    public async Task Certificates_that_cannot_be_used_are_named_at_the_start()
    {
        var tls = new TlsConfig(_files.Write("nothing"), _files.Write("nothing"), null);
        (await Should.ThrowAsync<FormatException>(() => RunningWatch.StartAsync(config => config with { Tls = tls }))).Message.ShouldContain("no certificate and its key as PEM");
    }

    /// <summary>The name in the certificate that a new connection is shown.</summary>
    private static async Task<string> ServedAsync(RunningWatch watch, X509Certificate2 authority)
    {
        var (shown, handler) = ("", Handler(authority, null));
        var check = handler.SslOptions.RemoteCertificateValidationCallback!;
        handler.SslOptions.RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
        {
            shown = certificate!.Subject;
            return check(sender, certificate, chain, errors);
        };
        using var client = watch.Client(null, handler);
        (await client.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        return shown;
    }

    private static SocketsHttpHandler Handler(X509Certificate2 authority, X509Certificate2? own) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = own is null ? [] : [own],
            LocalCertificateSelectionCallback = own is null ? null : (_, _, _, _, _) => own,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            {
                using var chain = new X509Chain();
                chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
                chain.ChainPolicy.CustomTrustStore.Add(authority);
                chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
                return chain.Build((X509Certificate2)certificate!);
            },
        },
    };

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Certificate(X509Certificate2 authority, string name, string use)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using var own = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();
}
