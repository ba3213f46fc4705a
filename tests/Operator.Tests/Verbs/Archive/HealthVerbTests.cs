using System.Net;
using System.Text.RegularExpressions;
using Comptroller.Archive.Health;
using Comptroller.Archive.Log;
using Comptroller.Archive.Tests.Testing;
using Comptroller.Operator.Verbs.Archive;

namespace Comptroller.Operator.Tests.Verbs.Archive;

/// <summary>What is told of a log and of a configuration, held against what the utilities before told: their own samples are the test data.</summary>
public sealed partial class HealthVerbTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 2, 4, 21, 9, 40, TimeSpan.Zero);

    private static readonly ObservedLog Log = new()
    {
        Path = "logs/audit.log",
        Bytes = 2_516_582,
        LastWrite = Now,
        State = new LogState
        {
            ProcessId = 7,
            StartedAt = Now.AddSeconds(-125),
            UpdatedAt = Now,
            FlushIntervalSeconds = 5,
            Queued = 245,
            QueueCapacity = 1000,
            Events = 42_750,
            EventsPerSecond = 142.5,
            RateSeconds = 60,
            Delayed = 12,
            Sources = 5,
            ValidationErrors = 8,
            CacheEntries = 96,
            CacheCapacity = 128,
            CacheLookups = 4,
            CacheHits = 3,
        },
    };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Health_is_told_in_the_lines_of_the_utility_before() =>
        HealthLines(HealthVerb.Text(LogHealth.Judge(Log, Now), verbose: false)).ShouldBe(HealthLines(Before("health-before.txt")));

    [Fact]
    public void The_dashboard_has_every_line_of_the_one_before_and_makes_nothing_up()
    {
        var text = MonitorVerb.Text(Log, Now);
        var labels = Labels(text).ToList();
        labels.Where(Labels(Before("monitor-before.txt")).Contains).ShouldBe(Labels(Before("monitor-before.txt")).Where(label => label != "Last Update"));
        text.ShouldContain("Uptime: 00:02:05 ");
        text.ShouldContain("   Event Rate: 142.5 events/sec (last 60s)\n   Total Events: 42,750\n");
        text.ShouldContain("   Buffer: [####................] 245/1000\n   Status: HEALTHY (24.5 % full)\n");
        text.ShouldContain("   Cache: [###############.....] 96/128\n   Hit Rate: 75.0 %\n");
        text.ShouldContain("   Blocked: 12 events ");
        text.ShouldContain("   Active sources: 5\n");
        text.ShouldContain("   Total events: 8 (8 refused, 0 not written)\n");
        MonitorVerb.Text(Log with { State = Log.State! with { CacheLookups = 0, CacheHits = 0 } }, Now).ShouldContain("   Hit Rate: no queries\n");
    }

    [Fact]
    public async Task A_configuration_is_told_under_the_headings_of_the_utility_before_and_what_cannot_work_ends_with_1()
    {
        var (exit, output, _) = await RunAsync("validate", "--quick", "--log-file", _directory["logs/audit.log"]);
        var before = Labels(Before("validate-before.txt")).Where(label => !label.EndsWith(" working", StringComparison.Ordinal)).ToList();
        Labels(output).Where(before.Contains).ShouldBe(before);
        output.ShouldNotContain("Performance Benchmarks");
        foreach (var attack in new[] { "Path traversal protection", "Input sanitization", "Size validation", "SSRF protection" })
        {
            output.ShouldContain($"  ok   {attack}");
        }

        // Strict gzip is a setting of the program's host, which a test host lacks.
        exit.ShouldBe(output.Contains("FAIL Strict gzip", StringComparison.Ordinal) ? 1 : 0);
        await File.WriteAllTextAsync(_directory["file"], "");
        (exit, output, _) = await RunAsync("validate", "--quick", "--log-file", _directory["file/audit.log"]);
        exit.ShouldBe(1);
        output.ShouldContain("  FAIL Logs directory is writable: ");
    }

    [Fact]
    public async Task The_endpoint_serves_the_document_and_503_when_it_is_critical()
    {
        var report = LogHealth.Judge(Log, Now);
        await using var server = await HealthServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), () => report, CancellationToken.None);
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(20) };
        foreach (var (queued, code) in new[] { (0, HttpStatusCode.OK), (500, HttpStatusCode.OK), (800, HttpStatusCode.ServiceUnavailable) })
        {
            report = LogHealth.Judge(Log with { State = Log.State! with { Queued = queued } }, Now);
            using var answer = await client.GetAsync(new Uri(server.Address, "health"));
            (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType).ShouldBe((code, "application/json"));
            (await answer.Content.ReadAsStringAsync()).ShouldBe(report.ToJson());
        }
    }

    [Fact]
    public async Task Of_a_process_that_writes_health_ends_with_0_and_of_one_that_does_not_answer_with_2()
    {
        var log = _directory["logs/audit.log"];
        await using (await AuditLog.OpenAsync(log, LogOptions.Default, TimeProvider.System, CancellationToken.None))
        {
            (await RunAsync("health", "--log-file", log)).Exit.ShouldBe(0);
            (await RunAsync("monitor", "--once", "--log-file", log)).Exit.ShouldBe(0);
        }

        // It wrote its state a moment ago, and nobody listens where it says that it does.
        await using (await AuditLog.OpenAsync(log, LogOptions.Default with { Endpoint = $"http://127.0.0.1:{FreePort.Take()}/health" }, TimeProvider.System, CancellationToken.None))
        {
            var (exit, output, _) = await RunAsync("health", "--log-file", log);
            exit.ShouldBe(2);
            output.ShouldContain("FAIL Worker Thread: CRITICAL (Worker thread stopped: http://127.0.0.1:");
        }
    }

    [Theory]
    [InlineData("health", "--watch")]
    [InlineData("monitor", "--refresh")]
    public async Task A_pause_that_cannot_be_is_refused(string verb, string option)
    {
        foreach (var seconds in new[] { "NaN", "1e300", "-3", "0" })
        {
            var (exit, output, error) = await RunAsync(verb, option, seconds, "--log-file", _directory["audit.log"]);
            exit.ShouldBe(2, output);
            (output + error).ShouldContain($"{option}: from 0.1 to 3600 seconds");
        }
    }

    private static string Before(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "testdata", "archive", name));

    // A sign before a name is a word here, what stands in brackets has figures of its own, and the time a zone.
    private static IEnumerable<string> HealthLines(string text) => text.TrimEnd().Split('\n')
        .Select(line => Sign().Replace(line.TrimEnd(), "${indent}"))
        .Select(line => line.StartsWith("  ", StringComparison.Ordinal) ? line.Split(" (")[0] : line.TrimEnd('Z'));

    /// <summary>What stands before a colon, or alone on a line in capitals.</summary>
    private static IEnumerable<string> Labels(string text) => Label().Matches(text).Select(match => match.Groups["label"].Value.Trim());

    private static Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments) => CommandLine.RunAsync(["archive", .. arguments]);

    [GeneratedRegex("^(?<indent> *)(?:[^ A-Za-z]+|ok|warn|FAIL) +(?=[A-Z])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sign();

    [GeneratedRegex("(?m)^[^A-Za-z\\n]*(?:ok   |warn |FAIL )?(?<label>[A-Z][A-Za-z_ ]*[A-Za-z])(?=:|$)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
