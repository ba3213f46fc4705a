using System.Net;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Client.Transport;
using Comptroller.Kubernetes.Model;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Comptroller.Kubernetes.Tests.Client;

/// <summary>What stands between us and the server: proxies, dead paths, and many connections.</summary>
public sealed class NetworkTests
{
    private const string Frame = $$"""{"type":"ADDED","object":{{TestClients.LeaseJson}}}""";

    /// <summary>Of a test that would otherwise hang until the watch's own limit of minutes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("Connect")]
    [InlineData("Socks5")]
    public async Task T6_a_proxy_carries_TLS_to_the_server_without_reading_it(string protocol)
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority);
        await using var proxy = Relay.Proxy(Enum.Parse<RelayProtocol>(protocol));
        using var client = KubeClient.Create(Trusting(authority, server.Address) with { Proxy = proxy.Address });

        (await client.GetLeaseAsync()).Metadata.Name.ShouldBe("a");

        proxy.Asked.ShouldBe([server.Address.Authority]);
        server.Requests.Single().Protocol.ShouldBe("HTTP/2");
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task T6_a_proxy_that_is_not_there_is_named(string scheme)
    {
        using var client = KubeClient.Create(
            new KubeClientConfiguration { Server = new Uri("https://kube.example:6443"), Proxy = new Uri($"{scheme}://127.0.0.1:{FreePort.Take()}") });

        var error = await Should.ThrowAsync<KubeApiException>(
            () => client.ListAsync(KubernetesTypes.Leases, null, new ListOptions { FailFast = true }, CancellationToken.None));

        error.Reason.ShouldBe(FailureReason.ConnectionRefused);
        error.Message.ShouldContain("the proxy 127.0.0.1:");
    }

    [Fact]
    public async Task T2_a_watch_on_a_path_that_went_dead_ends_because_nobody_answers_its_pings()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority);
        server.Answer = async (context, _) =>
        {
            await context.Response.WriteAsync(Frame + "\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        await using var network = Relay.To(server.Address);
        using var client = KubeClient.Create(Trusting(authority, network.Address), Impatient);
        var options = new WatchOptions { ResourceVersion = "1", Timeout = TimeSpan.FromMinutes(5) };
        await using var changes = client.WatchAsync(KubernetesTypes.Leases, null, options, CancellationToken.None).GetAsyncEnumerator();
        (await changes.MoveNextAsync()).ShouldBeTrue();

        network.Freeze();

        (await changes.MoveNextAsync().AsTask().WaitAsync(Patience)).ShouldBeFalse();
    }

    [Fact]
    public async Task T2_a_call_on_a_path_that_went_dead_fails_before_its_own_deadline()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority);
        await using var network = Relay.To(server.Address);
        using var client = KubeClient.Create(Trusting(authority, network.Address), Impatient);
        await client.GetLeaseAsync();

        network.Freeze();

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync().WaitAsync(Patience))).Reason.ShouldBe(FailureReason.ConnectionLost);
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_says_nothing_is_given_up()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority);
        await using var network = Relay.To(server.Address);
        network.Freeze();
        using var client = KubeClient.Create(Trusting(authority, network.Address), Impatient with { ConnectTimeout = TimeSpan.FromMilliseconds(200) });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync().WaitAsync(Patience));

        error.Reason.ShouldBe(FailureReason.Timeout);
        error.Message.ShouldContain($"no connection to https://{network.Address.Authority} within 0.2 s");
    }

    [Fact]
    public async Task T4_trust_does_not_grow_with_the_connections_that_were_made_on_it()
    {
        using var authority = new TestCertificates();
        await using var server = await ScriptedServer.StartAsync(authority.Server(), protocols: HttpProtocols.Http1);
        server.Answer = (context, _) =>
        {
            context.Response.Headers.Connection = "close";
            return ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        };
        var configuration = Trusting(authority, server.Address);
        using var connection = new Connection(configuration, new KubeClientOptions(), TrustAnchors.Parse(authority.AuthorityPem, "the test"), null);

        for (var i = 0; i < 100; i++)
        {
            using var answer = await connection.SendAsync(new HttpRequestMessage(HttpMethod.Get, server.Address), CancellationToken.None);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBe(100);
        connection.Trust!.CustomTrustStore.Count.ShouldBe(1);
        connection.Trust.ExtraStore.Count.ShouldBe(0);
    }

    private static KubeClientOptions Impatient => new() { PingDelay = TimeSpan.FromSeconds(1), PingTimeout = TimeSpan.FromSeconds(1) };

    private static KubeClientConfiguration Trusting(TestCertificates authority, Uri server) =>
        new() { Server = server, CertificateAuthorityPem = authority.AuthorityPem };

    private static async Task<ScriptedServer> StartAsync(TestCertificates authority)
    {
        var server = await ScriptedServer.StartAsync(authority.Server());
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        return server;
    }
}
