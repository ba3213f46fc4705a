using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Drift.Comparison;
using Comptroller.Drift.Rules;

namespace Comptroller.Drift.Configuration;

/// <summary>Reads a configuration file. A key that is unknown is an error: a misspelt ignore rule would ignore nothing, a misspelt token would let everybody in.</summary>
public sealed partial class DriftConfigReader
{
    private readonly Func<string, int> _lineOf;
    private readonly string _source;
    private readonly List<string> _problems = [];

    private DriftConfigReader(string source, Func<string, int> lineOf) => (_source, _lineOf) = (source, lineOf);

    /// <summary>Reads a document.</summary>
    /// <param name="root">The YAML as JSON; null for an empty file.</param>
    /// <param name="source">Named in errors.</param>
    /// <param name="lineOf">The line of a path such as <c>rules[0].severity</c>.</param>
    /// <exception cref="FormatException">Names every mistake and its line.</exception>
    public static DriftConfig Read(JsonNode? root, string source, Func<string, int> lineOf)
    {
        var reader = new DriftConfigReader(source, lineOf);
        var config = reader.Config(root);
        return reader._problems.Count == 0 ? config : throw new FormatException(string.Join('\n', reader._problems));
    }

    private DriftConfig Config(JsonNode? document)
    {
        var root = Section(document, "", "states", "refreshInterval", "gracePeriod", "listen", "tokenFile", "store", "storeFile", "queue", "retention", "mostKept", "baseline", "comparison", "rules", "ignore", "windows", "iac", "tls", "api", "notifications");
        var defaults = new DriftConfig();
        var states = List(root, "", "states", State);
        return defaults with
        {
            States = states,
            RefreshInterval = Duration(root, "refreshInterval", defaults.RefreshInterval, TimeSpan.FromSeconds(1)),
            GracePeriod = Duration(root, "gracePeriod", defaults.GracePeriod, TimeSpan.Zero),
            Listen = Text(root, "", "listen") ?? defaults.Listen,
            TokenFile = Text(root, "", "tokenFile"),
            Store = Text(root, "", "store") ?? defaults.Store,
            StoreFile = Text(root, "", "storeFile"),
            Queue = Whole(root, "queue", defaults.Queue, 1, 1_000_000),
            Retention = Duration(root, "retention", defaults.Retention, TimeSpan.FromHours(1)),
            BaselineFile = Text(root, "", "baseline"),
            Comparison = Comparison(root?["comparison"]),
            MostKept = Whole(root, "mostKept", defaults.MostKept, 1, 100_000_000),
            Tls = Tls(root?["tls"]),
            Api = Api(root?["api"]),
            Notifications = Notifications(root?["notifications"]),
            Rules = new RuleBook
            {
                Rules = List(root, "", "rules", Rule),
                Ignore = List(root, "", "ignore", Ignore),
                Windows = List(root, "", "windows", Window),
                Iac = Iac(root?["iac"]),
            },
        };
    }

    private StateAddress? State(JsonNode? node, string path)
    {
        var section = Section(node, path, "address", "user", "passwordFile", "tokenFile", "credentialsFile", "region", "endpoint", "parts");
        var endpoint = Text(section, path, "endpoint");
        if (endpoint is not null && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && (uri.Scheme is "http" or "https")))
        {
            Problem($"{path}.endpoint", $"\"{endpoint}\" is no address; write https://minio.example.com:9000");
            endpoint = null;
        }

        return Required(section, path, "address") is { } address
            ? new StateAddress(
                address, Text(section, path, "user"), Text(section, path, "passwordFile"), Text(section, path, "tokenFile"), Text(section, path, "credentialsFile"), Text(section, path, "region"),
                endpoint is null ? null : new Uri(endpoint))
            {
                Parts = Texts(section, path, "parts"),
            }
            : null;
    }

    private ComparisonConfig? Comparison(JsonNode? node)
    {
        if (node is null)
        {
            return null;
        }

        var section = Section(node, "comparison", "file", "command", "directory", "interval", "timeout");
        var (file, command) = (Text(section, "comparison", "file"), Texts(section, "comparison", "command"));
        if (file is null == command.IsEmpty)
        {
            Problem("comparison", "give either file, a plan that something else renews, or command, which prints one");
        }

        return new ComparisonConfig(
            file, command, Text(section, "comparison", "directory"), Duration(section, "interval", TimeSpan.FromHours(1), TimeSpan.FromSeconds(1)), Duration(section, "timeout", TimeSpan.FromMinutes(30), TimeSpan.FromSeconds(1)));
    }

    private DriftRule? Rule(JsonNode? node, string path)
    {
        var section = Section(node, path, "name", "types", "attributes", "severity");
        var severity = Required(section, path, "severity");
        if (severity is not null && Severities.Parse(severity) is null)
        {
            Problem($"{path}.severity", $"\"{severity}\" is none of {Severities.Names}");
        }

        var types = Wildcards(section, path, "types");
        if (types.IsEmpty)
        {
            Problem(path, "\"types\" is required; * for every type");
        }

        return new DriftRule(Required(section, path, "name") ?? "", types, Wildcards(section, path, "attributes"), Severities.Parse(severity ?? "") ?? Severity.Medium);
    }

    private IgnoreRule? Ignore(JsonNode? node, string path)
    {
        var section = Section(node, path, "name", "types", "addresses", "attributes", "actors", "kinds", "tags", "until");
        var rule = new IgnoreRule
        {
            Name = Required(section, path, "name") ?? "",
            Types = Wildcards(section, path, "types"),
            Addresses = Wildcards(section, path, "addresses"),
            Attributes = Wildcards(section, path, "attributes"),
            Actors = Wildcards(section, path, "actors"),
            Tags = Texts(section, path, "tags"),
            Kinds = [.. Texts(section, path, "kinds").Select(kind => Kind(kind, $"{path}.kinds"))],
            Until = Time(section, path, "until"),
        };
        if (section is not null && rule.Types.IsEmpty && rule.Addresses.IsEmpty && rule.Attributes.IsEmpty && rule.Actors.IsEmpty && rule.Tags.IsEmpty && rule.Kinds.IsEmpty)
        {
            Problem(path, "this ignores everything; say what, by types, addresses, attributes, actors, kinds or tags");
        }

        return rule;
    }

    private MaintenanceWindow? Window(JsonNode? node, string path)
    {
        var section = Section(node, path, "name", "from", "to", "days", "start", "end");
        var (from, to) = (Time(section, path, "from"), Time(section, path, "to"));
        var (start, end) = (TimeOfDay(section, path, "start"), TimeOfDay(section, path, "end"));
        if ((from is null || to is null) == (start is null || end is null))
        {
            Problem(path, "a window has either from and to, or start and end (and days)");
        }
        else if (to <= from)
        {
            Problem(path, "the window ends before it starts");
        }

        var days = Texts(section, path, "days").Select(day => Day(day, $"{path}.days")).ToImmutableArray();
        return new MaintenanceWindow(Required(section, path, "name") ?? "", from, to, days, start ?? default, end ?? default);
    }

    private IacIdentities Iac(JsonNode? node)
    {
        var section = Section(node, "iac", "actors", "userAgents", "requireBoth");
        var defaults = new IacIdentities();
        return new IacIdentities
        {
            Actors = section?["actors"] is null ? defaults.Actors : Wildcards(section, "iac", "actors"),
            UserAgents = section?["userAgents"] is null ? defaults.UserAgents : Wildcards(section, "iac", "userAgents"),
            RequireBoth = Flag(section, "iac", "requireBoth"),
        };
    }

    private FindingKind Kind(string name, string path)
    {
        foreach (var kind in Enum.GetValues<FindingKind>())
        {
            if (kind.Name() == name)
            {
                return kind;
            }
        }

        Problem(path, $"\"{name}\" is none of modified, deleted, unmanaged");
        return FindingKind.Modified;
    }

    private DayOfWeek Day(string name, string path)
    {
        foreach (var day in Enum.GetValues<DayOfWeek>())
        {
            if (name.Length >= 3 && day.ToString().StartsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                return day;
            }
        }

        Problem(path, $"\"{name}\" is no day of the week");
        return DayOfWeek.Sunday;
    }

    private JsonObject? Section(JsonNode? node, string path, params ReadOnlySpan<string> known)
    {
        if (node is null)
        {
            return null;
        }

        if (node is not JsonObject section)
        {
            Problem(path, "must be a mapping");
            return null;
        }

        foreach (var (key, _) in section)
        {
            if (!known.Contains(key))
            {
                Problem(Below(path, key), $"unknown key; known here: {string.Join(", ", known)}");
            }
        }

        return section;
    }

    private ImmutableArray<T> List<T>(JsonObject? section, string path, string key, Func<JsonNode?, string, T?> read)
        where T : class
    {
        var at = Below(path, key);
        switch (section?[key])
        {
            case null:
                return [];
            case JsonArray list:
                return [.. list.Select((item, index) => item is JsonObject ? read(item, $"{at}[{index}]") : Wrong<T>($"{at}[{index}]")).OfType<T>()];
            default:
                Problem(at, "must be a list");
                return [];
        }
    }

    private T? Wrong<T>(string path)
        where T : class
    {
        Problem(path, "must be a mapping");
        return null;
    }

    private string? Required(JsonObject? section, string path, string key)
    {
        var text = Text(section, path, key);
        if (text is null && section is not null)
        {
            Problem(path, $"\"{key}\" is required");
        }

        return text;
    }

    private string? Text(JsonObject? section, string path, string key)
    {
        switch (section?[key])
        {
            case null:
                return null;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } text:
                return text;
            default:
                Problem(Below(path, key), "must be a text");
                return null;
        }
    }

    private ImmutableArray<string> Texts(JsonObject? section, string path, string key)
    {
        switch (section?[key])
        {
            case null:
                return [];
            case JsonArray list when list.All(item => item is JsonValue value && value.GetValueKind() == JsonValueKind.String):
                return [.. list.Select(item => item!.GetValue<string>())];
            default:
                Problem(Below(path, key), "must be a list of texts");
                return [];
        }
    }

    private ImmutableArray<Wildcard> Wildcards(JsonObject? section, string path, string key) => [.. Texts(section, path, key).Select(text => new Wildcard(text))];

    private bool Flag(JsonObject? section, string path, string key)
    {
        if (section?[key] is not { } node)
        {
            return false;
        }

        if (node.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            return node.GetValue<bool>();
        }

        Problem(Below(path, key), "must be true or false");
        return false;
    }

    private int Whole(JsonObject? section, string key, int fallback, int least, int most)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() == JsonValueKind.Number && int.TryParse(node.ToJsonString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Problem(key, $"must be a whole number from {least} to {most}");
        return fallback;
    }

    private TimeSpan Duration(JsonObject? section, string key, TimeSpan fallback, TimeSpan least)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() == JsonValueKind.String && Span(node.GetValue<string>()) is { } span && span >= least)
        {
            return span;
        }

        Problem(key, $"must be a time such as 30s, 5m, 12h or 90d{(least > TimeSpan.Zero ? $", at least {least.TotalSeconds:0}s" : "")}");
        return fallback;
    }

    private static TimeSpan? Span(string text) =>
        text.Length > 1 && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number <= 100_000 ? text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            _ => null,
        } : null;

    private DateTimeOffset? Time(JsonObject? section, string path, string key)
    {
        if (Text(section, path, key) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time))
        {
            return time;
        }

        Problem(Below(path, key), $"\"{text}\" is no time; write 2026-01-31T18:00:00Z");
        return null;
    }

    private TimeOnly? TimeOfDay(JsonObject? section, string path, string key)
    {
        if (Text(section, path, key) is not { } text)
        {
            return null;
        }

        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time;
        }

        Problem(Below(path, key), $"\"{text}\" is no time of day; write 22:00 (UTC)");
        return null;
    }

    private static string Below(string path, string key) => path.Length == 0 ? key : $"{path}.{key}";

    private void Problem(string path, string message) => _problems.Add($"{_source}:{_lineOf(path)}: {(path.Length == 0 ? "the file" : path)}: {message}");
}
