using System.Text.Json.Nodes;
using Comptroller.Operator.Verbs.AuditPolicies;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class EvaluateVerbTests : IDisposable
{
    private readonly CommandLine _shell = new();
    private readonly string _policy;

    public EvaluateVerbTests() => _policy = _shell.Write("policy.yaml", """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - level: None
          users: [system:kube-proxy]
          verbs: [watch]
        - level: Request
          resources:
          - group: ""
            resources: [pods/*]
        - level: Metadata
        """);

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task The_deciding_rule_is_shown_with_the_reasons_against_the_earlier_ones()
    {
        var (exit, output, _) = await RunAsync("--user", "alice", "--verb", "create", "--resource", "pods/exec", "--namespace", "prod", "--name", "web");

        exit.ShouldBe(0);
        output.ShouldBe("""
            create pods/exec web in prod by alice of system:authenticated
            rules[1] decides: level Request
              written at: ResponseStarted, ResponseComplete; omitted: RequestReceived
              managedFields: kept
              not rules[0] (None): users: "alice" is not "system:kube-proxy"; verbs: "create" is not "watch"
              would match too, but come later: rules[2] (Metadata)

            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_url_says_the_rest_by_itself()
    {
        var (_, output, _) = await RunAsync("--unauthenticated", "--url", "/api/v1/secrets?watch=1", "-o", "json");

        var decision = JsonNode.Parse(output)!;
        ((string)decision["level"]!).ShouldBe("Metadata");
        ((int)decision["matchedRuleIndex"]!).ShouldBe(2);
        ((string)decision["request"]!["verb"]!).ShouldBe("watch");
        decision["request"]!["user"].ShouldBeNull();
        decision["writtenStages"]!.ToJsonString().ShouldBe("""["ResponseStarted"]""");
        ((JsonArray)decision["earlier"]!).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Recorded_events_are_decided_line_by_line_and_broken_lines_are_named()
    {
        var log = _shell.Write("audit.jsonl", """
            {"requestURI":"/api/v1/namespaces/a/pods/x/log","verb":"get","user":{"username":"bob"}}

            {"requestURI":"/api/v1/nodes?watch=1","verb":"watch","user":{"username":"system:kube-proxy"}}
            {"requestURI":"/x","verb":"get","verb":"get","user":{}}
            {"verb":"get"}
            {"requestURI":"/api
            """);

        var (exit, output, error) = await RunAsync("--event", log);

        exit.ShouldBe(2);
        output.ShouldBe("Request         rules[1]   get pods/log x in a by bob\nNone            rules[0]   watch nodes by system:kube-proxy\n");
        error.ShouldBe($"{log}:4: not one JSON object\n{log}:5: not an audit event: an event is an object with requestURI and verb\n{log}:6: not one JSON object\n");
    }

    [Theory]
    [InlineData("--user NAME or --unauthenticated", "--verb", "get", "--resource", "pods")]
    [InlineData("one of --resource, --path and --url", "--user", "a")]
    [InlineData("--resource needs --verb", "--user", "a", "--resource", "pods")]
    [InlineData("--url says it already", "--user", "a", "--url", "/api", "--verb", "get")]
    [InlineData("exclude each other", "--user", "a", "--path", "/healthz", "--event", "-")]
    [InlineData("a path that starts with /", "--user", "a", "--url", "pods")]
    [InlineData("--event gone.jsonl: no such file", "--event", "gone.jsonl")]
    public async Task Contradictions_are_refused(string message, params string[] options)
    {
        var (exit, _, error) = await RunAsync(options);

        exit.ShouldBe(2);
        error.ShouldContain(message);
    }

    [Theory]
    [InlineData("secrets", "", "secrets", "")]
    [InlineData("pods/exec", "", "pods", "exec")]
    [InlineData("deployments.apps/scale", "apps", "deployments", "scale")]
    [InlineData("apps/deployments", "apps", "deployments", "")]
    [InlineData("apps/deployments/scale", "apps", "deployments", "scale")]
    [InlineData("networking.k8s.io/ingresses", "networking.k8s.io", "ingresses", "")]
    [InlineData("ingresses.networking.k8s.io/status", "networking.k8s.io", "ingresses", "status")]
    [InlineData("/pods/log", "", "pods", "log")]
    public void Resources_are_read_with_the_group_on_either_side(string text, string group, string resource, string subresource) =>
        RequestOptions.ParseResource(text).ShouldBe((group, resource, subresource));

    [Fact]
    public async Task A_policy_that_does_not_load_is_refused_with_its_place()
    {
        var policy = _shell.Write("broken.yaml", "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: metadata\n");

        var (exit, _, error) = await CommandLine.RunAsync("audit-policy", "evaluate", "--policy", policy, "--user", "a", "--path", "/");

        exit.ShouldBe(2);
        error.ShouldStartWith($"{policy}:4: rules[0].level: Unsupported value");
    }

    private Task<(int Exit, string Output, string Error)> RunAsync(params string[] options) =>
        CommandLine.RunAsync(["audit-policy", "evaluate", "--policy", _policy, .. options]);
}
