using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>The configuration file that runs read: <c>config.yaml</c> of the tool that this replaces. Without any credential.</summary>
internal static class AuditConfiguration
{
    public const string FileName = "config.yaml";

    /// <summary>Prefix of the environment variables that hold the credentials: <c>FALCON_CLIENT_ID</c>, <c>FALCON_CLIENT_SECRET</c>.</summary>
    public const string CredentialsPrefix = "FALCON_";

    public const int HealthPort = 8088;

    /// <summary>Address of the API, by cloud.</summary>
    public static readonly ImmutableSortedDictionary<string, string> Clouds = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal,
    [
        KeyValuePair.Create("us-1", "https://api.crowdstrike.com"),
        KeyValuePair.Create("us-2", "https://api.us-2.crowdstrike.com"),
        KeyValuePair.Create("eu-1", "https://api.eu-1.crowdstrike.com"),
        KeyValuePair.Create("us-gov-1", "https://api.laggar.gcw.crowdstrike.com"),
        KeyValuePair.Create("us-gov-2", "https://api.us-gov-2.crowdstrike.mil"),
    ]);

    private static readonly Dictionary<string, (int Second, int Minute, int Burst)> Profiles = new(StringComparer.Ordinal)
    {
        ["Small"] = (10, 500, 20),
        ["Medium"] = (15, 750, 30),
        ["Large"] = (20, 1000, 50),
        ["VeryLarge"] = (25, 1200, 75),
    };

    /// <summary>Null when the cloud is not known, or the address is none.</summary>
    public static Uri? BaseUrl(FalconAccess falcon) =>
        (falcon.Cloud is { } cloud ? Clouds.GetValueOrDefault(cloud) : falcon.BaseUrl) is { } text
        && Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" && address.AbsolutePath == "/"
            ? address : null;

    public static string Render(PolicyAuditScheduleSpec spec)
    {
        var profile = Profiles.GetValueOrDefault(spec.RateLimit.Profile, Profiles["Small"]);
        var schedules = new JsonObject { ["fetch_and_grade"] = spec.Schedules.FetchAndGrade };
        foreach (var (key, schedule) in new[] { ("cleanup", spec.Schedules.Cleanup), ("metrics", spec.Schedules.Metrics) })
        {
            if (schedule is not null)
            {
                schedules[key] = schedule;
            }
        }

        var access = new JsonObject { ["base_url"] = BaseUrl(spec.Falcon)!.ToString().TrimEnd('/'), ["prefix"] = CredentialsPrefix };
        if (spec.Falcon.MemberCid is { } member)
        {
            access["member_cid"] = member;
        }

        var configuration = new JsonObject
        {
            ["falcon_credentials"] = access,
            ["db"] = new JsonObject { ["type"] = "sqlite" },
            ["sqlite"] = new JsonObject { ["path"] = $"{AuditPod.DataPath}/db.sqlite" },
            ["daemon"] = new JsonObject
            {
                ["schedules"] = schedules,
                ["time_zone"] = spec.TimeZone,
                ["policy_types"] = Strings(spec.PolicyTypes),
                ["product_types"] = Strings(spec.ProductTypes),
                ["rate_limit"] = new JsonObject
                {
                    ["requests_per_second"] = spec.RateLimit.RequestsPerSecond ?? profile.Second,
                    ["requests_per_minute"] = spec.RateLimit.RequestsPerMinute ?? profile.Minute,
                    ["burst_size"] = spec.RateLimit.BurstSize ?? profile.Burst,
                    ["retry_attempts"] = spec.RateLimit.RetryAttempts ?? 5,
                },
                ["output"] = new JsonObject
                {
                    ["compress"] = spec.Output.Compress,
                    ["max_age_days"] = spec.Output.MaxAgeDays,
                    ["max_files_per_type"] = spec.Output.MaxFilesPerType,
                },
                // Probes and scrapes come from outside the pod: the loopback address of the reference lets none of them in.
                ["health_check"] = new JsonObject { ["enabled"] = true, ["port"] = HealthPort, ["bind_address"] = "0.0.0.0" },
            },
        };
        if (spec.GradingConfigMapRef is not null)
        {
            configuration["grading"] = new JsonObject { ["path"] = AuditPod.GradingFolder };
        }

        return YamlWriter.Write(configuration);
    }

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];
}
