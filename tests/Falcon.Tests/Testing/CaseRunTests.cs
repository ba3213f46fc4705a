using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Testing;

namespace Comptroller.Falcon.Tests.Testing;

public sealed class CaseRunTests
{
    private static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "testdata", "cases.json");

    [Fact]
    public async Task Every_shared_case_passes_and_the_better_answers_are_those_that_are_meant()
    {
        var results = new List<CaseResult>();
        foreach (var test in CaseFile.Read(await File.ReadAllBytesAsync(Path), "cases.json"))
        {
            results.Add(await CaseRun.RunAsync(test, CancellationToken.None));
        }

        string.Join('\n', results.Where(result => !result.Passed).Select(Describe)).ShouldBe("");
        // Each case calls its own expected answer questionable, and names a better one in words at most: escaping, malformed input and lists of ranges among them.
        results.Where(result => result.IsBetter && !result.Case.Recommended.ToString().Contains("\"passed\"", StringComparison.Ordinal) && result.Case.Id != "FIRE-005").Select(result => result.Case.Id).Order(StringComparer.Ordinal)
            .ShouldBe(["CONT-023", "CONT-026", "CRON-018", "DEVC-013", "FQL-009", "HOST-014", "HOST-023", "ODSH-002", "RED-005", "SCAB-002", "TTL-003", "TTL-006"]);
        results.Count.ShouldBe(266);
    }

    [Fact]
    public async Task Every_case_notices_when_its_expectation_is_changed()
    {
        var blind = new List<string>();
        foreach (var node in JsonNode.Parse(await File.ReadAllBytesAsync(Path))!.AsArray().Select(node => node!.AsObject()).Where(node => node["quirk"] is null))
        {
            var expected = node["expected"]!.AsObject();
            if (expected.ContainsKey("error"))
            {
                expected.Clear();
                expected["passed"] = true;
            }
            else
            {
                expected[expected.First().Key] = "something else";
            }

            var test = CaseFile.Read(JsonSerializer.SerializeToUtf8Bytes(new JsonArray(node.DeepClone())), "changed").Single();
            if ((await CaseRun.RunAsync(test, CancellationToken.None)).Passed)
            {
                blind.Add(test.Id);
            }
        }

        blind.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_case_can_fail_those_with_a_doubtful_answer_too()
    {
        var cases = CaseFile.Read(await File.ReadAllBytesAsync(Path), "cases.json");
        cases.Count(test => test.Quirk is not null).ShouldBe(33);
        cases.Where(test => CaseRun.Judge(test, Wrong(true)).Passed && CaseRun.Judge(test, Wrong(false)).Passed).Select(test => test.Id).ShouldBeEmpty();
        // Where a better answer is known the doubtful one does not do.
        string[] known = ["CONT-023", "CONT-026", "CRON-018", "DEVC-013", "FQL-009", "HOST-014", "HOST-023", "ODSH-002", "RED-005", "SCAB-002", "TTL-003", "TTL-006"];
        foreach (var test in cases.Where(test => known.Contains(test.Id)))
        {
            CaseRun.Judge(test, JsonNode.Parse(test.Expected.GetRawText())!.AsObject()).Passed.ShouldBeFalse(test.Id);
        }

        static JsonObject Wrong(bool passed) => new() { ["policy_id"] = "somebody else", ["passed"] = passed };
    }

    [Theory]
    [InlineData("""{"passed": true, "score_percentage": 100, "grading_status": "graded", "failures": []}""", "passed")]
    [InlineData("""{"passed": false, "score_percentage": 90, "grading_status": "graded", "failures": [{"field": "a"}]}""", "score_percentage")]
    [InlineData("""{"passed": false, "score_percentage": 50, "grading_status": "graded", "failures": [{"field": "b"}]}""", "failures")]
    [InlineData("""{"passed": false, "score_percentage": 50, "grading_status": "graded", "failures": [{"field": "b"}, {"field": "a"}]}""", null)]
    [InlineData("""{"passed": false, "score_percentage": 0, "grading_status": "ungradable", "failures": []}""", null)]
    [InlineData("""{"error": "settings is null"}""", null)]
    public void A_doubtful_verdict_may_be_gone_beyond_and_not_fallen_short_of(string answer, string? field)
    {
        var test = CaseFile.Read("""
            [{"id": "a", "kind": "grade", "policy_type": "response", "policy": {}, "quirk": "odd", "expected": {"passed": false, "score_percentage": 75.0, "failures": [{"field": "a"}]}}]
            """u8.ToArray(), "cases").Single();
        CaseRun.Judge(test, JsonNode.Parse(answer)!.AsObject()).Differences.Select(difference => difference.Field).FirstOrDefault().ShouldBe(field);
    }

    // The answer of the replaced tool, and the one that is wanted in its place.
    [Theory]
    [InlineData("cron_next", """{"expr": "0 0 13 * 5", "from": "2026-01-10T00:00:00"}""", """{"next": "2026-02-13T00:00:00"}""", """{"next": "2026-01-13T00:00:00"}""")]
    [InlineData("cron_next", """{"expr": "10-40/15 9 * * MON-FRI", "from": "2026-01-02T09:25:00"}""", """{"error": "ValueError"}""", """{"next": "2026-01-02T09:40:00"}""")]
    [InlineData("cron_next", """{"expr": "@monthly", "from": "2026-01-01T00:00:00"}""", """{"error": "SchedulerError"}""", """{"next": "2026-02-01T00:00:00"}""")]
    [InlineData("cron_next", """{"expr": "0 0 31 2 *", "from": "2026-01-01T00:00:00"}""", """{"error": "SchedulerError"}""", """{"error": "none"}""")]
    [InlineData("cron_field", """{"field": "1,5-9/2", "min": 0, "max": 59}""", """{"error": "ValueError"}""", """{"values": [1, 5, 7, 9]}""")]
    [InlineData("retry", """{"config": {}, "errors": ["429"]}""", """{"result": "raised: 429", "calls": 5, "sleeps_s": [2, 2, 2, 2], "failed_requests": 1, "consecutive_429s": 1}""",
        """{"result": "raised: 429", "calls": 5, "sleeps_s": [2, 4, 8, 16], "failed_requests": 1, "consecutive_429s": 5}""")]
    [InlineData("policy_ttl", """{"policy_type": "response", "ttl_policies": {"rtr_policy": 111}}""", """{"ttl_s": 600}""", """{"ttl_s": 111}""")]
    [InlineData("fql_filter", """{"tags": ["a"], "product_types": ["all"]}""", """{"filter": "tags:['a']+product_type_desc:['all']"}""", """{"filter": "tags:['a']"}""")]
    [InlineData("host_rollup", """{"host": {"device_id": "d", "platform_name": "Linux", "device_policies": {"prevention": {"policy_id": "p", "applied": false}}}, "graded": {"prevention": [{"policy_id": "p", "passed": true}]}}""",
        """{"statuses": {"prevention": "PASSED", "sensor_update": "NO POLICY ASSIGNED", "content_update": "NO POLICY ASSIGNED", "firewall": "NO POLICY ASSIGNED", "device_control": "NO POLICY ASSIGNED", "it_automation": "NO POLICY ASSIGNED", "ods_scheduled_scan": "N/A", "response": "NO POLICY ASSIGNED", "sca": "NOT GRADED"}, "any_failed": false}""", """{"statuses": {"prevention": "FAILED", "sensor_update": "NO POLICY ASSIGNED", "content_update": "NO POLICY ASSIGNED", "firewall": "NO POLICY ASSIGNED", "device_control": "NO POLICY ASSIGNED", "it_automation": "NO POLICY ASSIGNED", "ods_scheduled_scan": "N/A", "response": "NO POLICY ASSIGNED", "sca": "NOT GRADED"}, "all_passed": false, "any_failed": true, "has_ungradable": false, "stats": {"total": 1, "all_passed": 0, "any_failed": 1}}""")]
    [InlineData("fql_filter", """{"product_types": ["all"]}""", """{"filter": "product_type_desc:['all']"}""", """{"filter": null}""")]
    [InlineData("redact_args", """{"args": ["x", "--base-u=LEAK", "--client-i", "LEAK"]}""", """{"result": ["x", "--base-u=LEAK", "--client-i", "LEAK"]}""", """{"result": ["x", "--base-u=<redacted>", "--client-i", "<redacted>"]}""")]
    [InlineData("sensor_build_parse", """{"build": null}""", """{"error": "TypeError"}""", """{"result": "Disabled"}""")]
    [InlineData("comparator", """{"comparator": "n_level", "actual": null, "minimum": "n"}""", """{"error": "AttributeError"}""", """{"result": false}""")]
    public async Task A_better_answer_is_worked_out_from_the_case_and_nothing_else_will_do(string kind, string policy, string expected, string wanted)
    {
        var test = CaseFile.Read(System.Text.Encoding.UTF8.GetBytes($$"""[{"id": "a", "kind": "{{kind}}", "policy": {{policy}}, "quirk": "odd", "expected": {{expected}}}]"""), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        Describe(result).ShouldEndWith(": ");
        CaseRun.Judge(test, JsonNode.Parse(wanted)!.AsObject()).Passed.ShouldBeTrue();
        if (result.IsBetter)
        {
            CaseRun.Judge(test, JsonNode.Parse(expected)!.AsObject()).Passed.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData("{}", false)]
    [InlineData("""{"note": "look at it"}""", false)]
    [InlineData("""{"message": "raised"}""", false)]
    [InlineData("""{"result": true}""", true)]
    public void A_case_that_wants_nothing_is_an_error(string expected, bool isRead)
    {
        var file = System.Text.Encoding.UTF8.GetBytes($$"""[{"id": "a", "kind": "comparator", "policy": {}, "expected": {{expected}}}]""");
        var problem = Record.Exception(() => CaseFile.Read(file, "cases.json"))?.Message;
        (problem is null).ShouldBe(isRead);
        (problem ?? "names no field").ShouldContain("names no field");
    }

    private const string Scans = """{"passing": ["s1"], "runs": [{"profile_id": "s1", "metadata": [{"host_id": "h1", "status": "completed", "last_updated": "2026-01-02T00:00:00Z"}]}]}""";

    // The field names of an answer are the case's to ask for, not to make up.
    [Theory]
    [InlineData("backoff_series", """{"n": 3}""", """{"series": [2, 4, 8]}""", true)]
    [InlineData("backoff_series", """{"n": 3}""", """{"series": [2, 4]}""", false)]
    [InlineData("backoff_series", """{"consecutive": [1, 9]}""", """{"sleeps_s": [2, 300]}""", true)]
    [InlineData("backoff_series", """{"n": 3}""", """{"horoscope": [2, 4, 8]}""", false)]
    [InlineData("ods_last_scan", Scans, """{"h1": "2026-01-02T00:00:00Z"}""", true)]
    [InlineData("ods_last_scan", Scans, """{"h1": "2026-01-03T00:00:00Z"}""", false)]
    [InlineData("ods_last_scan", Scans, """{"h2": "2026-01-02T00:00:00Z"}""", false)]
    [InlineData("ods_last_scan", Scans, """{"last_compliant_scan_times": {"h1": "2026-01-02T00:00:00Z"}}""", true)]
    [InlineData("ods_last_scan", Scans, """{"horoscope": {"h1": "2026-01-02T00:00:00Z"}}""", false)]
    public async Task A_case_names_the_answer_that_it_wants(string kind, string policy, string expected, bool passes)
    {
        var test = CaseFile.Read(System.Text.Encoding.UTF8.GetBytes($$"""[{"id": "a", "kind": "{{kind}}", "policy": {{policy}}, "expected": {{expected}}}]"""), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        result.Passed.ShouldBe(passes, Describe(result));
    }

    [Fact]
    public async Task An_unknown_kind_fails()
    {
        var test = CaseFile.Read("""[{"id": "a", "kind": "horoscope", "policy": {}, "expected": {"result": 1}}]"""u8.ToArray(), "cases").Single();
        var result = await CaseRun.RunAsync(test, CancellationToken.None);
        result.Passed.ShouldBeFalse();
        result.Differences.Single().Expected.ShouldContain("rate_limiter_schedule");
    }

    [Fact]
    public void A_misspelt_field_a_missing_expectation_and_a_repeated_id_are_errors()
    {
        var error = Should.Throw<FormatException>(() => CaseFile.Read("""
            [{"id": "a", "kind": "grade", "expcted": {}}, {"id": "a", "kind": "grade", "expected": {}}]
            """u8.ToArray(), "cases.json"));
        error.Message.ShouldContain("unknown field \"expcted\"");
        error.Message.ShouldContain("cases.json: [0]: \"expected\" is required");
        error.Message.ShouldContain("[1]: the id \"a\" is given twice");
    }

    [Fact]
    public void A_file_that_is_no_list_or_empty_or_no_JSON_is_an_error()
    {
        Should.Throw<FormatException>(() => CaseFile.Read("{}"u8.ToArray(), "f")).Message.ShouldContain("is a list of cases");
        Should.Throw<FormatException>(() => CaseFile.Read("[]"u8.ToArray(), "f")).Message.ShouldContain("nothing to test");
        Should.Throw<FormatException>(() => CaseFile.Read("[\n{"u8.ToArray(), "f")).Message.ShouldStartWith("f:2: this is not JSON");
    }

    private static string Describe(CaseResult result) =>
        $"{result.Case.Id} {result.Case.Title}: {string.Join("; ", result.Differences.Select(each => $"{each.Field}: wanted {each.Expected}, got {each.Actual}"))}";
}
