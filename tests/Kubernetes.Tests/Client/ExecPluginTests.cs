using System.Text.Json.Nodes;
using Comptroller.Kubernetes.Client;
using Comptroller.Kubernetes.Tests.Client.Servers;
using Comptroller.Kubernetes.Tests.Testing;

namespace Comptroller.Kubernetes.Tests.Client;

public sealed class ExecPluginTests : IDisposable
{
    private const string Version = "client.authentication.k8s.io/v1";
    private readonly TestDirectory files = new();

    public void Dispose() => files.Dispose();

    private int Runs => File.Exists(Path.Combine(files.Root, "runs")) ? File.ReadAllLines(Path.Combine(files.Root, "runs")).Length : 0;

    private ExecPlugin Plugin(string body) => new()
    {
        ApiVersion = Version,
        Command = files.WriteScript("plugin", $"#!/bin/sh\necho run >> {files.Root}/runs\n{body}\n"),
        InteractiveMode = "Never",
    };

    private string Credential(string status) => $"cat <<'EOF'\n{{\"apiVersion\":\"{Version}\",\"kind\":\"ExecCredential\",\"status\":{status}}}\nEOF";

    private static async Task<ScriptedServer> ServerAsync(string wanted)
    {
        var server = await ScriptedServer.StartAsync();
        server.Answer = (context, seen) => seen.Headers.GetValueOrDefault("Authorization") == wanted
            ? ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson)
            : ScriptedServer.StatusAsync(context, 401, "Unauthorized");
        return server;
    }

    [Fact]
    public async Task T7_the_program_runs_once_for_many_requests_and_learns_about_the_cluster()
    {
        await using var server = await ServerAsync("Bearer t1");
        var plugin = Plugin($"printf '%s' \"$KUBERNETES_EXEC_INFO\" > {files.Root}/info; echo \"$1 $EXTRA\" > {files.Root}/args\n{Credential("{\"token\":\"t1\"}")}") with
        {
            ProvideClusterInfo = true,
            ClusterExtensionJson = """{"audience":"x"}""",
            Arguments = ["an argument"],
            Environment = [KeyValuePair.Create("EXTRA", "é")],
        };
        using var client = server.Client(user: new UserCredentials { Exec = plugin });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetLeaseAsync()));

        Runs.ShouldBe(1);
        var info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(files.Root, "info")))!;
        (info["kind"]!.GetValue<string>(), info["apiVersion"]!.GetValue<string>()).ShouldBe(("ExecCredential", Version));
        info["spec"]!["interactive"]!.GetValue<bool>().ShouldBeFalse();
        info["spec"]!["cluster"]!["server"]!.GetValue<string>().ShouldBe(server.Address.OriginalString);
        info["spec"]!["cluster"]!["config"]!["audience"]!.GetValue<string>().ShouldBe("x");
        (await File.ReadAllTextAsync(Path.Combine(files.Root, "args"))).ShouldBe("an argument é\n");
    }

    [Fact]
    public async Task T7_a_credential_is_kept_until_it_expires()
    {
        await using var server = await ServerAsync("Bearer t1");
        var clock = new ManualTimeProvider();
        var expires = clock.GetUtcNow().AddMinutes(10).ToString("yyyy-MM-ddTHH:mm:ssZ");
        using var client = server.Client(
            clock, user: new UserCredentials { Exec = Plugin(Credential($"{{\"token\":\"t1\",\"expirationTimestamp\":\"{expires}\"}}")) });

        await client.GetLeaseAsync();
        clock.Advance(TimeSpan.FromMinutes(9));
        await client.GetLeaseAsync();
        Runs.ShouldBe(1);
        clock.Advance(TimeSpan.FromMinutes(2));
        await client.GetLeaseAsync();

        Runs.ShouldBe(2);
    }

    [Fact]
    public async Task T7_a_401_runs_the_program_again_once_however_many_requests_met_it()
    {
        await using var server = await ServerAsync("Bearer t2");
        using var client = server.Client(user: new UserCredentials
        {
            Exec = Plugin($"if [ $(wc -l < {files.Root}/runs) = 1 ]; then\n{Credential("{\"token\":\"t1\"}")}\nelse\n{Credential("{\"token\":\"t2\"}")}\nfi"),
        });

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.GetLeaseAsync()));

        Runs.ShouldBe(2);
    }

    [Fact]
    public async Task T7_a_changed_client_certificate_opens_new_connections()
    {
        using var authority = new TestCertificates();
        var first = authority.Client("first");
        var second = authority.Client("second");
        await using var server = await ScriptedServer.StartAsync(authority.Server(), authority.Authority);
        server.Answer = (context, seen) => seen.ClientThumbprint == second.Thumbprint
            ? ScriptedServer.JsonAsync(context, 200, TestClients.LeaseJson)
            : ScriptedServer.StatusAsync(context, 401, "Unauthorized");
        string Status((string CertificatePem, string KeyPem, string) of) =>
            new JsonObject { ["clientCertificateData"] = of.CertificatePem, ["clientKeyData"] = of.KeyPem }.ToJsonString();
        var plugin = Plugin($"if [ $(wc -l < {files.Root}/runs) = 1 ]; then\n{Credential(Status(first))}\nelse\n{Credential(Status(second))}\nfi");
        using var client = KubeClient.Create(new KubeClientConfiguration
        {
            Server = server.Address,
            CertificateAuthorityPem = authority.AuthorityPem,
            User = new UserCredentials { Exec = plugin },
        });

        await client.GetLeaseAsync();

        server.Requests.Select(seen => seen.ClientThumbprint).ShouldBe([first.Thumbprint, second.Thumbprint]);
        server.Requests.Select(seen => seen.Connection).Distinct().Count().ShouldBe(2);
    }

    [Theory]
    [InlineData("echo 's3cret oops'", "it is not JSON")]
    [InlineData("echo '{\"kind\":\"ExecCredentials\",\"s3cret\":1}'", "kind is not ExecCredential")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1alpha1\"}'", "apiVersion is client.authentication.k8s.io/v1alpha1")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{}}'", "neither token nor clientCertificateData")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"clientCertificateData\":\"x\"}}'", "together")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"s3cret\",\"expirationTimestamp\":\"soon\"}}'", "not a time")]
    [InlineData("echo s3cret; exit 3", "exit code 3")]
    public async Task T7_a_program_that_fails_is_described_without_what_it_printed(string body, string problem)
    {
        await using var server = await ServerAsync("");
        using var client = server.Client(user: new UserCredentials { Exec = Plugin(body) });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.Reason.ShouldBe(FailureReason.CredentialsUnavailable);
        error.Message.ShouldContain(problem);
        error.ToString().ShouldNotContain("s3cret");
        server.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task T7_a_program_that_is_missing_comes_with_its_hint()
    {
        await using var server = await ServerAsync("");
        var plugin = new ExecPlugin { ApiVersion = Version, Command = "no-such-plugin-here", InstallHint = "Get it from example.com", InteractiveMode = "Never" };
        using var client = server.Client(user: new UserCredentials { Exec = plugin });

        var error = await Should.ThrowAsync<KubeApiException>(() => client.GetLeaseAsync());

        error.Message.ShouldContain("no-such-plugin-here cannot be started: it is not installed or not on the PATH");
        error.Message.ShouldContain("Get it from example.com");
    }

    [Fact]
    public async Task T7_a_program_that_hangs_is_stopped()
    {
        await using var server = await ServerAsync("");
        var clock = new ManualTimeProvider();
        using var client = server.Client(clock, new KubeClientOptions { Timeout = TimeSpan.FromHours(1) }, user: new UserCredentials { Exec = Plugin("exec sleep 3600") });

        var call = client.GetLeaseAsync();
        await Settle.UntilAsync(() => Runs == 1);
        clock.Advance(TimeSpan.FromSeconds(61));

        (await Should.ThrowAsync<KubeApiException>(() => call.EndsAsync())).Message.ShouldContain("did not end within 60 s");
    }
}
