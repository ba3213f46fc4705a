using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Policies;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Falcon.Scheduling;

namespace Comptroller.Falcon.Configuration;

/// <summary>
/// Reads a <c>config.yaml</c> of the tool this one replaces. A key that is unknown is an error: a misspelt limit would be no limit.
/// Sections of stores that are not used, and keys that never had an effect, are let pass.
/// </summary>
public sealed class FalconConfigReader
{
    private static readonly string[] TypeNames = [.. PolicyType.All.Select(type => type.Name)];
    private readonly Func<string, int> _lineOf;
    private readonly string _source;
    private readonly List<string> _problems = [];

    private FalconConfigReader(string source, Func<string, int> lineOf) => (_source, _lineOf) = (source, lineOf);

    /// <summary>Reads a document.</summary>
    /// <param name="root">The YAML as JSON; null for an empty file.</param>
    /// <param name="source">Named in errors.</param>
    /// <param name="lineOf">The line of a path such as <c>daemon.rate_limit</c>.</param>
    /// <exception cref="FormatException">Names every mistake and its line.</exception>
    public static FalconConfig Read(JsonNode? root, string source, Func<string, int> lineOf)
    {
        var reader = new FalconConfigReader(source, lineOf);
        var config = reader.Config(root);
        return reader._problems.Count == 0 ? config : throw new FormatException(string.Join('\n', reader._problems));
    }

    private FalconConfig Config(JsonNode? document)
    {
        var root = Section(document, "", "db", "sqlite", "postgresql", "tiny_db", "dynalite", "dynamodb", "foundry_collections", "ttl", "falcon_credentials", "grading", "host_fetching", "logging", "daemon");
        var credentials = Section(root?["falcon_credentials"], "falcon_credentials", "client_id", "client_secret", "base_url", "member_cid", "prefix", "metadata");
        Section(credentials?["metadata"], "falcon_credentials.metadata", "include_client_source", "include_client_hash", "include_client_id");
        var grading = Section(root?["grading"], "grading", "path");
        var hosts = Section(root?["host_fetching"], "host_fetching", "batch_size", "progress_threshold", "include_zta", "include_tenant_zta");
        var logging = Section(root?["logging"], "logging", "file", "api", "level");
        var daemon = Section(root?["daemon"], "daemon", "schedules", "time_zone", "missed_runs", "check_interval", "policy_types", "product_types", "rate_limit", "output", "health_check");
        var schedules = Section(daemon?["schedules"], "daemon.schedules", "fetch_and_grade", "cleanup", "metrics");
        var output = Section(daemon?["output"], "daemon.output", "compress", "max_age_days", "max_files_per_type");
        var health = Section(daemon?["health_check"], "daemon.health_check", "enabled", "port", "bind_address");
        var defaults = new FalconConfig();
        Whole(hosts, "host_fetching", "batch_size", 100, 1, 10_000);
        Whole(hosts, "host_fetching", "progress_threshold", 500, 0, int.MaxValue);
        return defaults with
        {
            Store = Store(root) ?? defaults.Store,
            Foundry = Foundry(root),
            ClientId = Text(credentials, "falcon_credentials", "client_id"),
            ClientSecret = Text(credentials, "falcon_credentials", "client_secret"),
            BaseUrl = Text(credentials, "falcon_credentials", "base_url"),
            MemberCid = Text(credentials, "falcon_credentials", "member_cid"),
            Prefix = Text(credentials, "falcon_credentials", "prefix") ?? "",
            Grading = Text(grading, "grading", "path"),
            ZeroTrust = Flag(hosts, "host_fetching", "include_zta", false) ? TrustScope.Hosts
                : Flag(hosts, "host_fetching", "include_tenant_zta", false) ? TrustScope.Tenant : TrustScope.None,
            Ttl = Ttl(root, out var ttl),
            DefaultTtl = ttl,
            LogLevel = OneOf(logging, "logging", "level", "INFO", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
            FetchAndGrade = Cron(schedules, "fetch_and_grade") ?? defaults.FetchAndGrade,
            Cleanup = Cron(schedules, "cleanup") ?? defaults.Cleanup,
            Metrics = Cron(schedules, "metrics") ?? defaults.Metrics,
            TimeZone = Zone(daemon) ?? defaults.TimeZone,
            MissedRuns = OneOf(daemon, "daemon", "missed_runs", "ONCE", "ONCE", "SKIP") == "SKIP" ? MissedRuns.Skip : MissedRuns.Once,
            CheckInterval = TimeSpan.FromSeconds(Whole(daemon, "daemon", "check_interval", 60, 1, 3600)),
            PolicyTypes = Types(daemon) ?? defaults.PolicyTypes,
            ProductTypes = [.. Texts(daemon, "daemon", "product_types")],
            RateLimit = Limit(daemon),
            Compress = Flag(output, "daemon.output", "compress", false),
            MaxAge = TimeSpan.FromDays(Whole(output, "daemon.output", "max_age_days", 30, 1, 36_500)),
            MaxFilesPerType = Whole(output, "daemon.output", "max_files_per_type", 100, 0, 1_000_000),
            HealthEnabled = Flag(health, "daemon.health_check", "enabled", true),
            HealthPort = Whole(health, "daemon.health_check", "port", 8088, 0, 65_535),
            HealthAddress = Address(health) ?? defaults.HealthAddress,
        };
    }

    private string? Store(JsonObject? root)
    {
        var db = Section(root?["db"], "db", "type");
        var sqlite = Section(root?["sqlite"], "sqlite", "path");
        var postgres = Section(root?["postgresql"], "postgresql", "dsn");
        Section(root?["tiny_db"], "tiny_db", "path");
        Section(root?["dynalite"], "dynalite", "endpoint_url", "region", "path");
        Section(root?["dynamodb"], "dynamodb", "region", "aws_access_key_id", "aws_secret_access_key");
        var type = Text(db, "db", "type") ?? "sqlite";
        switch (type)
        {
            // The collection keeps the last complete run for everybody; what an audit works on is a file.
            case "sqlite" or "foundry_collections":
                return Text(sqlite, "sqlite", "path");
            case "postgresql":
                if (Text(postgres, "postgresql", "dsn") is { } dsn)
                {
                    return dsn;
                }

                Problem("postgresql", "dsn is required when db.type is postgresql");
                return null;
            default:
                Problem("db.type", $"\"{type}\" is not supported: write sqlite, postgresql or foundry_collections");
                return null;
        }
    }

    private FoundrySettings? Foundry(JsonObject? root)
    {
        const string At = "foundry_collections";
        var section = Section(root?[At], At, "app_id", "collection", "client_id", "client_secret", "base_url");
        if (Text(root?["db"] as JsonObject, "db", "type") != At)
        {
            return null;
        }

        var settings = new FoundrySettings(Text(section, At, "app_id") ?? "", Text(section, At, "collection") ?? "policy_audits")
        {
            ClientId = Text(section, At, "client_id"),
            ClientSecret = Text(section, At, "client_secret"),
            BaseUrl = Text(section, At, "base_url"),
        };
        if (settings.AppId.Length != 32 || !settings.AppId.All(char.IsAsciiHexDigit))
        {
            Problem(section is null ? At : $"{At}.app_id", "the id of the Foundry app, 32 hexadecimal digits, is required when db.type is foundry_collections");
        }

        if (settings.Collection.Length > 255)
        {
            Problem($"{At}.collection", "must be the name of a collection, at most 255 characters");
        }

        if (settings.ClientId is null != settings.ClientSecret is null)
        {
            Problem(At, "client_id and client_secret belong together: write both, or neither for the API client of the audit");
        }

        return settings;
    }

    private ImmutableDictionary<string, int> Ttl(JsonObject? root, out int fallback)
    {
        var ttl = Section(root?["ttl"], "ttl", "default", "hosts", "host_records", "policies");
        fallback = Whole(ttl, "ttl", "default", PolicyTtl.DefaultSeconds, 0, int.MaxValue);
        Whole(ttl, "ttl", "hosts", 300, 0, int.MaxValue);
        Whole(ttl, "ttl", "host_records", 600, 0, int.MaxValue);
        string[] unused = ["device_control_policy_settings", "firewall_policy_containers", "firewall_rule_groups", "firewall_rules"];
        var policies = Section(ttl?["policies"], "ttl.policies", [.. PolicyType.All.SelectMany(type => type.TtlKeys), .. unused]);
        var seconds = ImmutableDictionary.CreateBuilder<string, int>(StringComparer.Ordinal);
        foreach (var (key, _) in policies ?? [])
        {
            seconds[key] = Whole(policies, "ttl.policies", key, fallback, 0, int.MaxValue);
        }

        return seconds.ToImmutable();
    }

    private RateLimit Limit(JsonObject? daemon)
    {
        const string At = "daemon.rate_limit";
        var section = Section(daemon?["rate_limit"], At, "profile", "requests_per_second", "requests_per_minute", "burst_size", "retry_attempts");
        var basis = RateLimit.Small;
        if (Text(section, At, "profile") is { } profile && !RateLimit.Profiles.TryGetValue(profile, out basis))
        {
            Problem($"{At}.profile", $"\"{profile}\" is none of {string.Join(", ", RateLimit.Profiles.Keys)}");
            basis = RateLimit.Small;
        }

        var limit = basis with
        {
            RequestsPerSecond = Number(section, At, "requests_per_second", basis.RequestsPerSecond),
            RequestsPerMinute = Whole(section, At, "requests_per_minute", basis.RequestsPerMinute, int.MinValue, int.MaxValue),
            BurstSize = Whole(section, At, "burst_size", basis.BurstSize, int.MinValue, int.MaxValue),
            RetryAttempts = Whole(section, At, "retry_attempts", basis.RetryAttempts, int.MinValue, int.MaxValue),
        };
        foreach (var problem in limit.Problems())
        {
            Problem($"{At}.{problem.Split(' ')[0]}", problem);
        }

        return limit;
    }

    private ImmutableArray<PolicyType>? Types(JsonObject? daemon)
    {
        var types = ImmutableArray.CreateBuilder<PolicyType>();
        var index = 0;
        foreach (var name in Texts(daemon, "daemon", "policy_types"))
        {
            if (name == "all")
            {
                return PolicyType.All;
            }

            if (!PolicyType.TryParse(name, out var type))
            {
                Problem($"daemon.policy_types[{index}]", $"\"{name}\" is none of {string.Join(", ", TypeNames)}, all");
            }
            else if (!types.Contains(type))
            {
                types.Add(type);
            }

            index++;
        }

        return types.Count > 0 ? types.ToImmutable() : null;
    }

    private CronSchedule? Cron(JsonObject? schedules, string key)
    {
        try
        {
            return Text(schedules, "daemon.schedules", key) is { } text ? CronSchedule.Parse(text) : null;
        }
        catch (FormatException e)
        {
            Problem($"daemon.schedules.{key}", e.Message);
            return null;
        }
    }

    private TimeZoneInfo? Zone(JsonObject? daemon)
    {
        if (Text(daemon, "daemon", "time_zone") is not { } name)
        {
            return null;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }

        Problem("daemon.time_zone", $"\"{name}\" is not a time zone such as Europe/Berlin");
        return null;
    }

    private string? Address(JsonObject? health)
    {
        var text = Text(health, "daemon.health_check", "bind_address");
        if (text is not null && !IPAddress.TryParse(text, out _))
        {
            Problem("daemon.health_check.bind_address", $"\"{text}\" is not an IP address");
        }

        return text;
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
                Problem(path.Length == 0 ? key : $"{path}.{key}", $"unknown key; known here: {string.Join(", ", known)}");
            }
        }

        return section;
    }

    private string? Text(JsonObject? section, string path, string key)
    {
        switch (section?[key])
        {
            case null:
                return null;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                return value.GetValue<string>() is { Length: > 0 } text ? text : null;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number:
                return value.ToJsonString();
            default:
                Problem($"{path}.{key}", "must be a text");
                return null;
        }
    }

    private List<string> Texts(JsonObject? section, string path, string key)
    {
        if (section?[key] is not { } node)
        {
            return [];
        }

        if (node is JsonArray list && list.All(item => item is JsonValue value && value.GetValueKind() == JsonValueKind.String))
        {
            return [.. list.Select(item => item!.GetValue<string>())];
        }

        Problem($"{path}.{key}", "must be a list of texts");
        return [];
    }

    private bool Flag(JsonObject? section, string path, string key, bool fallback)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            return node.GetValue<bool>();
        }

        Problem($"{path}.{key}", "must be true or false");
        return fallback;
    }

    private double Number(JsonObject? section, string path, string key, double fallback)
    {
        if (section?[key] is not { } node)
        {
            return fallback;
        }

        if (node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        Problem($"{path}.{key}", "must be a number");
        return fallback;
    }

    private int Whole(JsonObject? section, string path, string key, int fallback, int least, int most)
    {
        var number = Number(section, path, key, fallback);
        if (number >= least && number <= most && Math.Floor(number).Equals(number))
        {
            return (int)number;
        }

        Problem($"{path}.{key}", $"must be a whole number from {least} to {most}");
        return fallback;
    }

    private string OneOf(JsonObject? section, string path, string key, string fallback, params ReadOnlySpan<string> values)
    {
        var text = Text(section, path, key)?.ToUpperInvariant();
        if (text is null || values.Contains(text))
        {
            return text ?? fallback;
        }

        Problem($"{path}.{key}", $"\"{text}\" is none of {string.Join(", ", values)}");
        return fallback;
    }

    private void Problem(string path, string message) => _problems.Add($"{_source}:{_lineOf(path)}: {(path.Length == 0 ? "the file" : path)}: {message}");
}
