using System.Text.Json.Nodes;
using Comptroller.Crds.PolicyAuditSchedules;
using Comptroller.Falcon.Api;
using Comptroller.Falcon.RateLimiting;
using Comptroller.Kubernetes.Yaml;

namespace Comptroller.Operator.PolicyAuditSchedules.Rendering;

/// <summary>The configuration file that runs read: <c>config.yaml</c> of the tool that this replaces. Without any credential.</summary>
internal static class AuditConfiguration
{
    public const string FileName = "config.yaml";

    /// <summary>Prefix of the environment variables that hold the credentials: <c>FALCON_CLIENT_ID</c>, <c>FALCON_CLIENT_SECRET</c>.</summary>
    public const string CredentialsPrefix = "FALCON_";

    public const int HealthPort = 8088;

    private const string AllProductTypes = "all";

    /// <summary>Null when the cloud is not known, or the address is none.</summary>
    public static Uri? BaseUrl(FalconAccess falcon) =>
        falcon.Cloud is { } cloud ? FalconCloud.OfRegion(cloud)
        : Uri.TryCreate(falcon.BaseUrl, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" && address.AbsolutePath == "/"
            ? address : null;

    public static string Render(PolicyAuditScheduleSpec spec)
    {
        var profile = RateLimit.Profiles[spec.RateLimit.Profile];
        var schedules = new JsonObject();
        foreach (var (key, schedule) in new[] { ("fetch_and_grade", spec.Schedules.FetchAndGrade), ("cleanup", spec.Schedules.Cleanup), ("metrics", spec.Schedules.Metrics) })
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
            ["daemon"] = new JsonObject
            {
                ["schedules"] = schedules,
                ["time_zone"] = spec.TimeZone,
                ["policy_types"] = Strings(spec.PolicyTypes),
                // An empty list of the file is the three of the tool that this replaces, and leaves out hosts of every other type.
                ["product_types"] = Strings(spec.ProductTypes.Count == 0 ? [AllProductTypes] : spec.ProductTypes),
                ["rate_limit"] = new JsonObject
                {
                    ["requests_per_second"] = spec.RateLimit.RequestsPerSecond ?? profile.RequestsPerSecond,
                    ["requests_per_minute"] = spec.RateLimit.RequestsPerMinute ?? profile.RequestsPerMinute,
                    ["burst_size"] = spec.RateLimit.BurstSize ?? profile.BurstSize,
                    ["retry_attempts"] = spec.RateLimit.RetryAttempts ?? profile.RetryAttempts,
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
        if (spec.ZeroTrust != AuditTrust.None)
        {
            configuration["host_fetching"] = new JsonObject { [spec.ZeroTrust == AuditTrust.Hosts ? "include_zta" : "include_tenant_zta"] = true };
        }

        if (spec.Mode != AuditModes.Daemon)
        {
            // The controller of CronJobs reads schedules by rules of its own: a run must not stumble over what that one understands.
            configuration["daemon"]!.AsObject().Remove("schedules");
        }

        return YamlWriter.Write(configuration);
    }

    private static JsonArray Strings(IEnumerable<string> values) => [.. values.Select(value => (JsonNode)value)];
}
