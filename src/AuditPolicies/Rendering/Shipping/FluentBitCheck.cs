using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>A fault in a Fluent Bit configuration.</summary>
/// <param name="Path">Where, such as <c>pipeline.inputs[0].path</c>.</param>
/// <param name="Message">What is wrong and what it leads to.</param>
public sealed record ConfigurationFault(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>
/// Checks what <c>fluent-bit --dry-run</c> lets pass although the real start fails, events are lost or a secret stands in the open: missing
/// required options, unknown parsers, filesystem storage without a path, sizes that are not sizes, outputs that match nothing or give up.
/// Both formats come to the same tree: YAML as it is, the classic one by <see cref="ClassicFormat.Read"/>.
/// </summary>
public static partial class FluentBitCheck
{
    private const string WouldExit = "Fluent Bit would exit at start";

    /// <summary>Options without which a plugin does not work, or does not do what an audit trail needs.</summary>
    private static readonly (string Section, string Plugin, string Option, string Consequence)[] RequiredOptions =
    [
        ("inputs", "tail", "path", WouldExit),
        ("inputs", "tail", "tag", WouldExit),
        ("inputs", "tail", "parser", "events would stay unparsed text"),
        ("inputs", "tail", "db", "a restart would read the file again, or skip what was written meanwhile"),
        ("inputs", "tail", "read_from_head", "what was written before the first start would be lost"),
        ("inputs", "tail", "buffer_max_size", "at the default of 32k a longer event ends the reading of the file"),
        ("filters", "parser", "key_name", WouldExit),
        ("filters", "parser", "parser", WouldExit),
        ("filters", "lua", "call", WouldExit),
        ("filters", "log_to_metrics", "tag", WouldExit),
        ("filters", "log_to_metrics", "metric_name", WouldExit),
        ("filters", "log_to_metrics", "metric_description", WouldExit),
        ("filters", "log_to_metrics", "flush_interval_sec", "all counters would be sent at each event"),
        ("outputs", "http", "host", WouldExit),
        ("outputs", "http", "port", WouldExit),
        ("outputs", "http", "uri", WouldExit),
        ("outputs", "http", "format", "the default is not JSON"),
        ("outputs", "loki", "host", "the default is the pod itself"),
        ("outputs", "loki", "labels", "all clusters would share one stream"),
        ("outputs", "es", "host", "the default is the pod itself"),
        ("outputs", "es", "suppress_type_name", "version 8 refuses documents with a type"),
        ("outputs", "es", "generate_id", "a repeated request would store its events twice"),
        ("outputs", "opentelemetry", "host", "the default is the pod itself"),
        ("outputs", "opentelemetry", "logs_uri", "events would go to the root of the endpoint"),
        ("outputs", "s3", "bucket", WouldExit),
        ("outputs", "s3", "region", "the default is us-east-1"),
        ("outputs", "s3", "store_dir", "the default is below /tmp, where a restart loses what was not yet sent"),
        ("outputs", "s3", "store_dir_limit_size", "unsent files could fill the disk of the node"),
        .. from plugin in NetworkOutputs
           from entry in new[] { ("retry_limit", "after one retry the chunk is dropped"), ("storage.total_limit_size", "unsent events could fill the disk of the node") }
           select ("outputs", plugin, entry.Item1, entry.Item2),
    ];

    private static readonly string[] SizeOptions =
    [
        "buffer_chunk_size", "buffer_max_size", "buffer_size", "mem_buf_limit", "storage.total_limit_size", "storage.backlog.mem_limit",
        "store_dir_limit_size", "total_file_size",
    ];

    /// <summary>Options that take one of a few words; the dry run accepts any.</summary>
    private static readonly (string Plugin, string Option, string[] Words)[] Words =
    [
        ("http", "format", ["json_lines"]),
        ("http", "compress", ["gzip"]),
        ("loki", "line_format", ["json"]),
        ("loki", "compress", ["gzip"]),
        ("es", "compress", ["gzip"]),
        ("opentelemetry", "compress", ["gzip", "zstd"]),
        ("s3", "compression", ["gzip", "zstd"]),
        ("tail", "storage.type", ["filesystem"]),
        ("log_to_metrics", "metric_mode", ["counter", "gauge", "histogram"]),
    ];

    private static readonly string[] SecretOptions = ["http_passwd", "bearer_token", "http_api_key", "cloud_auth", "tls.key_passwd"];

    private static readonly string[] VerifyOptions = ["tls.verify", "tls.verify_hostname"];

    private static readonly string[] VictoriaLogsParameters = ["_stream_fields=", "_time_field=stageTimestamp", "_msg_field=requestURI"];

    private static readonly string[] PipelineSections = ["inputs", "filters", "outputs"];

    private static readonly Func<Sections, IEnumerable<ConfigurationFault>>[] Checks =
    [
        PluginsAreNamed, RequiredOptionsAreSet, ScriptsAreNamed, ParsersExist, FilesystemStorageHasAPath, SizesAreSizes, WordsAreKnown, ChunkFitsBuffer,
        TagsAreShipped, CountersAreServed, NoOutputGivesUp, PathsAreExact, VictoriaLogsIsToldTheFields, SecretsAreReferences, CertificatesAreChecked,
    ];

    /// <summary>Outputs that go through the engine's own buffer and retries; S3 has its own.</summary>
    private static IEnumerable<string> NetworkOutputs => ["http", "loki", "es", "opentelemetry"];

    /// <summary>All faults; empty for a configuration that starts and ships.</summary>
    public static IReadOnlyList<ConfigurationFault> Check(JsonObject configuration)
    {
        var sections = new Sections(configuration);
        return [.. Checks.SelectMany(check => check(sections))];
    }

    private static IEnumerable<ConfigurationFault> PluginsAreNamed(Sections sections) => sections.Plugins
        .Where(plugin => plugin.Name.Length == 0)
        .Select(plugin => new ConfigurationFault(plugin.Path + ".name", "is required"));

    private static IEnumerable<ConfigurationFault> RequiredOptionsAreSet(Sections sections) =>
        from plugin in sections.Plugins
        from rule in RequiredOptions
        where plugin.Section == rule.Section && plugin.Name == rule.Plugin && string.IsNullOrEmpty(plugin.Text(rule.Option))
        select new ConfigurationFault($"{plugin.Path}.{rule.Option}", $"is required by {rule.Plugin}; {rule.Consequence}");

    private static IEnumerable<ConfigurationFault> ScriptsAreNamed(Sections sections) =>
        from plugin in sections.Plugins
        where plugin.Name == "lua" && string.IsNullOrEmpty(plugin.Text("script")) && string.IsNullOrEmpty(plugin.Text("code"))
        select new ConfigurationFault(plugin.Path + ".script", $"script or code is required by lua; {WouldExit}");

    private static IEnumerable<ConfigurationFault> ParsersExist(Sections sections) =>
        from plugin in sections.Plugins
        let parser = plugin.Text("parser")
        where parser is not null && !sections.Parsers.Contains(parser)
        select new ConfigurationFault(plugin.Path + ".parser", $"parser \"{parser}\" is not defined; events would stay unparsed text");

    private static IEnumerable<ConfigurationFault> FilesystemStorageHasAPath(Sections sections) =>
        from plugin in sections.Plugins
        where plugin.Text("storage.type") == "filesystem" && string.IsNullOrEmpty(sections.Service.Text("storage.path"))
        select new ConfigurationFault("service.storage.path", $"is required by the filesystem storage of {plugin.Path}");

    private static IEnumerable<ConfigurationFault> SizesAreSizes(Sections sections) =>
        from plugin in sections.Plugins.Prepend(sections.Service)
        from option in SizeOptions
        let text = plugin.Text(option)
        where text is not null && FluentBitSize.Parse(text) is null
        select new ConfigurationFault($"{plugin.Path}.{option}", $"\"{text}\" is not a size; write a number with k, M or G");

    private static IEnumerable<ConfigurationFault> ChunkFitsBuffer(Sections sections) =>
        from plugin in sections.Plugins
        let chunk = FluentBitSize.Parse(plugin.Text("buffer_chunk_size") ?? "")
        let maximum = FluentBitSize.Parse(plugin.Text("buffer_max_size") ?? "")
        where chunk > maximum
        select new ConfigurationFault($"{plugin.Path}.buffer_max_size", "is smaller than buffer_chunk_size");

    private static IEnumerable<ConfigurationFault> TagsAreShipped(Sections sections) =>
        from input in sections.Plugins
        where input.Section == "inputs" && input.Text("tag") is not null
        where !sections.Plugins.Any(output => output.Section == "outputs" && Matches(output.Text("match") ?? "", input.Text("tag")!))
        select new ConfigurationFault($"{input.Path}.tag", $"no output matches \"{input.Text("tag")}\"; its events would be dropped");

    private static IEnumerable<ConfigurationFault> CountersAreServed(Sections sections) =>
        from counter in sections.Plugins
        where counter.Name == "log_to_metrics" && counter.Text("tag") is not null
        where !sections.Plugins.Any(output => output.Name == "prometheus_exporter" && Matches(output.Text("match") ?? "", counter.Text("tag")!))
        select new ConfigurationFault($"{counter.Path}.tag", $"no prometheus_exporter matches \"{counter.Text("tag")}\"; nobody would see the counter");

    // S3 reads a negative limit, which is what no_limits comes to, as 5.
    private static IEnumerable<ConfigurationFault> NoOutputGivesUp(Sections sections) =>
        from plugin in sections.Plugins
        where plugin.Section == "outputs" && plugin.Text("retry_limit") is not null
        let limit = plugin.Text("retry_limit")
        where plugin.Name == "s3" ? !(int.TryParse(limit, out var count) && count >= 1000) : NetworkOutputs.Contains(plugin.Name) && limit is not ("no_limits" or "false" or "False")
        select new ConfigurationFault(
            plugin.Path + ".retry_limit",
            plugin.Name == "s3" ? $"\"{limit}\" makes it drop files after a few attempts; write a large number" : $"\"{limit}\" drops events of a longer outage; write no_limits");

    private static IEnumerable<ConfigurationFault> PathsAreExact(Sections sections) =>
        from plugin in sections.Plugins
        where plugin.Name == "tail" && plugin.Text("path")?.AsSpan().IndexOfAny('*', ',') >= 0
        select new ConfigurationFault(plugin.Path + ".path", "must be one file: a pattern reads rotated files again");

    private static IEnumerable<ConfigurationFault> VictoriaLogsIsToldTheFields(Sections sections) =>
        from plugin in sections.Plugins
        where plugin.Name == "http" && plugin.Text("uri")?.Contains("/insert/jsonline", StringComparison.Ordinal) == true
        from parameter in VictoriaLogsParameters
        where !plugin.Text("uri")!.Contains(parameter, StringComparison.Ordinal)
        select new ConfigurationFault(plugin.Path + ".uri", $"lacks {parameter}: events would arrive without their time, text or stream");

    private static IEnumerable<ConfigurationFault> WordsAreKnown(Sections sections) =>
        from plugin in sections.Plugins
        from entry in Words
        where plugin.Name == entry.Plugin && plugin.Text(entry.Option) is { } text && !entry.Words.Contains(text, StringComparer.Ordinal)
        select new ConfigurationFault($"{plugin.Path}.{entry.Option}", $"\"{plugin.Text(entry.Option)}\" must be {string.Join(" or ", entry.Words)}");

    private static IEnumerable<ConfigurationFault> SecretsAreReferences(Sections sections) =>
        from plugin in sections.Plugins
        from option in SecretOptions
        where plugin.Text(option) is { } text && !Reference().IsMatch(text)
        select new ConfigurationFault($"{plugin.Path}.{option}", "holds a secret in the open; name an environment variable, as ${NAME}");

    private static IEnumerable<ConfigurationFault> CertificatesAreChecked(Sections sections) =>
        from plugin in sections.Plugins
        from option in VerifyOptions
        where plugin.Text(option) is "false" or "off" or "Off"
        select new ConfigurationFault($"{plugin.Path}.{option}", "is off: anyone on the path could read or swallow the events");

    // Fluent Bit's match: * stands for any run of characters.
    private static bool Matches(string pattern, string tag)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        if (star < 0)
        {
            return pattern == tag;
        }

        return tag.StartsWith(pattern[..star], StringComparison.Ordinal)
            && Enumerable.Range(star, tag.Length - star + 1).Any(start => Matches(pattern[(star + 1)..], tag[start..]));
    }

    [GeneratedRegex(@"\A\$\{[A-Z][A-Z0-9_]*\}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    /// <summary>The parts of a configuration under their canonical lower-case option names.</summary>
    private sealed class Sections
    {
        public Sections(JsonObject configuration)
        {
            Service = new Plugin("service", "service", configuration["service"] as JsonObject ?? []);
            Parsers = [.. (configuration["parsers"] as JsonArray ?? []).OfType<JsonObject>()
                .Select(parser => new Plugin("parsers", "", parser).Name)];
            var pipeline = configuration["pipeline"] as JsonObject ?? [];
            Plugins = [.. PipelineSections.SelectMany(section => (pipeline[section] as JsonArray ?? [])
                .Select((node, index) => new Plugin(section, $"pipeline.{section}[{index}]", node as JsonObject ?? [])))];
        }

        public Plugin Service { get; }

        public HashSet<string> Parsers { get; }

        public IReadOnlyList<Plugin> Plugins { get; }
    }

    private sealed class Plugin(string section, string path, JsonObject options)
    {
        public string Section => section;

        public string Path => path;

        public string Name => Text("name") ?? "";

        /// <summary>The option as Fluent Bit sees it, plain text; null when absent. Option names ignore case.</summary>
        public string? Text(string option)
        {
            foreach (var (key, value) in options)
            {
                if (key.Equals(option, StringComparison.OrdinalIgnoreCase))
                {
                    return value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>() : value?.ToJsonString();
                }
            }

            return null;
        }
    }
}
