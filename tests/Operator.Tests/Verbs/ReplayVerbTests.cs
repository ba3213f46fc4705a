using System.Text.Json.Nodes;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class ReplayVerbTests : IDisposable
{
    private const string Event = """
        {"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1","stage":"ResponseComplete","requestURI":"/x","verb":"get","user":{"username":"alice","groups":["dev"]},"objectRef":{"resource":"secrets","namespace":"vault","name":"db"},"stageTimestamp":"2026-11-21T10:00:00.000000Z"}
        """;

    private static readonly byte[] RealLog = File.ReadAllBytes(Repository.PathOf("tests", "AuditPolicies.Tests", "testdata", "audit-log.jsonl.gz"));

    private readonly CommandLine _shell = new();
    private readonly string _policy;
    private readonly string _old;

    public ReplayVerbTests()
    {
        _policy = _shell.Write("policy.yaml", """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            rules:
            - level: None
              users: [alice]
            - level: Request
            """);
        _old = _shell.Write("old.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n");
    }

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_report_says_what_is_kept_by_whom_and_what_is_lost()
    {
        var write = Event.Replace("alice", "bob", StringComparison.Ordinal).Replace("\"get\"", "\"update\"", StringComparison.Ordinal).Replace("10:00", "11:30", StringComparison.Ordinal);
        var log = _shell.Write("audit.jsonl", $"{Event}\n{write}\n{Event[..100]}");

        var (exit, output, error) = await RunAsync("--log", log, "--against", _old);

        output.ShouldBe($"""
            read 2 events, 597 B, in 3 lines, 2026-11-21 10:00:00 to 2026-11-21 11:30:00 UTC (90 minutes)
              problems: TruncatedLastLine 1
              {log}:3: the line ends in the middle of an event [TruncatedLastLine]

            kept 1 event (50.0 %), at least 298 B (49.9 %)
              dropped: 1 by level None
              at least: 1 event would hold bodies that were not recorded, so their true size is unknown

            by level
              level            recorded  bytes  kept  bytes
              Metadata                2  597 B     0    0 B
              Request                 0    0 B     1  298 B  at least
              RequestResponse         0    0 B     0    0 B

            by rule
              rule        level  events  bytes  kept  bytes
              rules[0]     None       1  298 B     0    0 B
              rules[1]  Request       1  299 B     1  298 B  at least

            by user
              user  kept  bytes
              bob      1  298 B

            by resource
              resource  kept  bytes
              secrets      1  298 B

            by verb
              verb    kept  bytes
              update     1  298 B

            against the other policy, which keeps 2 events, 597 B
              lost 1, at a lower level 0, at a higher level 1, gained 0, unchanged 0
              299 B less is written

              rules[0] (Metadata) -> rules[0] (None): 1 lost, -298 B
                get secrets in vault by alice

              rules[0] (Metadata) -> rules[1] (Request): 1 higher, -1 B
                update secrets in vault by bob

            """.ReplaceLineEndings("\n"));
        exit.ShouldBe(1);
        error.ShouldBeEmpty();
    }

    [Fact]
    public async Task Programs_get_the_same_as_json()
    {
        var (exit, output, _) = await RunAsync("--log", _shell.Write("audit.jsonl.gz", RealLog), "--against", _old, "--top", "3", "-o", "json");

        exit.ShouldBe(0);
        var report = JsonNode.Parse(output)!;
        ((long)report["log"]!["events"]!).ShouldBe(95);
        ((string)report["log"]!["first"]!).ShouldBe("2026-11-21T00:19:32.103971Z");
        report["log"]!["problems"]!.AsObject().ShouldBeEmpty();
        ((long)report["kept"]!["events"]!).ShouldBe(95);
        report["levels"]!.AsArray().Sum(level => (long)level!["kept"]!["events"]!).ShouldBe(95);
        report["rules"]!.AsArray().Sum(rule => (long)rule!["events"]!).ShouldBe(95);
        report["users"]!["items"]!.AsArray().Count.ShouldBe(3);
        ((bool)report["users"]!["exact"]!).ShouldBeTrue();
        ((long)report["against"]!["raised"]!).ShouldBe(95);
        ((string)report["against"]!["pairs"]![0]!["againstLevel"]!).ShouldBe("Metadata");
    }

    [Fact]
    public async Task Of_a_resource_only_what_is_recorded_matters()
    {
        var resource = _shell.Write("resource.yaml", """
            apiVersion: comptroller.dev/v1alpha1
            kind: AuditPolicy
            metadata: {name: unfinished}
            spec:
              rules: [{level: Metadata}]
              delivery: {maxAge: 15m} # and no forwarding
            """);

        (await CommandLine.RunAsync("audit-policy", "lint", resource)).Exit.ShouldBe(2);
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "replay", "--policy", resource, "--log", _shell.Write("one.gz", RealLog));

        exit.ShouldBe(0);
        output.ShouldContain("kept 95 events");
    }

    [Theory]
    [InlineData("rules: [{level: Metadata, verb: [get]}]", ":6: spec.rules[0].verb: unknown field")]
    [InlineData("rules: [{level: metadata}]", ":6: spec.rules[0].level: ")]
    [InlineData("rules: [{level: Metadata, resources: [{group: apps/v1}]}]", ":6: spec.rules[0].resources.group: ")]
    [InlineData("rules: [{level: Metadata, resources: [{group: '*'}]}]", ":6: spec.rules[0].resources.group: group \"*\" needs Kubernetes 1.36")]
    [InlineData("profile: Basline", ":6: spec.profile: ")]
    public async Task A_resource_that_records_nothing_sensible_is_refused_at_its_line(string rules, string message)
    {
        var resource = _shell.Write("resource.yaml", $"apiVersion: comptroller.dev/v1alpha1\nkind: AuditPolicy\nmetadata: {{name: faulty}}\nspec:\n  interval: 10m\n  {rules}\n");

        var (exit, output, error) = await CommandLine.RunAsync("audit-policy", "replay", "--policy", resource, "--log", "/dev/null");

        exit.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain(message);
    }

    [Fact]
    public async Task Several_logs_count_as_one()
    {
        var log = _shell.Write("one.gz", RealLog);

        var (_, output, _) = await RunAsync("--log", log, log, "--log", _shell.Write("empty.jsonl", ""));

        output.ShouldStartWith("read 190 events, ");
    }

    [Fact]
    public async Task Standard_input_may_be_compressed_and_cut()
    {
        var (exit, output, error) = await CommandLine.RunProcessAsync(RealLog[..3000], "audit-policy", "replay", "-p", _policy, "--log", "-");

        error.ShouldBeEmpty();
        output.ShouldContain("problems: TruncatedLastLine 1, DamagedCompression 1\n  -:15: gzip data is damaged or ends early: ");
        exit.ShouldBe(1);
    }

    [Fact]
    public async Task An_empty_log_holds_no_events_and_is_no_error()
    {
        var (exit, output, _) = await RunAsync("--log", _shell.Write("empty.jsonl", ""));

        output.ShouldStartWith("read 0 events, 0 B, in 0 lines\n\nkept 0 events (0 %), 0 B (0 %)\n");
        exit.ShouldBe(0);
    }

    [Theory]
    [InlineData("--log gone.jsonl: no such file", "--log", "gone.jsonl")]
    [InlineData("standard input can be read once", "--log", "-", "--log", "-")]
    [InlineData("standard input can be read once", "--log", "-", "--against", "-")]
    [InlineData("--top: from 1 to 1000", "--log", "-", "--top", "0")]
    [InlineData("Cannot parse argument 'many' for option '--top'", "--log", "-", "--top", "many")]
    [InlineData("gone.yaml: no such file", "--log", "/dev/null", "--against", "gone.yaml")]
    public async Task What_cannot_be_read_is_refused(string message, params string[] options)
    {
        var (exit, output, error) = await RunAsync(options);

        exit.ShouldBe(2);
        (output + error).ShouldContain(message);
        output.ShouldNotContain("kept");
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] options) =>
        CommandLine.RunAsync(["audit-policy", "replay", "--policy", _policy, .. options]);
}
