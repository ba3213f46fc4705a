using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Amazon.Runtime;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Drift.State;
using Comptroller.Drift.State.Backends;

namespace Comptroller.Drift.Tests.State;

public sealed class BackendTests : IDisposable
{
    private const string State = """{"version":4,"serial":3,"lineage":"l","resources":[{"mode":"managed","type":"aws_vpc","name":"main","instances":[{"attributes":{"id":"vpc-1"}}]}]}""";

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task S3_is_asked_by_path_signed_and_only_for_what_is_new()
    {
        await using var server = new ScriptedServer(request => request.Headers.GetValueOrDefault("If-None-Match") == "\"0123456789abcdef0123456789abcdef-1\"" ? new(304, "", "ETag: \"0123456789abcdef0123456789abcdef-1\"") : new(200, State, "ETag: \"0123456789abcdef0123456789abcdef-1\""));
        using var source = new S3StateSource("states", "prod/eu.tfstate", "eu-west-1", server.Address, new BasicAWSCredentials("AKID", "very-secret")) { Name = "s3://states/prod/eu.tfstate" };
        await ReadsOnceAsync(source);
        server.Seen.ShouldAllBe(request => request.Path.StartsWith("/states/prod/eu.tfstate", StringComparison.Ordinal) && request.Headers["Authorization"].Contains("Credential=AKID/", StringComparison.Ordinal)
            && request.Headers["Authorization"].Contains("/eu-west-1/s3/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(403, "AccessDenied", "s3:GetObject")]
    [InlineData(404, "NoSuchKey", "there is no state")]
    public async Task S3_that_refuses_says_why_and_what_to_do(int status, string code, string hint)
    {
        await using var server = new ScriptedServer(_ => new(status, $"<Error><Code>{code}</Code><Message>no</Message></Error>"));
        using var source = new S3StateSource("states", "prod.tfstate", "eu-west-1", server.Address, new BasicAWSCredentials("AKID", "very-secret")) { Name = "s3://states/prod.tfstate" };
        var message = (await Should.ThrowAsync<StateException>(() => source.OpenAsync(null, CancellationToken.None))).Message;
        message.ShouldSatisfyAllConditions(it => it.ShouldContain(hint), it => it.ShouldContain("s3://states/prod.tfstate"), it => it.ShouldNotContain("very-secret"));
    }

    [Fact]
    public async Task GCS_is_asked_with_a_token_that_the_key_of_a_service_account_buys_once()
    {
        using var rsa = RSA.Create(2048);
        await using var server = new ScriptedServer(request => request.Path switch
        {
            "/token" when Signed(request, rsa) => new(200, """{"access_token":"t0ken","expires_in":3600,"token_type":"Bearer"}"""),
            "/storage/v1/b/states/o/prod%2Fdefault.tfstate?alt=media" when request.Headers.GetValueOrDefault("Authorization") == "Bearer t0ken" =>
                request.Headers.GetValueOrDefault("If-None-Match") == "\"g1\"" ? new(304, "", "ETag: \"g1\"") : new(200, State, "ETag: \"g1\""),
            _ => new(401),
        });
        var account = $$"""{"type":"service_account","client_email":"drift@p.iam.gserviceaccount.com","token_uri":"{{server.Address}}token","private_key":{{JsonSerializer.Serialize(rsa.ExportPkcs8PrivateKeyPem())}}}""";
        var source = new GcsStateSource("states", "prod/default.tfstate", server.Address, new GoogleTokens(account, "", _http, TimeProvider.System), _http) { Name = "gs://states/prod/default.tfstate" };
        await ReadsOnceAsync(source);
        server.Seen.Count(request => request.Path == "/token").ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_key_Google_is_asked_by_the_identity_of_the_pod()
    {
        await using var server = new ScriptedServer(request => request.Path.StartsWith("/computeMetadata/v1/instance/service-accounts/default/token", StringComparison.Ordinal)
            ? request.Headers.GetValueOrDefault("Metadata-Flavor") == "Google" ? new(200, """{"access_token":"pod","expires_in":300}""") : new(403)
            : new(request.Headers["Authorization"] == "Bearer pod" ? 200 : 401, State, "ETag: \"g1\""));
        var source = new GcsStateSource("states", "s", server.Address, new GoogleTokens(null, server.Address.Authority, _http, TimeProvider.System), _http) { Name = "gs://states/s" };
        (await ReadAsync(source, null)).Index.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_token_of_another_provider_buys_one_of_Google_and_that_one_of_a_service_account(bool asJson, bool isImpersonated)
    {
        using var directory = new TemporaryDirectory();
        var file = directory.Write(asJson ? """{"id_token":"pod-jwt"}""" : "pod-jwt\n");
        await using var server = new ScriptedServer(request => request.Path switch
        {
            "/v1/token" when Uri.UnescapeDataString(request.Body) is var body && body.Contains("subject_token=pod-jwt", StringComparison.Ordinal)
                && body.Contains("grant_type=urn:ietf:params:oauth:grant-type:token-exchange", StringComparison.Ordinal) && body.Contains("audience=//iam.googleapis.com/pools/p", StringComparison.Ordinal)
                && body.Contains(isImpersonated ? "auth/cloud-platform" : "auth/devstorage.read_only", StringComparison.Ordinal) => new(200, """{"access_token":"federated","expires_in":3600}"""),
            "/impersonate" when isImpersonated && request.Headers["Authorization"] == "Bearer federated" && request.Body.Contains("devstorage.read_only", StringComparison.Ordinal) =>
                new(200, $$"""{"accessToken":"impersonated","expireTime":"{{DateTime.UtcNow.AddHours(1):yyyy-MM-dd'T'HH:mm:ss'Z'}}"}"""),
            "/storage/v1/b/states/o/s?alt=media" when request.Headers["Authorization"] == (isImpersonated ? "Bearer impersonated" : "Bearer federated") =>
                request.Headers.ContainsKey("If-None-Match") ? new(304, "", "ETag: \"g1\"") : new(200, State, "ETag: \"g1\""),
            _ => new(403),
        });
        var format = asJson ? ""","format":{"type":"json","subject_token_field_name":"id_token"}""" : "";
        var impersonation = isImpersonated ? $$""","service_account_impersonation_url":"{{server.Address}}impersonate" """ : "";
        var account = $$"""{"type":"external_account","audience":"//iam.googleapis.com/pools/p","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"{{server.Address}}v1/token","credential_source":{"file":"{{file}}"{{format}}}{{impersonation}}}""";
        await ReadsOnceAsync(new GcsStateSource("states", "s", server.Address, new GoogleTokens(account, "", _http, TimeProvider.System), _http) { Name = "gs://states/s" });
        server.Seen.Count(request => request.Path == "/v1/token").ShouldBe(1, "a token is used until it ends");
        await File.WriteAllTextAsync(file, "");
        var empty = new GcsStateSource("states", "s", server.Address, new GoogleTokens(account, "", _http, TimeProvider.System), _http) { Name = "gs://states/s" };
        (await Should.ThrowAsync<StateException>(() => empty.OpenAsync(null, CancellationToken.None))).Message.ShouldNotContain("pod-jwt");
    }

    [Theory]
    [InlineData("""{"type":"external_account","audience":"a","subject_token_type":"t","credential_source":{"file":"f"}}""", "token_url")]
    [InlineData("""{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"environment_id":"aws1"}}""", "AWS signatures are not read")]
    public void A_federation_that_cannot_be_used_is_refused_at_the_start(string account, string message) =>
        Should.Throw<FormatException>(() => new GoogleTokens(account, "", _http, TimeProvider.System)).Message.ShouldContain(message);

    [Fact]
    public async Task Azure_is_asked_by_the_shared_key_as_its_documents_sign()
    {
        var key = RandomNumberGenerator.GetBytes(32);
        await using var server = new ScriptedServer(request =>
        {
            var known = request.Headers.GetValueOrDefault("If-None-Match", "");
            var text = $"GET\n\n\n\n\n\n\n\n\n{known}\n\n\nx-ms-date:{request.Headers["x-ms-date"]}\nx-ms-version:2020-10-02\n/acct/states/prod/a%20b.tfstate";
            var right = $"SharedKey acct:{Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
            return request.Headers["Authorization"] != right ? new(403) : known.Length > 0 ? new(304, "", "ETag: \"0x1\"") : new(200, State, "ETag: \"0x1\"");
        });
        await ReadsOnceAsync(new AzureStateSource("acct", "states", "prod/a b.tfstate", server.Address, Convert.ToBase64String(key), null, _http, TimeProvider.System) { Name = "azurerm://acct/states/prod" });
    }

    [Fact]
    public async Task Azure_is_asked_by_a_shared_access_signature_which_no_error_repeats()
    {
        await using var server = new ScriptedServer(_ => new(403));
        var source = new AzureStateSource("acct", "states", "prod", server.Address, "?sv=2020&sig=s3cret", null, _http, TimeProvider.System) { Name = "azurerm://acct/states/prod" };
        (await Should.ThrowAsync<StateException>(() => source.OpenAsync(null, CancellationToken.None))).Message.ShouldSatisfyAllConditions(it => it.ShouldContain("403"), it => it.ShouldNotContain("s3cret"));
        server.Seen.Single().Path.ShouldBe("/states/prod?sv=2020&sig=s3cret");
    }

    [Fact]
    public async Task Azure_is_asked_by_workload_identity()
    {
        using var directory = new TemporaryDirectory();
        var file = directory.Write("pod-jwt\n");
        await using var server = new ScriptedServer(request => request.Path == "/ten/oauth2/v2.0/token"
            ? request.Body.Contains("client_assertion=pod-jwt&", StringComparison.Ordinal) || request.Body.EndsWith("client_assertion=pod-jwt", StringComparison.Ordinal) ? new(200, """{"access_token":"az","expires_in":"3600"}""") : new(400)
            : new(request.Headers["Authorization"] == "Bearer az" ? 200 : 401, State, "ETag: \"0x1\""));
        var variables = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AZURE_TENANT_ID"] = "ten",
            ["AZURE_CLIENT_ID"] = "cli",
            ["AZURE_FEDERATED_TOKEN_FILE"] = file,
            ["AZURE_AUTHORITY_HOST"] = server.Address.ToString(),
        };
        var source = new AzureStateSource("acct", "states", "prod", server.Address, null, new AzureTokens(name => variables.GetValueOrDefault(name), _http, TimeProvider.System), _http, TimeProvider.System) { Name = "azurerm://acct/states/prod" };
        (await ReadAsync(source, null)).Index.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_secret_of_Kubernetes_is_unpacked_and_known_by_its_version()
    {
        await using var server = new ScriptedServer(request => request.Path == "/api/v1/namespaces/infra/secrets/tfstate-default-prod" && request.Headers["Authorization"] == "Bearer pod"
            ? new(200, $$$"""{"kind":"Secret","metadata":{"resourceVersion":"41"},"data":{"tfstate":"{{{Convert.ToBase64String(Gzip(State))}}}"}}""") : new(403));
        var source = new KubernetesStateSource(server.Address, "infra", "tfstate-default-prod", _ => Task.FromResult("pod"), _http) { Name = "kubernetes://infra/prod" };
        await ReadsOnceAsync(source);
        var stranger = new KubernetesStateSource(server.Address, "infra", "tfstate-default-prod", _ => Task.FromResult("other"), _http) { Name = "kubernetes://infra/prod" };
        (await Should.ThrowAsync<StateException>(() => stranger.OpenAsync(null, CancellationToken.None))).Message.ShouldContain("must be allowed to get the secret tfstate-default-prod");
    }

    [Fact]
    public async Task A_state_that_is_split_over_Secrets_is_put_together()
    {
        var packed = Gzip(State);
        var versions = new[] { 1, 1, 1 };
        await using var server = new ScriptedServer(request => request.Path["/api/v1/namespaces/infra/secrets/tfstate-default-prod".Length..] switch
        {
            "" => Part(0, packed[..40]),
            "-part-1" => Part(1, packed[40..80]),
            "-part-2" => Part(2, packed[80..]),
            _ => new(404),
        });
        var source = new KubernetesStateSource(server.Address, "infra", "tfstate-default-prod", _ => Task.FromResult("pod"), _http) { Name = "kubernetes://infra/prod" };
        await ReadsOnceAsync(source);
        versions[2] = 2;
        await using var changed = await source.OpenAsync("1,1,1", CancellationToken.None);
        changed.Content.ShouldNotBeNull("one of the parts has changed");
        changed.Version.ShouldBe("1,1,2");

        ScriptedServer.Answer Part(int number, byte[] data) => new(200, $$$"""{"metadata":{"resourceVersion":"{{{versions[number]}}}"},"data":{"tfstate":"{{{Convert.ToBase64String(data)}}}"}}""");
    }

    [Fact]
    public async Task Parts_that_are_mounted_are_read_as_one_file_and_those_that_are_gone_are_left_out()
    {
        using var directory = new TemporaryDirectory();
        var packed = Gzip(State);
        var files = Enumerable.Range(0, 3).Select(number => directory[$"part-{number}"]).ToArray();
        await File.WriteAllBytesAsync(files[0], packed[..50]);
        await File.WriteAllBytesAsync(files[1], packed[50..]);
        var source = StateSources.Of(files[0], _http, new StateAccess { Parts = [.. files[1..]] });
        await ReadsOnceAsync(source);
        await File.WriteAllBytesAsync(files[0], packed);
        File.Delete(files[1]);
        (await ReadAsync(source, null)).Index.Count.ShouldBe(1);
        await File.WriteAllBytesAsync(files[0], packed[..50]);
        await Should.ThrowAsync<Exception>(() => ReadAsync(source, null));
    }

    [Fact]
    public async Task A_secret_that_was_cut_is_refused_and_the_last_good_state_stays()
    {
        var packed = Gzip(State);
        var cut = false;
        await using var server = new ScriptedServer(request => request.Path.EndsWith("-part-1", StringComparison.Ordinal) ? new(404) :
            new(200, $$$"""{"metadata":{"resourceVersion":"{{{(cut ? 2 : 1)}}}"},"data":{"tfstate":"{{{Convert.ToBase64String(cut ? packed[..(packed.Length / 2)] : packed)}}}"}}"""));
        var set = new StateSet([new KubernetesStateSource(server.Address, "infra", "s", _ => Task.FromResult("pod"), _http) { Name = "kubernetes://infra/prod" }], TimeProvider.System);
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        cut = true;
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeFalse();
        set.Index.Count.ShouldBe(1);
        set.Statuses.Single().Error.ShouldNotBeNull().ShouldContain("kubernetes://infra/prod");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_given_up()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var http = new HttpClient { Timeout = TimeSpan.FromMilliseconds(200) };
        var source = StateSources.Of($"http://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}/s", http);
        (await Should.ThrowAsync<StateException>(() => source.OpenAsync(null, CancellationToken.None))).Message.ShouldContain("no answer in time");
    }

    [Theory]
    [InlineData("ftp://host/s")]
    [InlineData("s3://bucket")]
    [InlineData("gs://bucket/")]
    [InlineData("azurerm://account/container")]
    [InlineData("s3://bucket/key?token=hidden")]
    public void An_address_that_means_nothing_is_refused(string address) =>
        Should.Throw<FormatException>(() => StateSources.Of(address, _http)).Message.ShouldNotContain("hidden");

    [Fact]
    public void Credentials_of_Google_that_are_none_are_refused()
    {
        Should.Throw<FormatException>(() => new GoogleTokens("{", "", _http, TimeProvider.System)).Message.ShouldContain("no JSON");
        Should.Throw<FormatException>(() => new GoogleTokens("""{"type":"authorized_user"}""", "", _http, TimeProvider.System)).Message.ShouldContain("authorized_user");
    }

    private static async Task ReadsOnceAsync(StateSource source)
    {
        var (index, version) = await ReadAsync(source, null);
        index.Resources.Single().Id.ShouldBe("vpc-1");
        await using var again = await source.OpenAsync(version, CancellationToken.None);
        again.Content.ShouldBeNull("it has not changed");
        again.Version.ShouldBe(version);
    }

    private static async Task<(StateIndex Index, string Version)> ReadAsync(StateSource source, string? known)
    {
        await using var opened = await source.OpenAsync(known, CancellationToken.None);
        var builder = new StateIndexBuilder();
        await StateReader.ReadAsync(opened.Content!, source.Name, builder, CancellationToken.None);
        return (builder.Build(), opened.Version);
    }

    private static bool Signed(ScriptedServer.Request request, RSA rsa)
    {
        var parts = Uri.UnescapeDataString(request.Body.Split('&').Single(pair => pair.StartsWith("assertion=", StringComparison.Ordinal))["assertion=".Length..]).Split('.');
        var claims = JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        return claims.GetProperty("iss").GetString() == "drift@p.iam.gserviceaccount.com" && claims.GetProperty("scope").GetString()!.EndsWith("devstorage.read_only", StringComparison.Ordinal)
            && rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), System.Buffers.Text.Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }
}
