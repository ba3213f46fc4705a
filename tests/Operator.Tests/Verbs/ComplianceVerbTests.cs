using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Compliance;
using Comptroller.Crds.AuditPolicies;

namespace Comptroller.Operator.Tests.Verbs;

public sealed class ComplianceVerbTests
{
    private static readonly string Sample = Repository.PathOf("config", "samples", "auditpolicy-baseline.yaml");

    [Fact]
    public void The_names_of_standards_are_those_that_the_schema_allows() =>
        new Compliance().Standards.ShouldBe(Standard.All.Select(standard => standard.Name));

    [Theory]
    [InlineData("CIS", 0)]
    [InlineData("STIG", 1)]
    public async Task A_pipeline_is_stopped_by_a_control_that_fails(string standard, int expected)
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "compliance", "-p", Sample, "-s", standard, "-o", "json");

        exit.ShouldBe(expected);
        var report = JsonNode.Parse(output)!;
        report["standards"]!.AsArray().Select(verdict => (string)verdict!["name"]!).ShouldBe([standard]);
        report["standards"]![0]!["controls"]!.AsArray().Count.ShouldBe(Standard.Find(standard)!.Controls.Length);
    }

    [Fact]
    public async Task Without_a_choice_every_standard_is_put_to_the_resource()
    {
        var (exit, output, _) = await CommandLine.RunAsync("audit-policy", "compliance", "-p", Sample);

        exit.ShouldBe(1);
        foreach (var standard in Standard.All)
        {
            output.ShouldContain($"\n## {standard.Title}\n");
        }
    }

    [Theory]
    [InlineData("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n", "says nothing of log, shipping and alerts")]
    [InlineData("apiVersion: comptroller.dev/v1alpha1\nkind: AuditPolicy\nmetadata: {name: a}\nspec: {rules: [{level: metadata}]}\n", "level")]
    [InlineData("apiVersion: comptroller.dev/v1alpha1\nkind: AuditPolicy\nmetadata: {name: a}\nspec: {profile: Baseline, profileVersion: 99}\n", "profileVersion")]
    public async Task What_cannot_be_judged_is_refused_with_the_reason(string text, string problem)
    {
        using var files = new CommandLine();

        var (exit, output, error) = await CommandLine.RunAsync("audit-policy", "compliance", "-p", files.Write("policy.yaml", text));

        exit.ShouldBe(2);
        output.ShouldBeEmpty();
        error.ShouldContain(problem);
    }
}
