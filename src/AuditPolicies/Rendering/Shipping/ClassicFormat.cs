using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Comptroller.AuditPolicies.Rendering.Shipping;

/// <summary>
/// Fluent Bit's older format: sections in brackets, one <c>key value</c> a line. It has no quoting at all, so a value that would not come back
/// as it went in is an error here and never reaches a file.
/// </summary>
public static class ClassicFormat
{
    /// <summary>The file of the parsers, which this format wants apart; the name under which the official chart writes it.</summary>
    public const string ParsersFile = "custom_parsers.conf";

    private const string ParsersOption = "parsers_file";

    private static readonly (string List, string Section)[] Pipeline = [("inputs", "INPUT"), ("filters", "FILTER"), ("outputs", "OUTPUT")];

    /// <summary>The section <c>[SERVICE]</c>, which names <see cref="ParsersFile"/>.</summary>
    public static string Service(JsonObject configuration)
    {
        var service = (JsonObject)configuration["service"]!.DeepClone();
        service[ParsersOption] = ParsersFile;
        return Section("SERVICE", service);
    }

    public static string Parsers(JsonObject configuration) => Sections("PARSER", configuration["parsers"]);

    public static string Inputs(JsonObject configuration) => Sections("INPUT", configuration["pipeline"]!["inputs"]);

    public static string Filters(JsonObject configuration) => Sections("FILTER", configuration["pipeline"]!["filters"]);

    public static string Outputs(JsonObject configuration) => Sections("OUTPUT", configuration["pipeline"]!["outputs"]);

    /// <summary>The main file.</summary>
    public static string Main(JsonObject configuration) =>
        string.Join('\n', Service(configuration), Inputs(configuration), Filters(configuration), Outputs(configuration));

    /// <summary>
    /// The same tree as of a YAML configuration, from a main file and its parsers, for checking. Option names become lower case; options that
    /// repeat become lists; values stay texts.
    /// </summary>
    /// <exception cref="FormatException">A line is neither a section, an option nor a comment.</exception>
    public static JsonObject Read(string main, string parsers)
    {
        var pipeline = new JsonObject();
        var configuration = new JsonObject { ["service"] = new JsonObject(), ["parsers"] = new JsonArray(), ["pipeline"] = pipeline };
        foreach (var (list, _) in Pipeline)
        {
            pipeline[list] = new JsonArray();
        }

        foreach (var (name, options) in ReadSections(main).Concat(ReadSections(parsers)))
        {
            switch (name)
            {
                case "SERVICE":
                    configuration["service"] = options;
                    break;
                case "PARSER":
                    configuration["parsers"]!.AsArray().Add((JsonNode)options);
                    break;
                default:
                    var list = Array.Find(Pipeline, entry => entry.Section == name).List ?? throw new FormatException($"unknown section [{name}]");
                    pipeline[list]!.AsArray().Add((JsonNode)options);
                    break;
            }
        }

        return configuration;
    }

    private static string Sections(string name, JsonNode? list) =>
        string.Join('\n', (list as JsonArray ?? []).Select(section => Section(name, (JsonObject)section!)));

    private static string Section(string name, JsonObject options)
    {
        var text = new StringBuilder($"[{name}]\n");
        foreach (var (key, value) in options)
        {
            foreach (var item in value is JsonArray items ? items.ToArray() : [value])
            {
                text.Append("    ").Append(Checked(key, key)).Append(' ').Append(Checked(key, Text(item))).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Text(JsonNode? value) => value is null ? "" : value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static string Checked(string key, string text) =>
        text.Length == 0 || text != text.Trim() || text.Any(char.IsControl)
            ? throw new ArgumentException($"{key}: \"{text}\" cannot be written in the classic format", nameof(text))
            : text;

    private static IEnumerable<(string Name, JsonObject Options)> ReadSections(string text)
    {
        (string Name, JsonObject Options)? current = null;
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '[' && line[^1] == ']')
            {
                if (current is { } finished)
                {
                    yield return finished;
                }

                current = (line[1..^1].ToUpperInvariant(), new JsonObject());
                continue;
            }

            if (line[0] == '@' || current is not { } section || line.IndexOf(' ', StringComparison.Ordinal) is not (> 0 and var space))
            {
                throw new FormatException($"\"{line}\" is no option of a section");
            }

            Append(section.Options, line[..space].ToLowerInvariant(), line[space..].Trim());
        }

        if (current is { } last)
        {
            yield return last;
        }
    }

    private static void Append(JsonObject options, string key, string value)
    {
        switch (options[key])
        {
            case null:
                options[key] = value;
                break;
            case JsonArray list:
                list.Add((JsonNode)value);
                break;
            case var single:
                options[key] = new JsonArray(single.DeepClone(), value);
                break;
        }
    }
}
