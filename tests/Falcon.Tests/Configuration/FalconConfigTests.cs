using System.Text.Json.Nodes;
using Comptroller.Falcon.Auditing;
using Comptroller.Falcon.Configuration;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Tests.Configuration;

public sealed class FalconConfigTests
{
    [Fact]
    public void The_file_of_the_replaced_tool_is_read_as_it_is()
    {
        var config = Read("""
            {"db": {"type": "sqlite"}, "tiny_db": {"path": "x"}, "sqlite": {"path": "./data/db.sqlite"}, "dynamodb": {"region": "us-east-1"},
             "ttl": {"default": 600, "hosts": 300, "host_records": 600, "policies": {"prevention_policy": 60, "devicecontrol_policy": 61, "firewall_rules": 3600}},
             "falcon_credentials": {"prefix": "FALCON_", "metadata": {"include_client_id": false}},
             "host_fetching": {"batch_size": 100, "progress_threshold": 500, "include_zta": true}, "logging": {"file": "logs/app.log", "api": "logs/api.log", "level": "INFO"},
             "daemon": {"schedules": {"fetch_and_grade": "0 */2 * * *", "cleanup": "0 2 * * *", "metrics": "*/30 * * * *"}, "check_interval": 60,
              "policy_types": ["prevention", "sensor-update", "ods-scheduled-scan"], "product_types": [],
              "rate_limit": {"requests_per_second": 15.0, "requests_per_minute": 750, "burst_size": 30, "retry_attempts": 5},
              "output": {"compress": true, "max_age_days": 7, "max_files_per_type": 50}, "health_check": {"enabled": true, "port": 8088}}}
            """);
        config.Store.ShouldBe("./data/db.sqlite");
        config.PolicyTypes.ShouldBe([PolicyType.Prevention, PolicyType.SensorUpdate, PolicyType.ScheduledScan]);
        (config.RateLimit.RequestsPerSecond, config.RateLimit.RequestsPerMinute, config.RateLimit.BurstSize).ShouldBe((15, 750, 30));
        (config.Compress, config.MaxAge.TotalDays, config.MaxFilesPerType, config.ZeroTrust).ShouldBe((true, 7, 50, TrustScope.Hosts));
        PolicyTtl.Seconds(PolicyType.DeviceControl, config.Ttl).ShouldBe(61);
        config.AskedProductTypes.ShouldBe(["Workstation", "Domain Controller", "Server"]);
    }

    [Fact]
    public void A_Foundry_collection_is_read_with_its_own_credentials_or_those_of_the_audit()
    {
        var config = Read("""{"db": {"type": "foundry_collections"}, "sqlite": {"path": "work.sqlite"}, "host_fetching": {"include_tenant_zta": true}, "foundry_collections": {"app_id": "fedcba9876543210fedcba9876543210"}}""");
        config.Store.ShouldBe("work.sqlite");
        config.ZeroTrust.ShouldBe(TrustScope.Tenant);
        config.Foundry.ShouldBe(new FoundrySettings("fedcba9876543210fedcba9876543210", "policy_audits"));
        Read("""{"db": {"type": "sqlite"}, "foundry_collections": {"app_id": "not used"}}""").Foundry.ShouldBeNull();
        Read("""
            {"db": {"type": "foundry_collections"}, "foundry_collections": {"app_id": "fedcba9876543210fedcba9876543210", "collection": "audits", "client_id": "i", "client_secret": "s3cret", "base_url": "eu-1"}}
            """).Foundry.ShouldBe(new FoundrySettings("fedcba9876543210fedcba9876543210", "audits") { ClientId = "i", ClientSecret = "s3cret", BaseUrl = "eu-1" });
        Read("""
            {"db": {"type": "foundry_collections"}, "foundry_collections": {"app_id": "fedcba9876543210fedcba9876543210", "client_id": "i", "client_secret": "s3cret"}}
            """).ToString().ShouldNotContain("s3cret");
    }

    [Theory]
    [InlineData("{}", "foundry_collections.app_id: the id of the Foundry app")]
    [InlineData("""{"app_id": "short"}""", "foundry_collections.app_id: the id of the Foundry app, 32 hexadecimal digits")]
    [InlineData("""{"app_id": "fedcba9876543210fedcba9876543210", "client_id": "i"}""", "client_id and client_secret belong together")]
    [InlineData("""{"app_id": "fedcba9876543210fedcba9876543210", "colection": "i"}""", "foundry_collections.colection: unknown key; known here: app_id, collection, client_id")]
    public void A_Foundry_collection_that_nobody_could_reach_is_an_error(string section, string error) => Should.Throw<FormatException>(
        () => Read($$"""{"db": {"type": "foundry_collections"}, "foundry_collections": {{section}}}""")).Message.ShouldContain(error);

    [Fact]
    public void An_empty_file_is_all_defaults() => FalconConfigReader.Read(null, "c", _ => 1).ShouldBe(new FalconConfig(), new ByRateLimit());

    [Fact]
    public void Every_mistake_is_named_with_its_line()
    {
        var error = Should.Throw<FormatException>(() => Read("""
            {"deamon": {}, "db": {"type": "tiny_db"}, "daemon": {"policy_types": ["firewal"], "schedules": {"fetch_and_grade": "often"}, "check_interval": 1.5, "time_zone": "Mars/Olympus",
             "rate_limit": {"requests_per_minute": 60000, "burst_sise": 3}, "output": {"compress": "yes"}, "health_check": {"bind_address": "localhost"}}, "host_fetching": {"batch_size": -10}}
            """));
        error.Message.Split('\n').ShouldBe(
        [
            "c.yaml:6: deamon: unknown key; known here: db, sqlite, postgresql, tiny_db, dynalite, dynamodb, foundry_collections, ttl, falcon_credentials, grading, host_fetching, logging, daemon",
            "c.yaml:24: host_fetching.batch_size: must be a whole number from 1 to 10000",
            "c.yaml:7: db.type: \"tiny_db\" is not supported: write sqlite, postgresql or foundry_collections",
            "c.yaml:32: daemon.schedules.fetch_and_grade: \"often\" is not a cron expression: write minute, hour, day of month, month and day of week, or @hourly, @daily, @weekly, @monthly, @yearly",
            "c.yaml:16: daemon.time_zone: \"Mars/Olympus\" is not a time zone such as Europe/Berlin",
            "c.yaml:21: daemon.check_interval: must be a whole number from 1 to 3600",
            "c.yaml:22: daemon.policy_types[0]: \"firewal\" is none of prevention, sensor-update, content-update, firewall, device-control, it-automation, ods-scheduled-scan, response, sca, all",
            "c.yaml:28: daemon.rate_limit.burst_sise: unknown key; known here: profile, requests_per_second, requests_per_minute, burst_size, retry_attempts",
            "c.yaml:37: daemon.rate_limit.requests_per_minute: requests_per_minute must be between 1 and 6000, the API's own limit",
            "c.yaml:22: daemon.output.compress: must be true or false",
            "c.yaml:32: daemon.health_check.bind_address: \"localhost\" is not an IP address",
        ],
        ignoreOrder: true);
    }

    // Any function of the path will do as a line.
    private static FalconConfig Read(string json) => FalconConfigReader.Read(JsonNode.Parse(json), "c.yaml", path => path.Length);

    private sealed class ByRateLimit : IEqualityComparer<FalconConfig>
    {
        public bool Equals(FalconConfig? x, FalconConfig? y) => x!.RateLimit == y!.RateLimit && x.Store == y.Store && x.PolicyTypes.SequenceEqual(y.PolicyTypes) && x.HealthPort == y.HealthPort;

        public int GetHashCode(FalconConfig obj) => 0;
    }
}
