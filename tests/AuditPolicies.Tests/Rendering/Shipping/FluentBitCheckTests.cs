using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Rendering.Shipping;
using Comptroller.AuditPolicies.Rendering.Targets;

namespace Comptroller.AuditPolicies.Tests.Rendering.Shipping;

public sealed class FluentBitCheckTests
{
    public static TheoryData<string> Formats => [.. Examples.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void What_is_rendered_passes(string format)
    {
        Faults(Examples.Everything, format).ShouldBeEmpty();
        foreach (var distribution in new[] { Distribution.Talos, Distribution.Kubeadm, Distribution.K3s, Distribution.Rke2 })
        {
            Faults(Examples.Options with { Distribution = distribution }, format).ShouldBeEmpty(distribution.Name);
        }

        foreach (var name in GoldenFiles.Cases.Where(name => GoldenFiles.Input(name)["fluentBit"] is not null))
        {
            Faults(RendererTests.FluentBit(GoldenFiles.Input(name)["fluentBit"]!), format).ShouldBeEmpty(name);
        }
    }

    [Theory]
    [InlineData("service", "storage.path", null, "storage.path: is required by the filesystem storage of pipeline.inputs[0]")]
    [InlineData("service", "flush_interval", "5", "flush_interval: is not an option of service")]
    [InlineData("service", "log_level", "verbose", "log_level: \"verbose\" must be off or error or warn or info or debug or trace")]
    [InlineData("service", "http_port", "http", "http_port: \"http\" is not a number")]
    [InlineData("parsers[0]", "format", null, "format: is required by a parser; Fluent Bit would exit at start")]
    [InlineData("parsers[0]", "time_kee", "true", "time_kee: is not an option of parsers")]
    [InlineData("pipeline.inputs[0]", "name", null, "name: is required")]
    [InlineData("pipeline.inputs[0]", "name", "tial", "name: \"tial\" is not a plugin among the inputs that this check knows")]
    [InlineData("pipeline.inputs[0]", "path", null, "path: is required by tail; Fluent Bit would exit at start")]
    [InlineData("pipeline.inputs[0]", "path", "/var/log/audit/kube/*.log", "path: must be one file: a pattern reads rotated files again")]
    [InlineData("pipeline.inputs[0]", "parser", "nope", "parser: parser \"nope\" is not defined; events would stay unparsed text")]
    [InlineData("pipeline.inputs[0]", "db", null, "db: is required by tail; a restart would read the file again, or skip what was written meanwhile")]
    [InlineData("pipeline.inputs[0]", "buffer_max_size", "8 MB", "buffer_max_size: \"8 MB\" is not a size; write a number with k, M or G")]
    [InlineData("pipeline.inputs[0]", "buffer_max_size", "32k", "buffer_max_size: is smaller than buffer_chunk_size")]
    [InlineData("pipeline.inputs[0]", "rotate_wait", "30 seconds", "rotate_wait: \"30 seconds\" is not a time; write a number with s, m, h or d")]
    [InlineData("pipeline.inputs[0]", "read_from_head", "yess", "read_from_head: \"yess\" is not a switch; write true or false")]
    [InlineData("pipeline.inputs[0]", "tag", "kube.audit", "tag: no output matches \"kube.audit\"; its events would be dropped")]
    [InlineData("pipeline.inputs[0]", "storage.type", "disk", "storage.type: \"disk\" must be filesystem")]
    [InlineData("pipeline.filters[0]", "name", "parser", "key_name: is required by parser; Fluent Bit would exit at start")]
    [InlineData("pipeline.filters[1]", "match", "audit", "match: \"audit\" is the tag of no input; the filter would do nothing")]
    [InlineData("pipeline.filters[1]", "script", null, "script: script or code is required by lua; Fluent Bit would exit at start")]
    [InlineData("pipeline.outputs[0]", "uri", "/insert/jsonline?_stream_fields=cluster,source&_msg_field=requestURI", "uri: lacks _time_field=stageTimestamp: events would arrive without their time, text or stream")]
    [InlineData("pipeline.outputs[0]", "uri", "/insert/jsonline?_stream_fields=cluster&_time_field=stageTimestamp&_msg_field=requestURI", "uri: lacks _stream_fields=cluster,source: events would arrive without their time, text or stream")]
    [InlineData("pipeline.outputs[0]", "retry_limit", null, "retry_limit: is required by http; after one retry the chunk is dropped")]
    [InlineData("pipeline.outputs[0]", "retry_limit", "5", "retry_limit: \"5\" drops events of a longer outage; write no_limits")]
    [InlineData("pipeline.outputs[0]", "compress", "zip", "compress: \"zip\" must be gzip")]
    [InlineData("pipeline.outputs[0]", "tls.verify", "Off", "tls.verify: is off: anyone on the path could read or swallow the events")]
    [InlineData("pipeline.outputs[0]", "header", "Authorization Bearer s3cr3t", "header: holds a secret in the open; name an environment variable, as ${NAME}")]
    [InlineData("pipeline.outputs[0]", "host", "${VICTORIALOGS_HOST}", "host: ${VICTORIALOGS_HOST} is not in the environment of the pod; it would be read as nothing")]
    [InlineData("pipeline.outputs[0]", "host", "logs.${REGION", "host: ${REGION is not in the environment of the pod; it would be read as nothing")]
    [InlineData("pipeline.outputs[1]", "bearer_token", "s3cr3t", "bearer_token: holds a secret in the open; name an environment variable, as ${NAME}")]
    [InlineData("pipeline.outputs[1]", "bearer_token", "${LOKI_PASSWORD}", "bearer_token: ${LOKI_PASSWORD} is not in the environment of the pod; it would be read as nothing")]
    [InlineData("pipeline.outputs[2]", "HTTP_Passwd", "s3cr3t", "HTTP_Passwd: holds a secret in the open; name an environment variable, as ${NAME}")]
    [InlineData("pipeline.outputs[3]", "log_uri", "/v1/logs", "log_uri: is not an option of opentelemetry")]
    [InlineData("pipeline.outputs[4]", "store_dir", null, "store_dir: is required by s3; the default is below /tmp, where a restart loses what was not yet sent")]
    [InlineData("pipeline.outputs[4]", "retry_limit", "no_limits", "retry_limit: \"no_limits\" makes it drop files after a few attempts; write a large number")]
    public void What_a_dry_run_misses_is_found(string place, string option, string? value, string fault)
    {
        foreach (var format in Examples.Formats)
        {
            var configuration = Examples.Configuration(Examples.Everything, format);
            Change(Section(configuration, place), option, value);
            Faults(configuration).ShouldContain($"{place}.{fault}", format);
        }
    }

    [Fact]
    public void Every_required_option_is_found_when_it_is_absent()
    {
        var tree = new ConfigurationTree(FluentBitConfiguration.Render(Examples.Everything));
        foreach (var (section, rule) in tree.All.SelectMany(section => section.Declaration!.Required.Select(rule => (section, rule))))
        {
            var configuration = FluentBitConfiguration.Render(Examples.Everything);
            Section(configuration, section.Path).Remove(rule.Option).ShouldBeTrue();
            Faults(configuration).ShouldContain(fault => fault.StartsWith($"{section.Path}.{rule.Option}: is required by ", StringComparison.Ordinal) && fault.EndsWith(rule.Consequence, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_option_is_found_when_it_is_misspelt()
    {
        var tree = new ConfigurationTree(FluentBitConfiguration.Render(Examples.Everything));
        foreach (var (section, option) in tree.All.SelectMany(section => section.Options.Select(option => (section, option))))
        {
            var configuration = FluentBitConfiguration.Render(Examples.Everything);
            Section(configuration, section.Path)[option + "_"] = "x";
            Faults(configuration).ShouldContain(fault => fault.StartsWith($"{section.Path}.{option}_: is not an option of ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Every_number_switch_size_and_time_is_found_when_it_is_a_word()
    {
        var tree = new ConfigurationTree(FluentBitConfiguration.Render(Examples.Everything));
        var typed = tree.All.SelectMany(section => section.Options.Where(option => section.Kind(option) != OptionKind.Text).Select(option => (section.Path, option))).ToList();
        typed.Count.ShouldBeGreaterThan(40);
        foreach (var (path, option) in typed)
        {
            var configuration = FluentBitConfiguration.Render(Examples.Everything);
            Section(configuration, path)[option] = "many";
            Faults(configuration).Any(fault => fault.StartsWith($"{path}.{option}: \"many\" is not a", StringComparison.Ordinal)).ShouldBeTrue($"{path}.{option}");
        }
    }

    [Fact]
    public void A_section_that_is_none_is_found()
    {
        var configuration = FluentBitConfiguration.Render(Examples.Options);
        configuration["servce"] = new JsonObject();
        configuration["pipeline"]!["output"] = new JsonArray();
        Faults(configuration).ShouldBe(["servce: is no section of Fluent Bit that an audit trail needs", "pipeline.output: is no section of Fluent Bit that an audit trail needs"]);
    }

    [Fact]
    public void An_event_without_its_cluster_is_found()
    {
        var configuration = FluentBitConfiguration.Render(Examples.Options);
        Section(configuration, "pipeline.filters[0]")["add"] = new JsonArray("source kube-apiserver-audit", "clusters infra");
        Faults(configuration).ShouldBe(["pipeline.filters: none adds the field cluster; no query or alert would find the events"]);
    }

    [Fact]
    public void A_variable_without_its_Secret_is_found_in_every_place()
    {
        var configuration = FluentBitConfiguration.Render(Examples.Everything);
        FluentBitCheck.Check(configuration, []).Select(fault => fault.Path)
            .ShouldBe(["pipeline.outputs[0].header", "pipeline.outputs[1].bearer_token", "pipeline.outputs[2].http_passwd"]);
    }

    private static IEnumerable<string> Faults(FluentBitOptions options, string format) => Faults(Examples.Configuration(options, format), options);

    private static IEnumerable<string> Faults(JsonObject configuration, FluentBitOptions? options = null) =>
        FluentBitCheck.Check(configuration, (options ?? Examples.Everything).Variables.Select(variable => variable.Name)).Select(fault => fault.ToString());

    private static JsonObject Section(JsonObject configuration, string path) => path.Split('.').Aggregate(
        (JsonNode)configuration,
        (node, part) => part.EndsWith(']') ? node[part[..^3]]![part[^2] - '0']! : node[part]!).AsObject();

    // Fluent Bit ignores the case of names.
    private static void Change(JsonObject section, string option, string? value)
    {
        var present = section.FirstOrDefault(entry => entry.Key.Equals(option, StringComparison.OrdinalIgnoreCase)).Key;
        if (value is null)
        {
            section.Remove(present).ShouldBeTrue();
            return;
        }

        if (present is not null)
        {
            section.Remove(present);
        }

        section[option] = value;
    }
}
