using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.Falcon.Policies;

namespace Comptroller.Falcon.Testing;

/// <summary>The outcome of one case.</summary>
/// <param name="Case">The case.</param>
/// <param name="Differences">What was answered otherwise than wanted; empty when nothing.</param>
/// <param name="IsBetter">It passed with another answer than the expected one, which the file itself calls questionable.</param>
public sealed record CaseResult(FalconCase Case, ImmutableArray<CaseDifference> Differences, bool IsBetter)
{
    public bool Passed => Differences.IsEmpty;
}

/// <summary>One answer that differs.</summary>
public sealed record CaseDifference(string Field, string Expected, string Actual);

/// <summary>Runs cases.</summary>
public static class CaseRun
{
    private delegate Task<JsonObject> Rule(FalconCase test, bool asReference, CancellationToken cancellationToken);

    private static readonly Dictionary<string, Rule> Rules = new(StringComparer.Ordinal)
    {
        ["grade"] = (test, asReference, _) => Task.FromResult(GradeCases.Grade(test, asReference)),
        ["comparator"] = (test, _, _) => Task.FromResult(GradeCases.Compare(test)),
        ["sensor_build_parse"] = (test, _, _) => Task.FromResult(GradeCases.BuildTier(test)),
        ["ring_points"] = (test, _, _) => Task.FromResult(GradeCases.RingPoints(test)),
        ["host_rollup"] = (test, _, _) => Task.FromResult(HostCases.Rollup(test)),
        ["host_stats"] = (test, _, _) => Task.FromResult(HostCases.Stats(test)),
        ["host_filter"] = (test, _, _) => Task.FromResult(HostCases.Filter(test)),
        ["sca_probe"] = (test, _, cancellationToken) => HostCases.ProbeAsync(test, cancellationToken),
        ["ods_coverage"] = (test, _, cancellationToken) => HostCases.ScanCoverageAsync(test, cancellationToken),
        ["ods_last_scan"] = (test, _, _) => Task.FromResult(HostCases.LastScan(test)),
        ["report_summary"] = (test, _, _) => Task.FromResult(ReportCases.Summary(test)),
        ["policy_ttl"] = (test, _, _) => Task.FromResult(ReportCases.Ttl(test)),
        ["normalize_tag"] = (test, _, _) => Task.FromResult(QueryCases.NormalizeTag(test)),
        ["parse_tags"] = (test, _, _) => Task.FromResult(QueryCases.ParseTags(test)),
        ["fql_filter"] = (test, _, _) => Task.FromResult(QueryCases.Filter(test)),
        ["redact_args"] = (test, _, _) => Task.FromResult(QueryCases.Redact(test)),
        ["cron_next"] = (test, _, _) => Task.FromResult(TimeCases.CronNext(test)),
        ["cron_field"] = (test, _, _) => Task.FromResult(TimeCases.CronField(test)),
        ["rate_limiter_schedule"] = (test, _, cancellationToken) => TimeCases.ScheduleAsync(test, cancellationToken),
        ["retry"] = TimeCases.RetryAsync,
        ["backoff_series"] = (test, _, _) => Task.FromResult(TimeCases.BackOffSeries(test)),
        ["health_sequence"] = (test, _, _) => Task.FromResult(TimeCases.Health(test)),
    };

    /// <summary>Every kind of case that is known.</summary>
    public static IReadOnlyCollection<string> Kinds => Rules.Keys;

    public static async Task<CaseResult> RunAsync(FalconCase test, CancellationToken cancellationToken)
    {
        if (!Rules.TryGetValue(test.Kind, out var rule))
        {
            return new CaseResult(test, [new CaseDifference("kind", $"one of {string.Join(", ", Rules.Keys)}", test.Kind)], IsBetter: false);
        }

        try
        {
            return Judge(test, await rule(test, Wanted(test.Recommended).Count == 0, cancellationToken));
        }
        catch (Exception e) when (e is MalformedPolicyException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            return Judge(test, new JsonObject { ["error"] = e.Message });
        }
    }

    /// <summary>Compares an answer with what is wanted: what is recommended, what is known to be better than a doubtful answer, or what is expected.</summary>
    internal static CaseResult Judge(FalconCase test, JsonObject answer)
    {
        var expected = Compare(Wanted(test.Expected), answer);
        if (Wanted(test.Recommended) is { Count: > 0 } recommended)
        {
            var differences = Compare(recommended, answer);
            return new CaseResult(test, differences, IsBetter: differences.IsEmpty && !expected.IsEmpty);
        }

        if (test.Quirk is null && test.Recommended.ValueKind != JsonValueKind.Object)
        {
            return new CaseResult(test, expected, IsBetter: false);
        }

        // The file doubts its own answer: what is known to be better counts, and where nothing is known a verdict may be stricter.
        var instead = BetterAnswers.Of(test) is { } better ? Compare([.. Wanted(JsonElement.Parse(better.ToJsonString()))], answer)
            : test.Kind == "grade" && !expected.IsEmpty ? GradeBetter.Stricter(test.Expected, answer)
            : expected;
        return new CaseResult(test, instead, IsBetter: instead.IsEmpty && !expected.IsEmpty);
    }

    internal static List<KeyValuePair<string, JsonElement>> Wanted(JsonElement expectation) => expectation.ValueKind != JsonValueKind.Object ? []
        : [.. expectation.EnumerateObject().Where(field => field.Name is not ("note" or "message")).Select(field => KeyValuePair.Create(field.Name, field.Value))];

    private static ImmutableArray<CaseDifference> Compare(List<KeyValuePair<string, JsonElement>> wanted, JsonObject answer)
    {
        var differences = ImmutableArray.CreateBuilder<CaseDifference>();
        if (answer["error"] is { } error && !wanted.Exists(field => field.Key == "error"))
        {
            return [new CaseDifference("error", "none", error.ToString())];
        }

        foreach (var (field, value) in wanted)
        {
            // Which exception it was is an affair of the language; that it is refused is the rule.
            if (field == "error" ? answer["error"] is null : !Same(value, answer, field))
            {
                differences.Add(new CaseDifference(field, value.GetRawText(), answer.ContainsKey(field) ? answer[field]?.ToJsonString() ?? "null" : "absent"));
            }
        }

        return differences.ToImmutable();
    }

    private static bool Same(JsonElement wanted, JsonObject answer, string field) =>
        answer.TryGetPropertyValue(field, out var value) && Same(wanted, JsonElement.Parse(value?.ToJsonString() ?? "null"));

    private static bool Same(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != right.ValueKind)
        {
            return false;
        }

        switch (left.ValueKind)
        {
            case JsonValueKind.Number:
                // Times are computed in ticks here and in floating point there.
                return Math.Abs(left.GetDouble() - right.GetDouble()) < 0.005;
            case JsonValueKind.Array:
                return left.GetArrayLength() == right.GetArrayLength() && left.EnumerateArray().Zip(right.EnumerateArray()).All(pair => Same(pair.First, pair.Second));
            case JsonValueKind.Object:
                return left.EnumerateObject().Count() == right.EnumerateObject().Count()
                    && left.EnumerateObject().All(property => right.TryGetProperty(property.Name, out var other) && Same(property.Value, other));
            default:
                return JsonElement.DeepEquals(left, right);
        }
    }
}
