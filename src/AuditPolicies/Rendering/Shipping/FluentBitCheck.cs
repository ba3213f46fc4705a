using System.Collections.Immutable;
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
/// required options, unknown options and parsers, variables that nobody sets, filesystem storage without a path, values of the wrong kind,
/// outputs that match nothing or give up. Both formats come to the same tree: YAML as it is, the classic one by
/// <see cref="ClassicFormat.Read"/>.
/// </summary>
public static partial class FluentBitCheck
{
    private static readonly string[] NetworkOutputs = ["http", "loki", "es", "opentelemetry"];

    private static readonly string[] VerifyOptions = ["tls.verify", "tls.verify_hostname"];

    private static readonly string[] Off = ["false", "off", "no"];

    private static readonly string[] StreamFields = ["cluster", "source"];

    private static readonly string[] VictoriaLogsParameters = ["_stream_fields=cluster,source", "_time_field=stageTimestamp", "_msg_field=requestURI"];

    private static readonly Func<ConfigurationTree, IEnumerable<ConfigurationFault>>[] Checks =
    [
        SectionsAreKnown, OptionsAreKnown, ValuesAreOfTheirKind, WordsAreKnown, RequiredOptionsAreSet, ScriptsAreNamed, ParsersExist,
        FilesystemStorageHasAPath, ChunkFitsBuffer, PathsAreExact, TagsAreShipped, FiltersApply, CountersAreServed, NoOutputGivesUp,
        VictoriaLogsIsToldTheFields, StreamFieldsAreAdded, SecretsAreReferences, CertificatesAreChecked,
    ];

    /// <summary>All faults; empty for a configuration that starts and ships.</summary>
    /// <param name="configuration">The tree.</param>
    /// <param name="variables">Names of the environment variables that the pod has.</param>
    public static ImmutableArray<ConfigurationFault> Check(JsonObject configuration, IEnumerable<string> variables)
    {
        var tree = new ConfigurationTree(configuration);
        return [.. Checks.SelectMany(check => check(tree)), .. VariablesAreSet(tree, [.. variables])];
    }

    private static IEnumerable<ConfigurationFault> SectionsAreKnown(ConfigurationTree tree) =>
    [
        .. tree.Strangers.Select(name => new ConfigurationFault(name, "is no section of Fluent Bit that an audit trail needs")),
        .. from plugin in tree.Plugins
           where plugin.Declaration is null
           select new ConfigurationFault(plugin.Path + ".name", plugin.Name.Length == 0 ? "is required" : $"\"{plugin.Name}\" is not a plugin among the {plugin.Section} that this check knows"),
    ];

    private static IEnumerable<ConfigurationFault> OptionsAreKnown(ConfigurationTree tree) =>
        from section in tree.All
        where section.Declaration is not null
        from option in section.Options
        where section.Kind(option) is null
        select new ConfigurationFault($"{section.Path}.{option}", $"is not an option of {(section.Section is "service" or "parsers" ? section.Section : section.Name)}");

    private static IEnumerable<ConfigurationFault> ValuesAreOfTheirKind(ConfigurationTree tree) =>
        from section in tree.All
        from value in section.Values
        let expected = section.Kind(value.Option) switch
        {
            OptionKind.Number when !Number().IsMatch(value.Text) => "a number",
            OptionKind.Switch when !Switch().IsMatch(value.Text) => "a switch; write true or false",
            OptionKind.Size when FluentBitSize.Parse(value.Text) is null => "a size; write a number with k, M or G",
            OptionKind.Time when !Time().IsMatch(value.Text) => "a time; write a number with s, m, h or d",
            OptionKind.Text when value.Text.Length == 0 => "a text",
            _ => null,
        }
        where expected is not null
        select new ConfigurationFault($"{section.Path}.{value.Option}", $"\"{value.Text}\" is not {expected}");

    private static IEnumerable<ConfigurationFault> WordsAreKnown(ConfigurationTree tree) =>
        from section in tree.All
        from entry in section.Declaration?.Words ?? []
        let text = section.Text(entry.Option)
        where text is not null && !entry.Words.Contains(text, StringComparer.Ordinal)
        select new ConfigurationFault($"{section.Path}.{entry.Option}", $"\"{text}\" must be {string.Join(" or ", entry.Words)}");

    private static IEnumerable<ConfigurationFault> RequiredOptionsAreSet(ConfigurationTree tree) =>
        from section in tree.All
        from rule in section.Declaration?.Required ?? []
        where string.IsNullOrEmpty(section.Text(rule.Option))
        select new ConfigurationFault($"{section.Path}.{rule.Option}", $"is required by {(section.Section == "parsers" ? "a parser" : section.Name)}; {rule.Consequence}");

    private static IEnumerable<ConfigurationFault> ScriptsAreNamed(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        where plugin.Name == "lua" && plugin.Text("script") is null && plugin.Text("code") is null
        select new ConfigurationFault(plugin.Path + ".script", "script or code is required by lua; Fluent Bit would exit at start");

    private static IEnumerable<ConfigurationFault> ParsersExist(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        let parser = plugin.Text("parser")
        where parser is not null && tree.Parsers.All(known => known.Name != parser)
        select new ConfigurationFault(plugin.Path + ".parser", $"parser \"{parser}\" is not defined; events would stay unparsed text");

    private static IEnumerable<ConfigurationFault> FilesystemStorageHasAPath(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        where plugin.Text("storage.type") == "filesystem" && tree.Service.Text("storage.path") is null
        select new ConfigurationFault("service.storage.path", $"is required by the filesystem storage of {plugin.Path}");

    private static IEnumerable<ConfigurationFault> ChunkFitsBuffer(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        let chunk = FluentBitSize.Parse(plugin.Text("buffer_chunk_size") ?? "")
        let maximum = FluentBitSize.Parse(plugin.Text("buffer_max_size") ?? "")
        where chunk > maximum
        select new ConfigurationFault(plugin.Path + ".buffer_max_size", "is smaller than buffer_chunk_size");

    private static IEnumerable<ConfigurationFault> PathsAreExact(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        where plugin.Name == "tail" && plugin.Text("path")?.AsSpan().IndexOfAny('*', ',') >= 0
        select new ConfigurationFault(plugin.Path + ".path", "must be one file: a pattern reads rotated files again");

    private static IEnumerable<ConfigurationFault> TagsAreShipped(ConfigurationTree tree) =>
        from input in tree.Plugins
        where input.Section == "inputs" && input.Text("tag") is not null
        where !tree.Plugins.Any(output => output.Section == "outputs" && Matches(output.Text("match") ?? "", input.Text("tag")!))
        select new ConfigurationFault($"{input.Path}.tag", $"no output matches \"{input.Text("tag")}\"; its events would be dropped");

    // A redaction that matches nothing redacts nothing.
    private static IEnumerable<ConfigurationFault> FiltersApply(ConfigurationTree tree) =>
        from filter in tree.Plugins
        where filter.Section == "filters"
        let match = filter.Text("match") ?? ""
        where !tree.Plugins.Any(input => input.Section == "inputs" && Matches(match, input.Text("tag") ?? ""))
        select new ConfigurationFault($"{filter.Path}.match", $"\"{match}\" is the tag of no input; the filter would do nothing");

    private static IEnumerable<ConfigurationFault> CountersAreServed(ConfigurationTree tree) =>
        from counter in tree.Plugins
        where counter.Name == "log_to_metrics" && counter.Text("tag") is not null
        where !tree.Plugins.Any(output => output.Name == "prometheus_exporter" && Matches(output.Text("match") ?? "", counter.Text("tag")!))
        select new ConfigurationFault($"{counter.Path}.tag", $"no prometheus_exporter matches \"{counter.Text("tag")}\"; nobody would see the counter");

    // S3 reads a negative limit, which is what no_limits comes to, as 5.
    private static IEnumerable<ConfigurationFault> NoOutputGivesUp(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        let limit = plugin.Text("retry_limit")
        where limit is not null
        let complaint = plugin.Name == "s3" ? (int.TryParse(limit, out var count) && count >= 1000 ? null : $"\"{limit}\" makes it drop files after a few attempts; write a large number")
            : NetworkOutputs.Contains(plugin.Name) && limit != "no_limits" ? $"\"{limit}\" drops events of a longer outage; write no_limits"
            : null
        where complaint is not null
        select new ConfigurationFault(plugin.Path + ".retry_limit", complaint);

    private static IEnumerable<ConfigurationFault> VictoriaLogsIsToldTheFields(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        where plugin.Name == "http" && plugin.Text("uri")?.Contains("/insert/jsonline", StringComparison.Ordinal) == true
        from parameter in VictoriaLogsParameters
        where !plugin.Text("uri")!.Split('?', '&').Contains(parameter, StringComparer.Ordinal)
        select new ConfigurationFault(plugin.Path + ".uri", $"lacks {parameter}: events would arrive without their time, text or stream");

    private static IEnumerable<ConfigurationFault> StreamFieldsAreAdded(ConfigurationTree tree) =>
        from field in StreamFields
        where !tree.Plugins.Any(filter => filter.Name == "modify" && filter.Values.Any(value =>
            value.Option.Equals("add", StringComparison.OrdinalIgnoreCase) && value.Text.StartsWith(field + " ", StringComparison.Ordinal)))
        select new ConfigurationFault("pipeline.filters", $"none adds the field {field}; no query or alert would find the events");

    private static IEnumerable<ConfigurationFault> SecretsAreReferences(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        from value in plugin.Values
        let secret = IsSecret(plugin, value.Option) ? value.Text : AuthorizationIn(value.Option, value.Text)
        where secret is not null && !Reference().IsMatch(secret)
        select new ConfigurationFault($"{plugin.Path}.{value.Option}", "holds a secret in the open; name an environment variable, as ${NAME}");

    private static IEnumerable<ConfigurationFault> CertificatesAreChecked(ConfigurationTree tree) =>
        from plugin in tree.Plugins
        from option in VerifyOptions
        where Off.Contains(plugin.Text(option), StringComparer.OrdinalIgnoreCase)
        select new ConfigurationFault($"{plugin.Path}.{option}", "is off: anyone on the path could read or swallow the events");

    // Fluent Bit warns, and reads an empty text in its place: a password that is none.
    private static IEnumerable<ConfigurationFault> VariablesAreSet(ConfigurationTree tree, HashSet<string> variables) =>
        from section in tree.All
        from value in section.Values
        from Match named in Variable().Matches(value.Text)
        where !variables.Contains(named.Groups["name"].Value)
        select new ConfigurationFault($"{section.Path}.{value.Option}", $"{named.Value} is not in the environment of the pod; it would be read as nothing");

    private static bool IsSecret(ConfigurationSection plugin, string option) =>
        new[] { plugin.Declaration, plugin.Common }.Any(declared => declared is not null && declared.Secrets.Contains(option, StringComparer.OrdinalIgnoreCase));

    // header Authorization Bearer SECRET
    private static string? AuthorizationIn(string option, string text) =>
        option.Equals("header", StringComparison.OrdinalIgnoreCase) && text.StartsWith("Authorization ", StringComparison.OrdinalIgnoreCase)
            ? text[(text.LastIndexOf(' ') + 1)..]
            : null;

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

    // Without its closing brace too: Fluent Bit reads to the end of the text.
    [GeneratedRegex(@"\$\{(?<name>[^}]*)\}?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();

    [GeneratedRegex(@"\A[0-9]+(\.[0-9]+)?[smhd]?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Time();

    [GeneratedRegex(@"\A(true|on|yes|false|off|no)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Switch();
}
