using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Tests.Rendering.Shipping;

public sealed class FluentBitTests
{
    [Fact]
    public void Both_formats_say_the_same()
    {
        var configuration = FluentBitConfiguration.Render(Examples.Everything);
        var classic = Examples.Configuration(Examples.Everything, "classic");
        classic["service"]!.AsObject().Remove("parsers_file").ShouldBeTrue();
        Texts(classic).ShouldBe(Texts(configuration));
    }

    [Theory]
    [InlineData("line\n[OUTPUT]\n    Name stdout")]
    [InlineData("tab\there")]
    [InlineData(" edge")]
    [InlineData("")]
    public void A_value_that_the_classic_format_cannot_hold_is_refused(string value)
    {
        var configuration = FluentBitConfiguration.Render(Examples.Options);
        configuration["service"]!["log_level"] = value;
        Should.Throw<ArgumentException>(() => ClassicFormat.Main(configuration)).Message.ShouldContain("log_level");
    }

    [Theory]
    [InlineData("@INCLUDE /etc/shadow")]
    [InlineData("[SERVICE]\n    @SET x=y")]
    [InlineData("flush 1")]
    [InlineData("[SERVICE]\n    alone")]
    [InlineData("[CUSTOM]\n    name x")]
    public void A_classic_file_with_anything_but_sections_and_options_is_refused(string text) =>
        Should.Throw<FormatException>(() => ClassicFormat.Read(text, ""));

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
        var options = Examples.Options with
        {
            Cluster = "${HOME}",
            Path = "/var/log/audit/*.log",
            StateDirectory = "relative",
            BufferLimit = "plenty",
            HttpPort = 0,
            Sinks =
            [
                new VictoriaLogsSink { Endpoint = new Uri("https://user:pw@logs.example.com/?x=1"), IgnoreFields = ["ok.field*", "a&b=c"], Authentication = new Authentication("me you", Examples.Secret) },
                new LokiSink { Endpoint = new Uri("http://loki"), Authentication = new Authentication(null, Examples.Secret), Tls = new TlsOptions { CaFile = "/ca", CaSecret = Examples.Secret }, TenantId = "a b" },
                new ElasticsearchSink { Endpoint = new Uri("https://es/{{ .Values }}"), Index = "Upper" },
                new S3Sink { Bucket = "a", Region = "eu central", Endpoint = new Uri("https://minio/path"), KeyPrefix = "/x/", StorageClass = "cold", Role = "me", AccessKeyId = Examples.Secret },
            ],
        };
        options.Check().Select(error => error.Field).ShouldBe(
        [
            "cluster", "path", "stateDirectory", "victoriaLogs.endpoint", "victoriaLogs.endpoint", "victoriaLogs.basicAuth.username", "victoriaLogs.ignoreFields[1]",
            "loki.endpoint", "loki.tls", "loki.tls.caFile", "loki.tenantID", "elasticsearch.endpoint", "elasticsearch.index",
            "s3.bucket", "s3.region", "s3.endpoint", "s3.keyPrefix", "s3.storageClass", "s3.roleARN", "s3.accessKeyIDSecretRef", "bufferLimit", "httpPort",
        ]);
        Should.Throw<OptionException>(() => FluentBitConfiguration.Render(options));
        (Examples.Options with { Sinks = [] }).Check().ShouldHaveSingleItem().Field.ShouldBe("sinks");
    }

    [Theory]
    [InlineData("/var/log/other/audit.log")]
    [InlineData("/var/log/audit/kube/deeper/audit.log")]
    [InlineData("/var/log/audit/kube")]
    public void A_log_outside_the_directory_that_the_target_mounts_is_refused(string path)
    {
        var error = (Examples.Options with { Path = path }).Check().ShouldHaveSingleItem();
        error.Field.ShouldBe("path");
        error.Message.ShouldContain("Talos");
        error.Message.ShouldContain("/var/log/audit/kube/kube-apiserver.log");
    }

    [Theory]
    [InlineData("a\n[OUTPUT]\nName stdout")]
    [InlineData("a\r\n@INCLUDE /etc/x")]
    [InlineData("@INCLUDE /etc/x")]
    [InlineData("${SECRET}")]
    [InlineData("a ${SECRET}")]
    [InlineData("{{ .Values.x }}")]
    [InlineData("a\"] = true }; os.execute(\"x\") --")]
    [InlineData("a b")]
    [InlineData("a\t")]
    public void No_text_of_a_user_can_become_syntax(string hostile)
    {
        FluentBitOptions[] attempts =
        [
            Examples.Options with { Cluster = hostile },
            Examples.Options with { Path = "/var/log/audit/kube/" + hostile },
            Examples.Options with { StateDirectory = "/var/lib/" + hostile },
            Examples.Options with { BufferLimit = hostile },
            Examples.Options with { Sinks = [Examples.VictoriaLogs with { IgnoreFields = [hostile] }] },
            Examples.Options with { Sinks = [Examples.VictoriaLogs with { Authentication = new Authentication(hostile, Examples.Secret) }] },
            Examples.Options with { Sinks = [Examples.VictoriaLogs with { Tls = new TlsOptions { CaFile = "/" + hostile } }] },
            Examples.Options with { Sinks = [Examples.VictoriaLogs with { Tls = new TlsOptions { ServerName = hostile } }] },
            Examples.Options with { Sinks = [new LokiSink { Endpoint = Examples.VictoriaLogs.Endpoint, TenantId = hostile }] },
            Examples.Options with { Sinks = [new ElasticsearchSink { Endpoint = Examples.VictoriaLogs.Endpoint, Index = hostile }] },
            Examples.Options with { Sinks = [new S3Sink { Bucket = hostile, Region = "r" }] },
            Examples.Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = hostile }] },
            Examples.Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", KeyPrefix = hostile }] },
            Examples.Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", StorageClass = hostile }] },
            Examples.Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", Role = "arn:aws:iam::123456789012:role/" + hostile }] },
            Examples.Options with { Redaction = new Redaction { Annotations = [hostile] } },
            Examples.Options with { Redaction = new Redaction { UserExtra = [hostile] } },
            Examples.Options with { Redaction = new Redaction { Bodies = [new GroupResources { Group = hostile }] } },
            Examples.Options with { Redaction = new Redaction { Bodies = [new GroupResources { Resources = [hostile] }] } },
        ];
        foreach (var (index, attempt) in attempts.Index())
        {
            attempt.Check().ShouldNotBeEmpty($"attempt {index}");
        }
    }

    [Theory]
    [InlineData("ftp://logs.example.com")]
    [InlineData("/relative")]
    public void An_endpoint_must_be_http(string endpoint) =>
        (Examples.Options with { Sinks = [Examples.VictoriaLogs with { Endpoint = new Uri(endpoint, UriKind.RelativeOrAbsolute) }] }).Check().ShouldHaveSingleItem().Field.ShouldBe("victoriaLogs.endpoint");

    [Fact]
    public void A_plain_endpoint_has_no_TLS_options()
    {
        var output = FluentBitConfiguration.Render(Examples.Options with { Sinks = [Examples.VictoriaLogs with { Endpoint = new Uri("http://logs:9428") }] })["pipeline"]!["outputs"]![0]!.AsObject();
        output.Select(option => option.Key).Where(key => key.StartsWith("tls", StringComparison.Ordinal)).ShouldBeEmpty();
        output.ContainsKey("http_passwd").ShouldBeFalse();
    }

    [Fact]
    public void The_values_run_on_control_plane_nodes_and_reach_nothing_but_the_log()
    {
        var values = ChartValues.WithYaml(Examples.Everything with { Distribution = Distribution.Rke2 }, "text");
        values["nodeSelector"]!.ToJsonString().ShouldBe("""{"node-role.kubernetes.io/control-plane":"true"}""");
        values["tolerations"]!.AsArray().Select(item => (string)item!["key"]!).ShouldContain("node-role.kubernetes.io/etcd");
        values["daemonSetVolumes"]!.AsArray().Select(volume => (string)volume!["hostPath"]!["path"]!).ShouldBe(["/var/lib/rancher/rke2/server/logs", "/var/lib/fluent-bit-audit"]);
        ((bool)values["daemonSetVolumeMounts"]![0]!["readOnly"]!).ShouldBeTrue();
        ((bool)values["rbac"]!["create"]!).ShouldBeFalse();
        ((bool)values["serviceAccount"]!["automountServiceAccountToken"]!).ShouldBeFalse();
        values["env"]!.AsArray().Select(item => (string)item!["name"]!).ShouldBe(
            ["VICTORIALOGS_TOKEN", "LOKI_TOKEN", "ELASTICSEARCH_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    }

    [Fact]
    public void What_Helm_would_expand_is_escaped() =>
        ((string)ChartValues.WithYaml(Examples.Options, "a {{ b }}")["config"]!["extraFiles"]!["fluent-bit.yaml"]!).ShouldBe("a {{ \"{{\" }} b }}");

    /// <summary>Every option with its place, as text.</summary>
    private static IEnumerable<string> Texts(JsonNode? node, string path = "") => node switch
    {
        JsonObject members => members.SelectMany(member => Texts(member.Value, $"{path}.{member.Key}")),
        JsonArray items => items.SelectMany((item, index) => Texts(item, $"{path}[{index}]")),
        _ => [$"{path}={node}"],
    };
}
