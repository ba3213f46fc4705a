using System.Security.Cryptography.X509Certificates;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class TransportTests
{
    private static KubeClient Client(ScriptedServer server, KubeClientConfiguration configuration, TimeProvider? time = null) =>
        KubeClient.Create(
            configuration with { Server = server.Address }, new KubeClientOptions { Timeout = TimeSpan.FromSeconds(30) }, time: time);

    private static KubeClientConfiguration Trusting(TestCertificates authority) =>
        new() { Server = new Uri("https://unset"), CertificateAuthorityPem = authority.AuthorityPem };

    private static async Task<ScriptedServer> StartAsync(X509Certificate2 certificate, X509Certificate2? clients = null)
    {
        var server = await ScriptedServer.StartAsync(certificate, clients);
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        return server;
    }

    [Fact]
    public async Task T1_one_connection_with_HTTP_2_serves_many_requests_over_TLS()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server());
        using var client = Client(server, Trusting(authority));

        await client.GetLeaseAsync();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => client.GetLeaseAsync()));

        server.Requests.ShouldAllBe(seen => seen.Protocol == "HTTP/2");
        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task T4_a_server_of_another_authority_is_not_trusted()
    {
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        await using var server = await StartAsync(other.Server());
        using var client = Client(server, Trusting(authority));

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.Reason.ShouldBe(FailureReason.TlsFailure);
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task T4_a_certificate_for_another_name_is_not_trusted()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server("elsewhere.example"));
        using var client = Client(server, Trusting(authority));

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync())).Reason.ShouldBe(FailureReason.TlsFailure);
    }

    [Fact]
    public async Task T4_a_private_authority_is_not_trusted_when_none_is_configured()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server());
        using var client = Client(server, new KubeClientConfiguration { Server = server.Address });

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync())).Reason.ShouldBe(FailureReason.TlsFailure);
    }

    [Fact]
    public async Task T6_verification_can_be_switched_off_by_name_only()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server("elsewhere.example"));
        using var client = Client(server, new KubeClientConfiguration { Server = server.Address, InsecureSkipTlsVerify = true });

        (await client.GetLeaseAsync()).Metadata.Name.ShouldBe("a");
    }

    [Fact]
    public async Task T4_a_new_authority_in_the_file_is_taken_up_and_a_broken_file_is_not()
    {
        using var files = new TestDirectory();
        using var old = new TestCertificates();
        using var fresh = new TestCertificates();
        await using var server = await StartAsync(old.Server());
        var clock = new ManualTimeProvider();
        var file = files.Write("ca.crt", old.AuthorityPem);
        using var client = Client(server, new KubeClientConfiguration { Server = server.Address, CertificateAuthorityFile = file }, clock);
        await client.GetLeaseAsync();

        files.Write("ca.crt", "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
        clock.Advance(TimeSpan.FromMinutes(6));
        await client.GetLeaseAsync();
        files.Write("ca.crt", fresh.AuthorityPem);
        server.Certificate = fresh.Server();
        await client.GetLeaseAsync();
        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBe(1);
        clock.Advance(TimeSpan.FromMinutes(6));
        await client.GetLeaseAsync();

        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBe(2);
        server.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task T4_a_request_on_old_trust_may_finish_after_the_change()
    {
        using var files = new TestDirectory();
        using var old = new TestCertificates();
        using var fresh = new TestCertificates();
        await using var server = await StartAsync(old.Server());
        var finish = new TaskCompletionSource();
        var held = false;
        server.Answer = async (context, _) =>
        {
            if (!held)
            {
                held = true;
                await finish.Task;
            }

            await ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        };
        var clock = new ManualTimeProvider();
        var file = files.Write("ca.crt", old.AuthorityPem);
        using var client = KubeClient.Create(
            new KubeClientConfiguration { Server = server.Address, CertificateAuthorityFile = file },
            new KubeClientOptions { Timeout = TimeSpan.FromHours(1) }, time: clock);

        var slow = client.GetLeaseAsync();
        await Settle.UntilAsync(() => server.Requests.Count == 1);
        files.Write("ca.crt", fresh.AuthorityPem);
        server.Certificate = fresh.Server();
        clock.Advance(TimeSpan.FromMinutes(6));
        await client.GetLeaseAsync().EndsAsync();
        finish.SetResult();

        (await slow.EndsAsync()).Metadata.Name.ShouldBe("a");
    }

    [Fact]
    public async Task T5_after_a_401_the_token_is_read_again_and_the_request_repeated_once()
    {
        using var files = new TestDirectory();
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => seen.Headers["Authorization"] == "Bearer second"
            ? ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson)
            : ScriptedServer.StatusAsync(context, 401, "Unauthorized");
        var file = files.Write("token", "first\n");
        using var client = server.Client(new ManualTimeProvider(), user: new UserCredentials { TokenFile = file });

        (await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync())).IsUnauthorized.ShouldBeTrue();
        server.Requests.Count.ShouldBe(2);
        files.Write("token", "second\n");
        await client.GetLeaseAsync();

        server.Requests.Select(seen => seen.Headers["Authorization"]).ShouldBe(["Bearer first", "Bearer first", "Bearer first", "Bearer second"]);
    }

    [Fact]
    public async Task T5_a_token_file_is_read_once_a_minute_and_its_loss_is_survived()
    {
        using var files = new TestDirectory();
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        var clock = new ManualTimeProvider();
        var file = files.Write("token", "one");
        using var client = server.Client(clock, user: new UserCredentials { TokenFile = file });

        await client.GetLeaseAsync();
        files.Write("token", "two");
        clock.Advance(TimeSpan.FromSeconds(59));
        await client.GetLeaseAsync();
        clock.Advance(TimeSpan.FromSeconds(2));
        await client.GetLeaseAsync();
        File.Delete(file);
        clock.Advance(TimeSpan.FromSeconds(61));
        await client.GetLeaseAsync();

        server.Requests.Select(seen => seen.Headers["Authorization"]).ShouldBe(["Bearer one", "Bearer one", "Bearer two", "Bearer two"]);
    }

    [Fact]
    public async Task T5_a_token_file_that_was_never_there_is_named()
    {
        await using var server = await ScriptedServer.StartAsync();
        using var client = server.Client(user: new UserCredentials { TokenFile = "/nowhere/token" });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.Reason.ShouldBe(FailureReason.CredentialsUnavailable);
        error.Message.ShouldContain("/nowhere/token");
    }

    [Fact]
    public async Task A_static_token_that_is_refused_is_not_tried_twice()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.StatusAsync(context, 401, "Unauthorized");
        using var client = server.Client(user: new UserCredentials { Token = new SecretString("s3cret") });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.IsUnauthorized.ShouldBeTrue();
        error.ToString().ShouldNotContain("s3cret");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Client_certificates_are_shown_from_data_and_from_files_that_change()
    {
        using var files = new TestDirectory();
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server(), authority.Authority);
        var first = authority.Client("first");
        var second = authority.Client("second");
        var clock = new ManualTimeProvider();
        using var fromData = Client(server, Trusting(authority) with
        {
            User = new UserCredentials { ClientCertificatePem = first.CertificatePem, ClientKeyPem = new SecretString(first.KeyPem) },
        });
        var user = new UserCredentials
        {
            ClientCertificateFile = files.Write("crt", first.CertificatePem),
            ClientKeyFile = files.Write("key", first.KeyPem),
        };
        using var fromFiles = Client(server, Trusting(authority) with { User = user }, clock);

        await fromData.GetLeaseAsync();
        await fromFiles.GetLeaseAsync();
        files.Write("crt", second.CertificatePem);
        clock.Advance(TimeSpan.FromSeconds(61));
        await fromFiles.GetLeaseAsync();
        files.Write("key", second.KeyPem);
        clock.Advance(TimeSpan.FromSeconds(61));
        await fromFiles.GetLeaseAsync();

        server.Requests.Select(seen => seen.ClientThumbprint).ShouldBe([first.Thumbprint, first.Thumbprint, first.Thumbprint, second.Thumbprint]);
    }

    [Fact]
    public async Task A_password_goes_as_basic_authentication()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        using var client = server.Client(user: new UserCredentials { Username = "jürgen", Password = new SecretString("a:b") });

        await client.GetLeaseAsync();

        server.Requests.Single().Headers["Authorization"].ShouldBe($"Basic {Convert.ToBase64String("jürgen:a:b"u8)}");
    }

    [Fact]
    public async Task T6_a_proxy_is_used_when_configured()
    {
        await using var proxy = await ScriptedServer.StartAsync();
        proxy.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        using var client = KubeClient.Create(new KubeClientConfiguration { Server = new Uri("http://kube.example:6443"), Proxy = proxy.Address });

        await client.GetLeaseAsync();

        proxy.Requests.Single().Host.ShouldBe("kube.example:6443");
    }

    [Fact]
    public async Task T6_impersonation_is_sent_with_every_request()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        using var client = KubeClient.Create(new KubeClientConfiguration
        {
            Server = server.Address,
            Impersonation = new Impersonation
            {
                User = "jane",
                Uid = "7",
                Groups = ["a", "b"],
                Extra = [KeyValuePair.Create<string, IReadOnlyList<string>>("acme.com/project", ["x"])],
            },
        });

        await client.GetLeaseAsync();

        var headers = server.Requests.Single().Headers;
        (headers["Impersonate-User"], headers["Impersonate-Uid"], headers["Impersonate-Extra-acme.com%2Fproject"]).ShouldBe(("jane", "7", "x"));
        headers["Impersonate-Group"].Split(',', StringSplitOptions.TrimEntries).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task T8_the_server_name_decides_the_name_check_and_the_host_header()
    {
        using var authority = new TestCertificates();
        await using var server = await StartAsync(authority.Server("kube.internal"));
        using var client = Client(server, Trusting(authority) with { TlsServerName = "kube.internal" });

        await client.GetLeaseAsync();

        server.Requests.Single().Host.ShouldBe("kube.internal");
    }

    [Fact]
    public async Task T9_T10_the_user_agent_names_the_part_that_asks_and_leader_election_has_a_client_of_its_own()
    {
        await using var server = await ScriptedServer.StartAsync();
        server.Answer = (context, _) => ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson);
        var options = new KubeClientOptions();
        var election = options.ForLeaderElection(TimeSpan.FromSeconds(10));
        using var client = server.Client(options: options);
        using var elector = server.Client(options: election);

        await client.GetLeaseAsync();
        await elector.GetLeaseAsync();

        election.Timeout.ShouldBe(TimeSpan.FromSeconds(5));
        options.ForLeaderElection(TimeSpan.FromSeconds(1)).Timeout.ShouldBe(TimeSpan.FromSeconds(1));
        server.Requests[0].Headers["User-Agent"].ShouldStartWith("comptroller/");
        server.Requests[0].Headers["User-Agent"].ShouldContain(" (linux/");
        server.Requests[0].Headers["User-Agent"].ShouldEndWith(") controller");
        server.Requests[1].Headers["User-Agent"].ShouldEndWith(" leader-election");
    }

    [Fact]
    public void Secrets_do_not_show_in_printed_records()
    {
        var user = new UserCredentials { Token = new SecretString("s3cret"), Password = new SecretString("s3cret"), ClientKeyPem = new SecretString("s3cret") };
        new KubeClientConfiguration { Server = new Uri("https://a"), User = user }.ToString().ShouldNotContain("s3cret");
        $"{user.Token}".ShouldBe("***");
    }
}
