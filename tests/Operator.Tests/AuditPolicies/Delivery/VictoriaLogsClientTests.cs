using System.Net;
using System.Text;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;
using Comptroller.Operator.AuditPolicies.Delivery;
using Microsoft.AspNetCore.Http;

namespace Comptroller.Operator.Tests.AuditPolicies.Delivery;

/// <summary>The endpoint is whatever a user wrote: everything about it may be wrong or meant badly.</summary>
public sealed class VictoriaLogsClientTests : IAsyncLifetime
{
    private const string Marker = "what-the-server-said";

    private readonly ManualTimeProvider time = new();
    private readonly string directory = Directory.CreateTempSubdirectory("comptroller-test").FullName;
    private ScriptedServer server = null!;

    public async Task InitializeAsync() => server = await ScriptedServer.StartAsync();

    public async Task DisposeAsync()
    {
        await server.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task A_query_goes_to_the_tenant_as_a_form()
    {
        server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, 200, "{\"events\":\"1\"}\n");
        using var client = Client();

        var body = await client.QueryAsync(Target("/prefix/") with { AccountId = 12, ProjectId = 3 }, "a | b & c", CancellationToken.None);

        Encoding.UTF8.GetString(body.Span).ShouldBe("{\"events\":\"1\"}\n");
        var request = server.Requests.ShouldHaveSingleItem();
        (request.Method, request.Path, request.Query).ShouldBe(("POST", "/prefix/select/logsql/query", ""));
        request.Headers["AccountID"].ShouldBe("12");
        request.Headers["ProjectID"].ShouldBe("3");
        request.Headers["Content-Type"].ShouldBe("application/x-www-form-urlencoded");
        request.Headers.Keys.ShouldNotContain("Authorization");
        request.Headers.Keys.ShouldNotContain("Accept-Encoding");
        FakeVictoriaLogs.Form(request)["query"].ShouldBe("a | b & c");
    }

    [Theory]
    [InlineData(401, true, "credentials")]
    [InlineData(403, true, "credentials")]
    [InlineData(404, false, "404 to /select/logsql/query")]
    [InlineData(500, false, "answers 500")]
    [InlineData(503, false, "answers 503")]
    public async Task A_refusal_is_told_by_its_code_alone(int code, bool denied, string said)
    {
        server.Answer = (context, _) => FakeVictoriaLogs.TextAsync(context, code, Marker);
        var failure = await FailureAsync();
        failure.Denied.ShouldBe(denied);
        failure.Message.ShouldContain(said);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_redirect_is_not_followed(int code)
    {
        server.Answer = (context, _) =>
        {
            context.Response.Headers.Location = server.Address + "elsewhere?" + Marker;
            return FakeVictoriaLogs.TextAsync(context, code, Marker);
        };
        (await FailureAsync()).Message.ShouldContain("redirects are not followed");
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_huge_answer_is_cut_off(bool announced)
    {
        var cut = new TaskCompletionSource();
        server.Answer = async (context, _) =>
        {
            context.RequestAborted.Register(cut.SetResult);
            context.Response.ContentLength = announced ? 1L << 40 : null;
            await context.Response.Body.WriteAsync(new byte[1024 * 1024]);
            await cut.Task;
        };
        using var client = Client();

        (await Should.ThrowAsync<CannotAskException>(client.QueryAsync(Target(), "x", CancellationToken.None).EndsAsync())).Message.ShouldContain("larger than 512 KiB");

        // The rest would go on for ever.
        await cut.Task.EndsAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_slow_answer_is_not_waited_for(bool trickles)
    {
        var arrived = new TaskCompletionSource();
        server.Answer = async (context, _) =>
        {
            if (trickles)
            {
                await context.Response.WriteAsync("{");
                await context.Response.Body.FlushAsync();
            }

            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var client = Client();
        var asking = client.QueryAsync(Target(), "x", CancellationToken.None);
        await arrived.Task.EndsAsync();
        asking.IsCompleted.ShouldBeFalse();

        time.Advance(VictoriaLogsClient.Patience);

        (await Should.ThrowAsync<CannotAskException>(asking.EndsAsync())).Message.ShouldBe("it does not answer within 5 seconds");
    }

    [Fact]
    public async Task The_end_of_the_operator_is_no_trouble_of_the_server()
    {
        using var stop = new CancellationTokenSource();
        server.Answer = async (context, _) =>
        {
            await stop.CancelAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        };
        using var client = Client();
        await Should.ThrowAsync<OperationCanceledException>(client.QueryAsync(Target(), "x", stop.Token).EndsAsync());
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_told_so()
    {
        server.Answer = async (context, _) =>
        {
            context.Response.ContentLength = 1000;
            await context.Response.WriteAsync("{");
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        (await FailureAsync()).Message.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_port_where_nobody_listens_and_a_name_that_is_none_are_told_apart()
    {
        var gone = Target();
        await server.DisposeAsync();
        using var client = Client();
        (await Should.ThrowAsync<CannotAskException>(client.QueryAsync(gone, "x", CancellationToken.None).EndsAsync())).Message.ShouldBe("it cannot be connected to");
        var unknown = gone with { Endpoint = new Uri("http://no-such-host.invalid:9428") };
        (await Should.ThrowAsync<CannotAskException>(client.QueryAsync(unknown, "x", CancellationToken.None).EndsAsync())).Message.ShouldBe("its name does not resolve");
    }

    [Fact]
    public async Task A_certificate_of_an_unknown_authority_is_refused()
    {
        using var authority = new TestCertificates();
        await using var secure = await ScriptedServer.StartAsync(authority.Server());
        using var client = Client();
        var target = new DeliveryTarget(new Uri($"https://localhost:{secure.Address.Port}"), 0, 0, null);
        (await Should.ThrowAsync<CannotAskException>(client.QueryAsync(target, "x", CancellationToken.None).EndsAsync())).Message.ShouldContain("certificate is not trusted");
        secure.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_operators_own_pod_is_not_asked()
    {
        using var client = Client(loopback: false);
        foreach (var host in new[] { "127.0.0.1", "localhost" })
        {
            var target = Target() with { Endpoint = new Uri($"http://{host}:{server.Address.Port}") };
            (await Should.ThrowAsync<CannotAskException>(client.QueryAsync(target, "x", CancellationToken.None).EndsAsync())).Message.ShouldContain("not asked");
        }

        server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("10.0.0.1", true)]
    [InlineData("192.168.1.9", true)]
    [InlineData("8.8.8.8", true)]
    [InlineData("fd00::1", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.8.8.8", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    public void Addresses_are_judged_by_where_they_lead(string address, bool allowed) =>
        new AllowedAddresses(loopback: false).IsAllowed(IPAddress.Parse(address)).ShouldBe(allowed);

    [Fact]
    public async Task Credentials_go_to_their_host_over_https_and_nowhere_else()
    {
        await File.WriteAllTextAsync(Path.Combine(directory, "logs.example.com"), "reader:pass:word\n");
        var credentials = new DeliveryCredentials(directory);
        var header = await credentials.ForAsync(new Uri("https://logs.example.com:8443/prefix"), CancellationToken.None);
        header!.ToString().ShouldBe("Basic " + Convert.ToBase64String("reader:pass:word"u8));
        (await credentials.ForAsync(new Uri("http://logs.example.com:8443"), CancellationToken.None)).ShouldBeNull();
        (await credentials.ForAsync(new Uri("https://other.example.com"), CancellationToken.None)).ShouldBeNull();
        (await new DeliveryCredentials(null).ForAsync(new Uri("https://logs.example.com"), CancellationToken.None)).ShouldBeNull();
    }

    [Theory]
    [InlineData("no colon")]
    [InlineData("")]
    [InlineData("a:b\nc:d")]
    public async Task A_credentials_file_of_another_form_is_named_and_not_quoted(string content)
    {
        await File.WriteAllTextAsync(Path.Combine(directory, "logs"), content);
        var failure = await Should.ThrowAsync<CannotAskException>(new DeliveryCredentials(directory).ForAsync(new Uri("https://logs"), CancellationToken.None));
        failure.Message.ShouldBe("the operator's credentials file for logs does not hold one line user:password");
    }

    private VictoriaLogsClient Client(bool loopback = true) => new(new DeliveryCredentials(null), new AllowedAddresses(loopback), "test", time);

    private DeliveryTarget Target(string prefix = "") => new(new Uri(server.Address.ToString().TrimEnd('/') + prefix), 0, 0, null);

    private async Task<CannotAskException> FailureAsync()
    {
        using var client = Client();
        var failure = await Should.ThrowAsync<CannotAskException>(client.QueryAsync(Target(), "x", CancellationToken.None).EndsAsync());
        failure.Message.ShouldNotContain(Marker);
        return failure;
    }
}
