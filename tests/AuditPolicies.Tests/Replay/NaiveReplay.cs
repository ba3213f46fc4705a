using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Comptroller.AuditPolicies.Evaluation;
using Comptroller.AuditPolicies.Model;

namespace Comptroller.AuditPolicies.Tests.Replay;

/// <summary>A second implementation with whole documents and no cleverness: what one line is decided and how long it becomes.</summary>
internal static class NaiveReplay
{
    public static (Decision Decision, Level Recorded, bool Kept, long Bytes) Judge(Policy policy, string line)
    {
        using var document = JsonDocument.Parse(line);
        var recorded = document.RootElement;
        var decision = new PolicyEvaluator(policy).Decide(RecordedRequest.Of(JsonNode.Parse(line)));
        var level = Enum.Parse<Level>(recorded.GetProperty("level").GetString()!);
        var stage = Enum.Parse<Stages>(recorded.GetProperty("stage").GetString()!);
        if (decision.Level == Level.None || decision.OmitStages.HasFlag(stage))
        {
            return (decision, level, false, 0);
        }

        var text = new StringBuilder();
        Write(recorded, text, decision, depth: 0, inBody: false);
        return (decision, level, true, Encoding.UTF8.GetByteCount(text.ToString()) + 1);
    }

    // Writes the event as the level would have it, member by member.
    private static void Write(JsonElement element, StringBuilder text, in Decision decision, int depth, bool inBody)
    {
        if (element.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            text.Append(element.GetRawText());
            return;
        }

        if (element.ValueKind == JsonValueKind.Array)
        {
            text.Append('[');
            var any = false;
            foreach (var item in element.EnumerateArray())
            {
                text.Append(any ? "," : "");
                Write(item, text, decision, depth + 1, inBody);
                any = true;
            }

            text.Append(']');
            return;
        }

        text.Append('{');
        var first = true;
        foreach (var member in element.EnumerateObject())
        {
            var isLeftOut = (depth == 0 && member.Name == "requestObject" && decision.Level < Level.Request)
                || (depth == 0 && member.Name == "responseObject" && decision.Level < Level.RequestResponse)
                || (inBody && member.Name == "managedFields" && member.Value.ValueKind == JsonValueKind.Array && decision.OmitManagedFields);
            if (isLeftOut)
            {
                continue;
            }

            // The name as it is written, which may have escapes.
            text.Append(first ? "" : ",").Append(member.ToString()[..^member.Value.GetRawText().Length]);
            first = false;
            if (depth == 0 && member.Name == "level")
            {
                text.Append('"').Append(decision.Level).Append('"');
            }
            else
            {
                Write(member.Value, text, decision, depth + 1, inBody || (depth == 0 && member.Name is "requestObject" or "responseObject"));
            }
        }

        text.Append('}');
    }
}
