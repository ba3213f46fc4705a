using System.Runtime.CompilerServices;
using Comptroller.AuditPolicies.Tests.Alerting.LogsQl;

namespace Comptroller.AuditPolicies.Tests.Alerting;

/// <summary>
/// The queries under "Verify" of docs/spec/auditpolicy.md find what they say and not what is near it. Their filters are evaluated; the pipes that
/// count and sort are not.
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
            // A pipe in a regular expression or a value would be quoted; none is.
            var filter = new LogQuery(query.Split('|')[0].Trim());

            filter.Run([Event(Cases[question].Found)], AuditEvents.Now).Count.ShouldBe(1, question);
            filter.Run([Event(Cases[question].Left)], AuditEvents.Now).ShouldBeEmpty(question);
        }
    }

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
