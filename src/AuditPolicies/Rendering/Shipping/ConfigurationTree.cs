using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>The sections of a Fluent Bit configuration, of either format.</summary>
internal sealed class ConfigurationTree
{
    private static readonly string[] Pipeline = ["inputs", "filters", "outputs"];

    public ConfigurationTree(JsonObject configuration)
    {
        var pipeline = configuration["pipeline"] as JsonObject ?? [];
        Service = new ConfigurationSection("service", "service", configuration["service"] as JsonObject ?? []);
        Parsers = [.. Sections(configuration, "parsers", "parsers")];
        Plugins = [.. Pipeline.SelectMany(section => Sections(pipeline, section, $"pipeline.{section}"))];
        Strangers =
        [
            .. configuration.Select(entry => entry.Key).Except(["service", "parsers", "pipeline"]),
            .. pipeline.Select(entry => entry.Key).Except(Pipeline).Select(name => $"pipeline.{name}"),
        ];
    }

    public ConfigurationSection Service { get; }

    public IReadOnlyList<ConfigurationSection> Parsers { get; }

    /// <summary>Inputs, filters and outputs.</summary>
    public IReadOnlyList<ConfigurationSection> Plugins { get; }

    public IEnumerable<ConfigurationSection> All => Plugins.Prepend(Service).Concat(Parsers);

    /// <summary>What is no section at all.</summary>
    public IReadOnlyList<string> Strangers { get; }

    private static IEnumerable<ConfigurationSection> Sections(JsonObject parent, string section, string path) =>
        (parent[section] as JsonArray ?? []).Select((node, index) => new ConfigurationSection(section, $"{path}[{index}]", node as JsonObject ?? []));
}

/// <summary>One section with its options, read once: every check asks for them again, of every policy that is planned.</summary>
internal sealed class ConfigurationSection
{
    /// <param name="section">Such as <c>inputs</c>.</param>
    /// <param name="path">Such as <c>pipeline.inputs[0]</c>.</param>
    /// <param name="options">As they stand in the file.</param>
    public ConfigurationSection(string section, string path, JsonObject options)
    {
        (Section, Path) = (section, path);
        Values =
        [
            .. from option in options
               from value in option.Value as IEnumerable<JsonNode?> ?? new[] { option.Value }
               select (option.Key, Plain(value)),
        ];
        Name = Text("name") ?? "";
        Common = PluginDeclarations.Find(section, "");
        Declaration = section is "service" or "parsers" ? Common
            : Name.Length == 0 ? null
            : PluginDeclarations.Find(section, Name);
    }

    public string Section { get; }

    public string Path { get; }

    /// <summary>Name of the plugin or parser; empty when it has none.</summary>
    public string Name { get; }

    /// <summary>What the plugin declares, or the section where that has no plugins; null when the plugin is unknown.</summary>
    public PluginDeclaration? Declaration { get; }

    /// <summary>What every plugin of the section takes.</summary>
    public PluginDeclaration? Common { get; }

    /// <summary>Every option and value as Fluent Bit sees them, plain text; an option that repeats comes once for each value.</summary>
    public ImmutableArray<(string Option, string Text)> Values { get; }

    /// <summary>Names of the options that have a value.</summary>
    public IEnumerable<string> Options => Values.Select(value => value.Option).Distinct();

    /// <summary>The last value of an option; null when absent. Option names ignore case.</summary>
    public string? Text(string option)
    {
        for (var i = Values.Length - 1; i >= 0; i--)
        {
            if (Values[i].Option.Equals(option, StringComparison.OrdinalIgnoreCase))
            {
                return Values[i].Text;
            }
        }

        return null;
    }

    public OptionKind? Kind(string option) => Declaration?.Kind(option) ?? Common?.Kind(option);

    private static string Plain(JsonNode? value) =>
        value is JsonValue text && text.GetValueKind() == JsonValueKind.String ? text.GetValue<string>() : value?.ToJsonString() ?? "";
}
