using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Rendering;

namespace Comptroller.AuditPolicies.Tests.Rendering;

public sealed class FluentBitTests
{
    private static readonly FluentBitOptions Options = new() { Cluster = "infra", Endpoint = new Uri("https://logs.example.com:9428") };

    [Fact]
    public void What_is_rendered_passes_the_check()
    {
        foreach (var name in GoldenFiles.Cases.Where(name => GoldenFiles.Input(name)["fluentBit"] is not null))
        {
            FluentBitCheck.Check(FluentBitConfiguration.Render(RendererTests.FluentBit(GoldenFiles.Input(name)["fluentBit"]!))).ShouldBeEmpty(name);
        }
    }

    [Theory]
    [InlineData("pipeline.inputs[0]", "path", null, "pipeline.inputs[0].path: is required by tail; Fluent Bit would exit at start")]
    [InlineData("pipeline.inputs[0]", "parser", "nope", "pipeline.inputs[0].parser: parser \"nope\" is not defined; events would stay unparsed text")]
    [InlineData("pipeline.inputs[0]", "buffer_max_size", "8 MB", "pipeline.inputs[0].buffer_max_size: \"8 MB\" is not a size; write a number with k, M or G")]
    [InlineData("pipeline.inputs[0]", "buffer_max_size", "32k", "pipeline.inputs[0].buffer_max_size: is smaller than buffer_chunk_size")]
    [InlineData("pipeline.inputs[0]", "tag", "kube.audit", "pipeline.inputs[0].tag: no output matches \"kube.audit\"; its events would be dropped")]
    [InlineData("pipeline.inputs[0]", "name", null, "pipeline.inputs[0].name: is required")]
    [InlineData("pipeline.filters[0]", "name", "parser", "pipeline.filters[0].key_name: is required by parser; Fluent Bit would exit at start")]
    [InlineData("pipeline.outputs[0]", "uri", "", "pipeline.outputs[0].uri: is required by http; Fluent Bit would exit at start")]
    [InlineData("pipeline.outputs[0]", "storage.total_limit_size", "lots", "pipeline.outputs[0].storage.total_limit_size: \"lots\" is not a size; write a number with k, M or G")]
    [InlineData("service", "storage.path", null, "service.storage.path: is required by the filesystem storage of pipeline.inputs[0]")]
    public void The_check_finds_what_a_dry_run_misses(string place, string option, string? value, string fault)
    {
        var configuration = FluentBitConfiguration.Render(Options);
        var target = (JsonObject)(place == "service" ? configuration["service"]! : configuration["pipeline"]![place.Split('.', '[')[1]]![0]!);
        if (value is null)
        {
            target.Remove(option);
        }
        else
        {
            target[option] = value;
        }

        FluentBitCheck.Check(configuration).Select(found => found.ToString()).ShouldContain(fault);
    }

    [Theory]
    [InlineData("512k", 512_000)]
    [InlineData("8M", 8_000_000)]
    [InlineData("2G", 2_000_000_000)]
    [InlineData("2GB", 2_000_000_000)]
    [InlineData("100", 100)]
    [InlineData("", null)]
    [InlineData("M", null)]
    [InlineData("1.5G", null)]
    [InlineData("-1", null)]
    [InlineData("99999999999G", null)]
    public void Sizes_are_decimal(string text, int? bytes) => FluentBitSize.Parse(text).ShouldBe(bytes);

    [Fact]
    public void Options_that_cannot_be_rendered_are_named()
    {
        var options = Options with
        {
            Cluster = "${HOME}",
            Endpoint = new Uri("https://user:pw@logs.example.com/?x=1"),
            Path = "/var/log/audit/*.log",
            StateDirectory = "relative",
            BufferLimit = "plenty",
            IgnoreFields = ["ok.field*", "a&b=c"],
            Authentication = new BasicAuthentication("me you", "the password"),
            HttpPort = 0,
        };
        options.Check().Select(error => error.Field).ShouldBe(
            ["cluster", "endpoint", "endpoint", "path", "stateDirectory", "bufferLimit", "ignoreFields[1]", "authentication.user", "authentication.passwordVariable", "httpPort"]);
        Should.Throw<OptionException>(() => FluentBitConfiguration.Render(options));
    }

    [Theory]
    [InlineData("ftp://logs.example.com")]
    [InlineData("/relative")]
    public void An_endpoint_must_be_http(string endpoint) =>
        (Options with { Endpoint = new Uri(endpoint, UriKind.RelativeOrAbsolute) }).Check().ShouldHaveSingleItem().Field.ShouldBe("endpoint");

    [Fact]
    public void A_plain_endpoint_has_no_TLS_options()
    {
        var output = FluentBitConfiguration.Render(Options with { Endpoint = new Uri("http://logs:9428") })["pipeline"]!["outputs"]![0]!.AsObject();
        output.ContainsKey("tls").ShouldBeFalse();
        output.ContainsKey("http_passwd").ShouldBeFalse();
    }
}
