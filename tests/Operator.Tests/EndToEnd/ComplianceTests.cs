using System.Text.Json.Nodes;
using Comptroller.Crds;
using Comptroller.Kubernetes.Yaml;
using Comptroller.Operator.Tests.Estates;

namespace Comptroller.Operator.Tests.EndToEnd;

/// <summary>The compliance report, in kinds of our own choice and in those of others where they are served.</summary>
public sealed class ComplianceTests
{
    private const string Spec =
        """
        profile: Baseline
        compliance: {standards: [STIG, CIS]}
        """;

    [Fact]
    public async Task Kinds_of_others_are_not_missed_and_are_written_when_they_appear()
    {
        await using var estate = await Estate.StartAsync();
        var run = await estate.OperateAsync();
        await run.UntilReadyAsync();
        await estate.ApplyAsync("default", "policy", Spec);

        var policy = await estate.UntilAsync("default", "policy", "Ready=True/Succeeded");

        policy["status"]!["compliance"]!.AsArray().Select(standard => $"{standard!["standard"]} {standard["fail"]} {standard["failed"]?[0]}").ShouldBe(["CIS 0 ", "STIG 1 V-242403"]);
        var files = (await estate.GetAsync(RenderedKinds.ConfigMaps, "default", "policy-compliance"))["data"]!;
        ((string)JsonNode.Parse((string)files["compliance.json"]!)!["policyHash"]!).ShouldBe((string)policy["status"]!["policyHash"]!);
        ((string)files["compliance.md"]!).ShouldContain("CIS 3.2.2 and STIG V-242403 disagree");

        await estate.ApplyAsync(ReportCrds());

        foreach (var type in new[] { RenderedKinds.OpenReports, RenderedKinds.PolicyReports })
        {
            var report = (await estate.UntilAsync(type, "default", "policy-compliance", item => item is not null))!;
            ((int)report["summary"]!["fail"]!).ShouldBe(1);
            ((string)report["scope"]!["name"]!).ShouldBe("policy");
        }

        await estate.MergeAsync(ResourceTypes.AuditPolicies, "default", "policy", """{"spec":{"compliance":{"reports":["OpenReports"]}}}""");
        await estate.UntilGoneAsync(RenderedKinds.PolicyReports, "default", "policy-compliance");
        (await estate.ExistsAsync(RenderedKinds.OpenReports, "default", "policy-compliance")).ShouldBeTrue();
    }

    private static IEnumerable<JsonObject> ReportCrds() =>
        YamlReader.ReadAll(File.ReadAllText(Repository.PathOf("tests", "Operator.Tests", "testdata", "reports-crds.yaml"))).Select(document => document.Root!.DeepClone().AsObject());
}
