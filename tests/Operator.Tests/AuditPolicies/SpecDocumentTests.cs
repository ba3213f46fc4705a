using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Comptroller.AuditPolicies.Alerting;
using Comptroller.AuditPolicies.Delivery;
using Comptroller.AuditPolicies.Linting;
using Comptroller.Crds;
using Comptroller.Kubernetes.Runtime;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.AuditPolicies;
using Comptroller.Operator.AuditPolicies.Delivery;

namespace Comptroller.Operator.Tests.AuditPolicies;

/// <summary>docs/spec/auditpolicy.md names what the operator says, and nothing that it never says.</summary>
public sealed partial class SpecDocumentTests
{
    private static readonly string Document = File.ReadAllText(Repository.PathOf("docs", "spec", "auditpolicy.md"));
    private static readonly string Migration = File.ReadAllText(Repository.PathOf("docs", "spec", "migration.md"));

    [Fact]
    public void The_table_of_findings_is_that_of_the_code()
    {
        var rows = PolicyLinter.Lints.Select(lint => $"| `{lint.Id}` | {string.Join(", ", lint.Severities)} | {lint.Says} | {lint.Mending?.Says} |".Replace("  ", " ", StringComparison.Ordinal));

        Section("### Findings").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ShouldBe(rows);
    }

    [Fact]
    public void The_table_of_alerts_names_those_there_are() =>
        Section("### Alerts").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => string.Join('|', line.Split('|')[1..3]))
            .ShouldBe(AlertKind.All.Select(kind => $" `{kind.Name}` | {kind.Severity} "));

    [Fact]
    public void Findings_named_elsewhere_in_the_document_exist()
    {
        var table = Section("### Findings");
        var rows = Section("## The design document", Migration).Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')[^2]);
        foreach (var id in rows.SelectMany(cell => InCode().Matches(cell)).Select(match => match.Groups["code"].Value).Where(text => Kebab().IsMatch(text)))
        {
            table.ShouldContain($"`{id}`");
        }
    }

    [Fact]
    public void Questions_that_the_migration_page_refers_to_have_a_query_and_its_alerts_exist()
    {
        var queries = Section("## Verify").Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal)).Select(line => line.Split('|')[1].Trim()).ToList();
        var questions = Section("### Its queries", Migration).Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .SelectMany(line => line.Split('|')[^2].Split(';')).Select(question => question.Trim()).ToList();
        questions.Count.ShouldBeGreaterThan(8);
        questions.Except(queries).ShouldBeEmpty();

        var alerts = InCode().Matches(Section("### Its alerts", Migration)).Select(match => match.Groups["code"].Value).Where(code => code.StartsWith("Audit", StringComparison.Ordinal)).ToList();
        alerts.Count.ShouldBeGreaterThan(7);
        alerts.Except(AlertKind.All.Select(kind => kind.Name)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_condition_and_reason_is_documented()
    {
        var status = Section("## Status");
        Type[] sources = [typeof(AuditPolicyConditions), typeof(DeliveryConditions), typeof(DeliveryVerdict), typeof(RetentionVerdict), typeof(EventsVerdict), typeof(AppliedVerdict)];
        var own = sources.SelectMany(source => source.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field is { IsLiteral: true, FieldType.Name: nameof(String) }).Select(field => (string)field.GetRawConstantValue()!).ToList();
        own.ShouldNotBeEmpty();
        foreach (var word in own.Concat([
            Conditions.Reconciling, Conditions.Stalled, Conditions.SuspendedType, ConditionReason.Succeeded, ConditionReason.Failed,
            ConditionReason.InvalidSpec, ConditionReason.DependencyNotReady, ConditionReason.ProgressingWithRetry, ConditionReason.Suspended,
            TerminalException.Undecodable]))
        {
            status.ShouldContain($"`{word}`");
        }
    }

    [Fact]
    public void Every_field_of_spec_and_status_is_documented()
    {
        var crd = YamlReader.ReadFirst(CustomResourceDefinitions.Of(ResourceTypes.AuditPolicies)).Root!["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!;
        var fields = FieldsOf(crd["spec"]!).Concat(FieldsOf(crd["status"]!)).Distinct().ToList();
        var words = Word().Matches(Document + File.ReadAllText(Repository.PathOf("docs", "spec", "compliance.md"))).Select(match => match.Value).ToHashSet();

        fields.Count.ShouldBeGreaterThan(100);
        fields.Except(words).ShouldBeEmpty();
    }

    private static IEnumerable<string> FieldsOf(JsonNode schema) =>
        (schema["properties"] as JsonObject ?? []).SelectMany(field => FieldsOf(field.Value!).Prepend(field.Key))
            .Concat(schema["items"] is { } items ? FieldsOf(items) : []);

    /// <summary>From a heading to the next one of its rank or above.</summary>
    private static string Section(string heading, string? document = null)
    {
        document ??= Document;
        var start = document.IndexOf($"\n{heading}", StringComparison.Ordinal);
        start.ShouldBeGreaterThan(0, heading);
        var rank = heading.IndexOf(' ', StringComparison.Ordinal);
        var body = document[(start + 1)..].Split('\n').Skip(1);
        return string.Join('\n', body.TakeWhile(line => line.IndexOf(' ', StringComparison.Ordinal) is var marks && (marks < 1 || marks > rank || line[..marks].Trim('#').Length > 0)));
    }

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex InCode();

    [GeneratedRegex("[A-Za-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();

    [GeneratedRegex("^[a-z]+(?:-[a-z]+)+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Kebab();
}
