using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering;

/// <summary>A fault in a Fluent Bit configuration.</summary>
/// <param name="Path">Where, such as <c>pipeline.inputs[0].path</c>.</param>
/// <param name="Message">What is wrong and what it leads to.</param>
public sealed record ConfigurationFault(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>
/// Checks what <c>fluent-bit --dry-run</c> lets pass although the real start fails or events are lost: missing required options, unknown
/// parsers, filesystem storage without a path, sizes that are not sizes, outputs that match nothing.
/// </summary>
public static class FluentBitCheck
{
    private static readonly (string Section, string Plugin, string[] Required)[] RequiredOptions =
    [
        ("inputs", "tail", ["path", "tag"]),
        ("filters", "parser", ["key_name", "parser"]),
        ("filters", "lua", ["call"]),
        ("outputs", "http", ["host", "port", "uri"]),
    ];

    private static readonly string[] SizeOptions =
        ["buffer_chunk_size", "buffer_max_size", "mem_buf_limit", "storage.total_limit_size", "storage.backlog.mem_limit"];

    private static readonly string[] PipelineSections = ["inputs", "filters", "outputs"];

    private static readonly Func<Sections, IEnumerable<ConfigurationFault>>[] Checks =
        [PluginsAreNamed, RequiredOptionsAreSet, ParsersExist, FilesystemStorageHasAPath, SizesAreSizes, ChunkFitsBuffer, TagsAreShipped];

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
        where plugin.Section == rule.Section && plugin.Name == rule.Plugin
        from option in rule.Required
        where string.IsNullOrEmpty(plugin.Text(option))
        select new ConfigurationFault($"{plugin.Path}.{option}", $"is required by {rule.Plugin}; Fluent Bit would exit at start");

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
