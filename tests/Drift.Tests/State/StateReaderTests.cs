using System.IO.Compression;
using System.Text;
using Comptroller.Drift.State;
using Comptroller.Drift.State.Backends;

namespace Comptroller.Drift.Tests.State;

public sealed class StateReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("drift-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private const string Secret = "hunter2-in-clear";

    private const string Whole = $$$"""
        {"version":4,"terraform_version":"1.9.0","serial":12,"lineage":"abc","outputs":{"password":{"value":"{{{Secret}}}","type":"string"}},
         "resources":[
           {"module":"module.net[\"eu\"]","mode":"managed","type":"aws_subnet","name":"a","provider":"p","instances":[
             {"index_key":"x","schema_version":1,"attributes":{"id":"subnet-1","arn":"arn:aws:ec2:eu:1:subnet/subnet-1","cidr_block":"10.0.0.0/24","tags":{},"ipv6":null}},
             {"index_key":"y","attributes":{"id":"subnet-2"},"deposed":"0a1b"}]},
           {"instances":[{"index_key":0,"attributes":{"id":"db-XYZ","identifier":"main","password":"{{{Secret}}}","endpoint":{"auth":"{{{Secret}}}"}},
             "sensitive_attributes":[[{"type":"get_attr","value":"endpoint"},{"type":"get_attr","value":"auth"}]]}],"mode":"managed","type":"aws_db_instance","name":"main"},
           {"mode":"data","type":"aws_vpc","name":"d","instances":[{"attributes":{"id":"vpc-data"}}]}],
         "check_results":null}
        """;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task However_a_state_arrives_it_reads_the_same(int chunk)
    {
        var builder = new StateIndexBuilder();
        var header = await StateReader.ReadAsync(new Trickle(Encoding.UTF8.GetBytes(Whole), chunk), "s", builder, CancellationToken.None);
        (header.Version, header.Serial, header.Lineage, header.TerraformVersion).ShouldBe((4, 12, "abc", "1.9.0"));
        builder.Build().Resources.Select(resource => resource.Address).ShouldBe(["module.net[\"eu\"].aws_subnet.a[\"x\"]", "aws_db_instance.main[0]"]);
    }

    [Fact]
    public async Task Secrets_are_hashed_whether_the_state_marks_them_or_their_name_does()
    {
        var index = await Given.Read(Whole);
        foreach (var resource in index.Resources)
        {
            Encoding.UTF8.GetString(resource.Attributes.Span).ShouldNotContain(Secret);
        }

        using var attributes = index.Resources.ElementAt(1).ReadAttributes();
        Sensitive.IsHash(attributes.RootElement.GetProperty("password")).ShouldBeTrue();
        attributes.RootElement.GetProperty("password").GetString().ShouldBe(Sensitive.Hash(Given.Json($"\"{Secret}\"")));
    }

    [Fact]
    public async Task Resources_are_found_by_id_ARN_and_the_names_that_APIs_use()
    {
        var index = await Given.Read(Whole);
        foreach (var name in (string[])["db-XYZ", "main"])
        {
            index.Named(name, Drift.Events.Provider.Aws).Single().Type.ShouldBe("aws_db_instance");
        }

        index.Named("arn:aws:ec2:eu:1:subnet/subnet-1", null).ShouldHaveSingleItem();
        index.Named("vpc-data", null).ShouldBeEmpty("data sources describe what others own");
        index.Named("subnet-2", null).ShouldBeEmpty("what is deposed is about to be deleted");
    }

    [Theory]
    [InlineData("", "failed to parse")]
    [InlineData("{\"version\":4,\"resources\":[", "failed to parse")]
    [InlineData("[]", "must be an object")]
    [InlineData("{}", "has no version")]
    [InlineData("{\"version\":3,\"modules\":[]}", "unsupported state version 3")]
    [InlineData("{\"version\":5}", "unsupported state version 5")]
    [InlineData("{\"version\":\"4\"}", "unsupported state version")]
    [InlineData("{\"serial\":1,\"lineage\":\"l\",\"meta\":{},\"encrypted_data\":\"x\",\"encryption_version\":\"v0\"}", "encrypted by OpenTofu")]
    public async Task What_is_no_usable_state_is_an_error_that_says_why(string text, string message) =>
        (await Should.ThrowAsync<StateException>(() => Given.Read(text))).Message.ShouldContain(message);

    [Fact]
    public async Task Outputs_are_counted_and_nothing_of_them_is_kept()
    {
        var builder = new StateIndexBuilder();
        var text = """{"version":4,"serial":3,"outputs":{"url":{"value":{"resources":[{"a":"hunter2"}]},"type":"string"},"n":{"value":7,"sensitive":true},"list":{"value":["hunter2"]}},"resources":[{"mode":"managed","type":"aws_vpc","name":"a","instances":[{"attributes":{"id":"vpc-1"}}]}]}""";
        var header = await StateReader.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), "s", builder, CancellationToken.None);
        (header.Outputs, header.Serial).ShouldBe((3, 3));
        Encoding.UTF8.GetString(builder.Build().Resources.ShouldHaveSingleItem().Attributes.Span).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_mark_of_an_editor_and_compression_are_no_matter()
    {
        (await Given.Read("\uFEFF{\"version\":4,\"resources\":[]}")).Resources.ShouldBeEmpty();
        var path = Path.Combine(_folder, "tfstate.gz");
        await using (var file = File.Create(path))
        await using (var gzip = new GZipStream(file, CompressionLevel.Fastest))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Whole));
        }

        using var http = new HttpClient();
        var set = new StateSet([StateSources.Of(path, http, null)], TimeProvider.System);
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        set.Index.Count.ShouldBe(2);
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeFalse("it has not changed");
    }

    [Fact]
    public async Task A_source_that_fails_keeps_its_last_good_state_and_says_so()
    {
        var path = Path.Combine(_folder, "s.tfstate");
        await File.WriteAllTextAsync(path, Whole);
        using var http = new HttpClient();
        var set = new StateSet([StateSources.Of(path, http, null)], TimeProvider.System);
        await set.RefreshAsync(CancellationToken.None);
        await File.WriteAllTextAsync(path, "{\"version\":4,");
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeFalse();
        set.Index.Count.ShouldBe(2);
        set.IsComplete.ShouldBeTrue();
        set.Statuses.Single().Error!.ShouldContain("failed to parse");
        File.Delete(path);
        await set.RefreshAsync(CancellationToken.None);
        set.Statuses.Single().Error!.ShouldContain("no such state file");
    }

    [Fact]
    public async Task A_server_is_asked_once_for_each_version_and_its_refusal_names_no_secret()
    {
        var server = new Answers();
        using var http = new HttpClient(server);
        var set = new StateSet([StateSources.Of("https://user:pass@states.example/prod?sig=secret", http, null)], TimeProvider.System);
        server.Body = Whole;
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeTrue();
        server.Authorization.ShouldBe("Basic " + Convert.ToBase64String("user:pass"u8));
        (await set.RefreshAsync(CancellationToken.None)).ShouldBeFalse("the server said 304");
        server.Body = null;
        await set.RefreshAsync(CancellationToken.None);
        var status = set.Statuses.Single();
        status.Error.ShouldBe("https://states.example/prod: the state cannot be fetched: the server answers 403 Forbidden; check the credentials and what they may read");
        status.Resources.ShouldBe(2);
    }

    [Fact]
    public void An_address_that_is_none_is_an_error()
    {
        using var http = new HttpClient();
        Should.Throw<FormatException>(() => StateSources.Of("s3://bucket/key?secret=1", http, null)).Message.ShouldNotContain("secret=1");
    }

    private sealed class Answers : HttpMessageHandler
    {
        public string? Body { get; set; }

        public string? Authorization { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.Authorization?.ToString();
            var response = new HttpResponseMessage(Body is null ? System.Net.HttpStatusCode.Forbidden : request.Headers.IfNoneMatch.Count > 0 ? System.Net.HttpStatusCode.NotModified : System.Net.HttpStatusCode.OK)
            {
                Content = new StringContent(Body ?? ""),
            };
            response.Headers.ETag = new System.Net.Http.Headers.EntityTagHeaderValue("\"1\"");
            return Task.FromResult(response);
        }
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
