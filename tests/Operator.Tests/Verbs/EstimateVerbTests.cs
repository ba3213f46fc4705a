using System.Text.Json.Nodes;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class EstimateVerbTests : IDisposable
{
    private const string Event = """
        {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete","requestURI":"/readyz","verb":"get","user":{"username":"alice"},"stageTimestamp":"2026-11-21T10:00:00.000000Z"}
        """;

    private readonly CommandLine _shell = new();
    private readonly string _resource;

    public EstimateVerbTests() => _resource = _shell.Write("resource.yaml", """
        apiVersion: comptroller.dev/v1alpha1
        kind: AuditPolicy
        metadata: {name: production}
        spec:
          rules: [{level: Metadata}]
          log: {maxBackups: 3}
          estimate: {requestsPerSecond: 500, controlPlanes: 5}
        """);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_resource_says_what_to_reckon_with_and_options_override_it()
    {
        var (exit, output, _) = await RunAsync("--retention-days", "30", "--replicas", "2");

        exit.ShouldBe(0);
        output.ShouldBe("""
            basis: 500 requests/s of a typical cluster with measured sizes; right within a factor of about 3

            cluster             510 events/s, 45.6 GB a day
            control-plane node  9.13 GB a day with an even share among 5; plan 13.7 GB for the busiest
            history on a node   66 minutes until rotation removes an event, 44 minutes on the busiest; at most 419 MB of disk
            VictoriaLogs        101 GB to 137 GB for 30 days (compression 13.5 as measured, 10 as planned)
              disk to provide   329 GB: as planned, 2 copies, 20 % headroom

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_log_gives_its_own_rate()
    {
        var log = _shell.Write("audit.jsonl", $"{Event}\n{Event.Replace("10:00:00", "10:00:10", StringComparison.Ordinal)}\n");

        var (exit, output, _) = await RunAsync("--log", log, "-o", "json");

        exit.ShouldBe(0);
        var estimate = JsonNode.Parse(output)!;
        ((double)estimate["eventsPerSecond"]!).ShouldBe(0.2);
        ((long)estimate["bytesPerDay"]!).ShouldBe((Event.Length + 1) * 2L * 8640);
        ((long)estimate["nodeBytesPerDay"]!).ShouldBe((Event.Length + 1) * 2L * 8640 / 5);
        ((long)estimate["localMinutes"]!).ShouldBe(30 * 24 * 60);
        ((bool)estimate["lowerBound"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task Lines_that_cannot_be_read_are_named_and_the_rest_counts()
    {
        var log = _shell.Write("audit.jsonl", $"{Event}\nbroken\n{Event.Replace("10:00:00", "10:00:10", StringComparison.Ordinal)}\n");

        var (exit, output, error) = await RunAsync("--log", log);

        exit.ShouldBe(1);
        output.ShouldStartWith("basis: 2 recorded events over 10 seconds");
        error.ShouldBe($"{log}:2: not one JSON object [BrokenLine]\n");
    }

    [Theory]
    [InlineData("exclude each other", "--log", "/dev/null", "--requests-per-second", "5")]
    [InlineData("the events span no time", "--log", "/dev/null")]
    [InlineData("--control-planes: from 1 to 99", "--control-planes", "0")]
    [InlineData("--retention-days: from 1 to 3650", "--retention-days", "3651")]
    [InlineData("Cannot parse argument 'two' for option '--replicas'", "--replicas", "two")]
    [InlineData("--log gone.jsonl: no such file", "--log", "gone.jsonl")]
    public async Task What_gives_no_estimate_is_refused(string message, params string[] options)
    {
        var (exit, output, error) = await RunAsync(options);

        exit.ShouldBe(2);
        (output + error).ShouldContain(message);
        output.ShouldNotContain("cluster  ");
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] options) =>
        CommandLine.RunAsync(["audit-policy", "estimate", "--policy", _resource, .. options]);
}
