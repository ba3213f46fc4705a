using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Model;
using Comptroller.AuditPolicies.Rendering;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Tests.Rendering.Shipping;

public sealed class FluentBitTests
{
    private static readonly VictoriaLogsSink VictoriaLogs = new() { Endpoint = new Uri("https://logs.example.com:9428") };

    private static readonly SecretReference Secret = new("sinks", "key");

    /// <summary>Every sink and every option that changes the configuration.</summary>
    private static readonly FluentBitOptions Everything = new()
    {
        Cluster = "infra",
        Sinks =
        [
            VictoriaLogs with { AccountId = 3, Authentication = new Authentication(null, Secret), IgnoreFields = ["responseObject*"] },
            new LokiSink { Endpoint = new Uri("https://loki.example.com/gateway/"), TenantId = "audit", Authentication = new Authentication(null, Secret), Tls = new TlsOptions { CaSecret = Secret, ClientCertificateSecret = "client" } },
            new ElasticsearchSink { Endpoint = new Uri("https://es.example.com:9200"), Authentication = new Authentication("writer", Secret) },
            new OpenTelemetrySink { Endpoint = new Uri("http://collector.monitoring:4318") },
            new S3Sink { Bucket = "audit-archive", Region = "eu-central-1", AccessKeyId = Secret, SecretAccessKey = Secret },
        ],
        Redaction = new Redaction { Annotations = ["kubectl.kubernetes.io/last-applied-configuration"], Bodies = [new GroupResources { Resources = ["secrets"] }] },
    };

    private static readonly FluentBitOptions Options = Everything with { Sinks = [VictoriaLogs], Redaction = null };

    private static readonly string[] FormatNames = ["yaml", "classic"];

    public static TheoryData<string> Formats => [.. FormatNames];

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_is_rendered_passes_the_check(string format)
    {
        FluentBitCheck.Check(Configuration(Everything, format)).ShouldBeEmpty();
        foreach (var distribution in new[] { Distribution.Talos, Distribution.Kubeadm, Distribution.K3s, Distribution.Rke2 })
        {
            FluentBitCheck.Check(Configuration(Options with { Distribution = distribution }, format)).ShouldBeEmpty(distribution.Name);
        }

        foreach (var name in GoldenFiles.Cases.Where(name => GoldenFiles.Input(name)["fluentBit"] is not null))
        {
            FluentBitCheck.Check(Configuration(RendererTests.FluentBit(GoldenFiles.Input(name)["fluentBit"]!), format)).ShouldBeEmpty(name);
        }
    }

    [Theory]
    [InlineData("inputs[0]", "path", null, "path: is required by tail; Fluent Bit would exit at start")]
    [InlineData("inputs[0]", "path", "/var/log/audit/kube/*.log", "path: must be one file: a pattern reads rotated files again")]
    [InlineData("inputs[0]", "parser", "nope", "parser: parser \"nope\" is not defined; events would stay unparsed text")]
    [InlineData("inputs[0]", "parser", null, "parser: is required by tail; events would stay unparsed text")]
    [InlineData("inputs[0]", "db", null, "db: is required by tail; a restart would read the file again, or skip what was written meanwhile")]
    [InlineData("inputs[0]", "buffer_max_size", "8 MB", "buffer_max_size: \"8 MB\" is not a size; write a number with k, M or G")]
    [InlineData("inputs[0]", "buffer_max_size", "32k", "buffer_max_size: is smaller than buffer_chunk_size")]
    [InlineData("inputs[0]", "tag", "kube.audit", "tag: no output matches \"kube.audit\"; its events would be dropped")]
    [InlineData("inputs[0]", "storage.type", "disk", "storage.type: \"disk\" must be filesystem")]
    [InlineData("filters[0]", "name", "parser", "key_name: is required by parser; Fluent Bit would exit at start")]
    [InlineData("filters[1]", "script", null, "script: script or code is required by lua; Fluent Bit would exit at start")]
    [InlineData("filters[1]", "call", null, "call: is required by lua; Fluent Bit would exit at start")]
    [InlineData("outputs[0]", "uri", null, "uri: is required by http; Fluent Bit would exit at start")]
    [InlineData("outputs[0]", "uri", "/insert/jsonline?_stream_fields=cluster,source&_msg_field=requestURI", "uri: lacks _time_field=stageTimestamp: events would arrive without their time, text or stream")]
    [InlineData("outputs[0]", "storage.total_limit_size", "lots", "storage.total_limit_size: \"lots\" is not a size; write a number with k, M or G")]
    [InlineData("outputs[0]", "retry_limit", null, "retry_limit: is required by http; after one retry the chunk is dropped")]
    [InlineData("outputs[0]", "retry_limit", "5", "retry_limit: \"5\" drops events of a longer outage; write no_limits")]
    [InlineData("outputs[0]", "compress", "zip", "compress: \"zip\" must be gzip")]
    [InlineData("outputs[0]", "tls.verify", "off", "tls.verify: is off: anyone on the path could read or swallow the events")]
    [InlineData("outputs[1]", "labels", null, "labels: is required by loki; all clusters would share one stream")]
    [InlineData("outputs[1]", "bearer_token", "s3cr3t", "bearer_token: holds a secret in the open; name an environment variable, as ${NAME}")]
    [InlineData("outputs[2]", "http_passwd", "s3cr3t", "http_passwd: holds a secret in the open; name an environment variable, as ${NAME}")]
    [InlineData("outputs[2]", "suppress_type_name", null, "suppress_type_name: is required by es; version 8 refuses documents with a type")]
    [InlineData("outputs[3]", "logs_uri", null, "logs_uri: is required by opentelemetry; events would go to the root of the endpoint")]
    [InlineData("outputs[4]", "bucket", null, "bucket: is required by s3; Fluent Bit would exit at start")]
    [InlineData("outputs[4]", "store_dir", null, "store_dir: is required by s3; the default is below /tmp, where a restart loses what was not yet sent")]
    [InlineData("outputs[4]", "retry_limit", "no_limits", "retry_limit: \"no_limits\" makes it drop files after a few attempts; write a large number")]
    public void The_check_finds_what_a_dry_run_misses(string place, string option, string? value, string fault)
    {
        foreach (var format in FormatNames)
        {
            var configuration = Configuration(Everything, format);
            var index = place[^2] - '0';
            var target = configuration["pipeline"]![place[..^3]]![index]!.AsObject();
            Change(target, option, value);
            FluentBitCheck.Check(configuration).Select(found => found.ToString()).ShouldContain($"pipeline.{place}.{fault}", format);
        }
    }

    [Fact]
    public void The_check_finds_a_plugin_without_name_and_a_buffer_without_place()
    {
        var configuration = FluentBitConfiguration.Render(Options);
        configuration["pipeline"]!["inputs"]![0]!.AsObject().Remove("name");
        configuration["service"]!.AsObject().Remove("storage.path");
        FluentBitCheck.Check(configuration).Select(fault => fault.ToString())
            .ShouldBe(["pipeline.inputs[0].name: is required", "service.storage.path: is required by the filesystem storage of pipeline.inputs[0]"]);
    }

    [Fact]
    public void Both_formats_say_the_same()
    {
        var configuration = FluentBitConfiguration.Render(Everything);
        var classic = Configuration(Everything, "classic");
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
        var configuration = FluentBitConfiguration.Render(Options);
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
        var options = Options with
        {
            Cluster = "${HOME}",
            Path = "/var/log/audit/*.log",
            StateDirectory = "relative",
            BufferLimit = "plenty",
            HttpPort = 0,
            Sinks =
            [
                new VictoriaLogsSink { Endpoint = new Uri("https://user:pw@logs.example.com/?x=1"), IgnoreFields = ["ok.field*", "a&b=c"], Authentication = new Authentication("me you", Secret) },
                new LokiSink { Endpoint = new Uri("http://loki"), Authentication = new Authentication(null, Secret), Tls = new TlsOptions { CaFile = "/ca", CaSecret = Secret }, TenantId = "a b" },
                new ElasticsearchSink { Endpoint = new Uri("https://es/{{ .Values }}"), Index = "Upper" },
                new S3Sink { Bucket = "a", Region = "eu central", Endpoint = new Uri("https://minio/path"), KeyPrefix = "/x/", StorageClass = "cold", Role = "me", AccessKeyId = Secret },
            ],
        };
        options.Check().Select(error => error.Field).ShouldBe(
        [
            "cluster", "path", "stateDirectory", "victoriaLogs.endpoint", "victoriaLogs.endpoint", "victoriaLogs.basicAuth.username", "victoriaLogs.ignoreFields[1]",
            "loki.endpoint", "loki.tls", "loki.tls.caFile", "loki.tenantID", "elasticsearch.endpoint", "elasticsearch.index",
            "s3.bucket", "s3.region", "s3.endpoint", "s3.keyPrefix", "s3.storageClass", "s3.roleARN", "s3.accessKeyIDSecretRef", "bufferLimit", "httpPort",
        ]);
        Should.Throw<OptionException>(() => FluentBitConfiguration.Render(options));
        (Options with { Sinks = [] }).Check().ShouldHaveSingleItem().Field.ShouldBe("sinks");
    }

    [Theory]
    [InlineData("/var/log/other/audit.log")]
    [InlineData("/var/log/audit/kube/deeper/audit.log")]
    [InlineData("/var/log/audit/kube")]
    public void A_log_outside_the_directory_that_the_target_mounts_is_refused(string path)
    {
        var error = (Options with { Path = path }).Check().ShouldHaveSingleItem();
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
            Options with { Cluster = hostile },
            Options with { Path = "/var/log/audit/kube/" + hostile },
            Options with { StateDirectory = "/var/lib/" + hostile },
            Options with { BufferLimit = hostile },
            Options with { Sinks = [VictoriaLogs with { IgnoreFields = [hostile] }] },
            Options with { Sinks = [VictoriaLogs with { Authentication = new Authentication(hostile, Secret) }] },
            Options with { Sinks = [VictoriaLogs with { Tls = new TlsOptions { CaFile = "/" + hostile } }] },
            Options with { Sinks = [VictoriaLogs with { Tls = new TlsOptions { ServerName = hostile } }] },
            Options with { Sinks = [new LokiSink { Endpoint = VictoriaLogs.Endpoint, TenantId = hostile }] },
            Options with { Sinks = [new ElasticsearchSink { Endpoint = VictoriaLogs.Endpoint, Index = hostile }] },
            Options with { Sinks = [new S3Sink { Bucket = hostile, Region = "r" }] },
            Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = hostile }] },
            Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", KeyPrefix = hostile }] },
            Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", StorageClass = hostile }] },
            Options with { Sinks = [new S3Sink { Bucket = "bucket", Region = "r", Role = "arn:aws:iam::123456789012:role/" + hostile }] },
            Options with { Redaction = new Redaction { Annotations = [hostile] } },
            Options with { Redaction = new Redaction { UserExtra = [hostile] } },
            Options with { Redaction = new Redaction { Bodies = [new GroupResources { Group = hostile }] } },
            Options with { Redaction = new Redaction { Bodies = [new GroupResources { Resources = [hostile] }] } },
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
        (Options with { Sinks = [VictoriaLogs with { Endpoint = new Uri(endpoint, UriKind.RelativeOrAbsolute) }] }).Check().ShouldHaveSingleItem().Field.ShouldBe("victoriaLogs.endpoint");

    [Fact]
    public void A_plain_endpoint_has_no_TLS_options()
    {
        var output = FluentBitConfiguration.Render(Options with { Sinks = [VictoriaLogs with { Endpoint = new Uri("http://logs:9428") }] })["pipeline"]!["outputs"]![0]!.AsObject();
        output.Select(option => option.Key).Where(key => key.StartsWith("tls", StringComparison.Ordinal)).ShouldBeEmpty();
        output.ContainsKey("http_passwd").ShouldBeFalse();
    }

    [Fact]
    public void The_values_run_on_control_plane_nodes_and_reach_nothing_but_the_log()
    {
        var values = ChartValues.WithYaml(Everything with { Distribution = Distribution.Rke2 }, "text");
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
    public void Every_variable_of_the_configuration_is_one_that_the_pod_takes_from_a_Secret()
    {
        var configuration = FluentBitConfiguration.Render(Everything).ToJsonString();
        var declared = Everything.Sinks.SelectMany(sink => sink.Variables).Select(variable => variable.Name).ToList();
        var named = configuration.Split("${").Skip(1).Select(rest => rest[..rest.IndexOf('}', StringComparison.Ordinal)]).ToList();
        named.ShouldBe(["VICTORIALOGS_TOKEN", "LOKI_TOKEN", "ELASTICSEARCH_PASSWORD"]);
        named.Except(declared).ShouldBeEmpty();
        configuration.ShouldNotContain("AWS_");
    }

    [Fact]
    public void What_Helm_would_expand_is_escaped() =>
        ((string)ChartValues.WithYaml(Options, "a {{ b }}")["config"]!["extraFiles"]!["fluent-bit.yaml"]!).ShouldBe("a {{ \"{{\" }} b }}");

    private static JsonObject Configuration(FluentBitOptions options, string format)
    {
        var configuration = FluentBitConfiguration.Render(options);
        return format == "yaml" ? configuration : ClassicFormat.Read(ClassicFormat.Main(configuration), ClassicFormat.Parsers(configuration));
    }

    private static void Change(JsonObject target, string option, string? value)
    {
        if (value is null)
        {
            target.Remove(option).ShouldBeTrue();
        }
        else
        {
            target[option] = value;
        }
    }

    /// <summary>Every option with its place, as text.</summary>
    private static IEnumerable<string> Texts(JsonNode? node, string path = "") => node switch
    {
        JsonObject members => members.SelectMany(member => Texts(member.Value, $"{path}.{member.Key}")),
        JsonArray items => items.SelectMany((item, index) => Texts(item, $"{path}[{index}]")),
        _ => [$"{path}={node}"],
    };
}
