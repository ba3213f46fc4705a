using System.Runtime.CompilerServices;
using Comptroller.AuditPolicies.Tests.Alerting.LogsQl;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>
/// The queries under "Verify" of docs/spec/auditpolicy.md find what they say and not what is near it, with their pipes: a word that no pipe has, or a
/// field that no event has, fails.
/// </summary>
public sealed class DocumentedQueriesTests
{
    private const string Stream = """{cluster="production",source="kube-apiserver-audit"}""";

    private static readonly Dictionary<string, (string Found, string Left)> Cases = new(StringComparer.Ordinal)
    {
        ["last 100"] = ("{}", """{"cluster": "staging"}"""),
        ["what one user did with Secrets"] = ("""{"objectRef": {"resource": "secrets"}}""", """{"user": {"username": "joe@example.com"}, "objectRef": {"resource": "secrets"}}"""),
        ["who read Secrets"] = ("""{"objectRef": {"resource": "secrets"}}""", """{"objectRef": {"resource": "configmaps"}}"""),
        ["failed logins"] = ("""{"stage": "ResponseStarted", "user": null, "responseStatus": {"code": 401}}""", """{"responseStatus": {"code": 403}}"""),
        ["refused"] = ("""{"responseStatus": {"code": 403}}""", """{"stage": "ResponseStarted", "responseStatus": {"code": 401}}"""),
        ["RBAC changes of a day"] = (
            """{"verb": "deletecollection", "objectRef": {"resource": "rolebindings", "apiGroup": "rbac.authorization.k8s.io"}}""",
            """{"verb": "list", "objectRef": {"resource": "rolebindings", "apiGroup": "rbac.authorization.k8s.io"}}"""),
        ["who touched a namespace"] = ("""{"objectRef": {"namespace": "production"}}""", """{"objectRef": {"namespace": "prod"}}"""),
        ["what Flux did"] = (
            """{"user": {"username": "system:serviceaccount:flux-system:kustomize-controller"}}""", """{"user": {"username": "system:serviceaccount:flux:kustomize-controller"}}"""),
        ["failed creates of Deployments"] = (
            """{"verb": "create", "objectRef": {"resource": "deployments", "apiGroup": "apps"}, "responseStatus": {"code": 403}}""",
            """{"verb": "create", "objectRef": {"resource": "deployments", "apiGroup": "apps"}, "responseStatus": {"code": 202}}"""),
        ["noisy callers"] = ("{}", """{"cluster": "staging"}"""),
    };

    [Fact]
    public void Every_query_finds_what_it_says()
    {
        var queries = Queries();

        queries.Keys.Order(StringComparer.Ordinal).ShouldBe(Cases.Keys.Order(StringComparer.Ordinal));
        foreach (var (question, query) in queries)
        {
            var parsed = new LogQuery(query);

            parsed.Run([Event(Cases[question].Found)], AuditEvents.Now).Count.ShouldBe(1, question);
            parsed.Run([Event(Cases[question].Left)], AuditEvents.Now).ShouldBeEmpty(question);
            parsed.Read.Except(Fields).ShouldBeEmpty(question);
        }
    }

    [Fact]
    public void Pipes_count_and_sort()
    {
        var queries = Queries();
        Row[] events = [Event("{}"), Event("""{"user": {"username": "joe"}, "verb": "list"}"""), Event("{}")];

        Run("noisy callers").Select(row => $"{row["user.username"]} {row["verb"]} {row["hits"]}").ShouldBe(["jane@example.com get 2", "joe list 1"]);
        events = [.. events.Select(row => new Row(new Dictionary<string, string>(row.Fields, StringComparer.Ordinal) { ["objectRef.resource"] = "secrets" }, row.Time))];
        Run("who read Secrets").Select(row => $"{row["user.username"]} {row["hits"]}").ShouldBe(["jane@example.com 2", "joe 1"]);

        List<Row> Run(string question) => new LogQuery(queries[question]).Run(events, AuditEvents.Now);
    }

    [Theory]
    [InlineData("* | sorted by (_time desc)")]
    [InlineData("* | sort (_time desc)")]
    [InlineData("* | sort by (_time down)")]
    [InlineData("* | limit many")]
    [InlineData("* | top by (verb)")]
    [InlineData("* | top 20 by verb")]
    [InlineData("* | stats by (verb) counts() hits")]
    [InlineData("* | stats by (verb) count()")]
    [InlineData("* | fields verb stage")]
    [InlineData("* | limit 1 | ")]
    public void A_mistyped_pipe_is_noticed(string query) => Should.Throw<FormatException>(() => new LogQuery(Stream + query[1..]));

    [Theory]
    [InlineData("| sort by (time desc)", "time")]
    [InlineData("| stats by (user) count() hits | sort by (hits desc)", "user")]
    [InlineData("| stats by (verb) count() hits | sort by (hit desc)", "hit")]
    [InlineData("| fields _time, objectRef.Name", "objectRef.Name")]
    [InlineData("| top 20 by (verb, resource)", "resource")]
    public void A_field_that_no_event_has_is_noticed(string pipes, string field) => new LogQuery($"{Stream} {pipes}").Read.Except(Fields).ShouldBe([field]);

    private static HashSet<string> Fields =>
        [.. Event("""{"objectRef": {"apiGroup": "apps", "subresource": "exec"}, "responseStatus": {"message": ""} }""").Fields.Keys, "_time", "_msg"];

    private static Row Event(string changes) => AuditEvents.Event(changes, cluster: changes.Contains("staging", StringComparison.Ordinal) ? "staging" : "production");

    private static Dictionary<string, string> Queries([CallerFilePath] string here = "")
    {
        var document = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "docs", "spec", "auditpolicy.md"));
        var table = document[document.IndexOf("| Question | Query |", StringComparison.Ordinal)..].Split('\n').Skip(2).TakeWhile(line => line.StartsWith("| ", StringComparison.Ordinal));
        return table.Select(line => line.Split(" | ", 2)).ToDictionary(
            cells => cells[0][2..],
            cells => cells[1].Split('`')[1].Replace("\\|", "|", StringComparison.Ordinal).Replace("S ", Stream + " ", StringComparison.Ordinal),
            StringComparer.Ordinal);
    }
}
