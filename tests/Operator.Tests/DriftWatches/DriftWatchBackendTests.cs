using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Comptroller.Drift.Configuration;
using Comptroller.Drift.Store;
using Comptroller.Falcon.Tests.Store;
using Comptroller.Operator.DriftWatches;
using Comptroller.Operator.DriftWatches.Rendering;
using Comptroller.Operator.Verbs.Drift;

namespace Comptroller.Operator.Tests.DriftWatches;

/// <summary>
/// What a watch renders is what <c>drift watch</c> reads: the rendered ConfigMap of each place a state may be in is laid out as the kubelet
/// does, read by the verb's own reader, and the states and the store in it are opened against servers that speak as the clouds do.
/// </summary>
public sealed class DriftWatchBackendTests(PostgresServer server) : IClassFixture<PostgresServer>, IAsyncLifetime
{
    private const string State = """{"version":4,"serial":3,"lineage":"l","resources":[{"mode":"managed","type":"aws_vpc","name":"main","instances":[{"attributes":{"id":"vpc-1"}}]}]}""";

    private readonly string _root = Directory.CreateTempSubdirectory("watch-").FullName;
    private readonly HttpListener _cloud = new();
    private readonly List<string> _asked = [];
    private Uri _address = null!;
    private Task _serving = Task.CompletedTask;

    public Task InitializeAsync()
    {
        _address = new Uri($"http://127.0.0.1:{FreePort.Take()}/");
        _cloud.Prefixes.Add(_address.ToString());
        _cloud.Start();
        _serving = Task.Run(ServeAsync);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _cloud.Close();
        await _serving.WaitAsync(TimeSpan.FromSeconds(30));
        Directory.Delete(_root, recursive: true);
    }

    [Theory]
    [InlineData("{name: a, s3: {bucket: acme-terraform, key: env:/prod/network.tfstate, region: eu-central-1}}", "GET /acme-terraform/env")]
    [InlineData("{name: a, gcs: {bucket: acme-terraform-gcp, prefix: data}}", "GET /storage/v1/b/acme-terraform-gcp/o/data%2Fdefault.tfstate?alt=media")]
    [InlineData("{name: a, azurerm: {storageAccount: acmeterraform, container: tfstate, key: identity.tfstate, credentialsSecretRef: {name: azure, key: sas}}}", "GET /tfstate/identity.tfstate?sv=1&sig=secret")]
    [InlineData("{name: a, http: {url: \"HTTP/platform\", tokenSecretRef: {name: gitlab, key: token}}}", "GET /platform Bearer secret")]
    [InlineData("{name: a, http: {url: \"HTTP/platform\", basicAuth: {user: drift, passwordSecretRef: {name: gitlab, key: password}}}}", "GET /platform Basic")]
    [InlineData("{name: a, kubernetes: {secretSuffix: cluster}}", "")]
    [InlineData("{name: a, kubernetes: {secretSuffix: cluster, parts: 3}}", "")]
    [InlineData("{name: a, file: {claim: states, path: prod/terraform.tfstate}}", "")]
    public async Task Every_place_a_state_may_be_in_is_read_from_what_is_rendered(string state, string asked)
    {
        var config = await RenderedAsync($"states: [{state.Replace("HTTP/", _address.ToString(), StringComparison.Ordinal)}]");
        var address = config.States.ShouldHaveSingleItem();
        var isCloud = address.Address.Contains("://", StringComparison.Ordinal) && !address.Address.StartsWith("http", StringComparison.Ordinal);
        config = config with
        {
            States = [address with { Endpoint = isCloud ? _address : null, CredentialsFile = address.Address.StartsWith("gs:", StringComparison.Ordinal) ? Federation() : address.CredentialsFile }],
        };
        using var http = new HttpClient();
        using var aws = new Variables(("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "very-secret"), ("AWS_EC2_METADATA_DISABLED", "true"));
        var states = await DriftOptions.StatesAsync(config, http, CancellationToken.None);
        await states.RefreshAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60));
        states.Statuses.Single().Error.ShouldBeNull();
        states.Index.Resources.ShouldHaveSingleItem().Id.ShouldBe("vpc-1");
        lock (_asked)
        {
            (asked.Length == 0 || _asked.Exists(each => each.StartsWith(asked, StringComparison.Ordinal))).ShouldBeTrue(string.Join('\n', _asked));
        }
    }

    [Fact]
    public async Task A_baseline_a_comparison_and_a_store_are_read_from_what_is_rendered()
    {
        var config = await RenderedAsync($"{Watches.Sound}, baseline: {{configMap: known, path: baseline.json}}, comparison: {{plan: {{configMap: plans, path: plan.json}}, interval: 6h}}");
        config.BaselineFile.ShouldBe(Path.Combine(_root, "baseline", "baseline.json"));
        config.Comparison!.File.ShouldBe(Path.Combine(_root, "comparison", "plan.json"));
        config.Comparison.Interval.ShouldBe(TimeSpan.FromHours(6));
        await using var store = await DriftOptions.StoreAsync(config, CancellationToken.None);
        store.IsShared.ShouldBeFalse();
    }

    [Fact]
    public async Task The_address_of_a_database_is_in_a_Secret_only()
    {
        var config = await RenderedAsync($"{Watches.Sound}, replicas: 3, store: {{postgres: {{connectionSecretRef: {{name: db, key: url}}}}}}");
        config.StoreFile.ShouldBe(Path.Combine(_root, "secrets", "postgres", "value"));
        await File.WriteAllTextAsync(config.StoreFile!, "postgresql://drift:hidden@127.0.0.1:1/drift?timeout=1&colour=red");
        (await Should.ThrowAsync<FormatException>(() => DriftOptions.StoreAsync(config, CancellationToken.None))).Message.ShouldNotContain("hidden");
    }

    [PostgresFact]
    public async Task The_database_that_is_rendered_is_opened_shared_and_written_to()
    {
        var config = await RenderedAsync($"{Watches.Sound}, replicas: 3, store: {{postgres: {{connectionSecretRef: {{name: db, key: url}}}}}}");
        await File.WriteAllTextAsync(config.StoreFile!, $"{server.Url(await server.NewDatabaseAsync())}\n");
        await using var first = await DriftOptions.StoreAsync(config, CancellationToken.None);
        first.IsShared.ShouldBeTrue();
        await first.PutAsync(new StoredItem("test", "key", "value"), CancellationToken.None);
        await using var second = await DriftOptions.StoreAsync(config, CancellationToken.None);
        (await second.GetAsync("test", "key", CancellationToken.None))!.Value.ShouldBe("value", "another replica sees what this one wrote");
    }

    [Fact]
    public void A_token_for_federation_is_mounted_for_its_audience_only()
    {
        var plan = DriftWatchPlan.Make(Watches.Of($"{{{Watches.Sound}, credentials: {{gcpSecretRef: {{name: gcp, key: config}}, tokenAudience: //iam.googleapis.com/pools/p}}}}"), new DriftWatchInputs());
        var pod = plan.Objects.Single(item => item.Type == RenderedKinds.Deployments).Body["spec"]!["template"]!["spec"]!;
        pod["automountServiceAccountToken"]!.GetValue<bool>().ShouldBeFalse();
        pod["volumes"]!.AsArray().Single(volume => volume!["projected"] is not null)!["projected"]!["sources"]!.ToJsonString()
            .ShouldBe("""[{"serviceAccountToken":{"audience":"//iam.googleapis.com/pools/p","expirationSeconds":3600,"path":"token"}}]""");
        pod["containers"]![0]!["volumeMounts"]!.AsArray().Select(mount => (string)mount!["mountPath"]!).ShouldContain("/drift/secrets/federation");
    }

    /// <summary>The configuration as a pod has it: every volume that it mounts is a folder here, with a state or a secret in each file.</summary>
    private async Task<DriftConfig> RenderedAsync(string spec)
    {
        var plan = DriftWatchPlan.Make(Watches.Of($"{{{spec}}}"), new DriftWatchInputs());
        plan.Errors.ShouldBeEmpty();
        var pod = plan.Objects.Single(item => item.Type == RenderedKinds.Deployments).Body["spec"]!["template"]!["spec"]!;
        var packed = Gzip(State);
        foreach (var volume in pod["volumes"]!.AsArray().Where(volume => volume!["secret"] is not null))
        {
            var secret = volume!["secret"]!;
            var name = (string)secret["secretName"]!;
            // The last of the parts that may be is not there.
            var content = name.EndsWith("-part-2", StringComparison.Ordinal) ? null : name.EndsWith("-part-1", StringComparison.Ordinal) ? packed[60..]
                : name.StartsWith("tfstate-", StringComparison.Ordinal) ? spec.Contains("parts", StringComparison.Ordinal) ? packed[..60] : packed : Encoding.UTF8.GetBytes(name == "azure" ? "?sv=1&sig=secret" : "secret");
            foreach (var item in secret["items"]!.AsArray())
            {
                await WriteAsync(Path.Combine(Mount(pod, (string)volume["name"]!), (string)item!["path"]!), content);
            }
        }

        await WriteAsync(Path.Combine(_root, "states", "a", "prod", "terraform.tfstate"), Encoding.UTF8.GetBytes(State));
        // The file names paths from the working directory on, which is not this process's.
        var text = plan.Configuration;
        foreach (var folder in (string[])["secrets/", "states/", "comparison/", "baseline/", "data/"])
        {
            text = text.Replace($" {folder}", $" {_root}/{folder}", StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(Path.Combine(_root, DriftConfiguration.FileName), text);
        return await DriftOptions.ReadAsync(Path.Combine(_root, DriftConfiguration.FileName), CancellationToken.None);
    }

    private string Mount(JsonNode pod, string volume) =>
        _root + ((string)pod["containers"]![0]!["volumeMounts"]!.AsArray().Single(mount => (string)mount!["name"]! == volume)!["mountPath"]!)[DriftFiles.Root.Length..];

    private string Federation()
    {
        var token = Path.Combine(_root, "subject");
        File.WriteAllText(token, "subject");
        var path = Path.Combine(_root, "federation.json");
        File.WriteAllText(path, $$$"""{"type":"external_account","audience":"a","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"{{{_address}}}sts","credential_source":{"file":"{{{token}}}"}}""");
        return path;
    }

    private static async Task WriteAsync(string path, byte[]? content)
    {
        if (content is not null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, content);
        }
    }

    private static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var context = await _cloud.GetContextAsync();
                lock (_asked)
                {
                    _asked.Add($"{context.Request.HttpMethod} {context.Request.RawUrl} {context.Request.Headers["Authorization"]}");
                }

                var body = context.Request.RawUrl == "/sts" ? """{"access_token":"t","expires_in":3600}""" : State;
                context.Response.Headers["ETag"] = "\"0123456789abcdef0123456789abcdef\"";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    /// <summary>Variables of this process, as they were again afterwards.</summary>
    private sealed class Variables : IDisposable
    {
        private readonly List<(string Name, string? Before)> _before = [];

        public Variables(params (string Name, string Value)[] variables)
        {
            foreach (var (name, value) in variables)
            {
                _before.Add((name, Environment.GetEnvironmentVariable(name)));
                Environment.SetEnvironmentVariable(name, value);
            }
        }

        public void Dispose() => _before.ForEach(each => Environment.SetEnvironmentVariable(each.Name, each.Before));
    }
}
