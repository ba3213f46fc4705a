using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.Archive.Health;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;

namespace Comptroller.Archive.Tests.Health;

public sealed partial class LogHealthTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private static readonly LogState Well = new()
    {
        ProcessId = 7,
        StartedAt = Now.AddSeconds(-125),
        UpdatedAt = Now.AddSeconds(-2),
        FlushIntervalSeconds = 5,
        Queued = 12,
        QueueCapacity = 1000,
        Events = 42_750,
        Delayed = 0,
        Sources = 3,
        Rates = new Dictionary<string, long> { ["alice"] = 9 },
        CacheEntries = 48,
        CacheCapacity = 128,
        CacheLookups = 60,
        CacheHits = 12,
    };

    private static readonly ObservedLog Log = new() { Path = "logs/audit.log", State = Well, Bytes = 2_516_582, LastWrite = Now.AddSeconds(-3) };

    [Fact]
    public void The_document_has_the_shape_that_monitoring_tools_know() => LogHealth.Judge(Log, Now).ToJson().ShouldBe(
        """
        {
          "status": "healthy",
          "timestamp": "2026-11-21T10:00:00.000000+00:00",
          "uptime_seconds": 125,
          "checks": [
            {
              "component": "write_buffer",
              "status": "healthy",
              "message": "Buffer size: 12 events",
              "metrics": {
                "size": 12,
                "warning_threshold": 500,
                "critical_threshold": 800
              }
            },
            {
              "component": "worker_thread",
              "status": "healthy",
              "message": "Worker thread running",
              "metrics": {
                "alive": true,
                "daemon": true
              }
            },
            {
              "component": "log_file",
              "status": "healthy",
              "message": "File size: 2.4 MB",
              "metrics": {
                "exists": true,
                "size_bytes": 2516582,
                "size_mb": 2.4,
                "path": "logs/audit.log"
              }
            },
            {
              "component": "rate_limiting",
              "status": "healthy",
              "message": "Rate limiting active: 0 blocked, 3 sources",
              "metrics": {
                "active_sources": 3,
                "blocked_events": 0,
                "current_rates": {
                  "alice": 9
                }
              }
            },
            {
              "component": "security",
              "status": "healthy",
              "message": "Security monitoring active: 0 recent events",
              "metrics": {
                "total_events": 0,
                "validation_errors": 0,
                "rate_limit_exceeded": 0,
                "other": 0
              }
            },
            {
              "component": "query_cache",
              "status": "healthy",
              "message": "48 entries, 37.5% full",
              "metrics": {
                "size": 48,
                "capacity": 128,
                "usage_percentage": 37.5
              }
            }
          ],
          "summary": {
            "total_checks": 6,
            "healthy": 6,
            "warning": 0,
            "critical": 0
          },
          "metadata": {
            "audit_file": "logs/audit.log",
            "last_event_time": "2026-11-21T09:59:57.000000+00:00"
          }
        }

        """.ReplaceLineEndings("\n"));

    [Theory]
    [InlineData(0, null)]
    [InlineData(350, null)]
    [InlineData(0, 0L)]
    public void Byte_for_byte_it_is_the_document_of_the_utility_before_where_values_are_masked(int milliseconds, long? bytes)
    {
        // As captured from the utility on a machine without a log.
        var before = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "health-before.json"));
        var idle = Well with { Queued = 0, Sources = 0, Rates = [], CacheEntries = 0 };
        var ours = LogHealth.Judge(new ObservedLog { Path = "logs/it's the \"log\" & more", State = idle, Bytes = bytes, LastWrite = bytes is null ? null : Now }, Now.AddMilliseconds(milliseconds)).ToJson();
        if (bytes is not null)
        {
            before = before.Replace("\"exists\": false,", "\"exists\": true,\n        \"size_bytes\": 0,\n        \"size_mb\": 0.0,", StringComparison.Ordinal)
                .Replace("\"last_event_time\": null", "\"last_event_time\": \"2026-11-20T23:38:14.353155\"", StringComparison.Ordinal);
        }

        Masked(ours).ShouldBe(Masked(before));
        ours.ShouldContain("it's the \\\"log\\\" & more");
    }

    // Names, order, indentation, types, whether a number has a fraction, and how many digits a time has stay. That times have a zone is the one difference.
    private static string Masked(string document)
    {
        var masked = Text().Replace(document, "*");
        masked = Time().Replace(masked, time => Digit().Replace(time.Value, "#").Replace("+##:##", "", StringComparison.Ordinal));
        return Number().Replace(masked, "0");
    }

    [GeneratedRegex("""(?<="(?:status|message|path|audit_file)": ")(?:[^"\\]|\\.)*""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Text();

    [GeneratedRegex("""(?<="(?:timestamp|last_event_time)": ")[^"]*""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Time();

    [GeneratedRegex("[0-9]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Digit();

    [GeneratedRegex("[0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();

    public static TheoryData<string, string, HealthStatus> Thresholds => new()
    {
        { "write_buffer", "499", HealthStatus.Healthy },
        { "write_buffer", "500", HealthStatus.Warning },
        { "write_buffer", "800", HealthStatus.Critical },
        { "rate_limiting", "500", HealthStatus.Healthy },
        { "rate_limiting", "501", HealthStatus.Warning },
        { "rate_limiting", "1001", HealthStatus.Critical },
        { "security", "20", HealthStatus.Healthy },
        { "security", "21", HealthStatus.Warning },
        { "security", "51", HealthStatus.Critical },
        { "security", "-5", HealthStatus.Healthy },
        { "security", "-6", HealthStatus.Warning },
        { "security", "-11", HealthStatus.Critical },
        { "log_file", "1048576000", HealthStatus.Healthy },
        { "log_file", "1058576000", HealthStatus.Warning },
        { "log_file", "5252880000", HealthStatus.Critical },
        { "worker_thread", "15", HealthStatus.Healthy },
        { "worker_thread", "16", HealthStatus.Critical },
    };

    [Theory]
    [MemberData(nameof(Thresholds))]
    public void Each_component_turns_at_its_threshold_and_the_worst_one_decides(string component, string value, HealthStatus status)
    {
        var number = long.Parse(value);
        var observed = component switch
        {
            "write_buffer" => Log with { State = Well with { Queued = (int)number } },
            "rate_limiting" => Log with { State = Well with { Delayed = number } },
            // Below zero: so many that were not written, and not refused.
            "security" => Log with { State = Well with { ValidationErrors = (int)Math.Max(number, 0), WriteErrors = (int)Math.Max(-number, 0) } },
            "log_file" => Log with { Bytes = number },
            _ => Log with { State = Well with { UpdatedAt = Now.AddSeconds(-number) } },
        };
        var report = LogHealth.Judge(observed, Now);
        report.Checks.Single(check => check.Component == component).Status.ShouldBe(status);
        report.Status.ShouldBe(status);
    }

    [Fact]
    public void A_log_that_nobody_writes_to_is_critical_whatever_else()
    {
        foreach (var observed in new[] { Log with { State = null }, Log with { State = Well with { Closed = true } }, Log with { State = Well with { Failure = "disk" } } })
        {
            LogHealth.Judge(observed, Now).Checks.Single(check => check.Component == "worker_thread").Status.ShouldBe(HealthStatus.Critical);
        }

        var none = LogHealth.Judge(new ObservedLog { Path = "logs/audit.log" }, Now);
        none.Summary.ShouldBe(new HealthSummary(6, 3, 2, 1));
        JsonNode.Parse(none.ToJson())!["checks"]![2]!["metrics"]!.ToJsonString().ShouldBe("{\"exists\":false,\"path\":\"logs/audit.log\"}");
    }

    [Fact]
    public async Task What_runs_is_what_is_looked_at()
    {
        using var directory = new TemporaryDirectory();
        await using (var log = await AuditLog.OpenAsync(directory["audit.log"], LogOptions.Default, TimeProvider.System, CancellationToken.None))
        {
            await log.AppendAsync(new AuditEvent { EventType = "x" }, CancellationToken.None);
            LogHealth.Judge(ObservedLog.Look(directory["audit.log"]), DateTimeOffset.UtcNow).Status.ShouldBe(HealthStatus.Healthy);
        }

        LogHealth.Judge(ObservedLog.Look(directory["audit.log"]), DateTimeOffset.UtcNow).Status.ShouldBe(HealthStatus.Critical);
        LogHealth.Judge(ObservedLog.Look(directory["never.log"]), DateTimeOffset.UtcNow).Status.ShouldBe(HealthStatus.Critical);
    }

    [Fact]
    public async Task Validation_tells_of_every_constant_and_benchmark_of_the_utility_before()
    {
        using var directory = new TemporaryDirectory();
        var results = await ConfigurationValidation.RunAsync(directory["logs/audit.log"], Tuning.Default, withBenchmarks: true, CancellationToken.None);
        results.Where(each => each.Group == "Configuration Constants").Select(each => each.Name)
            .ShouldBe(["WRITE_BUFFER_SIZE", "WRITE_FLUSH_INTERVAL", "QUERY_CACHE_SIZE", "COMPRESSION_LEVEL", "MAX_MEMORY_EVENTS", "MAX_DETAILS_SIZE"]);
        var benchmarks = results.Where(each => each.Group == "Performance Benchmarks").ToDictionary(each => each.Name);
        benchmarks.Keys.ShouldBe(["Write throughput", "Query performance", "Memory usage", "Nothing lost"]);
        benchmarks["Nothing lost"].Message.ShouldBe("100 of 100 events found again");
        benchmarks["Memory usage"].Message.ShouldMatch("^[0-9]+ kB with 2000 events");
    }

    [Fact]
    public async Task Validation_attacks_and_every_attack_is_stopped()
    {
        using var directory = new TemporaryDirectory();
        foreach (var profile in Tuning.Profiles.Values)
        {
            var results = await ConfigurationValidation.RunAsync(directory["logs/audit.log"], profile, withBenchmarks: false, CancellationToken.None);
            results.Where(each => each.Status == HealthStatus.Critical).ShouldBeEmpty();
            results.Count(each => each.Group == "Security Features").ShouldBe(11);
        }

        Tuning.Profiles.Select(profile => $"{profile.Key} {profile.Value.BufferSize}/{profile.Value.FlushInterval.TotalSeconds}/{profile.Value.CacheSize}/{profile.Value.CompressionLevel}")
            .ShouldBe(["default 100/5/128/6", "production 200/3/256/6", "high-traffic 500/10/512/3", "low-latency 50/1/128/1", "storage-optimized 1000/30/64/9"]);
        ConfigurationValidation.Constants(new Tuning(5, TimeSpan.FromMinutes(5), 2000, 0)).Count(each => each.Status == HealthStatus.Critical).ShouldBe(4);
        ConfigurationValidation.Constants(Tuning.Profiles["storage-optimized"]).Count(each => each.Status == HealthStatus.Warning).ShouldBe(1);
        directory.Files.ShouldBeEmpty();
    }
}
