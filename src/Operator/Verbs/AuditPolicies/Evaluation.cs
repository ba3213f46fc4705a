using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.Operator.Verbs.AuditPolicies;

/// <summary>Tells what a policy does with a request.</summary>
internal sealed class Evaluation(Policy policy)
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PolicyEvaluator _evaluator = new(policy);

    /// <summary>Everything there is to say, on several lines.</summary>
    public string Text(AuditRequest request)
    {
        var decision = _evaluator.Decide(request);
        var text = new StringBuilder();
        text.Append(request.Describe()).Append(request.Groups.Count == 0 ? "" : $" of {string.Join(", ", request.Groups)}").Append('\n');
        text.Append(Outcome(decision)).Append('\n');
        if (decision.Level != Level.None)
        {
            text.Append($"  written at: {List(StageNames.Of(Written(request, decision)))}; omitted: {List(StageNames.Of(decision.OmitStages))}\n");
            text.Append($"  managedFields: {(decision.Level < Level.Request ? "no bodies at this level" : decision.OmitManagedFields ? "omitted" : "kept")}\n");
        }

        foreach (var index in Earlier(decision))
        {
            var mismatches = RuleExplanation.Mismatches(policy.Rules[index], request);
            text.Append($"  not rules[{index}] ({policy.Rules[index].Level}): {string.Join("; ", mismatches.Select(mismatch => $"{mismatch.Selector}: {mismatch.Reason}"))}\n");
        }

        var later = Later(request, decision);
        if (later.Count > 0)
        {
            text.Append($"  would match too, but come later: {string.Join(", ", later.Select(index => $"rules[{index}] ({policy.Rules[index].Level})"))}\n");
        }

        return text.ToString();
    }

    /// <summary>The decision alone.</summary>
    public string Line(AuditRequest request)
    {
        var decision = _evaluator.Decide(request);
        var rule = decision.MatchedRule < 0 ? "-" : $"rules[{decision.MatchedRule}]";
        return $"{decision.Level,-15} {rule,-10} {request.Describe()}";
    }

    /// <summary>Everything, as one line of JSON.</summary>
    public string Json(AuditRequest request)
    {
        var decision = _evaluator.Decide(request);
        return new JsonObject
        {
            ["request"] = new JsonObject
            {
                ["user"] = request.User,
                ["groups"] = Names(request.Groups),
                ["verb"] = request.Verb,
                ["resourceRequest"] = request.IsResourceRequest,
                ["path"] = request.Path,
                ["apiGroup"] = request.ApiGroup,
                ["namespace"] = request.Namespace,
                ["resource"] = request.Resource,
                ["subresource"] = request.Subresource,
                ["name"] = request.Name,
            },
            ["level"] = decision.Level.ToString(),
            ["matchedRuleIndex"] = decision.MatchedRule,
            ["omitStages"] = Names(StageNames.Of(decision.OmitStages)),
            ["omitManagedFields"] = decision.OmitManagedFields,
            ["writtenStages"] = Names(StageNames.Of(Written(request, decision))),
            ["earlier"] = new JsonArray([.. Earlier(decision).Select(index => new JsonObject
            {
                ["rule"] = index,
                ["mismatches"] = new JsonArray([.. RuleExplanation.Mismatches(policy.Rules[index], request)
                    .Select(mismatch => new JsonObject { ["selector"] = mismatch.Selector, ["reason"] = mismatch.Reason })]),
            })]),
            ["laterMatching"] = new JsonArray([.. Later(request, decision).Select(index => (JsonNode)index)]),
        }.ToJsonString(OneLine);
    }

    private static string Outcome(Decision decision) => decision.MatchedRule < 0
        ? "no rule matches: not recorded"
        : decision.Level == Level.None
            ? $"rules[{decision.MatchedRule}] decides: level None, not recorded"
            : $"rules[{decision.MatchedRule}] decides: level {decision.Level}";

    private static Stages Written(AuditRequest request, Decision decision) =>
        decision.Level == Level.None ? Stages.None : request.EmittedStages & ~decision.OmitStages;

    private IEnumerable<int> Earlier(Decision decision) => Enumerable.Range(0, decision.MatchedRule < 0 ? policy.Rules.Length : decision.MatchedRule);

    private List<int> Later(AuditRequest request, Decision decision) => [.. _evaluator.AllMatchingRules(request).Where(index => index != decision.MatchedRule)];

    private static string List(IEnumerable<string> names) => string.Join(", ", names) is { Length: > 0 } text ? text : "nothing";

    private static JsonArray Names(IEnumerable<string> names) => new([.. names.Select(name => (JsonNode)name)]);
}
