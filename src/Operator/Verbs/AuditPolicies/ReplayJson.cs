using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Replay;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>A replay for programs: one object, sizes in bytes, times in RFC 3339.</summary>
internal static class ReplayJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(ReplayReport report)
    {
        var document = new JsonObject
        {
            ["log"] = Log(report.Log),
            ["kept"] = Kept(report.Kept),
            ["dropped"] = new JsonObject
            {
                ["byLevel"] = report.DroppedByLevel,
                ["byStage"] = new JsonObject(report.DroppedByStage.Select(stage => KeyValuePair.Create(stage.Stage.ToString(), (JsonNode?)stage.Events))),
            },
            ["levels"] = Array(report.Levels, level => new JsonObject
            {
                ["level"] = level.Level.ToString(),
                ["recordedEvents"] = level.RecordedEvents,
                ["recordedBytes"] = level.RecordedBytes,
                ["kept"] = Kept(level.Kept),
            }),
            ["rules"] = Array(report.Rules, rule => new JsonObject
            {
                ["rule"] = rule.Index,
                ["level"] = rule.Level.ToString(),
                ["events"] = rule.Events,
                ["bytes"] = rule.Bytes,
                ["kept"] = Kept(rule.Kept),
            }),
            ["users"] = Top(report.Users),
            ["resources"] = Top(report.Resources),
            ["verbs"] = Top(report.Verbs),
        };
        if (report.Against is { } comparison)
        {
            document["against"] = Against(comparison);
        }

        return document.ToJsonString(Indented) + "\n";
    }

    private static JsonObject Log(LogSummary log) => new()
    {
        ["lines"] = log.Lines,
        ["emptyLines"] = log.EmptyLines,
        ["bytes"] = log.Bytes,
        ["events"] = log.Events,
        ["eventBytes"] = log.EventBytes,
        ["first"] = Time(log.First),
        ["last"] = Time(log.Last),
        ["problems"] = new JsonObject(log.Problems.Select(problem => KeyValuePair.Create(problem.Key.ToString(), (JsonNode?)problem.Value))),
        ["firstProblems"] = Array(log.FirstProblems, problem => new JsonObject
        {
            ["source"] = problem.Source,
            ["line"] = problem.Line,
            ["kind"] = problem.Kind.ToString(),
            ["message"] = problem.Message,
        }),
    };

    private static JsonObject Kept(KeptCount kept) => new() { ["events"] = kept.Events, ["bytes"] = kept.Bytes, ["atLeastEvents"] = kept.AtLeastEvents };

    private static JsonObject Top(TopList list) => new()
    {
        ["exact"] = list.IsExact,
        ["items"] = Array(list.Items, item => new JsonObject { ["name"] = item.Name, ["events"] = item.Events, ["bytes"] = item.Bytes, ["error"] = item.Error }),
    };

    private static JsonObject Against(Comparison comparison) => new()
    {
        ["kept"] = Kept(comparison.Kept),
        ["same"] = comparison.Same,
        ["lost"] = comparison.Lost,
        ["reduced"] = comparison.Reduced,
        ["raised"] = comparison.Raised,
        ["gained"] = comparison.Gained,
        ["pairs"] = Array(comparison.Pairs, pair => new JsonObject
        {
            ["rule"] = pair.Rule,
            ["level"] = pair.Level.ToString(),
            ["againstRule"] = pair.AgainstRule,
            ["againstLevel"] = pair.AgainstLevel.ToString(),
            ["same"] = pair.Same,
            ["lost"] = pair.Lost,
            ["reduced"] = pair.Reduced,
            ["raised"] = pair.Raised,
            ["gained"] = pair.Gained,
            ["bytes"] = pair.Bytes,
            ["examples"] = Array(pair.Examples, example => example),
        }),
    };

    private static JsonArray Array<T>(IEnumerable<T> items, Func<T, JsonNode?> node) => new([.. items.Select(node)]);

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'");
}
