using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Drift.Testing;

namespace Comptroller.Drift.Tests.Testing;

public sealed class CaseRunTests
{
    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", "cases.json");

    [Fact]
    public async Task Every_shared_case_passes()
    {
        var results = new List<CaseResult>();
        foreach (var test in CaseFile.Read(await File.ReadAllBytesAsync(Path), "cases.json"))
        {
            results.Add(await CaseRun.RunAsync(test, CancellationToken.None));
        }

        string.Join('\n', results.Where(result => !result.Passed && !result.IsSkipped).Select(Describe)).ShouldBe("");
        results.Count(result => result.IsSkipped).ShouldBe(results.Count(result => result.Case.Kind is "api_blackbox" or "config_load"));
        results.Count(result => result.Passed).ShouldBeGreaterThan(60);
    }

    /// <summary>Neighbours of the shared cases: the rule behind them, not their table.</summary>
    [Theory]
    [InlineData("values_equal", """{"A":null,"B":""}""", """{"strict":true,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":null,"B":0}""", """{"strict":false,"case_insensitive":false}""")]
    [InlineData("values_equal", """{"A":42,"B":"42"}""", """{"strict":true,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":42,"B":43}""", """{"strict":false,"case_insensitive":false}""")]
    [InlineData("values_equal", """{"A":false,"B":"false"}""", """{"strict":true,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":"East US","B":"east us"}""", """{"strict":false,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":["a","b"],"B":["a","b"]}""", """{"strict":true,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":{"a":1,"b":[2]},"B":{"b":[2],"a":1}}""", """{"strict":true,"case_insensitive":true}""")]
    [InlineData("values_equal", """{"A":{"a":1},"B":{"a":2}}""", """{"strict":false,"case_insensitive":false}""")]
    [InlineData("scan_exit_code", """{"total":2,"fail_on_drift":true}""", """{"exit_code":2}""")]
    [InlineData("scan_exit_code", """{"total":249,"fail_on_drift":true}""", """{"exit_code":249}""")]
    [InlineData("scan_exit_code", """{"total":1,"fail_on_drift":false}""", """{"exit_code":0}""")]
    [InlineData("scan_exit_code", """{"total":5000,"fail_on_drift":false}""", """{"exit_code":0}""")]
    public async Task Cases_beside_the_shared_ones_pass_too(string kind, string input, string expected)
    {
        var test = CaseFile.Read(System.Text.Encoding.UTF8.GetBytes($$"""[{"id": "a", "kind": "{{kind}}", "input": {{input}}, "expected": {{expected}} }]"""), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        result.Passed.ShouldBeTrue(Describe(result));
    }

    [Fact]
    public async Task Every_case_notices_when_its_expectation_is_changed()
    {
        var blind = new List<string>();
        foreach (var node in JsonNode.Parse(await File.ReadAllBytesAsync(Path))!["cases"]!.AsArray().Select(node => node!.AsObject()))
        {
            if (node["kind"]!.GetValue<string>() is "api_blackbox" or "config_load")
            {
                continue;
            }

            var expected = (node["desired"] ?? node["reference_result"])!.AsObject();
            foreach (var field in expected.Select(field => field.Key).Where(field => field is not "reason").ToList())
            {
                var changed = node.DeepClone().AsObject();
                (changed["desired"] ?? changed["reference_result"])!.AsObject()[field] = field == "error" ? "something else" : new JsonArray("something else", "twice");
                var test = CaseFile.Read(JsonSerializer.SerializeToUtf8Bytes(new JsonArray(changed)), "changed").Single();
                // What another tool writes into an error is its own affair.
                if ((await CaseRun.RunAsync(test, CancellationToken.None)).Passed && !(field == "error" && node["desired"] is null))
                {
                    blind.Add($"{test.Id} {field}");
                }
            }
        }

        blind.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_kind_fails()
    {
        var test = CaseFile.Read("""[{"id": "a", "kind": "horoscope", "input": {}, "expected": {"result": 1}}]"""u8.ToArray(), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        result.Passed.ShouldBeFalse();
        result.IsSkipped.ShouldBeFalse();
        result.Differences.Single().Expected.ShouldContain("falco_alert");
    }

    [Fact]
    public async Task Kinds_that_need_a_server_are_skipped_and_neither_pass_nor_fail()
    {
        var test = CaseFile.Read("""[{"id": "a", "kind": "api_blackbox", "input": "GET /health", "expected": {"status": 200}}]"""u8.ToArray(), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        (result.IsSkipped, result.Passed).ShouldBe((true, false));
    }

    [Fact]
    public void A_misspelt_field_a_missing_expectation_and_a_repeated_id_are_errors()
    {
        var error = Should.Throw<FormatException>(() => CaseFile.Read("""
            [{"id": "a", "kind": "scan", "expcted": {}}, {"id": "a", "kind": "scan", "expected": {}}]
            """u8.ToArray(), "cases.json"));
        error.Message.ShouldContain("unknown field \"expcted\"");
        error.Message.ShouldContain("cases.json: [0]: one of desired, expected and reference_result is required");
        error.Message.ShouldContain("[1]: the id \"a\" is given twice");
    }

    private static string Describe(CaseResult result) =>
        $"{result.Case.Id} {result.Case.Title}: {string.Join("; ", result.Differences.Select(each => $"{each.Field}: wanted {each.Expected}, got {each.Actual}"))}";
}
